internal import Hosting
public import SchemaDSL

extension Slotease {
  /// Who or what serves: a doctor, a counter, a room. One appointment at a time.
  public struct Resources: Table {
    public static let name = RelationName("resources", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let name = Column("name", .text, comment: "What customers read; often somebody's name.").personal(.identity)
    let userID = Column("user_id", .uuid, null: true, comment: "Their login, where it is a person.").personal(.identity)
    let active = Column("active", .boolean, default: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Who or what serves; each has one appointment at a time.")
      PrimaryKey(id)
      Index(
        "resources_organization_id_idx", on: organizationID, where: "\(active)", comment: "An organisation's resources."
      )
      Index("resources_user_id_idx", on: userID, where: "\(userID) IS NOT NULL", comment: "Forgetting; my calendar.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "\(active)",
        comment: "Everybody sees whom or what they can book.")
      Policy(
        "admin", to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation keeps its resources.")
      // Not who they are when they log in.
      Grant(.select, on: [id, organizationID, name, active], to: .anon, .authenticated)
      Grant(.insert, .update, .delete, to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: .all, other: .select)
    }
  }

  /// Who offers what.
  public struct ServiceResources: Table {
    public static let name = RelationName("service_resources", in: .slotease)

    let serviceID = Column("service_id", .uuid, references: \Services.id, onDelete: .cascade)
    let resourceID = Column("resource_id", .uuid, references: \Resources.id, onDelete: .cascade)

    public init() {}

    public var body: TableBody {
      Comment("Which resources offer which services.")
      PrimaryKey(serviceID, resourceID)
      audited(Self.name)
      Index("service_resources_resource_id_idx", on: resourceID, comment: "The foreign key.")
      Hosting.secured()
      let s = Services.as("s")
      let r = Resources.as("r")
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "true",
        comment: "Everybody sees who or what offers a service.")
      Policy(
        "admin", to: .authenticated,
        using: """
          EXISTS (SELECT FROM \(s) JOIN \(r) ON \(r.organizationID) = \(s.organizationID)
                   WHERE \(s.id) = \(serviceID) AND \(r.id) = \(resourceID) AND \(Slotease.mine("\(s.organizationID)", .admin)))
          """, comment: "Nobody's services are done by another organisation's people.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: .all, other: .select)
    }
  }

  /// When an organisation is open, by its own clock.
  public struct OpeningHours: Table {
    public static let name = RelationName("opening_hours", in: .slotease)

    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let weekday = Column("weekday", .smallint, comment: "1 is Monday, 7 is Sunday.")
    let opens = Column("opens", .time)
    let closes = Column("closes", .time, comment: "24:00 is midnight at the day's end.")

    public init() {}

    public var body: TableBody {
      Comment("Opening hours; a day can have several.")
      PrimaryKey(organizationID, weekday, opens)
      Check("opening_hours_weekday_check", "\(weekday) BETWEEN 1 AND 7", comment: "ISO 8601: Monday is 1.")
      audited(Self.name)
      Check("opening_hours_times_check", "\(closes) > \(opens)", comment: "Hours over midnight are two rows.")
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "true", comment: "Everybody sees when to come.")
      Policy(
        "admin", to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation keeps its hours.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: .all, other: .select)
    }
  }

  /// When nobody is served, or one resource does not: holidays, illness.
  public struct Closures: Table {
    public static let name = RelationName("closures", in: .slotease)

    let id = Column("id", .bigint, identity: .always)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let resourceID = Column(
      "resource_id", .uuid, null: true, references: \Resources.id, onDelete: .cascade, comment: "NULL: all of them.")
    let during = Column("during", .other("tstzrange"))

    public init() {}

    public var body: TableBody {
      Comment("Times that cannot be booked; why is nobody's business.")
      PrimaryKey(id)
      audited(Self.name)
      Check("closures_during_check", "NOT isempty(\(during))", comment: "An empty span closes nothing.")
      Index("closures_organization_id_during_idx", on: organizationID, during, using: .gist, comment: "Offered times.")
      Index("closures_resource_id_idx", on: resourceID, where: "\(resourceID) IS NOT NULL", comment: "The foreign key.")
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "true",
        comment: "Everybody sees when not to come.")
      Policy(
        "staff", to: .authenticated, using: Slotease.mine("\(organizationID)", .staff),
        comment: "Who works there closes for a while.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.anon, .nobody, .customer, own: .select, other: .select)
      Access(.staff, .admin, own: .all, other: .select)
    }
  }
}
