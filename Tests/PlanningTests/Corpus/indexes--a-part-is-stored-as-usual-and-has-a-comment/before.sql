create table p(k int, v text) partition by list (k);
create table p1 partition of p for values in (1);
create index p_v on p (v) with (fillfactor = 70);
alter index p1_v_idx set (fillfactor = 40);
