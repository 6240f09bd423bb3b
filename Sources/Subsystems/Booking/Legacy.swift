internal import Hosting
public import SchemaDSL

extension Booking {
  /// Classes of the old model: one row a date, with no series behind it.
  public struct ClassInstances: Table {
    public static let name = RelationName("class_instances", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let className = Column("class_name", .text)
    let instructorName = Column("instructor_name", .text, null: true).personal(.identity)
    let locationName = Column("location_name", .text, null: true)
    let startTime = Column("start_time", .timestamptz)
    let endTime = Column("end_time", .timestamptz, null: true)
    let maxParticipants = Column("max_participants", .integer, null: true)
    let price = Column("price", .numeric(10, 2), null: true)
    let status = Column("status", .text, null: true, comment: "active, cancelled, completed; NULL means active.")
    let createdAt = Column("created_at", .timestamptz, null: true, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Old model: classes. Read by migrate_class_instances_to_events.")
      PrimaryKey(id)
      Index(
        "class_instances_organization_id_idx", on: organizationID, startTime,
        comment: "An organisation's classes by time, while both schemas are in use.")
      Hosting.secured()
      Policy(
        "staff_read", for: .select, to: .authenticated, using: Booking.worksFor("\(organizationID)"),
        comment: "Who works there reads what was; nobody writes it any more.")
      Grant(.select, to: .authenticated)
      Access(.staff, .admin, own: .select)
    }
  }

  /// Registrations of the old model, by name and address.
  public struct ClassRegistrations: Table {
    public static let name = RelationName("class_registrations", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let classInstanceID = Column("class_instance_id", .uuid, references: \ClassInstances.id, onDelete: .cascade)
    let customerName = Column("customer_name", .text, null: true).personal(.identity)
    let customerEmail = Column("customer_email", .text, null: true).personal(.contact)
    let status = Column("status", .text, null: true, comment: "confirmed, cancelled, attended, no_show.")
    let notes = Column("notes", .text, null: true).personal(.content)
    let createdAt = Column("created_at", .timestamptz, null: true, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Old model: registrations.")
      PrimaryKey(id)
      Index(
        "class_registrations_class_instance_id_idx", on: classInstanceID,
        comment: "A class's registrations, for the migration and for lists.")
      Index(
        "class_registrations_customer_email_idx", on: IndexElement.expression("lower(btrim(\(customerEmail)))"),
        comment: "A person's registrations by address: matching, forgetting.")
      Hosting.secured()
      Policy(
        "staff_read", for: .select, to: .authenticated, using: Booking.worksForInstance("\(classInstanceID)"),
        comment: "Who works there reads what was; nobody writes it any more.")
      Grant(.select, to: .authenticated)
      Access(.staff, .admin, own: .select)
    }
  }

  /// Waitlists of the old model.
  public struct Waitlists: Table {
    public static let name = RelationName("waitlists", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let classInstanceID = Column("class_instance_id", .uuid, references: \ClassInstances.id, onDelete: .cascade)
    let customerName = Column("customer_name", .text, null: true).personal(.identity)
    let customerEmail = Column("customer_email", .text, null: true).personal(.contact)
    let position = Column("position", .integer, null: true)
    let createdAt = Column("created_at", .timestamptz, null: true, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Old model: waitlists.")
      PrimaryKey(id)
      Index(
        "waitlists_class_instance_id_idx", on: classInstanceID, position,
        comment: "A class's queue in its order, for the migration.")
      Index(
        "waitlists_customer_email_idx", on: IndexElement.expression("lower(btrim(\(customerEmail)))"),
        comment: "A person's places in queues by address: matching, forgetting.")
      Hosting.secured()
      Policy(
        "staff_read", for: .select, to: .authenticated, using: Booking.worksForInstance("\(classInstanceID)"),
        comment: "Who works there reads what was; nobody writes it any more.")
      Grant(.select, to: .authenticated)
      Access(.staff, .admin, own: .select)
    }
  }

  static func worksForInstance(_ instance: SQL) -> SQL {
    let i = ClassInstances.as("i")
    return "EXISTS (SELECT FROM \(i) WHERE \(i.id) = \(instance) AND \(worksFor("\(i.organizationID)")))"
  }

  static let legacyAddress = Function(
    "legacy_address", in: .public, [.init("p_email", .text), .init("p_id", .uuid)], returns: .type(.text),
    language: .sql, volatility: .immutable, parallel: .safe,
    comment:
      "The address that somebody of the old model has as a customer; one made of the row's number where there is none.",
    body: .inline(
      """
      SELECT CASE WHEN position('@' IN btrim(p_email)) > 1 THEN lower(btrim(p_email)) ELSE 'legacy-' || p_id || '@invalid' END
      """))

  static let migrateLegacy = Function(
    "migrate_class_instances_to_events", in: .public,
    returns: .table(
      .init("series", .bigint), .init("events", .bigint), .init("customers", .bigint), .init("registrations", .bigint),
      .init("waiting", .bigint)),
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: """
      Takes the old model over into series, events, registrations and waitlists. It can be run again, also while the old \
      tables are still written: what was taken over before is left alone. Says how much was new.
      """,
    body: .file(PackageResources.migrate_legacy_sql, "Booking/SQL/migrate_legacy.sql"))
}
