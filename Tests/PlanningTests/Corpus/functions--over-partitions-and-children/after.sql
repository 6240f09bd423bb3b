CREATE TABLE m (id int, v int) PARTITION BY LIST (id);
CREATE TABLE m_1 PARTITION OF m FOR VALUES IN (1);
CREATE FUNCTION a_first() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(v) FROM m_1; END;
CREATE TABLE root (id int, name varchar(30));
CREATE TABLE heir (name varchar(30), own int) INHERITS (root);
CREATE VIEW a_view AS SELECT id FROM heir;
