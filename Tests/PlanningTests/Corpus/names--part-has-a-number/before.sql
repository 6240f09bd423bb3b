CREATE TABLE pt (k int, v int) PARTITION BY LIST (k);
