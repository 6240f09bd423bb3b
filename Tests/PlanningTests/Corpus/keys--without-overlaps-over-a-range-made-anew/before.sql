create extension btree_gist;
create type per as range (subtype = date);
create table a(id int, v per, primary key (id, v without overlaps));
insert into a values (1,'[2024-01-01,2024-02-01)');
