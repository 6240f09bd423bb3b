internal import Hosting
public import SchemaDSL

extension Webinar {
  /// Registrants whose session is long over; the same columns, compressed, out of the lookup's way.
  public struct ArchivedRegistrants: Table {
    public static let name = RelationName("webinar_registrants_archive", in: .webinar)

    let id = Column("id", .bigint)
    let webinarjamID = Column("webinarjam_id", .integer)
    let webinarID = Column("webinar_id", .integer)
    let scheduleID = Column("schedule_id", .integer)
    let email = Column("email", .varchar(255))
    let eventDate = Column("event_date", .timestamptz, null: true)
    let record = Column("record", .jsonb, compression: .pglz, comment: "The whole row as it was.")
    let archivedAt = Column("archived_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Archive of registrants; written by archive_old_records.")
      PrimaryKey(id)
      Index("webinar_registrants_archive_email_idx", on: email, comment: "Answering a person's request for their data.")
      RowLevelSecurity()
      Policy("service", to: .serviceRole, using: "true", check: "true")
      Grant(.select, .insert, .update, .delete, to: .serviceRole)
    }
  }

  /// Checks that are past retention, a partition for each month of archiving.
  public struct ArchivedChecks: Table {
    public static let name = RelationName("attendance_checks_archive", in: .webinar)

    let id = Column("id", .bigint)
    let registrantID = Column("registrant_id", .bigint, null: true)
    let email = Column("email", .varchar(255))
    let attended = Column("attended", .boolean, null: true)
    let attendanceStatus = Column("attendance_status", .varchar(50), null: true)
    let responseTimeMS = Column("response_time_ms", .integer, null: true)
    let checkedAt = Column("checked_at", .timestamptz, null: true)
    let archivedAt = Column("archived_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Archive of attendance checks, by month of archiving.")
      PrimaryKey(id, archivedAt)
      Partitions(.monthly(ahead: 3, keep: 24), by: archivedAt)
      Index("attendance_checks_archive_email_idx", on: email)
      RowLevelSecurity()
      Policy("service", to: .serviceRole, using: "true", check: "true")
      Grant(.select, .insert, .update, .delete, to: .serviceRole)
    }
  }

  /// Moves what is older than the retention to the archive, in one transaction.
  static let archiveOldRecords = Function(
    "archive_old_records", in: .webinar,
    [
      .init("p_retention", .interval, default: "interval '18 months'"),
      .init("p_limit", .integer, default: "10000"),
    ],
    returns: .table(.init("registrants", .bigint), .init("checks", .bigint)),
    settings: ["search_path": "webinar, pg_temp"], execute: [.serviceRole],
    comment: "Moves registrants and checks older than the retention to the archive; at most p_limit of each.",
    body: .file(PackageResources.archive_old_records_sql, "Webinar/SQL/archive_old_records.sql"))
}
