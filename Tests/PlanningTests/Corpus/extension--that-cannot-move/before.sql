CREATE SCHEMA one;
CREATE SCHEMA two;
CREATE EXTENSION earthdistance SCHEMA one CASCADE;
CREATE EXTENSION hstore SCHEMA one;
CREATE TABLE public.spots (at one.earth, tags one.hstore DEFAULT '"a"=>"b"');
CREATE INDEX spots_tags ON public.spots USING gin (tags);
