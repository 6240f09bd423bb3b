CREATE DOMAIN public.score AS integer;
CREATE TYPE public.result AS (name text, value public.score);
CREATE TYPE public.results AS (list public.result[]);
CREATE TABLE public.row_of (s public.score);
CREATE TABLE public.games (a public.score, b public.score[], c public.result, d public.results, e public.row_of);
CREATE INDEX games_first ON public.games ((b[1]));
CREATE VIEW public.scores AS SELECT a, (c).value AS v FROM public.games;
CREATE MATERIALIZED VIEW public.kept AS SELECT c, d FROM public.games;
