create extension btree_gist;
create domain per as tsrange;
create table a(id int, v per, primary key (id, v without overlaps));
