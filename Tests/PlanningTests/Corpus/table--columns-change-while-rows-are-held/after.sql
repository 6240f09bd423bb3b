CREATE TABLE public.parts (id bigint, label text, since date DEFAULT '2026-01-01' NOT NULL);
CREATE TABLE public.lists (first public.parts, all_parts public.parts[]);
