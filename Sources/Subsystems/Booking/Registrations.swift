internal import Hosting
public import SchemaDSL

extension Booking {
  /// A place in an event.
  public struct Registrations: Table {
    public static let name = RelationName("registrations", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let eventID = Column("event_id", .uuid)
    let eventStartsAt = Column("event_starts_at", .timestamptz, comment: "With event_id the event's key.")
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let customerID = Column("customer_id", .uuid, references: \Customers.id)
    let status = Column("status", .enum(RegistrationStatus.self), default: .case(.confirmed))
    let idempotencyKey = Column(
      "idempotency_key", .text, comment: "The caller's name for the attempt; one booking each.")
    let attendance = Column("attendance", .enum(Attendance.self), null: true).personal(.behaviour)
    let cancelReason = Column("cancel_reason", .text, null: true).personal(.content)
    let cancelledAt = Column("cancelled_at", .timestamptz, null: true)
    let legacyRegistrationID = Column("legacy_registration_id", .uuid, null: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Registrations of customers for events; written by book_event, cancel_booking and promotion alone.")
      PrimaryKey(id)
      ForeignKey(
        "registrations_event_fkey", eventID, eventStartsAt, references: \ClassEvents.id, \ClassEvents.startsAt,
        onDelete: .cascade, comment: "Of both columns, since the events are partitioned by time.")
      Unique(customerID, idempotencyKey, comment: "A request that is sent again books once.")
      Unique(legacyRegistrationID, comment: "What was migrated is found again, and migrated once.")
      Check(
        "registrations_cancelled_check", "(\(status) = \(RegistrationStatus.cancelled)) = (\(cancelledAt) IS NOT NULL)",
        comment: "A cancelled booking knows since when; others were not cancelled.")
      Check(
        "registrations_idempotency_key_check", "length(\(idempotencyKey)) BETWEEN 1 AND 200",
        comment: "A key that a program can have made.")
      Index(
        "registrations_event_id_customer_id_key", on: eventID, customerID, unique: true,
        where: "\(status) = \(RegistrationStatus.confirmed)", comment: "Nobody has two places in one event.")
      Index("registrations_event_key_idx", on: eventID, eventStartsAt, comment: "The foreign key; who comes.")
      Index(
        "registrations_organization_id_idx", on: organizationID, createdAt, comment: "Analytics of an organisation.")
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Booking.isMine("\(customerID)"),
        comment: "People see their own bookings.")
      Policy(
        "staff_read", for: .select, to: .authenticated, using: Booking.worksFor("\(organizationID)"),
        comment: "Who works there sees who comes.")
      Grant(.select, to: .authenticated)
      Access(.customer, .staff, .admin, own: .select)
    }
  }

  /// Who waits for a place, in the order in which they came.
  public struct EventWaitlists: Table {
    public static let name = RelationName("event_waitlists", in: .public)

    let id = Column("id", .bigint, identity: .always, comment: "The order: given out while the event is locked.")
    let eventID = Column("event_id", .uuid)
    let eventStartsAt = Column("event_starts_at", .timestamptz)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let customerID = Column("customer_id", .uuid, references: \Customers.id)
    let idempotencyKey = Column("idempotency_key", .text)
    let joinedAt = Column("joined_at", .timestamptz, default: .now)
    let promotedAt = Column("promoted_at", .timestamptz, null: true)
    let registrationID = Column("registration_id", .uuid, null: true, references: \Registrations.id, onDelete: .setNull)
    let leftAt = Column("left_at", .timestamptz, null: true)
    let legacyWaitlistID = Column("legacy_waitlist_id", .uuid, null: true)

    public init() {}

    public var body: TableBody {
      Comment("Waitlists; an entry is waiting until it was promoted or has left.")
      PrimaryKey(id)
      ForeignKey(
        "event_waitlists_event_fkey", eventID, eventStartsAt, references: \ClassEvents.id, \ClassEvents.startsAt,
        onDelete: .cascade, comment: "Of both columns, since the events are partitioned by time.")
      Unique(customerID, idempotencyKey, comment: "A request that is sent again queues once.")
      Unique(legacyWaitlistID, comment: "What was migrated is found again, and migrated once.")
      Check(
        "event_waitlists_end_check", "\(promotedAt) IS NULL OR \(leftAt) IS NULL",
        comment: "Who was let in has not left, and the other way round.")
      Index(
        "event_waitlists_event_id_customer_id_key", on: eventID, customerID, unique: true,
        where: "\(promotedAt) IS NULL AND \(leftAt) IS NULL", comment: "Nobody waits twice.")
      Index(
        "event_waitlists_waiting_idx", on: eventID, id, where: "\(promotedAt) IS NULL AND \(leftAt) IS NULL",
        comment: "Who is next.")
      Index("event_waitlists_event_key_idx", on: eventID, eventStartsAt, comment: "The foreign key.")
      Index(
        "event_waitlists_registration_id_idx", on: registrationID, where: "\(registrationID) IS NOT NULL",
        comment: "Which place a booking came from.")
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Booking.isMine("\(customerID)"),
        comment: "People see their own places in queues.")
      Policy(
        "staff_read", for: .select, to: .authenticated, using: Booking.worksFor("\(organizationID)"),
        comment: "Who works there sees who waits.")
      Grant(.select, to: .authenticated)
      Access(.customer, .staff, .admin, own: .select)
    }
  }

  /// What was paid for a registration.
  public struct Payments: Table {
    public static let name = RelationName("payments", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let registrationID = Column("registration_id", .uuid, references: \Registrations.id, onDelete: .restrict)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .restrict)
    let customerID = Column("customer_id", .uuid, references: \Customers.id)
    let amount = Column("amount", .numeric(10, 2))
    let currency = Column("currency", .char(3), default: "EUR")
    let provider = Column("provider", .text, comment: "stripe, twint, cash.")
    let providerReference = Column("provider_reference", .text, null: true).personal(.identity)
    let status = Column("status", .enum(PaymentStatus.self), default: .case(.pending))
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Payments; kept when a customer is forgotten, without what leads to them.")
      PrimaryKey(id)
      Unique(provider, providerReference, comment: "A provider's payment is one payment, however often it is reported.")
      Check("payments_amount_check", "\(amount) >= 0", comment: "Refunds are a status, not a sign.")
      Index("payments_registration_id_idx", on: registrationID, comment: "What was paid for a booking.")
      Index("payments_customer_id_idx", on: customerID, comment: "A person's payments: policies, forgetting.")
      Index(
        "payments_refund_idx", on: createdAt, where: "\(status) = \(PaymentStatus.refundPending)",
        comment: "What is to be refunded.")
      Hosting.touched(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Booking.isMine("\(customerID)"),
        comment: "People see what they paid.")
      Policy(
        "admin_read", for: .select, to: .authenticated, using: Booking.runs("\(organizationID)"),
        comment: "Who runs an organisation sees what was paid to it.")
      Grant(.select, to: .authenticated)
      Access(.customer, .admin, own: .select)
    }
  }

  /// For policies: the customer is the person who asks.
  static func isMine(_ customer: SQL) -> SQL {
    let c = Customers.as("c")
    return "EXISTS (SELECT FROM \(c) WHERE \(c.id) = \(customer) AND \(c.userID) = (SELECT auth.uid()))"
  }
}
