internal import Hosting
public import SchemaDSL

extension Slotease {
  /// An organisation's figures.
  public struct OrganizationStats: View {
    public static let name = RelationName("organization_stats", in: .slotease)
    public static let isMaterialized = true

    let organizationID = Column("organization_id", .uuid)
    let name = Column("name", .text)
    let services = Column("services", .bigint)
    let resources = Column("resources", .bigint)
    let customers = Column("customers", .bigint)
    let appointments = Column("appointments", .bigint)
    let upcoming = Column("upcoming", .bigint)
    let completed = Column("completed", .bigint)
    let cancelled = Column("cancelled", .bigint)
    let missed = Column("missed", .bigint)
    let revenue = Column("revenue", .numeric, comment: "Of completed appointments.")
    let ratings = Column("ratings", .bigint)
    let averageRating = Column("average_rating", .numeric)

    public init() {}

    public var query: SQL {
      let o = Organizations.as("o")
      let s = Services.as("s")
      let r = Resources.as("r")
      let a = Appointments.as("a")
      let f = Feedback.as("f")
      return """
        SELECT \(o.id), \(o.name),
               (SELECT count(*) FROM \(s) WHERE \(s.organizationID) = \(o.id) AND \(s.active)),
               (SELECT count(*) FROM \(r) WHERE \(r.organizationID) = \(o.id) AND \(r.active)),
               coalesce(b.customers, 0), coalesce(b.appointments, 0), coalesce(b.upcoming, 0), coalesce(b.completed, 0),
               coalesce(b.cancelled, 0), coalesce(b.missed, 0), coalesce(b.revenue, 0), coalesce(g.ratings, 0), g.average_rating
          FROM \(o)
          LEFT JOIN (SELECT \(a.organizationID) AS organization_id, count(DISTINCT \(a.customerID)) AS customers, count(*) AS appointments,
                            count(*) FILTER (WHERE \(a.status) IN ('scheduled', 'confirmed') AND \(a.startsAt) > now()) AS upcoming,
                            count(*) FILTER (WHERE \(a.status) = 'completed') AS completed,
                            count(*) FILTER (WHERE \(a.status) = 'cancelled') AS cancelled,
                            count(*) FILTER (WHERE \(a.status) = 'no_show') AS missed,
                            sum(\(a.price)) FILTER (WHERE \(a.status) = 'completed') AS revenue
                       FROM \(a) GROUP BY 1) b ON b.organization_id = \(o.id)
          LEFT JOIN (SELECT \(f.organizationID) AS organization_id, count(*) AS ratings, round(avg(\(f.rating)), 2) AS average_rating
                       FROM \(f) GROUP BY 1) g ON g.organization_id = \(o.id)
        """
    }

    public var body: TableBody {
      Comment("Key figures of organisations. Those who run one reach its row through organization_dashboard.")
      Index(
        "organization_stats_organization_id_key", on: organizationID, unique: true,
        comment: "An organisation's row; lets the view be refreshed while it is read.")
      Grant(.select, to: .serviceRole)
    }
  }

  public struct ServicePerformance: View {
    public static let name = RelationName("service_performance", in: .slotease)
    public static let isMaterialized = true

    let serviceID = Column("service_id", .uuid)
    let organizationID = Column("organization_id", .uuid)
    let name = Column("name", .text)
    let appointments = Column("appointments", .bigint)
    let completed = Column("completed", .bigint)
    let cancelledPercent = Column("cancelled_percent", .numeric)
    let missedPercent = Column("missed_percent", .numeric)
    let revenue = Column("revenue", .numeric)
    let leadTime = Column("lead_time", .interval, comment: "From booking to beginning, on average.")
    let averageRating = Column("average_rating", .numeric)

    public init() {}

    public var query: SQL {
      let s = Services.as("s")
      let a = Appointments.as("a")
      let f = Feedback.as("f")
      return """
        SELECT \(s.id), \(s.organizationID), \(s.name), count(\(a.id)), count(\(a.id)) FILTER (WHERE \(a.status) = 'completed'),
               round(100.0 * count(\(a.id)) FILTER (WHERE \(a.status) = 'cancelled') / nullif(count(\(a.id)), 0), 1),
               round(100.0 * count(\(a.id)) FILTER (WHERE \(a.status) = 'no_show') / nullif(count(\(a.id)), 0), 1),
               coalesce(sum(\(a.price)) FILTER (WHERE \(a.status) = 'completed'), 0), avg(\(a.startsAt) - \(a.createdAt)),
               (SELECT round(avg(\(f.rating)), 2) FROM \(f) WHERE \(f.serviceID) = \(s.id))
          FROM \(s) LEFT JOIN \(a) ON \(a.serviceID) = \(s.id)
         GROUP BY \(s.id), \(s.organizationID), \(s.name)
        """
    }

    public var body: TableBody {
      Comment("Figures of services.")
      Index(
        "service_performance_service_id_key", on: serviceID, unique: true,
        comment: "A service's row; lets the view be refreshed while it is read.")
      Index("service_performance_organization_id_idx", on: organizationID, comment: "An organisation's services.")
      Grant(.select, to: .serviceRole)
    }
  }

  public struct DailyAppointmentMetrics: View {
    public static let name = RelationName("daily_appointment_metrics", in: .slotease)
    public static let isMaterialized = true

    let organizationID = Column("organization_id", .uuid)
    let day = Column("day", .date, comment: "By the organisation's clock.")
    let appointments = Column("appointments", .bigint)
    let completed = Column("completed", .bigint)
    let cancelled = Column("cancelled", .bigint)
    let missed = Column("missed", .bigint)
    let revenue = Column("revenue", .numeric)
    let served = Column("served", .interval, comment: "Time of the appointments that were completed.")

    public init() {}

    public var query: SQL {
      let a = Appointments.as("a")
      let o = Organizations.as("o")
      return """
        SELECT \(a.organizationID), (\(a.startsAt) AT TIME ZONE \(o.timezone))::date, count(*),
               count(*) FILTER (WHERE \(a.status) = 'completed'), count(*) FILTER (WHERE \(a.status) = 'cancelled'),
               count(*) FILTER (WHERE \(a.status) = 'no_show'),
               coalesce(sum(\(a.price)) FILTER (WHERE \(a.status) = 'completed'), 0),
               coalesce(sum(\(a.endsAt) - \(a.startsAt)) FILTER (WHERE \(a.status) = 'completed'), '0')
          FROM \(a) JOIN \(o) ON \(o.id) = \(a.organizationID)
         GROUP BY 1, 2
        """
    }

    public var body: TableBody {
      Comment("Appointments by the day.")
      Index(
        "daily_appointment_metrics_key", on: organizationID, day, unique: true,
        comment: "An organisation's day; lets the view be refreshed while it is read.")
      Grant(.select, to: .serviceRole)
    }
  }

  public struct QueuePerformance: View {
    public static let name = RelationName("queue_performance", in: .slotease)
    public static let isMaterialized = true

    let queueID = Column("queue_id", .uuid)
    let organizationID = Column("organization_id", .uuid)
    let day = Column("day", .date, comment: "By the organisation's clock.")
    let joined = Column("joined", .bigint)
    let served = Column("served", .bigint)
    let left = Column("left_early", .bigint)
    let averageWait = Column("average_wait", .interval)
    let longWait = Column("p95_wait", .interval)
    let averageService = Column("average_service", .interval)

    public init() {}

    public var query: SQL {
      let e = QueueEntries.as("e")
      let o = Organizations.as("o")
      return """
        SELECT \(e.queueID), \(e.organizationID), (\(e.joinedAt) AT TIME ZONE \(o.timezone))::date, count(*),
               count(*) FILTER (WHERE \(e.status) = 'served'), count(*) FILTER (WHERE \(e.status) = 'left'),
               avg(\(e.calledAt) - \(e.joinedAt)), percentile_cont(0.95) WITHIN GROUP (ORDER BY \(e.calledAt) - \(e.joinedAt)),
               avg(\(e.finishedAt) - \(e.calledAt)) FILTER (WHERE \(e.status) = 'served')
          FROM \(e) JOIN \(o) ON \(o.id) = \(e.organizationID)
         GROUP BY 1, 2, 3
        """
    }

    public var body: TableBody {
      Comment("Queues by the day.")
      Index(
        "queue_performance_key", on: queueID, day, unique: true,
        comment: "A queue's day; lets the view be refreshed while it is read.")
      Index("queue_performance_organization_id_idx", on: organizationID, day, comment: "An organisation's queues.")
      Grant(.select, to: .serviceRole)
    }
  }

  public struct UserActivitySummary: View {
    public static let name = RelationName("user_activity_summary", in: .slotease)
    public static let isMaterialized = true

    let profileID = Column("profile_id", .uuid)
    let appointments = Column("appointments", .bigint)
    let completed = Column("completed", .bigint)
    let missed = Column("missed", .bigint)
    let organizations = Column("organizations", .bigint)
    let lastAppointmentAt = Column("last_appointment_at", .timestamptz)
    let reviews = Column("reviews", .bigint)
    let eventsThisMonth = Column("events_30_days", .bigint)

    public init() {}

    public var query: SQL {
      let p = UserProfiles.as("p")
      let a = Appointments.as("a")
      let f = Feedback.as("f")
      let v = AnalyticsEvents.as("v")
      return """
        SELECT \(p.id), count(\(a.id)), count(\(a.id)) FILTER (WHERE \(a.status) = 'completed'),
               count(\(a.id)) FILTER (WHERE \(a.status) = 'no_show'), count(DISTINCT \(a.organizationID)), max(\(a.startsAt)),
               (SELECT count(*) FROM \(f) WHERE \(f.customerID) = \(p.id)),
               (SELECT count(*) FROM \(v) WHERE \(v.profileID) = \(p.id) AND \(v.createdAt) > now() - interval '30 days')
          FROM \(p) LEFT JOIN \(a) ON \(a.customerID) = \(p.id)
         WHERE \(p.anonymizedAt) IS NULL
         GROUP BY \(p.id)
        """
    }

    public var body: TableBody {
      Comment("What people have done; the forgotten are gone with the next refresh.")
      Index(
        "user_activity_summary_profile_id_key", on: profileID, unique: true,
        comment: "A person's row; lets the view be refreshed while it is read.")
      Grant(.select, to: .serviceRole)
    }
  }

  static let organizationDashboard = Function(
    "organization_dashboard", in: .slotease,
    [.init("p_organization_id", .uuid), .init("p_days", .integer, default: "30")], returns: .type(.jsonb),
    language: .sql, volatility: .stable, security: .definer, settings: ["search_path": "slotease, pg_temp"],
    execute: [.authenticated, .serviceRole],
    comment: """
      An organisation's figures, services, days and queues, for those who run it and the platform's programs; NULL for \
      others.
      """,
    body: .inline(
      """
      SELECT jsonb_build_object(
               'stats', to_jsonb(s),
               'services', (SELECT coalesce(jsonb_agg(to_jsonb(v) ORDER BY v.name), '[]') FROM service_performance v
                             WHERE v.organization_id = s.organization_id),
               'days', (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.day), '[]') FROM daily_appointment_metrics d
                         WHERE d.organization_id = s.organization_id AND d.day > CURRENT_DATE - p_days),
               'queues', (SELECT coalesce(jsonb_agg(to_jsonb(q) ORDER BY q.day, q.queue_id), '[]') FROM queue_performance q
                           WHERE q.organization_id = s.organization_id AND q.day > CURRENT_DATE - p_days))
        FROM organization_stats s
       WHERE s.organization_id = p_organization_id
         AND (auth.role() = 'service_role' OR p_organization_id = ANY (my_organizations('admin')))
      """))
}
