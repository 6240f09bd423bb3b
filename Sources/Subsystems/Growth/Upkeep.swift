internal import Hosting
public import SchemaDSL

extension Growth {
  @DatabaseBuilder static var upkeep: [any DatabaseItem] {
    abandonSessions
    cleanUp
    deleteUserData
    IndexUsage.self
    CronJob("growth_events_process", schedule: "*/5 * * * *", "SELECT public.process_pending_events()")
    CronJob("growth_sessions_abandon", schedule: "*/10 * * * *", "SELECT public.abandon_inactive_sessions()")
    CronJob("growth_cleanup_daily", schedule: "20 3 * * *", "SELECT public.cleanup_old_data()")
  }

  static let abandonSessions = Function(
    "abandon_inactive_sessions", in: .public, [.init("p_after", .interval, default: "interval '2 hours'")],
    returns: .type(.bigint), language: .sql, settings: ["search_path": "onboarding, pg_temp"], execute: [.serviceRole],
    comment: "Ends onboarding sessions in which nothing has happened; says how many.",
    body: .inline(
      """
      WITH abandoned AS (
        UPDATE sessions s SET status = 'abandoned'
         WHERE s.status = 'in_progress' AND s.last_activity_at < now() - p_after
        RETURNING 1)
      SELECT count(*) FROM abandoned
      """))

  static let cleanUp = Function(
    "cleanup_old_data", in: .public, [.init("p_after", .interval, default: "interval '90 days'")],
    returns: .table(.init("item", .text), .init("rows", .bigint)),
    settings: ["search_path": "pg_catalog, pg_temp"], execute: [.serviceRole],
    comment: """
      Removes what has served its time, and says how much. Figures and leads stay; the audit trail keeps that there was \
      something, not what it was.
      """,
    body: .inline(
      """
      DECLARE
        v_gone text[];
      BEGIN
        DELETE FROM analytics.events WHERE created_at < now() - p_after;
        item := 'analytics.events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM analytics.event_aggregations WHERE bucket < now() - p_after;
        item := 'analytics.event_aggregations'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM onboarding.step_activities WHERE created_at < now() - p_after;
        item := 'onboarding.step_activities'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        WITH gone AS (DELETE FROM onboarding.sessions WHERE abandoned_at < now() - p_after RETURNING id)
        SELECT 'onboarding.sessions', count(*), array_agg(g.id) INTO item, rows, v_gone FROM gone g;
        UPDATE analytics.audit_trail t SET changes = '{}' WHERE t.table_name = item AND t.row_id = ANY (v_gone);
        RETURN NEXT;
        WITH gone AS (
          DELETE FROM experiments.assignments a USING experiments.experiments x
           WHERE x.id = a.experiment_id AND x.status = 'completed' AND a.assigned_at < now() - p_after
          RETURNING a.id)
        SELECT 'experiments.assignments', count(*), array_agg(g.id) INTO item, rows, v_gone FROM gone g;
        UPDATE analytics.audit_trail t SET changes = '{}' WHERE t.table_name = item AND t.row_id = ANY (v_gone);
        RETURN NEXT;
        DELETE FROM marketing.request_rates WHERE window_start < now() - interval '1 day';
        item := 'marketing.request_rates'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
      END
      """))

  static let deleteUserData = Function(
    "gdpr_delete_user_data", in: .public,
    [
      .init("user_email", .text, default: "NULL"), .init("user_id", .uuid, default: "NULL"),
      .init("session_token", .text, default: "NULL"), .init("ip_address", .inet, default: "NULL"),
    ],
    returns: .table(.init("item", .text), .init("rows", .bigint)),
    settings: ["search_path": "pg_catalog, pg_temp"], execute: [.serviceRole],
    comment: """
      Deletes what is kept of a person (GDPR, article 17), found by any of what is known of them and by what leads from \
      there to the rest. Says what it removed.
      """,
    body: .file(PackageResources.gdpr_delete_user_data_sql, "Growth/SQL/gdpr_delete_user_data.sql"))

  public struct IndexUsage: View {
    public static let name = RelationName("index_usage_stats", in: .public)

    let schemaname = Column("schemaname", .text)
    let tablename = Column("tablename", .text)
    let indexname = Column("indexname", .text)
    let scans = Column("idx_scan", .bigint)
    let read = Column("idx_tup_read", .bigint)
    let fetched = Column("idx_tup_fetch", .bigint)
    let size = Column("index_size", .text)
    let isUnique = Column("is_unique", .boolean)

    public init() {}

    public var query: SQL {
      """
      SELECT s.schemaname::text, s.relname::text, s.indexrelname::text, s.idx_scan, s.idx_tup_read, s.idx_tup_fetch,
             pg_size_pretty(pg_relation_size(s.indexrelid)), i.indisunique
        FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
      """
    }

    public var body: TableBody {
      Comment("How often each index is used.")
      Grant(.select, to: .serviceRole)
    }
  }
}
