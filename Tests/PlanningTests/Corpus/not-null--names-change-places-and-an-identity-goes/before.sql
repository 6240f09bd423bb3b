create table t(a int constraint an not null, b int generated always as identity constraint bn not null);
