CREATE TABLE public.first_log (a integer);
CREATE TABLE public.second_log (a integer) INHERITS (public.first_log);
CREATE VIEW public.front AS SELECT a FROM public.first_log;
CREATE VIEW public.back AS SELECT a FROM public.second_log;
CREATE RULE to_second AS ON INSERT TO public.first_log WHERE new.a > 0 DO INSTEAD INSERT INTO public.second_log VALUES (new.a);
CREATE RULE to_back AS ON INSERT TO public.front DO INSTEAD INSERT INTO public.back VALUES (new.a);
CREATE RULE to_front AS ON UPDATE TO public.back DO INSTEAD UPDATE public.front SET a = new.a;
CREATE RULE note_it AS ON DELETE TO public.second_log DO ALSO DELETE FROM public.first_log WHERE a = old.a;
