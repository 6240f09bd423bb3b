CREATE TABLE parent (id integer PRIMARY KEY, seq integer GENERATED ALWAYS AS IDENTITY);
CREATE TABLE child (id integer PRIMARY KEY, parent integer REFERENCES parent);
