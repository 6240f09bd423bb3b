create type v2 as (a int); create function c(v2,v2) returns int language sql immutable as 'select $1.a - $2.a';
create operator class oc for type v2 using btree as function 1 c(v2,v2);
