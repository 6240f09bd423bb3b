internal import Hosting
public import SchemaDSL

extension Webinar {
  /// Who registered for a webinar, and whether they came. The central table: one row a WebinarJam registration.
  public struct Registrants: Table {
    public static let name = RelationName("webinar_registrants", in: .webinar)

    let id = Column("id", .bigserial)

    let webinarjamID = Column("webinarjam_id", .integer, comment: "The registration's number at WebinarJam.")
    let leadID = Column("lead_id", .integer, null: true)
    let webinarID = Column("webinar_id", .integer)
    let scheduleID = Column("schedule_id", .integer)
    let eventID = Column("event_id", .integer, null: true)

    let email = Column("email", .varchar(255), comment: "Lower case, without spaces around it; the lookup's key.")
      .personal(.contact)
    let firstName = Column("first_name", .varchar(255), null: true).personal(.identity)
    let lastName = Column("last_name", .varchar(255), null: true).personal(.identity)
    let phoneCountryCode = Column("phone_country_code", .varchar(10), null: true).personal(.contact)
    let phoneNumber = Column("phone_number", .varchar(50), null: true).personal(.contact)

    let webinarName = Column("webinar_name", .varchar(255), null: true)
    let schedule = Column("schedule", .varchar(255), null: true, comment: "The schedule as WebinarJam words it.")
    let eventDate = Column("event_date", .timestamptz, null: true, comment: "When the session starts.")
    let signupDate = Column("signup_date", .timestamptz, null: true)

    let attendedLive = Column("attended_live", .boolean, null: true, default: false)
    let dateLive = Column("date_live", .timestamptz, null: true)
    let enteredLive = Column("entered_live", .interval, null: true, comment: "How far into the session they came.")
    let timeLive = Column("time_live", .interval, null: true, comment: "How long they stayed.")

    let purchasedLive = Column("purchased_live", .boolean, null: true, default: false)
    let revenueLive = Column("revenue_live", .numeric(10, 2), null: true, default: 0)

    let attendedReplay = Column("attended_replay", .boolean, null: true, default: false)
    let dateReplay = Column("date_replay", .timestamptz, null: true)
    let timeReplay = Column("time_replay", .interval, null: true)
    let purchasedReplay = Column("purchased_replay", .boolean, null: true, default: false)
    let revenueReplay = Column("revenue_replay", .numeric(10, 2), null: true, default: 0)

    let createdAt = Column("created_at", .timestamptz, null: true, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, null: true, default: .now)
    let lastSyncedAt = Column("last_synced_at", .timestamptz, null: true, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("WebinarJam registrations with attendance, purchases and replay.")
      PrimaryKey(id)
      Unique(webinarjamID, comment: "The provider's number, which a sync finds a person by.")
      Check(
        "webinar_registrants_revenue_check", "\(revenueLive) >= 0 AND \(revenueReplay) >= 0",
        comment: "Refunds are not kept here.")

      Index("idx_webinar_registrants_email", on: email, comment: "Lookups by address alone.")
      Index(
        "idx_webinar_registrants_lookup", on: email, webinarID, scheduleID,
        comment: "The lightning lookup: address, webinar, schedule.")
      Index("idx_webinar_registrants_attended", on: attendedLive, comment: "Analytics by attendance.")
      Index("webinar_registrants_event_date_idx", on: eventDate, comment: "Retention: what is old enough to archive.")

      Trigger(
        "webinar_registrants_touch", .before, .update, call: Webinar.touchUpdatedAt, comment: "Keeps updated_at.")

      Hosting.secured(comment: "The workflow engine does everything.")
      SequenceGrant(.usage, of: id, to: .serviceRole)
    }
  }

  /// Every attendance check, with what it found and how long it took.
  public struct AttendanceChecks: Table {
    public static let name = RelationName("attendance_checks", in: .webinar)

    let id = Column("id", .bigserial)
    let registrantID = Column(
      "registrant_id", .bigint, null: true, references: \Registrants.id, onDelete: .setNull,
      comment: "NULL when nobody was found, or once the registrant is archived.")
    let ghlContactID = Column("ghl_contact_id", .varchar(255), null: true, comment: "The contact at GoHighLevel.")
      .personal(.identity)
    let email = Column("email", .varchar(255)).personal(.contact)
    let attended = Column("attended", .boolean, null: true).personal(.behaviour)
    let attendanceStatus = Column(
      "attendance_status", .varchar(50), null: true, comment: "attended, no_show or not_found.")
    let tagAdded = Column("tag_added", .varchar(100), null: true)
    let tagRemoved = Column("tag_removed", .varchar(100), null: true)
    let responseTimeMS = Column("response_time_ms", .integer, null: true, comment: "Milliseconds in the database.")
    let checkedAt = Column("checked_at", .timestamptz, null: true, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Audit log of attendance checks.")
      PrimaryKey(id)
      Check(
        "attendance_checks_status_check", "\(attendanceStatus) IN ('attended', 'no_show', 'not_found')",
        comment: "What a check can answer.")
      Check("attendance_checks_response_time_check", "\(responseTimeMS) >= 0", comment: "Time does not run backwards.")
      Index("idx_attendance_checks_date", on: checkedAt, comment: "The hourly dashboard, and retention.")
      Index(
        "attendance_checks_registrant_id_idx", on: registrantID, where: "\(registrantID) IS NOT NULL",
        comment: "Archiving a registrant finds its checks.")
      Hosting.secured()
      SequenceGrant(.usage, of: id, to: .serviceRole)
    }
  }
}
