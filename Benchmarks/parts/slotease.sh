# Appointments under many clients, and places by distance.
echo "slotease"
places=$([ "$size" = full ] && echo 100000 || echo 10000)
sql "SET search_path = slotease, public; SET session_replication_role = replica;
     INSERT INTO organizations (id, name, slug, latitude, longitude)
     SELECT ('00000000-0000-0000-0002-' || lpad(n::text, 12, '0'))::uuid, 'Place ' || n, 'place-' || n, degrees(asin(2 * random() - 1)), 360 * random() - 180
       FROM generate_series(1, $places) n;
     INSERT INTO services (id, organization_id, name, duration) VALUES ('00000000-0000-0000-0003-000000000001', '00000000-0000-0000-0002-000000000001', 'Talk', '30 minutes');
     INSERT INTO resources (id, organization_id, name) SELECT ('00000000-0000-0000-0004-' || lpad(n::text, 12, '0'))::uuid, '00000000-0000-0000-0002-000000000001', 'Room'
       FROM generate_series(1, 10) n;
     INSERT INTO service_resources SELECT '00000000-0000-0000-0003-000000000001', id FROM resources;
     INSERT INTO opening_hours SELECT '00000000-0000-0000-0002-000000000001', n, '00:00', '24:00' FROM generate_series(1, 7) n;
     INSERT INTO user_profiles (id, full_name) SELECT ('00000000-0000-0000-0005-' || lpad(n::text, 12, '0'))::uuid, 'P' FROM generate_series(1, 10000) n;
     CREATE SEQUENCE bench_attempts;
     CREATE FUNCTION bench_book(person integer, slot integer) RETURNS boolean LANGUAGE plpgsql AS \$\$
     BEGIN
       PERFORM slotease.book_appointment('00000000-0000-0000-0003-000000000001', ('00000000-0000-0000-0005-' || lpad(person::text, 12, '0'))::uuid,
         date_trunc('day', now(), 'UTC') + interval '1 day' + slot * interval '30 minutes', 'bench ' || nextval('slotease.bench_attempts'));
       RETURN true;
     EXCEPTION WHEN exclusion_violation THEN RETURN false;
     END \$\$;
     ANALYZE organizations, user_profiles"
cat > "$work/slot.sql" <<SQL
\\set person random(1, 10000)
\\set slot random(1, 1400)
SELECT slotease.bench_book(:person, :slot);
SQL
cat > "$work/nearest.sql" <<SQL
\\set latitude random(-80, 80)
\\set longitude random(-180, 180)
SELECT * FROM slotease.nearest_organizations(:latitude, :longitude);
SQL
cat > "$work/slots.sql" <<SQL
\\set day random(1, 28)
SELECT count(*) FROM slotease.available_slots('00000000-0000-0000-0003-000000000001', CURRENT_DATE + :day::integer);
SQL
bench "bookings of 1,400 times with 10 rooms, 100 clients" "$work/slot.sql" 100 15
line "times booked twice (goal 0)" "$(sql "SELECT count(*) FROM slotease.appointments a JOIN slotease.appointments b ON b.resource_id = a.resource_id AND b.id > a.id
  AND tstzrange(a.starts_at, a.blocked_until) && tstzrange(b.starts_at, b.blocked_until)") of $(sql "SELECT count(*) FROM slotease.appointments") appointments"
bench "times of a day that are free" "$work/slots.sql" 4 5
bench "the ten nearest of $places organisations (goal: by index)" "$work/nearest.sql" 4 5
line "  by" "$(sql "SELECT string_agg(indexrelname || ', ' || idx_scan || ' scans', '; ') FROM pg_stat_user_indexes WHERE indexrelname = 'organizations_position_idx'")"
