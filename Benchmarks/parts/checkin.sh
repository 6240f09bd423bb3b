# Resolving passes.
echo "checkin"
participants() {
  sql "INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash)
       SELECT n, '[\"Name\", \"Email\"]', jsonb_build_object('Name', 'Person ' || n, 'Email', format('p%s@example.org', n)), md5(n::text)
         FROM generate_series($1, $2) n; ANALYZE checkin.paidparticipants"
}
resolve() {
  cat > "$work/resolve.sql" <<SQL
\\set n random(1, $1)
\\set a random(0, 65535)
SELECT checkin.resolve(md5(:n::text), ('10.1.' || :a / 256 || '.' || :a % 256)::inet);
SQL
}
participants 1 10000; resolve 10000
bench "resolve, 10,000 participants, 8 clients (goal p95 5 ms)" "$work/resolve.sql" 8 10
bench "resolve, 500 clients at once (goal: no error)" "$work/resolve.sql" 500 10
participants 10001 100000; resolve 100000
bench "resolve, 100,000 participants, 8 clients (goal p95 8 ms)" "$work/resolve.sql" 8 10
