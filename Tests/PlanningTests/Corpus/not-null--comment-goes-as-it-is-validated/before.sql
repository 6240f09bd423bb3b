create table p(b int);
alter table p add constraint nb not null b not valid;
comment on constraint nb on p is 'later';
