CREATE DOMAIN public.amount AS integer CHECK (VALUE > 0);
CREATE DOMAIN public.small_amount AS public.amount CHECK (VALUE < 100);
CREATE TYPE public.line AS (label text, amount public.small_amount);
CREATE TABLE public.bills (lines public.line[], one public.line, small public.small_amount DEFAULT 5);
