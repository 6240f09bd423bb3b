#variable_conflict use_column
DECLARE
  v_started timestamptz := clock_timestamp();
  v_elapsed double precision;
BEGIN
  -- A query that touches a table and its index, as a booking does.
  PERFORM FROM class_events e WHERE e.starts_at > now() AND e.status = 'scheduled' ORDER BY e.starts_at LIMIT 1;
  v_elapsed := extract(epoch FROM clock_timestamp() - v_started) * 1000;
  INSERT INTO performance_metrics (metric_name, metric_value, tags)
  VALUES ('database_response_time', v_elapsed, '{"operation": "health_check"}');

  RETURN QUERY
  SELECT r.check_name, r.status, r.value, r.message
    FROM (
      SELECT 1 AS place, 'response_time' AS name, v_elapsed AS value, 500 AS warning, 1000 AS critical,
             format('a query takes %s ms', round(v_elapsed::numeric, 1)) AS message
      UNION ALL
      SELECT 2, 'connections', 100.0 * count(*) / current_setting('max_connections')::integer, 80, 95,
             format('%s of %s connections are in use', count(*), current_setting('max_connections'))
        FROM pg_stat_activity
      UNION ALL
      SELECT 3, 'long_transactions', coalesce(max(extract(epoch FROM now() - a.xact_start)), 0), 300, 1800,
             format('the longest transaction is %s old', coalesce(date_trunc('second', max(now() - a.xact_start)), interval '0'))
        FROM pg_stat_activity a WHERE a.datname = current_database() AND a.state <> 'idle' AND a.pid <> pg_backend_pid()
      UNION ALL
      SELECT 4, 'partitions_missing', count(*) FILTER (WHERE to_regclass('public.class_events_' || to_char(m, 'YYYY_MM')) IS NULL),
             0, 1, format('%s of the next four months have no partition of class_events',
                          count(*) FILTER (WHERE to_regclass('public.class_events_' || to_char(m, 'YYYY_MM')) IS NULL))
        FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
                             now() AT TIME ZONE 'UTC' + interval '4 months', interval '1 month') m
      UNION ALL
      SELECT 5, 'dead_rows', coalesce(max(100.0 * t.n_dead_tup / nullif(t.n_live_tup + t.n_dead_tup, 0))
                                        FILTER (WHERE t.n_dead_tup > 10000), 0), 40, 80,
             'the largest share of dead rows in a table, in percent'
        FROM pg_stat_user_tables t) k
   CROSS JOIN LATERAL record_health_check(k.name, k.value, k.warning, k.critical, k.message) r
   ORDER BY k.place;
END
