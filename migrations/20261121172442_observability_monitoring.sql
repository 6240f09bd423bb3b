-- 20261121172442_observability_monitoring
-- create 2 enums, 7 functions, 3 tables, 3 indexes, 1 view, 3 policies, 1 partition window, 18 grants, 20 comments
-- proved on PostgreSQL 15.20: converges; 64 rows in 22 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + enum public.health_status  [Booking/Types.swift]
CREATE TYPE public.health_status AS ENUM ('healthy', 'warning', 'critical');

-- + comment on enum public.health_status  [Booking/Types.swift]
COMMENT ON TYPE public.health_status IS 'Outcome of a health check, or severity of an alert.';

-- + enum public.metric_aggregate  [Booking/Types.swift]
CREATE TYPE public.metric_aggregate AS ENUM ('average', 'p95', 'maximum', 'sum', 'count');

-- + comment on enum public.metric_aggregate  [Booking/Types.swift]
COMMENT ON TYPE public.metric_aggregate IS 'How an alert''s value is made of the values of a metric.';

-- + function public.get_booking_performance_summary(interval)  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.get_booking_performance_summary(p_window interval DEFAULT '24:00:00'::interval)
 RETURNS TABLE(operation text, operations bigint, average_ms double precision, p95_ms double precision, maximum_ms double precision)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
SELECT m.tags ->> 'operation', count(*), avg(m.metric_value),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY m.metric_value), max(m.metric_value)
  FROM performance_metrics m
 WHERE m.metric_name = 'booking_operation_duration' AND m.recorded_at > now() - p_window
 GROUP BY 1 ORDER BY 1
$function$;

-- + comment on function public.get_booking_performance_summary(interval)  [Booking/Monitoring.swift]
COMMENT ON ROUTINE public.get_booking_performance_summary(interval) IS 'How long booking and cancelling took in the last 24 hours.';

-- + function public.get_system_health_summary()  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.get_system_health_summary()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
WITH latest AS (
  SELECT DISTINCT ON (h.check_name) h.check_name, h.status, h.value, h.message, h.checked_at
    FROM health_checks h WHERE h.checked_at > now() - interval '1 hour'
   ORDER BY h.check_name, h.checked_at DESC),
alerts AS (SELECT a.* FROM active_alerts a)
SELECT jsonb_build_object(
         'status', coalesce((SELECT max(s.status) FROM (SELECT status FROM latest UNION ALL SELECT severity FROM alerts) s),
                            'healthy'),
         'checked_at', (SELECT max(l.checked_at) FROM latest l),
         'checks', coalesce((SELECT jsonb_agg(to_jsonb(l) ORDER BY l.status DESC, l.check_name) FROM latest l), '[]'),
         'alerts', coalesce((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.severity DESC, a.name) FROM alerts a), '[]'))
$function$;

-- + comment on function public.get_system_health_summary()  [Booking/Monitoring.swift]
COMMENT ON ROUTINE public.get_system_health_summary() IS 'The latest outcome of every check, the alerts that are on, and the worst of both.';

-- + function public.health_check_booking_system()  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.health_check_booking_system()
 RETURNS TABLE(check_name text, status public.health_status, value double precision, message text)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_check health_checks;
BEGIN
  FOR v_check IN
    SELECT r.*
      FROM (
        SELECT 1 AS place, 'counters' AS name, count(*)::double precision AS value, 0 AS warning, 0 AS critical,
               format('%s events to come count other registrations than they have', count(*)) AS message
          FROM class_events e
         WHERE e.starts_at > now()
           AND e.reg_count <> (SELECT count(*) FROM registrations x WHERE x.event_id = e.id AND x.status = 'confirmed')
        UNION ALL
        SELECT 2, 'overbooked', count(*), 0, 0, format('%s events have more registrations than places', count(*))
          FROM class_events e WHERE e.starts_at > now() AND e.reg_count > e.capacity
        UNION ALL
        SELECT 3, 'waitlist_delay', coalesce(extract(epoch FROM now() - min(w.joined_at)), 0), 300, 900,
               format('%s people wait for events with free places', count(*))
          FROM event_waitlists w JOIN class_events e ON e.id = w.event_id AND e.starts_at = w.event_starts_at
         WHERE w.promoted_at IS NULL AND w.left_at IS NULL AND e.status = 'scheduled' AND e.starts_at > now()
           AND e.reg_count < e.capacity
        UNION ALL
        SELECT 4, 'outbox_delay', coalesce(extract(epoch FROM now() - min(o.created_at)), 0), 300, 1800,
               format('%s notifications are to be sent', count(*))
          FROM notifications_outbox o WHERE o.status = 'pending' AND o.due_at <= now()
        UNION ALL
        SELECT 5, 'webhook_delay', coalesce(extract(epoch FROM now() - min(w.received_at)), 0), 300, 1800,
               format('%s webhooks are to be processed', count(*))
          FROM webhook_events w WHERE w.processed_at IS NULL) k
     CROSS JOIN LATERAL record_health_check(k.name, k.value, k.warning, k.critical, k.message) r
     ORDER BY k.place
  LOOP
    check_name := v_check.check_name; status := v_check.status; value := v_check.value; message := v_check.message;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- + comment on function public.health_check_booking_system()  [Booking/Monitoring.swift]
COMMENT ON ROUTINE public.health_check_booking_system() IS 'Counters, overbooking, waitlists, outbox and webhooks; the outcome is kept in health_checks.';

-- + function public.health_check_database()  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.health_check_database()
 RETURNS TABLE(check_name text, status public.health_status, value double precision, message text)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_started timestamptz := clock_timestamp();
  v_check health_checks;
  v_elapsed double precision;
BEGIN
  -- A query that touches a table and its index, as a booking does.
  PERFORM FROM class_events e WHERE e.starts_at > now() AND e.status = 'scheduled' ORDER BY e.starts_at LIMIT 1;
  v_elapsed := extract(epoch FROM clock_timestamp() - v_started) * 1000;
  INSERT INTO performance_metrics (metric_name, metric_value, tags)
  VALUES ('database_response_time', v_elapsed, '{"operation": "health_check"}');

  FOR v_check IN
    SELECT r.*
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
     ORDER BY k.place
  LOOP
    check_name := v_check.check_name; status := v_check.status; value := v_check.value; message := v_check.message;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- + comment on function public.health_check_database()  [Booking/Monitoring.swift]
COMMENT ON ROUTINE public.health_check_database() IS 'Connections, long transactions, response time and partitions to come; the outcome is kept in health_checks.';

-- + function public.report_booking_error(text, text)  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.report_booking_error(p_operation text, p_sqlstate text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
INSERT INTO performance_metrics (metric_name, metric_value, tags)
VALUES ('booking_error', 1, jsonb_build_object('operation', p_operation, 'sqlstate', p_sqlstate))
$function$;

-- + comment on function public.report_booking_error(text, text)  [Booking/Monitoring.swift]
COMMENT ON ROUTINE public.report_booking_error(text, text) IS 'For callers: counts an operation that failed, which its own transaction cannot do.';

-- + function public.simulate_booking_load(integer, integer)  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.simulate_booking_load(p_bookings integer, p_seconds integer)
 RETURNS TABLE(bookings integer, confirmed integer, waitlisted integer, failed integer, average_ms double precision, p95_ms double precision, per_second double precision)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  v_started timestamptz := clock_timestamp();
  v_before timestamptz;
  v_event uuid;
  v_organization uuid;
  v_customers uuid[];
  v_outcome text;
  v_times double precision[] := '{}';
BEGIN
  IF p_bookings NOT BETWEEN 1 AND 100000 OR p_seconds NOT BETWEEN 1 AND 3600 THEN
    RAISE EXCEPTION 'between 1 and 100000 bookings in 1 to 3600 seconds, not % in %', p_bookings, p_seconds
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  confirmed := 0; waitlisted := 0; failed := 0;
  BEGIN
    INSERT INTO organizations (name, slug) VALUES ('simulation', 'simulation-' || gen_random_uuid())
    RETURNING id INTO v_organization;
    PERFORM maintain_event_partitions(current_date, current_date + 2);
    INSERT INTO class_events (organization_id, title, starts_at, ends_at, capacity)
    VALUES (v_organization, 'simulation', now() + interval '1 day', now() + interval '25 hours', greatest(1, p_bookings * 4 / 5))
    RETURNING id INTO v_event;
    WITH made AS (
      INSERT INTO customers (organization_id, email, full_name)
      SELECT v_organization, format('simulation-%s@invalid', n), 'simulation' FROM generate_series(1, p_bookings) n
      RETURNING id)
    SELECT array_agg(id) INTO v_customers FROM made;
    FOR i IN 1..p_bookings LOOP
      EXIT WHEN clock_timestamp() > v_started + make_interval(secs => p_seconds);
      v_before := clock_timestamp();
      BEGIN
        SELECT b.outcome INTO v_outcome FROM book_event(v_event, v_customers[i], 'simulation') b;
        confirmed := confirmed + (v_outcome = 'confirmed')::integer;
        waitlisted := waitlisted + (v_outcome = 'waitlisted')::integer;
      EXCEPTION WHEN OTHERS THEN
        failed := failed + 1;
      END;
      v_times := v_times || extract(epoch FROM clock_timestamp() - v_before)::double precision * 1000;
    END LOOP;
    -- Back to how it was; variables keep their values.
    RAISE EXCEPTION 'undo' USING ERRCODE = 'triggered_action_exception';
  EXCEPTION WHEN triggered_action_exception THEN NULL;
  END;
  bookings := cardinality(v_times);
  SELECT avg(t), percentile_cont(0.95) WITHIN GROUP (ORDER BY t), count(*) / nullif(sum(t), 0) * 1000
    INTO average_ms, p95_ms, per_second FROM unnest(v_times) t;
  INSERT INTO performance_metrics (metric_name, metric_value, tags)
  SELECT 'booking_operation_duration', t, '{"operation": "simulate"}' FROM unnest(v_times) t;
  RETURN NEXT;
END
$function$;

-- + comment on function public.simulate_booking_load(integer, integer)  [Booking/Monitoring.swift]
COMMENT ON ROUTINE public.simulate_booking_load(integer, integer) IS 'Books p_bookings times for a made-up event with room for four fifths of them, p_seconds at most, one after the other, and undoes it all; the figures stay in performance_metrics. For many clients at once use pgbench.';

-- + table public.alert_rules  [Booking/Monitoring.swift]
CREATE TABLE public.alert_rules (
  name text NOT NULL,
  metric_name text NOT NULL,
  aggregate public.metric_aggregate DEFAULT 'average'::public.metric_aggregate NOT NULL,
  time_window interval DEFAULT '00:05:00'::interval NOT NULL,
  warning double precision NOT NULL,
  critical double precision NOT NULL,
  unit text DEFAULT 'ms'::text NOT NULL,
  description text NOT NULL,
  active boolean DEFAULT true NOT NULL,
  CONSTRAINT alert_rules_pkey PRIMARY KEY (name),
  CONSTRAINT alert_rules_thresholds_check CHECK ((critical >= warning)),
  CONSTRAINT alert_rules_time_window_check CHECK ((time_window > '00:00:00'::interval))
);
ALTER TABLE public.alert_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.alert_rules FORCE ROW LEVEL SECURITY;

-- + comment on table public.alert_rules  [Booking/Monitoring.swift]
COMMENT ON TABLE public.alert_rules IS 'Thresholds of alerts.';

-- + comment on column public.alert_rules.critical  [Booking/Monitoring.swift]
COMMENT ON COLUMN public.alert_rules.critical IS 'Above it the alert is critical.';

-- + comment on column public.alert_rules.warning  [Booking/Monitoring.swift]
COMMENT ON COLUMN public.alert_rules.warning IS 'Above it the alert is a warning.';

-- + table public.health_checks  [Booking/Monitoring.swift]
CREATE TABLE public.health_checks (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  check_name text NOT NULL,
  status public.health_status NOT NULL,
  value double precision,
  message text NOT NULL,
  checked_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT health_checks_pkey PRIMARY KEY (id)
);
ALTER TABLE public.health_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.health_checks FORCE ROW LEVEL SECURITY;

-- + function public.record_health_check(text, double precision, double precision, double precision, text)  [Booking/Monitoring.swift]
CREATE OR REPLACE FUNCTION public.record_health_check(p_name text, p_value double precision, p_warning double precision, p_critical double precision, p_message text)
 RETURNS public.health_checks
 LANGUAGE sql
 SET search_path TO 'public', 'pg_temp'
AS $function$
WITH measured AS (
  INSERT INTO performance_metrics (metric_name, metric_value, tags)
  VALUES (p_name, p_value, '{"operation": "health_check"}'))
INSERT INTO health_checks (check_name, status, value, message)
VALUES (p_name,
        CASE WHEN p_value > p_critical THEN 'critical' WHEN p_value > p_warning THEN 'warning' ELSE 'healthy' END::health_status,
        p_value, p_message)
RETURNING *
$function$;

-- + comment on function public.record_health_check(text, double precision, double precision, double precision, text)  [Booking/Monitoring.swift]
COMMENT ON ROUTINE public.record_health_check(text, double precision, double precision, double precision, text) IS 'Keeps the outcome of a check, and its value as a metric: critical above one value, a warning above another.';

-- + index public.health_checks_checked_at_idx  [Booking/Monitoring.swift]
CREATE INDEX health_checks_checked_at_idx ON public.health_checks USING btree (checked_at);

-- + index public.health_checks_name_idx  [Booking/Monitoring.swift]
CREATE INDEX health_checks_name_idx ON public.health_checks USING btree (check_name, checked_at DESC);

-- + comment on table public.health_checks  [Booking/Monitoring.swift]
COMMENT ON TABLE public.health_checks IS 'Outcomes of health checks.';

-- + comment on index public.health_checks_checked_at_idx  [Booking/Monitoring.swift]
COMMENT ON INDEX public.health_checks_checked_at_idx IS 'Cleaning up.';

-- + comment on index public.health_checks_name_idx  [Booking/Monitoring.swift]
COMMENT ON INDEX public.health_checks_name_idx IS 'The latest of each.';

-- + table public.performance_metrics  [Booking/Monitoring.swift]
CREATE TABLE public.performance_metrics (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  metric_name text NOT NULL,
  metric_value double precision NOT NULL,
  tags jsonb DEFAULT '{}'::jsonb NOT NULL,
  recorded_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT performance_metrics_pkey PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);
ALTER TABLE public.performance_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.performance_metrics FORCE ROW LEVEL SECURITY;

-- + index public.performance_metrics_name_idx  [Booking/Monitoring.swift]
CREATE INDEX performance_metrics_name_idx ON public.performance_metrics USING btree (metric_name, recorded_at);

-- + comment on table public.performance_metrics  [Booking/Monitoring.swift]
COMMENT ON TABLE public.performance_metrics IS 'Measured values, a partition a month.';

-- + comment on column public.performance_metrics.metric_value  [Booking/Monitoring.swift]
COMMENT ON COLUMN public.performance_metrics.metric_value IS 'Milliseconds for durations, seconds for waits.';

-- + comment on column public.performance_metrics.tags  [Booking/Monitoring.swift]
COMMENT ON COLUMN public.performance_metrics.tags IS 'The operation and its outcome.';

-- + comment on index public.performance_metrics_name_idx  [Booking/Monitoring.swift]
COMMENT ON INDEX public.performance_metrics_name_idx IS 'Alerts and dashboards.';

-- + view public.active_alerts  [Booking/Monitoring.swift]
CREATE VIEW public.active_alerts WITH (security_invoker = 'true') AS
 SELECT r.name,
        CASE
            WHEN (v.value > r.critical) THEN 'critical'::public.health_status
            ELSE 'warning'::public.health_status
        END AS severity,
    v.value,
        CASE
            WHEN (v.value > r.critical) THEN r.critical
            ELSE r.warning
        END AS threshold,
    r.unit,
    r.description
   FROM (public.alert_rules r
     CROSS JOIN LATERAL ( SELECT
                CASE r.aggregate
                    WHEN 'average'::public.metric_aggregate THEN avg(m.metric_value)
                    WHEN 'p95'::public.metric_aggregate THEN percentile_cont((0.95)::double precision) WITHIN GROUP (ORDER BY m.metric_value)
                    WHEN 'maximum'::public.metric_aggregate THEN max(m.metric_value)
                    WHEN 'sum'::public.metric_aggregate THEN sum(m.metric_value)
                    ELSE (count(*))::double precision
                END AS value
           FROM public.performance_metrics m
          WHERE ((m.metric_name = r.metric_name) AND (m.recorded_at > (now() - r.time_window)))) v)
  WHERE (r.active AND (v.value > r.warning));

-- + comment on view public.active_alerts  [Booking/Monitoring.swift]
COMMENT ON VIEW public.active_alerts IS 'Alerts that are on.';

-- + policy service on public.alert_rules  [Booking/Monitoring.swift]
CREATE POLICY service ON public.alert_rules FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on public.health_checks  [Booking/Monitoring.swift]
CREATE POLICY service ON public.health_checks FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on public.performance_metrics  [Booking/Monitoring.swift]
CREATE POLICY service ON public.performance_metrics FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + grant to service_role on view public.active_alerts  [Booking/Monitoring.swift]
GRANT SELECT ON TABLE public.active_alerts TO service_role;

-- + grant to service_role on table public.alert_rules  [Booking/Monitoring.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.alert_rules TO service_role;

-- + grant to PUBLIC on function public.get_booking_performance_summary(interval)  [Booking/Monitoring.swift]
REVOKE EXECUTE ON ROUTINE public.get_booking_performance_summary(interval) FROM PUBLIC;

-- + grant to service_role on function public.get_booking_performance_summary(interval)  [Booking/Monitoring.swift]
GRANT EXECUTE ON ROUTINE public.get_booking_performance_summary(interval) TO service_role;

-- + grant to PUBLIC on function public.get_system_health_summary()  [Booking/Monitoring.swift]
REVOKE EXECUTE ON ROUTINE public.get_system_health_summary() FROM PUBLIC;

-- + grant to service_role on function public.get_system_health_summary()  [Booking/Monitoring.swift]
GRANT EXECUTE ON ROUTINE public.get_system_health_summary() TO service_role;

-- + grant to PUBLIC on function public.health_check_booking_system()  [Booking/Monitoring.swift]
REVOKE EXECUTE ON ROUTINE public.health_check_booking_system() FROM PUBLIC;

-- + grant to service_role on function public.health_check_booking_system()  [Booking/Monitoring.swift]
GRANT EXECUTE ON ROUTINE public.health_check_booking_system() TO service_role;

-- + grant to PUBLIC on function public.health_check_database()  [Booking/Monitoring.swift]
REVOKE EXECUTE ON ROUTINE public.health_check_database() FROM PUBLIC;

-- + grant to service_role on function public.health_check_database()  [Booking/Monitoring.swift]
GRANT EXECUTE ON ROUTINE public.health_check_database() TO service_role;

-- + grant to service_role on table public.health_checks  [Booking/Monitoring.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.health_checks TO service_role;

-- + grant to service_role on table public.performance_metrics  [Booking/Monitoring.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE public.performance_metrics TO service_role;

-- + grant to PUBLIC on function public.record_health_check(text, double precision, double precision, double precision, text)  [Booking/Monitoring.swift]
REVOKE EXECUTE ON ROUTINE public.record_health_check(text, double precision, double precision, double precision, text) FROM PUBLIC;

-- + grant to service_role on function public.record_health_check(text, double precision, double precision, double precision, text)  [Booking/Monitoring.swift]
GRANT EXECUTE ON ROUTINE public.record_health_check(text, double precision, double precision, double precision, text) TO service_role;

-- + grant to PUBLIC on function public.report_booking_error(text, text)  [Booking/Monitoring.swift]
REVOKE EXECUTE ON ROUTINE public.report_booking_error(text, text) FROM PUBLIC;

-- + grant to service_role on function public.report_booking_error(text, text)  [Booking/Monitoring.swift]
GRANT EXECUTE ON ROUTINE public.report_booking_error(text, text) TO service_role;

-- + grant to PUBLIC on function public.simulate_booking_load(integer, integer)  [Booking/Monitoring.swift]
REVOKE EXECUTE ON ROUTINE public.simulate_booking_load(integer, integer) FROM PUBLIC;

-- + grant to service_role on function public.simulate_booking_load(integer, integer)  [Booking/Monitoring.swift]
GRANT EXECUTE ON ROUTINE public.simulate_booking_load(integer, integer) TO service_role;

-- + partition window public.performance_metrics  [Booking/Monitoring.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

COMMIT;
