create unlogged table p(k int) partition by list (k);
