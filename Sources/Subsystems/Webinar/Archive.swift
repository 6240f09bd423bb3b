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
    let email = Column("email", .varchar(255)).personal(.contact)
    let eventDate = Column("event_date", .timestamptz, null: true)
    let record = Column("record", .jsonb, compression: .pglz, comment: "The whole row as it was.").personal(.content)
    let archivedAt = Column("archived_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Archive of registrants; written by archive_old_records.")
      PrimaryKey(id)
      Index("webinar_registrants_archive_email_idx", on: email, comment: "Answering a person's request for their data.")
      Hosting.secured()
    }
  }

  /// Checks that are past retention, a partition for each month of archiving.
  public struct ArchivedChecks: Table {
    public static let name = RelationName("attendance_checks_archive", in: .webinar)

    let id = Column("id", .bigint)
    let registrantID = Column("registrant_id", .bigint, null: true)
    let email = Column("email", .varchar(255)).personal(.contact)
    let attended = Column("attended", .boolean, null: true).personal(.behaviour)
    let attendanceStatus = Column("attendance_status", .varchar(50), null: true)
    let responseTimeMS = Column("response_time_ms", .integer, null: true)
    let checkedAt = Column("checked_at", .timestamptz, null: true)
    let archivedAt = Column("archived_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Archive of attendance checks, by month of archiving.")
      PrimaryKey(id, archivedAt)
      Partitions(.monthly(ahead: 3, keep: 24, retirement: .stay), by: archivedAt)
      Index("attendance_checks_archive_email_idx", on: email, comment: "A person's checks: forgetting.")
      Hosting.secured()
    }
  }

  static let forgetPerson = Function(
    "forget_person", in: .webinar, [.init("p_email", .text)],
    returns: .table(.init("item", .text), .init("rows", .bigint)), settings: ["search_path": "webinar, pg_temp"],
    execute: [.serviceRole],
    comment: "Removes all that is known of an address (GDPR, article 17), from the archive too; says what it removed.",
    body: .inline(
      """
      DECLARE
        v_email text := lower(btrim(p_email));
      BEGIN
        DELETE FROM attendance_checks c WHERE lower(btrim(c.email)) = v_email;
        item := 'attendance_checks'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM attendance_checks_archive c WHERE lower(btrim(c.email)) = v_email;
        item := 'attendance_checks_archive'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM webinar_registrants r WHERE lower(btrim(r.email)) = v_email;
        item := 'webinar_registrants'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM webinar_registrants_archive r WHERE lower(btrim(r.email)) = v_email;
        item := 'webinar_registrants_archive'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
        DELETE FROM sync_rejects j WHERE lower(btrim(j.record ->> 'email')) = v_email;
        item := 'sync_rejects'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
      END
      """))

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
