CREATE FUNCTION public.is_even(v integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT v % 2 = 0';
CREATE DOMAIN public.even AS integer CHECK (public.is_even(VALUE));
CREATE DOMAIN public.evens AS public.even[] CHECK (cardinality(VALUE) < 5);
CREATE TYPE public.pair AS (low public.even, high public.evens);
CREATE TYPE public.span AS RANGE (subtype = public.even);
CREATE TABLE public.inner_row (p public.pair);
CREATE TABLE public.holders (a public.even[], b public.pair, c public.pair[], d public.span, e public.inner_row, f public.evens);
CREATE MATERIALIZED VIEW public.held AS SELECT b FROM public.holders;
CREATE FUNCTION public.first_even(v public.even[]) RETURNS public.even LANGUAGE sql AS 'SELECT v[1]';
