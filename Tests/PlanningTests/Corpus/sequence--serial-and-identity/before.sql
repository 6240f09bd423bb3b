CREATE SEQUENCE public.shared;
CREATE TABLE public.a (id serial PRIMARY KEY, v text);
CREATE TABLE public.b (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE public.c (id integer DEFAULT nextval('public.shared') PRIMARY KEY, v text);
CREATE TABLE public.d (id integer PRIMARY KEY, v text);
CREATE TABLE public.e (id bigserial PRIMARY KEY, v text);
