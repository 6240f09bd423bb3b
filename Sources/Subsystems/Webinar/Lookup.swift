internal import Hosting
public import SchemaDSL

extension Webinar {
  static let checkAttendance = Function(
    "check_attendance", in: .webinar,
    [
      .init("p_email", .text), .init("p_webinar_id", .integer), .init("p_schedule_id", .integer),
      .init("p_ghl_contact_id", .text, default: "NULL"),
    ],
    returns: .table(
      .init("registrant_id", .bigint), .init("email", .text), .init("first_name", .text), .init("last_name", .text),
      .init("webinar_name", .text), .init("attended", .boolean), .init("status", .enum(AttendanceStatus.self)),
      .init("date_live", .timestamptz), .init("time_live", .interval), .init("purchased_live", .boolean),
      .init("revenue_live", .numeric), .init("response_time_ms", .integer), .init("check_id", .bigint)),
    settings: ["search_path": "webinar, pg_temp"], execute: [.serviceRole],
    comment: "The lightning lookup: who came, by address, webinar and schedule; writes the audit row with its time.",
    body: .file(PackageResources.check_attendance_sql, "Webinar/SQL/check_attendance.sql"))

  /// Attendance for each session of a webinar.
  public struct WebinarAttendance: View {
    public static let name = RelationName("webinar_attendance", in: .webinar)

    let webinarID = Column("webinar_id", .integer)
    let scheduleID = Column("schedule_id", .integer)
    let webinarName = Column("webinar_name", .text)
    let eventDate = Column("event_date", .timestamptz)
    let registrants = Column("registrants", .bigint)
    let attended = Column("attended", .bigint)
    let attendanceRate = Column("attendance_rate", .numeric, comment: "Percent of registrants who came.")
    let replays = Column("replays", .bigint)
    let purchases = Column("purchases", .bigint)
    let revenue = Column("revenue", .numeric, comment: "Live and replay together.")

    public init() {}

    public var query: SQL {
      let r = Registrants.as("r")
      return """
        SELECT \(r.webinarID), \(r.scheduleID), max(\(r.webinarName))::text, min(\(r.eventDate)), count(*),
               count(*) FILTER (WHERE \(r.attendedLive)),
               round(100.0 * count(*) FILTER (WHERE \(r.attendedLive)) / count(*), 1),
               count(*) FILTER (WHERE \(r.attendedReplay)),
               count(*) FILTER (WHERE \(r.purchasedLive) OR \(r.purchasedReplay)),
               coalesce(sum(\(r.revenueLive) + \(r.revenueReplay)), 0)
          FROM \(r)
         GROUP BY \(r.webinarID), \(r.scheduleID)
        """
    }

    public var body: TableBody {
      Comment("Attendance, replays and revenue for each session.")
      Grant(.select, to: .serviceRole)
    }
  }

  /// The document's dashboard: the last 24 hours by the hour.
  public struct PerformanceDashboard: View {
    public static let name = RelationName("performance_dashboard", in: .webinar)

    let hour = Column("hour", .timestamptz)
    let averageResponseTime = Column("avg_response_time", .numeric, comment: "Milliseconds.")
    let p95ResponseTime = Column("p95_response_time", .doublePrecision, comment: "Milliseconds.")
    let totalChecks = Column("total_checks", .bigint)
    let attendedCount = Column("attended_count", .bigint)
    let notFoundCount = Column("not_found_count", .bigint)

    public init() {}

    public var query: SQL {
      let c = AttendanceChecks.as("c")
      return """
        SELECT date_trunc('hour', \(c.checkedAt)), avg(\(c.responseTimeMS)),
               percentile_cont(0.95) WITHIN GROUP (ORDER BY \(c.responseTimeMS)), count(*),
               sum(CASE WHEN \(c.attended) THEN 1 ELSE 0 END),
               count(*) FILTER (WHERE \(c.attendanceStatus) = 'not_found')
          FROM \(c)
         WHERE \(c.checkedAt) >= now() - interval '24 hours'
         GROUP BY 1
         ORDER BY 1
        """
    }

    public var body: TableBody {
      Comment("Checks of the last 24 hours by the hour.")
      Grant(.select, to: .serviceRole)
    }
  }
}
