create table t(a int generated always as identity (sequence name t_c_seq), b int generated always as identity (sequence name s1), c int generated always as identity (sequence name s2));
