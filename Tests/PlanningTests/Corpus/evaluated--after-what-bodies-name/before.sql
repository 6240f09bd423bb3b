CREATE TABLE public.base (v integer);
INSERT INTO public.base VALUES (1), (2);
