internal import Hosting
public import SchemaDSL

extension Slotease {
  /// What people do in the application.
  public struct AnalyticsEvents: Table {
    public static let name = RelationName("analytics_events", in: .slotease)

    let id = Column("id", .bigint, identity: .always)
    let organizationID = Column("organization_id", .uuid, null: true, references: \Organizations.id, onDelete: .cascade)
    let profileID = Column("profile_id", .uuid, null: true, references: \UserProfiles.id, onDelete: .setNull)
    let sessionID = Column("session_id", .text, null: true).personal(.device)
    let eventType = Column("event_type", .text)
    let properties = Column("properties", .jsonb, default: "{}").personal(.behaviour)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Events of the application, a partition a month.")
      PrimaryKey(id, createdAt)
      Partitions(.monthly(ahead: 3, keep: 12, retirement: .stay), by: createdAt)
      Check(
        "analytics_events_event_type_check", "\(eventType) ~ '^[a-z][a-z0-9_.]{0,62}$'",
        comment: "A name that reports can be made of.")
      Index(
        "analytics_events_organization_id_idx", on: organizationID, eventType, createdAt,
        comment: "Trends of an organisation.")
      Index(
        "analytics_events_profile_id_idx", on: profileID, createdAt, where: "\(profileID) IS NOT NULL",
        comment: "A person's activity; forgetting.")
      Index(
        "analytics_events_properties_idx", on: properties.opclass("jsonb_path_ops"), using: .gin,
        comment: "Events by what they say.")
      Hosting.secured()
      Policy(
        "admin_read", for: .select, to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation sees what its visitors do.")
      Grant(.select, to: .authenticated)
      Access(.admin, own: .select)
    }
  }

  /// What customers say.
  public struct Feedback: Table {
    public static let name = RelationName("feedback", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let serviceID = Column("service_id", .uuid, null: true, references: \Services.id, onDelete: .setNull)
    let appointmentID = Column(
      "appointment_id", .uuid, comment: "No foreign key: feedback outlives the partitions of appointments.")
    let customerID = Column("customer_id", .uuid, references: \UserProfiles.id)
    let rating = Column("rating", .smallint)
    let comment = Column("comment", .text, null: true).personal(.content)
    let reply = Column("reply", .text, null: true, comment: "The organisation's answer.").personal(.content)
    let published = Column("published", .boolean, default: false)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Ratings and reviews: one for an appointment.")
      PrimaryKey(id)
      Unique(appointmentID, comment: "An appointment is rated once.")
      Check("feedback_rating_check", "\(rating) BETWEEN 1 AND 5", comment: "Stars.")
      Check("feedback_comment_check", "length(\(comment)) <= 4000", comment: "A comment, not a document.")
      Index(
        "feedback_organization_id_idx", on: organizationID, createdAt.descending, comment: "An organisation's reviews.")
      Index(
        "feedback_service_id_idx", on: serviceID, including: [rating],
        comment: "A service's average, from the index alone.")
      Index("feedback_customer_id_idx", on: customerID, comment: "The foreign key; my reviews.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Slotease.isMe("\(customerID)"),
        comment: "People see what they said.")
      let a = Appointments.as("a")
      Policy(
        "own_insert", for: .insert, to: .authenticated,
        check: """
          NOT \(published) AND \(reply) IS NULL AND EXISTS (
            SELECT FROM \(a)
             WHERE \(a.id) = \(appointmentID) AND \(a.customerID) = \(customerID) AND \(a.organizationID) = \(organizationID)
               AND \(serviceID) IS NOT DISTINCT FROM \(a.serviceID)
               AND \(a.status) = \(AppointmentStatus.completed) AND \(Slotease.isMe("\(a.customerID)")))
          """,
        comment: "Of appointments that took place, by whose they were.")
      Policy(
        "staff", for: .select, to: .authenticated, using: Slotease.mine("\(organizationID)", .staff),
        comment: "Who works there sees what was said.")
      Policy(
        "admin_update", for: .update, to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation publishes what was said.")
      Grant(.select, .insert, to: .authenticated)
      Grant(.update, on: [reply, published], to: .authenticated)
      Access(.customer, .staff, own: .select)
      Access(.admin, own: [.select, .update])
    }
  }

  /// What everybody may read of feedback: not whose it is.
  public struct PublishedFeedback: View {
    public static let name = RelationName("published_feedback", in: .slotease)
    // The policies of feedback show people their own and their organisation's.
    public static let isSecurityInvoker = false

    let id = Column("id", .uuid)
    let organizationID = Column("organization_id", .uuid)
    let serviceID = Column("service_id", .uuid)
    let rating = Column("rating", .smallint)
    let comment = Column("comment", .text)
    let reply = Column("reply", .text)
    let createdAt = Column("created_at", .timestamptz)

    public init() {}

    public var query: SQL {
      let f = Feedback.as("f")
      return """
        SELECT \(f.id), \(f.organizationID), \(f.serviceID), \(f.rating), \(f.comment), \(f.reply), \(f.createdAt)
          FROM \(f) WHERE \(f.published)
        """
    }

    public var body: TableBody {
      Comment("Published feedback, without whose it is.")
      Grant(.select, to: .anon, .authenticated, .serviceRole)
    }
  }

  static let trackEvent = Function(
    "track_event", in: .slotease,
    [
      .init("p_event_type", .text), .init("p_properties", .jsonb, default: "'{}'"),
      .init("p_organization_id", .uuid, default: "NULL"), .init("p_profile_id", .uuid, default: "NULL"),
      .init("p_session_id", .text, default: "NULL"),
    ],
    returns: .void, language: .sql, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: "Keeps an event. Who it was is kept of those who agree to it only.",
    body: .inline(
      """
      INSERT INTO analytics_events (event_type, properties, organization_id, profile_id, session_id)
      SELECT p_event_type, p_properties, p_organization_id,
             CASE WHEN agreed THEN p_profile_id END, CASE WHEN agreed OR p_profile_id IS NULL THEN p_session_id END
        FROM (SELECT has_consent(p_profile_id, 'analytics') AS agreed) c
      """))
}
