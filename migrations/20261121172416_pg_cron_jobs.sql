-- 20261121172416_pg_cron_jobs
-- create 3 functions, 6 grants, 3 comments, 7 cron jobs
-- proved on PostgreSQL 15.20: converges; 64 rows in 22 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + function public.clean_up_booking()  [Booking/Jobs.swift]
CREATE OR REPLACE FUNCTION public.clean_up_booking()
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM rate_limits WHERE window_start < now() - interval '1 day';
  item := 'rate_limits'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM webhook_events WHERE processed_at < now() - interval '30 days';
  item := 'webhook_events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM notifications_outbox WHERE status <> 'pending' AND created_at < now() - interval '90 days';
  item := 'notifications_outbox'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM health_checks WHERE checked_at < now() - interval '14 days';
  item := 'health_checks'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  UPDATE class_events SET status = 'completed' WHERE status = 'scheduled' AND ends_at < now() - interval '1 hour';
  item := 'class_events completed'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  UPDATE event_waitlists SET left_at = now()
   WHERE event_starts_at < now() AND promoted_at IS NULL AND left_at IS NULL;
  item := 'event_waitlists closed'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
$function$;

-- + comment on function public.clean_up_booking()  [Booking/Jobs.swift]
COMMENT ON ROUTINE public.clean_up_booking() IS 'Removes what has served its time, and says how much; events that are over are completed.';

-- + function public.get_cron_job_history(integer)  [Booking/Jobs.swift]
CREATE OR REPLACE FUNCTION public.get_cron_job_history(p_hours integer DEFAULT 24)
 RETURNS TABLE(job_name text, status text, started_at timestamp with time zone, seconds numeric, message text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_column
BEGIN
  IF to_regclass('cron.job_run_details') IS NULL THEN
    RAISE NOTICE 'pg_cron is not installed in this database: nothing has run';
    RETURN;
  END IF;
  RETURN QUERY
  SELECT j.jobname::text, d.status, d.start_time, round(extract(epoch FROM d.end_time - d.start_time), 3),
         d.return_message
    FROM cron.job_run_details d LEFT JOIN cron.job j ON j.jobid = d.jobid
   WHERE d.start_time > now() - make_interval(hours => p_hours)
   ORDER BY d.start_time DESC;
END
$function$;

-- + comment on function public.get_cron_job_history(integer)  [Booking/Jobs.swift]
COMMENT ON ROUTINE public.get_cron_job_history(integer) IS 'Runs of the last hours, the latest first; nothing, and a notice, where the server has no pg_cron.';

-- + function public.get_cron_job_status()  [Booking/Jobs.swift]
CREATE OR REPLACE FUNCTION public.get_cron_job_status()
 RETURNS TABLE(job_name text, schedule text, command text, active boolean, last_status text, last_started_at timestamp with time zone, last_message text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_column
BEGIN
  IF to_regclass('cron.job') IS NULL THEN
    RAISE NOTICE 'pg_cron is not installed in this database: nothing is scheduled';
    RETURN;
  END IF;
  RETURN QUERY
  SELECT j.jobname::text, j.schedule, j.command, j.active, d.status, d.start_time, d.return_message
    FROM cron.job j
    LEFT JOIN LATERAL (SELECT * FROM cron.job_run_details r WHERE r.jobid = j.jobid
                        ORDER BY r.start_time DESC LIMIT 1) d ON true
   ORDER BY 1;
END
$function$;

-- + comment on function public.get_cron_job_status()  [Booking/Jobs.swift]
COMMENT ON ROUTINE public.get_cron_job_status() IS 'The scheduled jobs with their last runs; nothing, and a notice, where the server has no pg_cron.';

-- + grant to PUBLIC on function public.clean_up_booking()  [Booking/Jobs.swift]
REVOKE EXECUTE ON ROUTINE public.clean_up_booking() FROM PUBLIC;

-- + grant to service_role on function public.clean_up_booking()  [Booking/Jobs.swift]
GRANT EXECUTE ON ROUTINE public.clean_up_booking() TO service_role;

-- + grant to PUBLIC on function public.get_cron_job_history(integer)  [Booking/Jobs.swift]
REVOKE EXECUTE ON ROUTINE public.get_cron_job_history(integer) FROM PUBLIC;

-- + grant to service_role on function public.get_cron_job_history(integer)  [Booking/Jobs.swift]
GRANT EXECUTE ON ROUTINE public.get_cron_job_history(integer) TO service_role;

-- + grant to PUBLIC on function public.get_cron_job_status()  [Booking/Jobs.swift]
REVOKE EXECUTE ON ROUTINE public.get_cron_job_status() FROM PUBLIC;

-- + grant to service_role on function public.get_cron_job_status()  [Booking/Jobs.swift]
GRANT EXECUTE ON ROUTINE public.get_cron_job_status() TO service_role;

-- + cron job booking_cleanup_daily  [Booking/Jobs.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('booking_cleanup_daily', '35 2 * * *', 'SELECT public.clean_up_booking()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'booking_cleanup_daily';
  END IF;
END
$dbtool$;

-- + cron job booking_health_minute  [Booking/Jobs.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('booking_health_minute', '* * * * *', 'SELECT public.health_check_booking_system()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'booking_health_minute';
  END IF;
END
$dbtool$;

-- + cron job booking_views_refresh  [Booking/Jobs.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('booking_views_refresh', '*/5 * * * *', 'SELECT public.refresh_all_materialized_views()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'booking_views_refresh';
  END IF;
END
$dbtool$;

-- + cron job database_health  [Booking/Jobs.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('database_health', '*/5 * * * *', 'SELECT public.health_check_database()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'database_health';
  END IF;
END
$dbtool$;

-- + cron job event_partitions_daily  [Booking/Jobs.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('event_partitions_daily', '45 0 * * *', 'SELECT public.maintain_event_partitions(CURRENT_DATE, (CURRENT_DATE + interval ''6 months'')::date)');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'event_partitions_daily';
  END IF;
END
$dbtool$;

-- + cron job events_generate_daily  [Booking/Jobs.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('events_generate_daily', '15 1 * * *', 'SELECT public.generate_events_for_all(CURRENT_DATE + interval ''120 days'')');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'events_generate_daily';
  END IF;
END
$dbtool$;

-- + cron job waitlist_promote_minute  [Booking/Jobs.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('waitlist_promote_minute', '* * * * *', 'SELECT public.promote_waitlists()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'waitlist_promote_minute';
  END IF;
END
$dbtool$;

COMMIT;
