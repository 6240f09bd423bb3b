CREATE TABLE public.parts (id integer, label text);
CREATE TABLE public.lists (first public.parts, all_parts public.parts[]);
