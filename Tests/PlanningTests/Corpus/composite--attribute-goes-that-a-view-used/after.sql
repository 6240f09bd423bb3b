CREATE TYPE public.name2 AS (first text, last text);
CREATE TABLE public.people (n public.name2, m public.name2[]);
CREATE VIEW public.names AS SELECT (n).first AS first, (n).last AS middle FROM public.people;
