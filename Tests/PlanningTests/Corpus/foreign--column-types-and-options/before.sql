CREATE FOREIGN DATA WRAPPER pipe;
CREATE SERVER away VERSION '1' FOREIGN DATA WRAPPER pipe OPTIONS (host 'a', "two words" 'x y');
CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (password 'kept', "a ""b" 'it''s', "user" 'u');
CREATE FOREIGN TABLE public.far (a integer OPTIONS ("c n" 'q'), b text, c date) SERVER away OPTIONS ("t n" 'x');
CREATE VIEW public.near AS SELECT a, b FROM public.far;
GRANT USAGE ON FOREIGN SERVER away TO PUBLIC;
