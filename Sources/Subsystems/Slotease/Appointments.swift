internal import Hosting
public import SchemaDSL

extension Slotease {
  /// A customer's time with a resource.
  public struct Appointments: Table {
    public static let name = RelationName("appointments", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let serviceID = Column("service_id", .uuid, references: \Services.id)
    let resourceID = Column("resource_id", .uuid, references: \Resources.id)
    let customerID = Column("customer_id", .uuid, references: \UserProfiles.id)
    let startsAt = Column("starts_at", .timestamptz)
    let endsAt = Column("ends_at", .timestamptz)
    let blockedUntil = Column("blocked_until", .timestamptz, comment: "The end with the service's buffer.")
    let status = Column("status", .enum(AppointmentStatus.self), default: .case(.scheduled))
    let price = Column("price", .numeric(10, 2), default: 0)
    let currency = Column("currency", .char(3), default: "EUR")
    let notes = Column("notes", .text, null: true, comment: "What the customer wants to say.").personal(.content)
    let cancelReason = Column("cancel_reason", .text, null: true).personal(.content)
    let metadata = Column("metadata", .jsonb, default: "{}", comment: "Answers to the service's questions.").personal(
      .content)
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Appointments, a partition a month of their start.")
      PrimaryKey(id, startsAt)
      Partitions(.monthly(ahead: 6, keep: 18, retirement: .stay), by: startsAt)
      Check(
        "appointments_times_check", "\(endsAt) > \(startsAt) AND \(blockedUntil) >= \(endsAt)",
        comment: "An appointment ends after it begins, and blocks its resource no shorter.")
      Index(
        "appointments_organization_id_starts_at_idx", on: organizationID, startsAt, status,
        comment: "The desk's calendar.")
      Index("appointments_customer_id_idx", on: customerID, startsAt.descending, comment: "My appointments; policies.")
      Index(
        "appointments_resource_id_idx", on: resourceID, startsAt,
        where: "\(status) IN (\(AppointmentStatus.scheduled), \(AppointmentStatus.confirmed))",
        comment: "What somebody still has to do.")
      Index("appointments_service_id_idx", on: serviceID, startsAt, comment: "The foreign key; figures by service.")
      Index(
        "appointments_metadata_idx", on: metadata.opclass("jsonb_path_ops"), using: .gin, comment: "Who answered what.")
      Hosting.touched(Self.name)
      Trigger(
        "appointments_step", .before, .updateOf([status]), call: checkStep,
        comment: "What is over does not begin again.")
      Trigger(
        "appointments_reserve", .after, .insert, .update, .delete, call: reserve,
        comment: "Whoever writes an appointment, its time is reserved.")
      Trigger(
        "appointments_tell", .after, .insert, .update, call: tellOfAppointment,
        comment: "Queues what the customer is told of a booking, a change, a cancellation.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Slotease.isMe("\(customerID)"),
        comment: "People see their own appointments.")
      Policy(
        "staff", for: .select, to: .authenticated, using: Slotease.mine("\(organizationID)", .staff),
        comment: "Who works there sees who comes.")
      Policy(
        "staff_update", for: .update, to: .authenticated, using: Slotease.mine("\(organizationID)", .staff),
        comment: "Who works there changes an appointment.")
      Grant(.select, to: .authenticated)
      // Times are moved by reschedule_appointment, which knows the opening hours.
      Grant(.update, on: [status, notes, metadata], to: .authenticated)
      Access(.customer, own: .select)
      Access(.staff, .admin, own: [.select, .update])
    }
  }

  /// The times that appointments hold. PostgreSQL itself refuses two at once, whoever writes.
  public struct SlotReservations: Table {
    public static let name = RelationName("slot_reservations", in: .slotease)

    let appointmentID = Column("appointment_id", .uuid)
    let resourceID = Column("resource_id", .uuid, references: \Resources.id, onDelete: .cascade)
    let during = Column("during", .other("tstzrange"))

    public init() {}

    public var body: TableBody {
      Comment("Reserved times of resources, kept by triggers; an exclusion constraint cannot span partitions.")
      PrimaryKey(appointmentID)
      Check(
        "slot_reservations_during_check", "NOT isempty(\(during))",
        comment: "An empty span overlaps nothing, so it would keep nothing free.")
      Exclude(
        "slot_reservations_no_double_booking", (resourceID, "="), (during, "&&"),
        comment: "Nothing is booked twice at a time, whoever writes; an exclusion constraint cannot span partitions.")
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "true",
        comment: "That a time is taken is no secret; by which appointment is.")
      // Not the key, by which the matrix asks.
      Grant(.select, on: [resourceID, during], to: .anon, .authenticated)
    }
  }

  /// Attempts to book: the same one again has the same answer.
  public struct BookingRequests: Table {
    public static let name = RelationName("booking_requests", in: .slotease)

    let customerID = Column("customer_id", .uuid, references: \UserProfiles.id, onDelete: .cascade)
    let idempotencyKey = Column("idempotency_key", .text, comment: "The caller's name for the attempt.")
    let appointmentID = Column("appointment_id", .uuid, null: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Idempotency keys of bookings; gone after 30 days.")
      PrimaryKey(customerID, idempotencyKey)
      Check(
        "booking_requests_idempotency_key_check", "length(\(idempotencyKey)) BETWEEN 1 AND 200",
        comment: "A key that a program can have made.")
      Index("booking_requests_created_at_idx", on: createdAt, comment: "Cleaning up.")
      Hosting.secured()
    }
  }

  static let checkStep = Function(
    "check_appointment_step", in: .slotease, returns: .trigger, settings: ["search_path": "slotease, pg_temp"],
    comment: "Refuses to go back from an end: completed, cancelled and no_show appointments stay so.",
    body: .inline(
      """
      BEGIN
        IF NEW.status <> OLD.status AND OLD.status IN ('completed', 'cancelled', 'no_show') THEN
          RAISE EXCEPTION 'appointment % is % and cannot become %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        RETURN NEW;
      END
      """))

  static let reserve = Function(
    "reserve_time", in: .slotease, returns: .trigger, security: .definer,
    settings: ["search_path": "slotease, pg_temp"], execute: [],
    comment: "Keeps slot_reservations equal to the times that appointments hold.",
    body: .inline(
      """
      BEGIN
        IF TG_OP = 'UPDATE' AND (NEW.resource_id, NEW.starts_at, NEW.blocked_until, NEW.status IN ('cancelled', 'no_show'))
                              = (OLD.resource_id, OLD.starts_at, OLD.blocked_until, OLD.status IN ('cancelled', 'no_show')) THEN
          RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
          DELETE FROM slot_reservations s WHERE s.appointment_id = OLD.id;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.status NOT IN ('cancelled', 'no_show') THEN
          INSERT INTO slot_reservations (appointment_id, resource_id, during)
          VALUES (NEW.id, NEW.resource_id, tstzrange(NEW.starts_at, NEW.blocked_until));
        END IF;
        RETURN NULL;
      END
      """))

  private static let booked: Function.Result = .table(
    .init("appointment_id", .uuid), .init("resource_id", .uuid), .init("starts_at", .timestamptz),
    .init("ends_at", .timestamptz), .init("repeated", .boolean))

  static let isOpen = Function(
    "is_open", in: .slotease,
    [.init("p_organization_id", .uuid), .init("p_starts_at", .timestamptz), .init("p_ends_at", .timestamptz)],
    returns: .type(.boolean), language: .sql, volatility: .stable, settings: ["search_path": "slotease, pg_temp"],
    execute: [.anon, .authenticated, .serviceRole],
    comment: "Whether an organisation is open from one moment to another on the same day of its own clock.",
    body: .inline(
      """
      SELECT EXISTS (
        SELECT FROM organizations o JOIN opening_hours h ON h.organization_id = o.id
         WHERE o.id = p_organization_id AND o.active
           AND h.weekday = extract(isodow FROM p_starts_at AT TIME ZONE o.timezone)
           AND (p_starts_at AT TIME ZONE o.timezone) >= (p_starts_at AT TIME ZONE o.timezone)::date + h.opens
           -- 24:00 is the next day's beginning.
           AND (p_ends_at AT TIME ZONE o.timezone) <= (p_starts_at AT TIME ZONE o.timezone)::date + h.closes)
      """))

  static let bookingHorizon = Function(
    "booking_horizon", in: .slotease, returns: .type(.timestamptz), language: .sql, volatility: .stable,
    settings: ["search_path": "pg_catalog, pg_temp"], execute: [.anon, .authenticated, .serviceRole],
    comment: "Until when can be booked: the end of the sixth month after this one, as far as there are partitions.",
    body: .inline("SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '7 months') AT TIME ZONE 'UTC'"))

  static let isFree = Function(
    "is_free", in: .slotease,
    [
      .init("p_resource_id", .uuid), .init("p_organization_id", .uuid), .init("p_starts_at", .timestamptz),
      .init("p_ends_at", .timestamptz), .init("p_buffer", .interval),
    ],
    returns: .type(.boolean), language: .sql, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: """
      Whether a resource has nothing at a time, nor in the buffer after it, and is not closed then. Volatile: asked again \
      after a lock, it sees what others have reserved meanwhile.
      """,
    body: .inline(
      """
      SELECT NOT EXISTS (SELECT FROM slot_reservations x
                          WHERE x.resource_id = p_resource_id AND x.during && tstzrange(p_starts_at, p_ends_at + p_buffer))
         AND NOT EXISTS (SELECT FROM closures c
                          WHERE c.organization_id = p_organization_id AND (c.resource_id IS NULL OR c.resource_id = p_resource_id)
                            AND c.during && tstzrange(p_starts_at, p_ends_at))
      """))

  static let availableSlots = Function(
    "available_slots", in: .slotease,
    [.init("p_service_id", .uuid), .init("p_day", .date), .init("p_days", .integer, default: "1")],
    returns: .table(.init("resource_id", .uuid), .init("starts_at", .timestamptz), .init("ends_at", .timestamptz)),
    language: .sql, volatility: .stable, settings: ["search_path": "slotease, pg_temp"],
    execute: [.anon, .authenticated, .serviceRole],
    comment: "The times at which a service can be had from a day on, by the organisation's calendar and clock.",
    body: .file(PackageResources.available_slots_sql, "Slotease/SQL/available_slots.sql"))

  static let bookAppointment = Function(
    "book_appointment", in: .slotease,
    [
      .init("p_service_id", .uuid), .init("p_customer_id", .uuid), .init("p_starts_at", .timestamptz),
      .init("p_idempotency_key", .text), .init("p_resource_id", .uuid, default: "NULL"),
      .init("p_notes", .text, default: "NULL"), .init("p_metadata", .jsonb, default: "'{}'"),
    ],
    returns: booked, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: """
      Books a service at a time with a resource, or with any that is free. The same customer's same key again has the same \
      answer; a time that is taken is refused as an exclusion_violation.
      """,
    body: .file(PackageResources.book_appointment_sql, "Slotease/SQL/book_appointment.sql"))

  static let rescheduleAppointment = Function(
    "reschedule_appointment", in: .slotease,
    [
      .init("p_appointment_id", .uuid), .init("p_starts_at", .timestamptz),
      .init("p_resource_id", .uuid, default: "NULL"),
    ],
    returns: booked, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: "Moves an appointment to another time, with the same resource unless another is named.",
    body: .file(PackageResources.reschedule_appointment_sql, "Slotease/SQL/reschedule_appointment.sql"))

  static let cancelAppointment = Function(
    "cancel_appointment", in: .slotease,
    [.init("p_appointment_id", .uuid), .init("p_reason", .text, default: "NULL")], returns: .type(.boolean),
    language: .sql, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: "Cancels an appointment and frees its time; false when there is none or it is over.",
    body: .inline(
      """
      WITH cancelled AS (
        UPDATE appointments a SET status = 'cancelled', cancel_reason = p_reason
         WHERE a.id = p_appointment_id AND a.status NOT IN ('completed', 'cancelled', 'no_show')
        RETURNING 1)
      SELECT EXISTS (SELECT FROM cancelled)
      """))
}
