-- 20261121033314_schedule_jobs
-- create 2 cron jobs
-- proved on PostgreSQL 15.20: converges; 31 rows in 9 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + cron job checkin_cleanup_hourly  [CheckIn/CheckIn.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('checkin_cleanup_hourly', '7 * * * *', 'SELECT checkin.clean_up()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'checkin_cleanup_hourly';
  END IF;
END
$dbtool$;

-- + cron job webinar_archive_daily  [Webinar/Webinar.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('webinar_archive_daily', '17 3 * * *', 'SELECT webinar.archive_old_records(interval ''18 months'')');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'webinar_archive_daily';
  END IF;
END
$dbtool$;

COMMIT;
