CREATE TYPE ty AS (a int, b text);
CREATE TYPE other AS (a int, b text);
CREATE TABLE stays OF ty (a PRIMARY KEY, b DEFAULT 'x');
CREATE TABLE joins (a int, b text);
CREATE TABLE leaves OF ty;
CREATE TABLE changes OF ty;
CREATE TABLE leaves_before OF other;
CREATE FUNCTION f(ty) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';
