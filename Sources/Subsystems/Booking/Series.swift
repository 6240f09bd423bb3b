internal import Hosting
public import SchemaDSL

extension Booking {
  /// A class that repeats: events are generated from its rule.
  public struct ClassSeries: Table {
    public static let name = RelationName("class_series", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let locationID = Column("location_id", .uuid, null: true, references: \Locations.id, onDelete: .setNull)
    let instructorID = Column("instructor_id", .uuid, null: true, references: \Instructors.id, onDelete: .setNull)
    let title = Column("title", .text)
    let description = Column("description", .text, null: true)
    let rule = Column(
      "rrule", .text,
      comment: "RFC 5545: FREQ, INTERVAL, BYDAY (also 2TU, -1FR by the month), BYMONTHDAY (also -1), COUNT, UNTIL.")
    let startsOn = Column("starts_on", .date, comment: "The first day that the rule counts from.")
    let startTime = Column(
      "start_time", .time, comment: "By the clock on the wall of its time zone, in summer as in winter.")
    let duration = Column("duration", .interval, default: "01:00:00")
    let timezone = Column("timezone", .text)
    let capacity = Column("capacity", .integer)
    let price = Column("price", .numeric(10, 2), default: 0)
    let currency = Column("currency", .char(3), default: "EUR")
    let active = Column("active", .boolean, default: true)
    let generatedUntil = Column(
      "generated_until", .date, null: true, comment: "The last day for which events were made; NULL starts over.")
    let legacyKey = Column(
      "legacy_key", .text, null: true, comment: "What class_instances were gathered under this series.")
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Recurring classes.")
      PrimaryKey(id)
      Unique(organizationID, legacyKey, comment: "What was migrated is found again, and migrated once.")
      Check(
        "class_series_rrule_check", "\(isRecurrenceRule)(\(rule))", comment: "Only what events can be generated from.")
      Check(
        "class_series_timezone_check", "\(Hosting.isTimeZone)(\(timezone))",
        comment: "Only what PostgreSQL can compute local times in.")
      Check(
        "class_series_capacity_check", "\(capacity) BETWEEN 1 AND 100000",
        comment: "Somebody can come, and a slip of a finger is seen.")
      Check(
        "class_series_duration_check", "\(duration) > interval '0' AND \(duration) <= interval '7 days'",
        comment: "A class takes time, and ends before its next week.")
      Check("class_series_price_check", "\(price) >= 0", comment: "Nobody is paid for coming.")
      Index("class_series_organization_id_idx", on: organizationID, comment: "The series of an organisation.")
      Index("class_series_active_idx", on: generatedUntil.nullsFirst, where: "\(active)", comment: "What to generate.")
      Hosting.touched(Self.name)
      Trigger(
        "class_series_regenerate", .before,
        .updateOf([rule, startsOn, startTime, timezone, active]), call: regenerateSeries,
        comment: "Another rule makes other events.")
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "true",
        comment: "Everybody sees what is offered.")
      Policy(
        "admin", to: .authenticated, using: Booking.runs("\(organizationID)"),
        comment: "Who runs an organisation keeps its series.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: .all, other: .select)
    }
  }

  /// One class at one time: what is booked.
  public struct ClassEvents: Table {
    public static let name = RelationName("class_events", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let seriesID = Column("series_id", .uuid, null: true, references: \ClassSeries.id, onDelete: .setNull)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let locationID = Column("location_id", .uuid, null: true, references: \Locations.id, onDelete: .setNull)
    let instructorID = Column("instructor_id", .uuid, null: true, references: \Instructors.id, onDelete: .setNull)
    let title = Column("title", .text)
    let startsAt = Column("starts_at", .timestamptz)
    let endsAt = Column("ends_at", .timestamptz)
    let capacity = Column("capacity", .integer)
    let taken = Column("reg_count", .integer, default: 0, comment: "How many confirmed registrations there are.")
    let status = Column("status", .enum(EventStatus.self), default: .case(.scheduled))
    let price = Column("price", .numeric(10, 2), default: 0)
    let currency = Column("currency", .char(3), default: "EUR")
    let legacyInstanceID = Column(
      "legacy_instance_id", .uuid, null: true, comment: "The class instance it was made of.")
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Class events, a partition a month of their start.")
      PrimaryKey(id, startsAt)
      Partitions(.monthly(ahead: 6, keep: 24, retirement: .stay), by: startsAt)
      Unique(seriesID, startsAt, comment: "A series is generated once for a time, however often it is asked to.")
      Unique(legacyInstanceID, startsAt, comment: "What was migrated is found again, and migrated once.")
      Check(
        "class_events_places_check", "\(taken) BETWEEN 0 AND \(capacity)", comment: "Never overbooked, whoever counts.")
      Check("class_events_capacity_check", "\(capacity) > 0", comment: "Somebody can come.")
      Check("class_events_times_check", "\(endsAt) > \(startsAt)", comment: "A class ends after it begins.")
      Index("class_events_organization_id_idx", on: organizationID, startsAt, comment: "An organisation's calendar.")
      Index(
        "class_events_instructor_id_idx", on: instructorID, startsAt, where: "\(instructorID) IS NOT NULL",
        comment: "An instructor's calendar.")
      Index(
        "class_events_open_idx", on: startsAt, including: [id, taken, capacity],
        where: "\(status) = \(EventStatus.scheduled)", comment: "What can be booked, and who is to be promoted.")

      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "true",
        comment: "Everybody sees what is offered.")
      Policy(
        "admin", to: .authenticated, using: Booking.runs("\(organizationID)"),
        comment: "Who runs an organisation keeps its events.")
      Policy(
        "staff_update", for: .update, to: .authenticated, using: Booking.worksFor("\(organizationID)"),
        comment: "Who works there cancels or moves an event.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .delete, to: .authenticated)
      // reg_count is the booking functions' alone, and to cancel an event is more than to say so: cancel_event does it.
      Grant(.update, on: [title, locationID, instructorID, endsAt, capacity, price], to: .authenticated)
      Access(.anon, .nobody, .customer, own: .select, other: .select)
      Access(.staff, own: [.select, .update], other: .select)
      Access(.admin, own: .all, other: .select)
    }
  }

  static let isRecurrenceRule = Function(
    "is_recurrence_rule", in: .public, [.init("p_rule", .text)], returns: .type(.boolean), language: .sql,
    volatility: .immutable, parallel: .safe, strict: true,
    comment: "Whether recurrence_dates understands the rule: all of it, not only its beginning.",
    body: .inline(
      """
      SELECT p_rule ~ ('^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(INTERVAL=[1-9][0-9]{0,2}|COUNT=[1-9][0-9]{0,3}'
                       '|UNTIL=[0-9]{8}|BYDAY=(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU))*'
                       '|BYMONTHDAY=-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01]))*))*$')
         -- Each part at most once, and the nth weekday only of a month.
         AND NOT EXISTS (SELECT FROM regexp_matches(p_rule, '([A-Z]+)=', 'g') AS m (part) GROUP BY m.part HAVING count(*) > 1)
         AND (p_rule ~ '^FREQ=MONTHLY' OR p_rule !~ 'BYDAY=([^;]*,)?-?[0-9]')
         AND (p_rule ~ '^FREQ=MONTHLY' OR p_rule !~ 'BYMONTHDAY')
         AND (p_rule !~ '^FREQ=YEARLY' OR p_rule !~ 'BYDAY')
      """))

  static let recurrenceDates = Function(
    "recurrence_dates", in: .public,
    [.init("p_rule", .text), .init("p_starts_on", .date), .init("p_from", .date), .init("p_to", .date)],
    returns: .setOf(.date), volatility: .immutable, parallel: .safe, strict: true,
    settings: ["search_path": "pg_catalog, pg_temp"],
    comment: """
      The days of a rule from p_from to p_to. As RFC 5545 says, a month without a 31st is passed over, and so is a year \
      without a 29th of February; weeks begin on Monday.
      """,
    body: .file(PackageResources.recurrence_dates_sql, "Booking/SQL/recurrence_dates.sql"))

  static let regenerateSeries = Function(
    "regenerate_series", in: .public, returns: .trigger, settings: ["search_path": "pg_catalog, pg_temp"],
    comment: "After a change of what makes events, a series is generated anew; what is there already stays.",
    body: .inline(
      """
      BEGIN
        IF (OLD.rrule, OLD.starts_on, OLD.start_time, OLD.timezone, OLD.active)
           IS DISTINCT FROM (NEW.rrule, NEW.starts_on, NEW.start_time, NEW.timezone, NEW.active) THEN
          NEW.generated_until := NULL;
        END IF;
        RETURN NEW;
      END
      """))

  static let generateEvents = Function(
    "generate_events_for_all", in: .public, [.init("p_until", .timestamp)],
    returns: .table(.init("series", .integer), .init("events", .integer)),
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: """
      Makes the events of all active series up to a day: each once, at its time of day in its time zone. A time that the \
      change to summer time leaves out is an hour later; one that comes twice is the later one, in winter time.
      """,
    body: .file(PackageResources.generate_events_sql, "Booking/SQL/generate_events.sql"))

  static let maintainPartitions = Function(
    "maintain_event_partitions", in: .public, [.init("p_from", .date), .init("p_until", .date)],
    returns: .type(.integer), security: .definer, settings: ["search_path": "public, pg_temp"],
    execute: [.serviceRole],
    comment: "Makes the monthly partitions of class_events from one day to another that are missing; says how many.",
    body: .file(PackageResources.maintain_partitions_sql, "Booking/SQL/maintain_partitions.sql"))
}
