create table t(a int constraint bn not null, b serial constraint an not null);
