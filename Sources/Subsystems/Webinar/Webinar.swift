internal import Hosting
public import SchemaDSL

extension Schema {
  /// Webinar registrations and lightning-fast attendance checks.
  public static let webinar = Schema(
    "webinar", comment: "WebinarJam registrations, attendance checks and their archive.")
}

/// The webinar subsystem: who registered, who came, and an answer in milliseconds for the workflow that asks.
///
/// The workflow engine calls as `service_role`; nobody else has business here.
public enum Webinar {
  @DatabaseBuilder public static var items: [any DatabaseItem] {
    Schema.webinar
    SchemaGrant(.usage, on: .webinar, to: .serviceRole)
    Registrants.self
    AttendanceChecks.self
    ArchivedRegistrants.self
    ArchivedChecks.self
    SyncRuns.self
    SyncRejects.self
    AttendanceStatus.self
    SyncStatus.self
    touchUpdatedAt
    parseFlag
    parseRevenue
    parseTimestamp
    parseInterval
    upsertRegistrants
    checkAttendance
    archiveOldRecords
    forgetPerson
    WebinarAttendance.self
    PerformanceDashboard.self
    CronJob(
      "webinar_archive_daily", schedule: "17 3 * * *", "SELECT webinar.archive_old_records(interval '18 months')")
  }

  /// The outcome of a check.
  public enum AttendanceStatus: String, PostgresEnum {
    case attended
    case noShow = "no_show"
    case notFound = "not_found"
    public static let typeName = TypeName("attendance_outcome", in: .webinar)
    public static let comment: String? = "What a lookup found."
  }

  /// How a synchronisation with WebinarJam ended.
  public enum SyncStatus: String, PostgresEnum {
    case running, completed, failed
    public static let typeName = TypeName("sync_status", in: .webinar)
    public static let comment: String? = "State of a synchronisation run."
  }
}
