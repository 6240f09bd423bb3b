# Reading and comparing large catalogs, against pg_dump.
echo "catalogs (each table: 12 columns, 3 indexes with its key, a foreign key, a check, a policy)"
tables() {
  "$bin/createdb" "tables$1"
  PGDATABASE=tables$1 "$bin/psql" -X -q -v ON_ERROR_STOP=1 -v n="$1" <<'SQL'
CREATE SCHEMA app;
SELECT format('CREATE TABLE app.t%1$s (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent_id bigint REFERENCES app.t%2$s (id), name text NOT NULL,
  email varchar(255), status text NOT NULL DEFAULT ''new'', amount numeric(12,2) DEFAULT 0,
  tags text[] NOT NULL DEFAULT ''{}'', payload jsonb, active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz, note text,
  CONSTRAINT t%1$s_amount_check CHECK (amount >= 0));
  CREATE INDEX ON app.t%1$s (lower(email));
  CREATE INDEX ON app.t%1$s (status, created_at DESC) WHERE active;
  CREATE POLICY t%1$s_select ON app.t%1$s FOR SELECT USING (active AND status <> ''hidden'');
  ALTER TABLE app.t%1$s ENABLE ROW LEVEL SECURITY', i, greatest(i - 1, 1)) FROM generate_series(1, :n) i \gexec
VACUUM ANALYZE;
SQL
}
# milliseconds CMD...: how long it took
milliseconds() { local start end; start=$(date +%s%N); "$@" > /dev/null; end=$(date +%s%N); echo $(((end - start) / 1000000)); }
least() { sort -n "$1" | head -n 1; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
# peak CMD...: the largest resident size of a process in KiB
peak() {
  "$@" > /dev/null & local process=$! largest=0 now
  while now=$(awk '/VmHWM/ { print $2 }' "/proc/$process/status" 2> /dev/null) && [ -n "$now" ]; do largest=$now; sleep 0.02; done
  wait "$process"; echo "$largest"
}
for n in 1000 $([ "$size" = full ] && echo 5000); do
  tables "$n"
  url="postgres:///tables$n?host=$work&user=bench"
  # The shortest of five runs, taken in turns: a busy machine only adds to them, and to all alike.
  rm -f "$work"/times.*
  for _ in 1 2 3 4 5; do
    milliseconds "$bin/pg_dump" --schema-only "tables$n" >> "$work/times.dump"
    milliseconds "$dbtool" fingerprint "$url" >> "$work/times.read"
    "$dbtool" fingerprint --timing "$url" 2>&1 > /dev/null | awk '/^read in/ { print $3 }' >> "$work/times.alone"
    milliseconds "$dbtool" diff --from "$url" --to "$url" >> "$work/times.diff"
  done
  dump=$(least "$work/times.dump") read=$(least "$work/times.read")
  alone=$(least "$work/times.alone") diff=$(least "$work/times.diff")
  facts=$("$dbtool" fingerprint "$url" | awk 'END { print $1 }')
  empty=$(peak "$dbtool" fingerprint "postgres:///postgres?host=$work&user=bench")
  full=$(peak "$dbtool" fingerprint "$url")
  line "$n tables: pg_dump --schema-only" "$dump ms"
  line "$n tables: reading, to pg_dump (goal below 0.50)" "$(ratio "$alone" "$dump")  ($alone ms)"
  line "$n tables: the whole command fingerprint, to pg_dump" "$(ratio "$read" "$dump")  ($read ms)"
  line "$n tables: diff of two, to fingerprint of one (goal below 2.00)" "$(ratio "$diff" "$read")  ($diff ms)"
  line "$n tables: memory a fact, of $facts (goal below 1024 bytes)" "$(((full - empty) * 1024 / facts)) bytes"
done
