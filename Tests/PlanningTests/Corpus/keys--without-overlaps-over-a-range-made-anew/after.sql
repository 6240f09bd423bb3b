create extension btree_gist;
create type per as range (subtype = timestamp);
create table a(id int, v per, primary key (id, v without overlaps));
