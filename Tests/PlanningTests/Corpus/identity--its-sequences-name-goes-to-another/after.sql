create table t(a int generated always as identity (sequence name my_seq), b serial);
