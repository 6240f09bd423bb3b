internal import Hosting
internal import SchemaDSL

extension Booking {
  @DatabaseBuilder static var jobs: [any DatabaseItem] {
    cleanUp
    cronJobStatus
    cronJobHistory
    CronJob(
      "events_generate_daily", schedule: "15 1 * * *",
      "SELECT public.generate_events_for_all(CURRENT_DATE + interval '120 days')")
    CronJob("waitlist_promote_minute", schedule: "* * * * *", "SELECT public.promote_waitlists()")
    CronJob("booking_views_refresh", schedule: "*/5 * * * *", "SELECT public.refresh_all_materialized_views()")
    CronJob("booking_cleanup_daily", schedule: "35 2 * * *", "SELECT public.clean_up_booking()")
    CronJob(
      "event_partitions_daily", schedule: "45 0 * * *",
      "SELECT public.maintain_event_partitions(CURRENT_DATE, (CURRENT_DATE + interval '6 months')::date)")
    CronJob("booking_health_minute", schedule: "* * * * *", "SELECT public.health_check_booking_system()")
    CronJob("database_health", schedule: "*/5 * * * *", "SELECT public.health_check_database()")
  }

  static let cleanUp = Function(
    "clean_up_booking", in: .public, returns: .table(.init("item", .text), .init("rows", .bigint)),
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Removes what has served its time, and says how much; events that are over are completed.",
    body: .inline(
      """
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
      """))

  static let cronJobStatus = Function(
    "get_cron_job_status", in: .public,
    returns: .table(
      .init("job_name", .text), .init("schedule", .text), .init("command", .text), .init("active", .boolean),
      .init("last_status", .text), .init("last_started_at", .timestamptz), .init("last_message", .text)),
    volatility: .stable, security: .definer, settings: ["search_path": "pg_catalog, pg_temp"],
    execute: [.serviceRole],
    comment: "The scheduled jobs with their last runs; nothing, and a notice, where the server has no pg_cron.",
    body: .inline(
      """
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
      """))

  static let cronJobHistory = Function(
    "get_cron_job_history", in: .public, [.init("p_hours", .integer, default: "24")],
    returns: .table(
      .init("job_name", .text), .init("status", .text), .init("started_at", .timestamptz),
      .init("seconds", .numeric), .init("message", .text)),
    volatility: .stable, security: .definer, settings: ["search_path": "pg_catalog, pg_temp"],
    execute: [.serviceRole],
    comment: "Runs of the last hours, the latest first; nothing, and a notice, where the server has no pg_cron.",
    body: .inline(
      """
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
      """))
}
