internal import Hosting
public import SchemaDSL

extension Webinar {
  /// One synchronisation with WebinarJam: the caller starts one every six hours.
  public struct SyncRuns: Table {
    public static let name = RelationName("sync_runs", in: .webinar)

    let id = Column("id", .bigint, identity: .always)
    let status = Column("status", .enum(SyncStatus.self), default: .case(.running))
    let startedAt = Column("started_at", .timestamptz, default: .now)
    let finishedAt = Column("finished_at", .timestamptz, null: true)
    let pages = Column("pages", .integer, default: 0)
    let received = Column("received", .integer, default: 0)
    let inserted = Column("inserted", .integer, default: 0)
    let updated = Column("updated", .integer, default: 0)
    let rejected = Column("rejected", .integer, default: 0)
    let message = Column("message", .text, null: true, comment: "Why it failed.")

    public init() {}

    public var body: TableBody {
      Comment("Log of synchronisation runs with their counts.")
      PrimaryKey(id)
      Check(
        "sync_runs_finished_check", "(\(status) = \(SyncStatus.running)) = (\(finishedAt) IS NULL)",
        comment: "A run that goes on has no end; every other has.")
      Index("sync_runs_started_at_idx", on: startedAt.descending, comment: "The latest runs.")
      Hosting.secured()
    }
  }

  /// Records of a page that could not be taken over, with the reason.
  public struct SyncRejects: Table {
    public static let name = RelationName("sync_rejects", in: .webinar)

    let id = Column("id", .bigint, identity: .always)
    let runID = Column(
      "run_id", .bigint, null: true, references: \SyncRuns.id, onDelete: .cascade,
      comment: "NULL when the page was not part of a run.")
    let record = Column("record", .jsonb, comment: "The record as it came.").personal(.content)
    let reason = Column("reason", .text).personal(.content)
    let rejectedAt = Column("rejected_at", .timestamptz, default: .now)
    let resolvedAt = Column("resolved_at", .timestamptz, null: true)

    public init() {}

    public var body: TableBody {
      Comment("Rejected records for manual review.")
      PrimaryKey(id)
      Index("sync_rejects_open_idx", on: rejectedAt, where: "\(resolvedAt) IS NULL", comment: "What is to be reviewed.")
      Index("sync_rejects_run_id_idx", on: runID, comment: "What a run could not take.")
      Hosting.secured()
    }
  }

  static let touchUpdatedAt = Function(
    "touch_updated_at", in: .webinar, returns: .trigger, settings: ["search_path": "pg_catalog, pg_temp"],
    comment: "Keeps updated_at at the time of the last change.",
    body: .inline("BEGIN\n  NEW.updated_at := now();\n  RETURN NEW;\nEND"))

  static let parseFlag = Function(
    "parse_flag", in: .webinar, [.init("p_value", .text)], returns: .type(.boolean), language: .sql,
    volatility: .immutable, parallel: .safe, comment: "WebinarJam's flags: '1' means yes, everything else no.",
    body: .inline("SELECT coalesce(p_value = '1', false)"))

  static let parseRevenue = Function(
    "parse_revenue", in: .webinar, [.init("p_value", .text)], returns: .type(.numeric), volatility: .immutable,
    parallel: .safe, settings: ["search_path": "pg_catalog, pg_temp"],
    comment: "A revenue; 0 for what is no amount that fits numeric(10,2).",
    body: .inline(
      """
      DECLARE
        v numeric;
      BEGIN
        v := round(btrim(p_value)::numeric, 2);
        -- NaN compares as greater than every number.
        IF v IS NULL OR v < 0 OR v >= 100000000 THEN
          RETURN 0;
        END IF;
        RETURN v;
      EXCEPTION WHEN data_exception THEN
        RETURN 0;
      END
      """))

  static let parseTimestamp = Function(
    "parse_timestamp", in: .webinar, [.init("p_value", .text)], returns: .type(.timestamptz), volatility: .stable,
    settings: ["search_path": "pg_catalog, pg_temp", "timezone": "UTC"],
    comment: "A moment in time; NULL for an empty text; an error for what is none. Without a zone it is UTC.",
    body: .inline("BEGIN\n  RETURN nullif(btrim(p_value), '')::timestamptz;\nEND"))

  static let parseInterval = Function(
    "parse_interval", in: .webinar, [.init("p_value", .text)], returns: .type(.interval), volatility: .immutable,
    settings: ["search_path": "pg_catalog, pg_temp", "intervalstyle": "postgres"],
    comment: "A duration such as 01:02:03; NULL for an empty text; an error for what is none.",
    body: .inline("BEGIN\n  RETURN nullif(btrim(p_value), '')::interval;\nEND"))

  static let upsertRegistrants = Function(
    "upsert_registrants", in: .webinar,
    [.init("p_records", .jsonb), .init("p_run_id", .bigint, default: "NULL")],
    returns: .table(
      .init("received", .integer), .init("inserted", .integer), .init("updated", .integer), .init("rejected", .integer)),
    settings: ["search_path": "webinar, pg_temp"], execute: [.serviceRole],
    comment: """
      Takes a page of WebinarJam records (a JSON array): conflict on webinarjam_id, the latest wins; a bad record goes to \
      sync_rejects with its reason and never fails the page.
      """,
    body: .file(PackageResources.upsert_registrants_sql, "Webinar/SQL/upsert_registrants.sql"))
}
