CREATE SCHEMA one;
CREATE SCHEMA two;
CREATE EXTENSION cube SCHEMA one;
CREATE EXTENSION earthdistance SCHEMA one;
CREATE EXTENSION hstore SCHEMA two;
CREATE TABLE public.spots (at one.earth, tags two.hstore DEFAULT '"a"=>"b"');
CREATE INDEX spots_tags ON public.spots USING gin (tags);
