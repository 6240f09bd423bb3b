CREATE TABLE theirs (a integer, b integer);
GRANT UPDATE (a) ON theirs TO CURRENT_USER;
