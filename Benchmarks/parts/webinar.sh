# Lookups and checks of attendance.
echo "webinar"
registrants() {
  sql "INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, event_date, attended_live)
       SELECT n, n % 50, n % 10, format('person%s@example.org', n), now() - n * interval '1 second', n % 3 <> 0
         FROM generate_series($1, $2) n ON CONFLICT DO NOTHING; ANALYZE webinar.webinar_registrants"
}
cat > "$work/lookup.sql" <<SQL
\\set n random(1, :people)
SELECT id, email, attended_live FROM webinar.webinar_registrants
 WHERE email = 'person' || :n || '@example.org' AND webinar_id = :n % 50 AND schedule_id = :n % 10 ORDER BY event_date DESC LIMIT 1;
SQL
cat > "$work/check.sql" <<SQL
\\set n random(1, :people)
SELECT status FROM webinar.check_attendance('person' || :n || '@example.org', :n % 50, :n % 10, 'bench');
SQL
people() { sed -i "s/:people\|random(1, [0-9]*)/random(1, $1)/; s/random(1, random(1, \([0-9]*\)))/random(1, \1)/" "$work/lookup.sql" "$work/check.sql"; }
registrants 1 100000; people 100000
bench "lookup, 100,000 registrants, 8 clients (goal p95 5 ms)" "$work/lookup.sql" 8 10
bench "lookup and log, 100,000 registrants, 8 clients (goal p95 5 ms)" "$work/check.sql" 8 10
bench "lookup and log, 1,000 clients at once (goal: no error)" "$work/check.sql" 1000 10
if [ "$size" = full ]; then
  registrants 100001 1000000; people 1000000
  bench "lookup, 1,000,000 registrants, 8 clients (goal: not growing)" "$work/lookup.sql" 8 10
  bench "lookup and log, 1,000,000 registrants, 8 clients" "$work/check.sql" 8 10
fi
start=$(date +%s%N)
sql "SELECT webinar.upsert_registrants((SELECT jsonb_agg(jsonb_build_object('id', n, 'webinar_id', 7, 'schedule_id', 70,
       'email', format('new%s@example.org', n), 'attended_live', '1', 'revenue_live', '9.5')) FROM generate_series(5000001, 5010000) n))" > "$work/upsert"
end=$(date +%s%N)
line "upsert of 10,000 records in one call" "$(((end - start) / 1000000)) ms, $(cat "$work/upsert")"
