internal import Hosting
internal import SchemaDSL

extension Slotease {
  @DatabaseBuilder static var maintenance: [any DatabaseItem] {
    refreshViews
    cleanUp
    updateStatistics
    CronJob(
      "refresh-materialized-views", schedule: "0 6-22 * * *", "SELECT slotease.refresh_all_materialized_views()")
    CronJob("cleanup-old-data", schedule: "0 2 * * *", "SELECT slotease.cleanup_old_data()")
    CronJob("update-statistics", schedule: "0 */6 * * *", "SELECT slotease.update_table_statistics()")
    Publication(
      "slotease_realtime", of: Appointments.self, Queues.self, QueueEntries.self, Notifications.self, viaRoot: true,
      comment: "What applications follow live.")
  }

  static let refreshViews = Function(
    "refresh_all_materialized_views", in: .slotease,
    returns: .table(.init("view_name", .text), .init("milliseconds", .integer)), security: .definer,
    settings: ["search_path": "slotease, public, pg_temp"], execute: [.serviceRole],
    comment: "Refreshes the materialized views of slotease while they can be read; says how long each took.",
    body: .inline(
      """
      DECLARE
        v_started timestamptz;
      BEGIN
        FOREACH view_name IN ARRAY ARRAY['organization_stats', 'service_performance', 'daily_appointment_metrics',
                                         'queue_performance', 'user_activity_summary']
        LOOP
          v_started := clock_timestamp();
          EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY slotease.%I', view_name);
          milliseconds := extract(epoch FROM clock_timestamp() - v_started) * 1000;
          RETURN NEXT;
        END LOOP;
      END
      """))

  static let cleanUp = Function(
    "cleanup_old_data", in: .slotease, returns: .table(.init("item", .text), .init("rows", .bigint)),
    settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: """
      Removes what has served its time, and says how much. Old appointments, notifications, events and audit rows go with \
      their partitions.
      """,
    body: .inline(
      """
      BEGIN
        DELETE FROM rate_limits WHERE window_start < now() - interval '1 day';
        item := 'rate_limits'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM booking_requests WHERE created_at < now() - interval '30 days';
        item := 'booking_requests'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM slot_reservations WHERE during << tstzrange(now() - interval '30 days', NULL);
        item := 'slot_reservations'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        -- Whoever was never called has gone home.
        PERFORM FROM queues q ORDER BY q.id FOR NO KEY UPDATE;
        UPDATE queue_entries SET status = 'left', finished_at = now()
         WHERE status IN ('waiting', 'called') AND joined_at < now() - interval '1 day';
        item := 'queue_entries closed'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM queue_entries WHERE finished_at < now() - interval '90 days';
        item := 'queue_entries'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM api_keys WHERE coalesce(revoked_at, expires_at) < now() - interval '1 year';
        item := 'api_keys'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
      END
      """))

  static let updateStatistics = Function(
    "update_table_statistics", in: .slotease,
    returns: .table(.init("table_name", .text), .init("milliseconds", .integer)), security: .definer,
    settings: ["search_path": "slotease, public, pg_temp"], execute: [.serviceRole],
    comment: """
      Gathers the planner's statistics of all tables of slotease; the server does it by itself for their partitions, never \
      for a partitioned table as a whole.
      """,
    body: .inline(
      """
      DECLARE
        v_started timestamptz;
      BEGIN
        FOR table_name IN
          SELECT c.relname FROM pg_class c
           WHERE c.relnamespace = 'slotease'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
        LOOP
          v_started := clock_timestamp();
          EXECUTE format('ANALYZE slotease.%I', table_name);
          milliseconds := extract(epoch FROM clock_timestamp() - v_started) * 1000;
          RETURN NEXT;
        END LOOP;
      END
      """))
}
