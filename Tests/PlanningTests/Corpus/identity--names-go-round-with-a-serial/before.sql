create table t(a int generated always as identity (sequence name s1), b int generated always as identity (sequence name s2), c serial);
