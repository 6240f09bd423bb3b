internal import Hosting
public import SchemaDSL

extension Growth {
  /// What happens on the pages and in the application.
  public struct Events: Table {
    public static let name = RelationName("events", in: .analytics)

    let id = Column("id", .bigint, identity: .always)
    let type = Column("type", .enum(EventType.self))
    let name = Column("name", .text)
    let sessionID = Column("session_id", .text, null: true, comment: "The browser's session, or an onboarding's token.")
      .personal(.device)
    let userID = Column("user_id", .uuid, null: true).personal(.identity)
    let leadID = Column("lead_id", .uuid, null: true, comment: "Found by the session; no key, since events come fast.")
    let properties = Column("properties", .jsonb, default: "{}").personal(.behaviour)
    let page = Column("page", .text, null: true, comment: "From the properties.")
    let campaign = Column("campaign", .text, null: true, comment: "From the properties: utm_campaign.")
    let country = Column("country", .char(2), null: true, comment: "From the properties or the session.")
    let device = Column("device", .enum(Device.self), default: .case(.unknown))
    let variants = Column("variants", .jsonb, null: true, comment: "The experiments that the session takes part in.")
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Events, a partition a month; gone after 90 days.")
      PrimaryKey(id, createdAt)
      Partitions(.monthly(ahead: 3, keep: 4, retirement: .stay), by: createdAt)
      Check("events_name_check", "length(\(name)) BETWEEN 1 AND 100", comment: "A name, not a document.")
      Index("events_type_name_idx", on: type, name, createdAt, comment: "How often something happens.")
      Index(
        "events_session_id_idx", on: sessionID, createdAt, where: "\(sessionID) IS NOT NULL",
        comment: "A visit's course; forgetting.")
      Index(
        "events_user_id_idx", on: userID, createdAt, where: "\(userID) IS NOT NULL",
        comment: "A customer's course; forgetting.")
      Index(
        "events_lead_id_idx", on: leadID, createdAt, where: "\(leadID) IS NOT NULL",
        comment: "What a lead has looked at.")
      Index("events_created_at_idx", on: createdAt, using: .brin, comment: "Events of a day; cleaning up.")
      Index(
        "events_conversions_idx", on: createdAt, including: [name], where: "\(type) = \(EventType.conversion)",
        comment: "Conversions.")
      Index("events_errors_idx", on: createdAt, where: "\(type) = \(EventType.error)", comment: "The latest errors.")
      Index(
        "events_campaign_idx", on: campaign, createdAt, where: "\(campaign) IS NOT NULL",
        comment: "What a campaign does.")
      Index(
        "events_page_idx", on: page, createdAt, where: "\(type) = \(EventType.pageView)", comment: "Page views by page."
      )
      Trigger(
        "events_enrich", .before, .insert, call: enrichEvent,
        comment: "Fills in what the request knows, and queues the event to be counted.")
      Trigger(
        "events_aggregate", .after, .insert, forEachRow: false, call: aggregateEvents, newTable: "new_rows",
        comment: "Figures are there at once.")
      Hosting.secured()
      Policy(
        "public_insert", for: .insert, to: .anon, .authenticated,
        check: "\(userID) IS NULL OR \(userID) = (SELECT auth.uid())", comment: "Nobody's events are told by others.")
      Policy(
        "admin_read", for: .select, to: .authenticated, using: asksAsAdmin,
        comment: "Who runs the platform reads events; visitors only send them.")
      Grant(.insert, on: [type, name, sessionID, userID, properties], to: .anon, .authenticated)
      Grant(.select, to: .authenticated)
      // Whole rows, as the matrix tries, are nobody's to insert.
      Access(.admin, own: .select, other: .select)
    }
  }

  /// Events by the hour.
  public struct EventAggregations: Table {
    public static let name = RelationName("event_aggregations", in: .analytics)

    let bucket = Column("bucket", .timestamptz, comment: "The beginning of the hour.")
    let type = Column("type", .enum(EventType.self))
    let name = Column("name", .text)
    let shard = Column(
      "shard", .integer, default: 0,
      comment: "The process that counted: none waits for another. 0 is all that were added up.")
    let events = Column("events", .bigint)

    public init() {}

    public var body: TableBody {
      Comment("Counted events; sum over the shards.")
      PrimaryKey(bucket, type, name, shard)
      Check("event_aggregations_events_check", "\(events) >= 0", comment: "Counters go up.")
      Index(
        "event_aggregations_type_name_idx", on: type, name, bucket, including: [events],
        comment: "One figure over time, from the index alone.")
      Index("event_aggregations_shards_idx", on: bucket, where: "\(shard) <> 0", comment: "What is to be added up.")
      StorageParameters(["fillfactor": "70"])
      Hosting.secured()
      Policy(
        "admin_read", for: .select, to: .authenticated, using: asksAsAdmin,
        comment: "Who runs the platform reads what was counted.")
      Grant(.select, to: .authenticated)
      Access(.admin, own: .select, other: .select)
    }
  }

  /// The dashboard's figures.
  public struct Metrics: Table {
    public static let name = RelationName("metrics", in: .analytics)

    let name = Column("name", .text, comment: "events, sessions, leads, demo_requests, onboardings, conversions.")
    let day = Column("day", .date, comment: "UTC.")
    let value = Column("value", .numeric)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Key figures by the day.")
      PrimaryKey(name, day)
      Index(
        "metrics_day_idx", on: day.descending, including: [name, value], comment: "The dashboard, from the index alone."
      )
      Hosting.secured()
      Policy(
        "admin_read", for: .select, to: .authenticated, using: asksAsAdmin,
        comment: "Who runs the platform reads what was measured.")
      Grant(.select, to: .authenticated)
      Access(.admin, own: .select, other: .select)
    }
  }

  static let enrichEvent = Function(
    "enrich_event", in: .analytics, returns: .trigger, security: .definer,
    settings: ["search_path": "analytics, pg_temp"], execute: [],
    comment: "Fills in an event's page, campaign, country, device, lead and experiments.",
    body: .file(PackageResources.enrich_event_sql, "Growth/SQL/enrich_event.sql"))

  /// What new events leave to be done, a row a statement, day and lead: to mark the events themselves would write each of
  /// them, and its indexes, twice.
  public struct PendingEvents: Table {
    public static let name = RelationName("pending_events", in: .analytics)

    let id = Column("id", .bigint, identity: .always)
    let day = Column("day", .date, comment: "UTC.")
    let leadID = Column("lead_id", .uuid, null: true)
    let events = Column("events", .integer)
    let points = Column("points", .integer, comment: "What the lead gains.")

    public init() {}

    public var body: TableBody {
      Comment("Work for process_pending_events.")
      PrimaryKey(id)
      Index("pending_events_lead_id_idx", on: leadID, where: "\(leadID) IS NOT NULL", comment: "Forgetting.")
      Hosting.secured()
    }
  }

  static let aggregateEvents = Function(
    "aggregate_events", in: .analytics, returns: .trigger, security: .definer,
    settings: ["search_path": "analytics, pg_temp"], execute: [],
    comment: "Counts new events by the hour, each process in rows of its own, and notes what is to be done with them.",
    body: .inline(
      """
      BEGIN
        INSERT INTO event_aggregations AS a (bucket, type, name, shard, events)
        SELECT date_trunc('hour', n.created_at, 'UTC'), n.type, n.name, pg_backend_pid(), count(*) FROM new_rows n GROUP BY 1, 2, 3
        ON CONFLICT (bucket, type, name, shard) DO UPDATE SET events = a.events + excluded.events;
        -- A demo counts more than a page.
        INSERT INTO pending_events (day, lead_id, events, points)
        SELECT (n.created_at AT TIME ZONE 'UTC')::date, n.lead_id, count(*),
               sum(CASE WHEN n.name = 'demo_request' THEN 20 WHEN n.type = 'conversion' THEN 30 WHEN n.type = 'form_submission' THEN 10 ELSE 1 END)
          FROM new_rows n GROUP BY 1, 2;
        RETURN NULL;
      END
      """))

  static let processEvents = Function(
    "process_pending_events", in: .public, [.init("p_limit", .integer, default: "50000")],
    returns: .table(.init("item", .text), .init("rows", .bigint)),
    settings: ["search_path": "analytics, pg_temp"], execute: [.serviceRole],
    comment: """
      Works through the events that came since the last time: leads gain score, the figures of the days concerned are made \
      anew, and hourly counts are added up. Several at once share the work. Says how much it did.
      """,
    body: .file(PackageResources.process_pending_events_sql, "Growth/SQL/process_pending_events.sql"))

  /// The dashboard.
  public struct DailyOverview: View {
    public static let name = RelationName("daily_overview", in: .analytics)

    let day = Column("day", .date)
    let events = Column("events", .numeric)
    let sessions = Column("sessions", .numeric)
    let leads = Column("leads", .numeric)
    let demoRequests = Column("demo_requests", .numeric)
    let onboardings = Column("onboardings", .numeric)
    let conversions = Column("conversions", .numeric)

    public init() {}

    public var query: SQL {
      let m = Metrics.as("m")
      func figure(_ name: String) -> SQL {
        "coalesce(max(\(m.value)) FILTER (WHERE \(m.name) = \(literal: name)), 0)"
      }
      return """
        SELECT \(m.day), \(figure("events")), \(figure("sessions")), \(figure("leads")), \(figure("demo_requests")),
               \(figure("onboardings")), \(figure("conversions"))
          FROM \(m) GROUP BY \(m.day)
        """
    }

    public var body: TableBody {
      Comment("Key figures, a row a day.")
      Grant(.select, to: .authenticated, .serviceRole)
    }
  }

  public struct HourlyEvents: View {
    public static let name = RelationName("hourly_events", in: .analytics)

    let bucket = Column("bucket", .timestamptz)
    let type = Column("type", .enum(EventType.self))
    let name = Column("name", .text)
    let events = Column("events", .numeric)

    public init() {}

    public var query: SQL {
      let a = EventAggregations.as("a")
      return "SELECT \(a.bucket), \(a.type), \(a.name), sum(\(a.events)) FROM \(a) GROUP BY 1, 2, 3"
    }

    public var body: TableBody {
      Comment("Events by the hour, as of this moment.")
      Grant(.select, to: .authenticated, .serviceRole)
    }
  }

  public struct DailyEvents: View {
    public static let name = RelationName("daily_events", in: .analytics)

    let day = Column("day", .date, comment: "UTC.")
    let type = Column("type", .enum(EventType.self))
    let name = Column("name", .text)
    let events = Column("events", .numeric)

    public init() {}

    public var query: SQL {
      let a = EventAggregations.as("a")
      return """
        SELECT (\(a.bucket) AT TIME ZONE 'UTC')::date, \(a.type), \(a.name), sum(\(a.events)) FROM \(a) GROUP BY 1, 2, 3
        """
    }

    public var body: TableBody {
      Comment("Events by the day, as of this moment.")
      Grant(.select, to: .authenticated, .serviceRole)
    }
  }
}
