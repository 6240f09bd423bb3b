# Bookings, promotion and events made of rules.
echo "booking"
sql "INSERT INTO organizations (id, name, slug) VALUES ('00000000-0000-0000-0000-000000000001', 'Bench', 'bench');
     INSERT INTO customers (id, organization_id, email, full_name)
     SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, '00000000-0000-0000-0000-000000000001', format('p%s@example.org', n), 'P'
       FROM generate_series(1, 100000) n;
     SELECT maintain_event_partitions(CURRENT_DATE, CURRENT_DATE + 40);
     INSERT INTO class_events (id, organization_id, title, starts_at, ends_at, capacity)
     SELECT ('00000000-0000-0000-0001-' || lpad(n::text, 12, '0'))::uuid, '00000000-0000-0000-0000-000000000001', 'Class',
            now() + interval '1 day' + n * interval '10 minutes', now() + interval '25 hours' + n * interval '10 minutes', 20
       FROM generate_series(1, 4000) n;
     CREATE SEQUENCE bench_customers; ANALYZE customers, class_events" > /dev/null
# Each booking has a customer of its own, so that none is refused.
cat > "$work/book.sql" <<SQL
\\set e random(1, 4000)
SELECT outcome FROM book_event(('00000000-0000-0000-0001-' || lpad(:e::text, 12, '0'))::uuid,
  ('00000000-0000-0000-0000-' || lpad(nextval('bench_customers')::text, 12, '0'))::uuid, 'bench');
SQL
sed 's/random(1, 4000)/1 + 0/' "$work/book.sql" > "$work/book_one.sql"
bench "bookings for 4,000 events, 16 clients (goal 500/s, p95 300 ms)" "$work/book.sql" 16 15
bench "bookings for one event, 16 clients (goal 500/s, p95 300 ms)" "$work/book_one.sql" 16 15
line "events overbooked or miscounted (goal 0)" "$(sql "SELECT count(*) FROM class_events e WHERE e.reg_count > e.capacity
  OR e.reg_count <> (SELECT count(*) FROM registrations r WHERE r.event_id = e.id AND r.status = 'confirmed')") of $(sql "SELECT count(*) FROM registrations") registrations"
sql "UPDATE class_events SET capacity = 1020 WHERE id = '00000000-0000-0000-0001-000000000001'"
start=$(date +%s%N); promoted=$(sql "SELECT promote_waitlists()"); end=$(date +%s%N)
line "the minute's job promotes $promoted who wait (goal 60,000 ms)" "$(((end - start) / 1000000)) ms"
sql "INSERT INTO class_series (organization_id, title, rrule, starts_on, start_time, timezone, capacity)
     SELECT '00000000-0000-0000-0000-000000000001', 'Series ' || n, 'FREQ=DAILY', CURRENT_DATE, time '06:00' + n % 15 * interval '1 hour',
            (ARRAY['Europe/Zurich', 'America/New_York', 'Asia/Tokyo'])[1 + n % 3], 20 FROM generate_series(1, 500) n"
start=$(date +%s%N); made=$(sql "SELECT events FROM generate_events_for_all(CURRENT_DATE + interval '39 days')"); end=$(date +%s%N)
line "generating $made events of 500 series in one run (goal 20,000 a day)" "$(((end - start) / 1000000)) ms"
start=$(date +%s%N); sql "SELECT refresh_all_materialized_views()" > /dev/null; end=$(date +%s%N)
line "refreshing the four materialized views beside readers" "$(((end - start) / 1000000)) ms"
