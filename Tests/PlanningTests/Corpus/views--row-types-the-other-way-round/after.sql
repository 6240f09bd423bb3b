CREATE TABLE u (n int); CREATE VIEW v AS SELECT n AS a FROM u; CREATE TABLE t (a int, r v);
