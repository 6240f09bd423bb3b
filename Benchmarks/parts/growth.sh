# Leads, dashboards and events.
echo "growth"
events=$([ "$size" = full ] && echo 1000000 || echo 100000)
sql "INSERT INTO marketing.leads (email, source, created_at) SELECT format('lead%s@example.org', n), (enum_range(NULL::marketing.lead_source))[1 + n % 7],
       now() - n % 80 * interval '1 day' FROM generate_series(1, 20000) n;
     INSERT INTO onboarding.sessions (session_token, email, started_at) SELECT 'session ' || n, format('lead%s@example.org', n), now() - n % 28 * interval '1 day'
       FROM generate_series(1, 5000) n; ANALYZE marketing.leads, onboarding.sessions"
start=$(date +%s%N)
for part in $(seq 1 20); do
  sql "INSERT INTO analytics.events (type, name, session_id, properties, created_at)
       SELECT (ARRAY['page_view', 'page_view', 'page_view', 'user_action', 'form_submission', 'conversion'])[1 + n % 6]::analytics.event_type,
              (ARRAY['home', 'features', 'pricing', 'demo_request', 'signup', 'first_message'])[1 + n % 6], 'session ' || 1 + n % 20000, '{\"page\": \"/\"}',
              now() - interval '80 days' * (1 - ($part - 1 + n * 20.0 / $events)::double precision / 20) FROM generate_series(1, $events / 20) n"
done
end=$(date +%s%N)
line "$events events in 20 statements, enriched and counted" "$((events * 1000 / ((end - start) / 1000000)))/s"
start=$(date +%s%N); sql "SELECT process_pending_events(2000000)" > /dev/null; end=$(date +%s%N)
line "processing them in one batch" "$(((end - start) / 1000000)) ms"
sql "VACUUM ANALYZE analytics.events, analytics.event_aggregations, analytics.metrics"
cat > "$work/lead.sql" <<SQL
\\set n random(1, 20000)
SELECT id, status, score FROM marketing.leads WHERE email = 'lead' || :n || '@example.org';
SQL
echo "SELECT * FROM analytics.daily_overview WHERE day > CURRENT_DATE - 30 ORDER BY day;" > "$work/overview.sql"
echo "SELECT * FROM analytics.daily_events ORDER BY day, type;" > "$work/daily.sql"
echo "SELECT * FROM marketing.lead_funnel; SELECT * FROM onboarding.drop_off;" > "$work/funnel.sql"
cat > "$work/event.sql" <<SQL
\\set n random(1, 20000)
INSERT INTO analytics.events (type, name, session_id, properties) VALUES ('page_view', 'home', 'session ' || :n, '{"page": "/", "user_agent": "Mozilla/5.0"}');
SQL
# Policies bind these, as they bind the platform's programs.
export PGOPTIONS="-c role=service_role"
bench "a lead by its address, 4 clients (goal p95 1 ms)" "$work/lead.sql" 4 5
bench "dashboard: key figures of 30 days, $events events (goal p95 50 ms)" "$work/overview.sql" 2 5
bench "dashboard: events by day, type and name, of all days (goal p95 50 ms)" "$work/daily.sql" 2 5
bench "dashboard: lead funnel and drop-off (goal p95 50 ms)" "$work/funnel.sql" 2 5
bench "events one by one, enriched and counted, 8 clients (goal 1,000/s)" "$work/event.sql" 8 10
unset PGOPTIONS
line "events not counted (goal 0)" "$(sql "SELECT (SELECT count(*) FROM analytics.events) - (SELECT sum(events) FROM analytics.event_aggregations)")"
