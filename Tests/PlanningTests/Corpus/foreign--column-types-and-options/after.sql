CREATE FUNCTION public.checks(text[], oid) RETURNS void LANGUAGE sql AS 'SELECT';
CREATE FOREIGN DATA WRAPPER pipe OPTIONS (debug 'on');
CREATE SERVER away FOREIGN DATA WRAPPER pipe OPTIONS (host 'b');
CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (password 'kept', "user" 'v w');
CREATE FOREIGN TABLE public.far (a bigint, b date OPTIONS ("c n" 'r'), c text) SERVER away OPTIONS ("T n" 'x');
CREATE VIEW public.near AS SELECT a, b FROM public.far;
GRANT USAGE ON FOREIGN SERVER away TO PUBLIC;
