internal import Hosting
public import SchemaDSL

extension Booking {
  /// What can be booked, ready to be searched: the public listing.
  public struct EventSearch: View {
    public static let name = RelationName("event_search_mv", in: .public)
    public static let isMaterialized = true

    let eventID = Column("event_id", .uuid)
    let organizationID = Column("organization_id", .uuid)
    let organizationName = Column("organization_name", .text)
    let title = Column("title", .text)
    let startsAt = Column("starts_at", .timestamptz)
    let endsAt = Column("ends_at", .timestamptz)
    let locationName = Column("location_name", .text)
    let locationPath = Column("location_path", .other("ltree"))
    let instructorName = Column("instructor_name", .text)
    let placesLeft = Column("places_left", .integer, comment: "When the view was refreshed; booking knows better.")
    let price = Column("price", .numeric)
    let currency = Column("currency", .char(3))
    let search = Column("search", .tsvector, comment: "Title, description, place and instructor.")

    public init() {}

    public var query: SQL {
      let e = ClassEvents.as("e")
      let o = Organizations.as("o")
      let s = ClassSeries.as("s")
      let l = Locations.as("l")
      let i = Instructors.as("i")
      return """
        SELECT \(e.id), \(e.organizationID), \(o.name), \(e.title), \(e.startsAt), \(e.endsAt), \(l.name), \(l.path), \(i.name),
               \(e.capacity) - \(e.taken), \(e.price)::numeric, \(e.currency),
               setweight(to_tsvector('simple', \(e.title)), 'A')
                 || setweight(to_tsvector('simple', concat_ws(' ', \(i.name), \(l.name), \(o.name))), 'B')
                 || setweight(to_tsvector('simple', coalesce(\(s.description), '')), 'C')
          FROM \(e)
          JOIN \(o) ON \(o.id) = \(e.organizationID)
          LEFT JOIN \(s) ON \(s.id) = \(e.seriesID)
          LEFT JOIN \(l) ON \(l.id) = \(e.locationID)
          LEFT JOIN \(i) ON \(i.id) = \(e.instructorID)
         WHERE \(e.status) = \(EventStatus.scheduled) AND \(e.startsAt) > now() - interval '1 hour'
        """
    }

    public var body: TableBody {
      Comment("Events that can be booked, for searching; refreshed every five minutes.")
      Index("event_search_mv_event_id_key", on: eventID, unique: true, comment: "Refreshing beside readers.")
      Index("event_search_mv_search_idx", on: search, using: .gin, comment: "Full text search.")
      Index("event_search_mv_starts_at_idx", on: startsAt, comment: "What is next.")
      Index("event_search_mv_location_path_idx", on: locationPath, using: .gist, comment: "Everything below a place.")
      Grant(.select, to: .anon, .authenticated, .serviceRole)
    }
  }

  public struct CustomerDashboard: View {
    public static let name = RelationName("customer_dashboard_mv", in: .public)
    public static let isMaterialized = true

    let customerID = Column("customer_id", .uuid)
    let organizationID = Column("organization_id", .uuid)
    let upcoming = Column("upcoming", .bigint)
    let nextStartsAt = Column("next_starts_at", .timestamptz)
    let past = Column("past", .bigint)
    let attended = Column("attended", .bigint)
    let missed = Column("missed", .bigint)
    let cancelled = Column("cancelled", .bigint)
    let waiting = Column("waiting", .bigint)
    let paid = Column("paid", .numeric)

    public init() {}

    public var query: SQL {
      let c = Customers.as("c")
      let r = Registrations.as("r")
      let w = EventWaitlists.as("w")
      let p = Payments.as("p")
      return """
        SELECT \(c.id), \(c.organizationID), coalesce(b.upcoming, 0), b.next_starts_at, coalesce(b.past, 0),
               coalesce(b.attended, 0), coalesce(b.missed, 0), coalesce(b.cancelled, 0), coalesce(q.waiting, 0),
               coalesce(m.paid, 0)
          FROM \(c)
          LEFT JOIN (SELECT \(r.customerID) AS customer_id,
                            count(*) FILTER (WHERE \(r.status) = 'confirmed' AND \(r.eventStartsAt) > now()) AS upcoming,
                            min(\(r.eventStartsAt)) FILTER (WHERE \(r.status) = 'confirmed' AND \(r.eventStartsAt) > now())
                              AS next_starts_at,
                            count(*) FILTER (WHERE \(r.status) = 'confirmed' AND \(r.eventStartsAt) <= now()) AS past,
                            count(*) FILTER (WHERE \(r.attendance) = 'attended') AS attended,
                            count(*) FILTER (WHERE \(r.attendance) = 'no_show') AS missed,
                            count(*) FILTER (WHERE \(r.status) = 'cancelled') AS cancelled
                       FROM \(r) GROUP BY 1) b ON b.customer_id = \(c.id)
          LEFT JOIN (SELECT \(w.customerID) AS customer_id, count(*) AS waiting
                       FROM \(w) WHERE \(w.promotedAt) IS NULL AND \(w.leftAt) IS NULL GROUP BY 1) q ON q.customer_id = \(c.id)
          LEFT JOIN (SELECT \(p.customerID) AS customer_id, sum(\(p.amount)) AS paid
                       FROM \(p) WHERE \(p.status) = 'succeeded' GROUP BY 1) m ON m.customer_id = \(c.id)
        """
    }

    public var body: TableBody {
      Comment("What each customer has booked, visited and paid. Others reach it through customer_dashboard.")
      Index(
        "customer_dashboard_mv_customer_id_key", on: customerID, unique: true,
        comment: "A person's row; lets the view be refreshed while it is read.")
      Grant(.select, to: .serviceRole)
    }
  }

  public struct InstructorSchedule: View {
    public static let name = RelationName("instructor_schedule_mv", in: .public)
    public static let isMaterialized = true

    let eventID = Column("event_id", .uuid)
    let instructorID = Column("instructor_id", .uuid)
    let organizationID = Column("organization_id", .uuid)
    let title = Column("title", .text)
    let startsAt = Column("starts_at", .timestamptz)
    let endsAt = Column("ends_at", .timestamptz)
    let registered = Column("registered", .integer)
    let capacity = Column("capacity", .integer)
    let overlaps = Column("overlaps", .boolean, comment: "They have another class at that time.")

    public init() {}

    public var query: SQL {
      let e = ClassEvents.as("e")
      let o = ClassEvents.as("o")
      return """
        SELECT \(e.id), \(e.instructorID), \(e.organizationID), \(e.title), \(e.startsAt), \(e.endsAt), \(e.taken), \(e.capacity),
               EXISTS (SELECT FROM \(o)
                        WHERE \(o.instructorID) = \(e.instructorID) AND \(o.id) <> \(e.id) AND \(o.status) = 'scheduled'
                          AND \(o.startsAt) < \(e.endsAt) AND \(o.startsAt) > \(e.startsAt) - interval '7 days'
                          AND \(o.endsAt) > \(e.startsAt))
          FROM \(e)
         WHERE \(e.instructorID) IS NOT NULL AND \(e.status) = \(EventStatus.scheduled)
           AND \(e.startsAt) BETWEEN now() - interval '1 day' AND now() + interval '60 days'
        """
    }

    public var body: TableBody {
      Comment("Instructors' classes of the next 60 days.")
      Index(
        "instructor_schedule_mv_event_id_key", on: eventID, unique: true,
        comment: "A class's row; lets the view be refreshed while it is read.")
      Index("instructor_schedule_mv_instructor_id_idx", on: instructorID, startsAt, comment: "One instructor's week.")
      Grant(.select, to: .serviceRole)
    }
  }

  public struct OrganizationAnalytics: View {
    public static let name = RelationName("org_analytics_mv", in: .public)
    public static let isMaterialized = true

    let organizationID = Column("organization_id", .uuid)
    let month = Column("month", .date, comment: "The month of the events' start, in the organisation's time zone.")
    let events = Column("events", .bigint)
    let places = Column("places", .bigint)
    let registered = Column("registered", .bigint)
    let utilisation = Column("utilisation", .numeric, comment: "Percent of the places that were taken.")
    let cancelledEvents = Column("cancelled_events", .bigint)
    let revenue = Column("revenue", .numeric, comment: "Price of the places taken; what was paid is in payments.")

    public init() {}

    public var query: SQL {
      let e = ClassEvents.as("e")
      let o = Organizations.as("o")
      return """
        SELECT \(e.organizationID), date_trunc('month', \(e.startsAt) AT TIME ZONE \(o.timezone))::date,
               count(*) FILTER (WHERE \(e.status) <> 'cancelled'),
               coalesce(sum(\(e.capacity)) FILTER (WHERE \(e.status) <> 'cancelled'), 0),
               coalesce(sum(\(e.taken)) FILTER (WHERE \(e.status) <> 'cancelled'), 0),
               round(100.0 * sum(\(e.taken)) FILTER (WHERE \(e.status) <> 'cancelled')
                     / nullif(sum(\(e.capacity)) FILTER (WHERE \(e.status) <> 'cancelled'), 0), 1),
               count(*) FILTER (WHERE \(e.status) = 'cancelled'),
               coalesce(sum(\(e.price) * \(e.taken)) FILTER (WHERE \(e.status) <> 'cancelled'), 0)
          FROM \(e) JOIN \(o) ON \(o.id) = \(e.organizationID)
         GROUP BY 1, 2
        """
    }

    public var body: TableBody {
      Comment("Organisations by the month.")
      Index(
        "org_analytics_mv_organization_id_month_key", on: organizationID, month, unique: true,
        comment: "An organisation's month; lets the view be refreshed while it is read.")
      Grant(.select, to: .serviceRole)
    }
  }

  static let myDashboard = Function(
    "customer_dashboard", in: .public, returns: .rows(of: CustomerDashboard.self), language: .sql, volatility: .stable,
    security: .definer, settings: ["search_path": "public, pg_temp"], execute: [.authenticated, .serviceRole],
    comment: "The rows of customer_dashboard_mv that are the asking person's own.",
    body: .inline(
      """
      SELECT d.* FROM customer_dashboard_mv d JOIN customers c ON c.id = d.customer_id WHERE c.user_id = auth.uid()
      """))

  static let mySchedule = Function(
    "instructor_schedule", in: .public, returns: .rows(of: InstructorSchedule.self), language: .sql,
    volatility: .stable, security: .definer, settings: ["search_path": "public, pg_temp"],
    execute: [.authenticated, .serviceRole],
    comment: "The rows of instructor_schedule_mv that are the asking instructor's own.",
    body: .inline(
      """
      SELECT d.* FROM instructor_schedule_mv d JOIN instructors i ON i.id = d.instructor_id
       WHERE i.user_id = auth.uid() ORDER BY d.starts_at
      """))

  static let organizationAnalytics = Function(
    "organization_analytics", in: .public, [.init("p_organization_id", .uuid)],
    returns: .rows(of: OrganizationAnalytics.self), language: .sql, volatility: .stable, security: .definer,
    settings: ["search_path": "public, pg_temp"], execute: [.authenticated, .serviceRole],
    comment: "The months of an organisation, for those who run it.",
    body: .inline(
      """
      SELECT d.* FROM org_analytics_mv d
       WHERE d.organization_id = p_organization_id
         AND has_organization_role(p_organization_id, ARRAY['owner', 'admin']::member_role[])
       ORDER BY d.month
      """))

  static let refreshViews = Function(
    "refresh_all_materialized_views", in: .public,
    returns: .table(.init("view_name", .text), .init("milliseconds", .integer)), security: .definer,
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Refreshes the materialized views of booking while they can be read; says how long each took.",
    body: .inline(
      """
      DECLARE
        v_started timestamptz;
      BEGIN
        FOREACH view_name IN ARRAY ARRAY['event_search_mv', 'customer_dashboard_mv', 'instructor_schedule_mv', 'org_analytics_mv']
        LOOP
          v_started := clock_timestamp();
          EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY public.%I', view_name);
          milliseconds := extract(epoch FROM clock_timestamp() - v_started) * 1000;
          INSERT INTO performance_metrics (metric_name, metric_value, tags)
          VALUES ('materialized_view_refresh', milliseconds, jsonb_build_object('operation', view_name));
          RETURN NEXT;
        END LOOP;
      END
      """))
}
