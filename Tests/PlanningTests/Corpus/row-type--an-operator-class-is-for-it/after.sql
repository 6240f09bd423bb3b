create table r(a bigint); create function c(r,r) returns int language sql immutable as 'select 1';
create operator class oc for type r using btree as function 1 c(r,r);
