create table p(id serial); create table c1(id int default nextval('p_id_seq'));
