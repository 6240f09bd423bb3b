create table p(b int constraint nb not null);
