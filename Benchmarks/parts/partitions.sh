# What partitions cost a query that needs one of them: to plan it over 120 months, over 3, and without any.
echo "planning a query for one month; the median of 300"
"$bin/createdb" months
months() { # NAME COUNT
  "$bin/psql" -X -q -v ON_ERROR_STOP=1 -d months <<SQL
CREATE TABLE $1 (id bigint, at timestamptz NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE INDEX ON $1 (at);
SELECT format('CREATE TABLE $1_%s PARTITION OF $1 FOR VALUES FROM (%L) TO (%L)', i,
              timestamptz '2020-01-01Z' + i * interval '1 month', timestamptz '2020-01-01Z' + (i + 1) * interval '1 month')
  FROM generate_series(0, $2 - 1) i \\gexec
INSERT INTO $1 SELECT i, timestamptz '2020-01-01Z' + i % ($2 * 28) * interval '1 day', 'n' FROM generate_series(1, 100000) i;
ANALYZE $1;
SQL
}
months many 120; months few 3
"$bin/psql" -X -q -v ON_ERROR_STOP=1 -d months -c "CREATE TABLE plain (LIKE many INCLUDING ALL)" -c "INSERT INTO plain TABLE many" -c "ANALYZE plain"
planning() { # TABLE
  { for _ in $(seq 300); do
      echo "EXPLAIN (SUMMARY ON) SELECT count(*) FROM $1 WHERE at >= '2020-02-01Z' AND at < '2020-03-01Z';"
    done; } | "$bin/psql" -X -q -At -d months | sed -n 's/^Planning Time: \(.*\) ms/\1/p' | sort -n | sed -n 150p
}
many=$(planning many); few=$(planning few); plain=$(planning plain)
line "  over 120 partitions, over 3, and over none" "$many ms, $few ms, $plain ms"
line "  120 to 3" "$(awk "BEGIN { printf \"%.2f\", $many / $few }")"
"$bin/dropdb" months
