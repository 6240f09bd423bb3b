CREATE TABLE public.codes (code text, note text);
ALTER TABLE public.codes ADD CONSTRAINT codes_by_code PRIMARY KEY (code);
ALTER TABLE public.codes ADD CONSTRAINT codes_once UNIQUE (code);
ALTER TABLE public.codes ADD CONSTRAINT codes_pair UNIQUE (code, note);
ALTER TABLE public.codes ADD CONSTRAINT codes_pair_again UNIQUE (code, note) DEFERRABLE;
