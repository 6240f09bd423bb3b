# The longest that a client waits while a table that it uses is changed: online, and the same change directly.
[ "$size" = small ] && rows=200000 || rows=5000000
echo "changes of a table with $rows rows under 8 clients; the longest stall of one (goal online: 1 s)"
mkdir -p "$work/project" "$work/states"

mood="CREATE TYPE public.mood AS ENUM ('good', 'fine', 'gone');"
base="$mood
CREATE TABLE public.parent (id bigint PRIMARY KEY, code text NOT NULL);
CREATE TABLE public.item (id bigint PRIMARY KEY, quantity integer NOT NULL DEFAULT 1, mood public.mood NOT NULL DEFAULT 'good',
  amount integer, name text, parent_id bigint, email text);
CREATE INDEX item_quantity_idx ON public.item (quantity);
CREATE INDEX item_name_idx ON public.item (name);"
view="CREATE MATERIALIZED VIEW public.sums AS SELECT parent_id, sum(amount) AS total"
sums="$view FROM public.item GROUP BY 1; CREATE UNIQUE INDEX sums_key ON public.sums (parent_id);"
mkdir "$work/project/migrations"
printf 'BEGIN;\n%s\n%s\nCOMMIT;\n' "$base" "$sums" > "$work/project/migrations/20260101000000_base.sql"
echo "$base $sums" > "$work/states/base.sql"
state() { echo "$2 ${3-$sums}" > "$work/states/$1.sql"; }
state "an index is added" "$base CREATE INDEX item_email_idx ON public.item (email);"
state "an index is changed" "${base/(name);/(lower(name));}"
state "an index is dropped" "${base%CREATE INDEX*}"
state "a unique key is added" "$base ALTER TABLE public.item ADD CONSTRAINT item_email_key UNIQUE (email);"
state "a foreign key is added" "$base ALTER TABLE public.item ADD CONSTRAINT item_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.parent (id);"
state "a check is added" "$base ALTER TABLE public.item ADD CONSTRAINT item_amount_check CHECK (amount >= 0);"
state "a column becomes NOT NULL" "${base/amount integer/amount integer NOT NULL}"
state "a column with random values is added" "${base/email text);/email text, token uuid NOT NULL DEFAULT gen_random_uuid());}"
state "a materialized view gets another query" "$base" "${sums/AS total/AS total, count(*) AS items}"
state "a column's type changes, with its contract" "${base/quantity integer/quantity bigint}"
state "an enum loses a label, with its contract" "${base/, \'gone\'/}"
partitions=$(for i in $(seq 0 11); do
  echo "CREATE TABLE public.item_$i PARTITION OF public.item FOR VALUES FROM ($((i * rows / 12))) TO ($(((i + 1) * rows / 12)));"; done)
parted="${base/email text);/email text) PARTITION BY RANGE (id); $partitions CREATE TABLE public.item_rest PARTITION OF public.item DEFAULT;}"
state "a table is partitioned, with its contract" "$parted"

"$dbtool" plan --update-lock --project "$work/project" > "$work/plan.log" 2>&1 || cat "$work/plan.log"
cp "$work/project/schema.lock" "$work/base.lock"
"$bin/createdb" base; "$dbtool" apply --project "$work/project" --database "host=$work user=bench dbname=base" > "$work/apply.log" 2>&1 || cat "$work/apply.log"
"$bin/psql" -X -q -d base -c "
  INSERT INTO public.parent SELECT i, 'p' || i FROM generate_series(1, 10000) i;
  INSERT INTO public.item SELECT i, i % 10, 'good', i % 100, 'Name ' || i, 1 + i % 10000, 'a' || i || '@example.org' FROM generate_series(1, $rows) i;
  REFRESH MATERIALIZED VIEW public.sums;" -c "VACUUM ANALYZE"
cat > "$work/client.sql" <<SQL
\\set id random(1, $rows)
UPDATE public.item SET amount = amount + 1, quantity = quantity + 1 WHERE id = :id;
SELECT amount, name, email FROM public.item WHERE id = :id;
SELECT total FROM public.sums WHERE parent_id = 1 + :id % 10000;
SQL

# change NAME STRATEGY: applies it under load; prints the longest stall and how long it took
change() {
  local stop="$work/stop" file="$work/project/migrations/20260101000001_change.sql"
  rm -rf "$file" "$work"/stall.* "$stop"
  if ! "$dbtool" diff --project "$work/project" --from "$work/states/base.sql" --to "$work/states/$1.sql" --strategy "$2" --format migration \
    > "$work/change.sql" 2> "$work/diff.log"; then cat "$work/diff.log"; return 1; fi
  mv "$work/change.sql" "$file"; cp "$work/base.lock" "$work/project/schema.lock"
  "$dbtool" plan --update-lock --project "$work/project" > "$work/plan.log" 2>&1 || { cat "$work/plan.log"; return 1; }
  "$bin/dropdb" --if-exists live 2> /dev/null; "$bin/createdb" -T base live
  "$bin/psql" -X -q -d live -c CHECKPOINT
  # One pgbench after the other: each writes its log when it ends.
  (cd "$work"; while [ ! -e "$stop" ]; do
     "$bin/pgbench" -n -M prepared -f "$work/client.sql" -c 8 -j 2 -T 4 -l --log-prefix="$work/stall.$RANDOM" live > /dev/null 2>> "$work/pgbench.log"
   done) &
  local load=$! start end
  sleep 2; start=$(date +%s%N)
  "$dbtool" apply --project "$work/project" --database "host=$work user=bench dbname=live" > "$work/apply.log" 2>&1 || { cat "$work/apply.log"; }
  end=$(date +%s%N); touch "$stop"; wait "$load"
  cat "$work"/stall.* | awk '{ if ($3 > m) m = $3 } END { printf "%.0f", m / 1000 }' > "$work/longest"
  echo "$(cat "$work/longest") ms ($(((end - start) / 1000000000)) s)"
}
while read -r name; do
  # BENCH_CHANGES chooses among them: a pattern of names.
  [[ "$name" =~ ${BENCH_CHANGES:-.} ]] || continue
  # A table can only be partitioned directly by dropping it.
  [[ "$name" == *partitioned* ]] && directly="not possible" || directly="$(change "$name" direct)"
  line "  $name" "online $(change "$name" online), directly $directly"
done <<'NAMES'
an index is added
an index is changed
an index is dropped
a unique key is added
a foreign key is added
a check is added
a column becomes NOT NULL
a column with random values is added
a materialized view gets another query
a column's type changes, with its contract
an enum loses a label, with its contract
a table is partitioned, with its contract
NAMES
"$bin/dropdb" --if-exists live; "$bin/dropdb" base
