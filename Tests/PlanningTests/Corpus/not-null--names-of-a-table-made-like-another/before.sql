CREATE TABLE t(id int, who text); CREATE TABLE a(id int, who text);
