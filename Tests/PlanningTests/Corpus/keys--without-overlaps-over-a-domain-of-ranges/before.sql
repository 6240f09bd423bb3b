create extension btree_gist;
create domain per as daterange;
create table a(id int, v per, primary key (id, v without overlaps));
