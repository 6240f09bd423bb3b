create sequence s2;
create table c(id int default nextval('s2'), d int);
create sequence e_id_seq;
create table e(id int default nextval('e_id_seq'));
