CREATE TYPE ty AS (a bigint, b text, c date);
CREATE TYPE another AS (a bigint, b text, d int);
CREATE TABLE stays OF ty (a PRIMARY KEY, b NOT NULL);
CREATE TABLE joins OF ty;
CREATE TABLE leaves (a bigint, b text, c date);
CREATE TABLE changes OF another;
CREATE TABLE leaves_before (a int, b varchar(3));
CREATE FUNCTION f(ty) RETURNS bigint LANGUAGE sql AS 'SELECT ($1).a';
