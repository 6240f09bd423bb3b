create table t(a int generated always as identity, b int generated always as identity (sequence name my_seq));
