internal import Hosting
public import SchemaDSL

extension Booking {
  /// A studio, a gym, a school: the tenant.
  public struct Organizations: Table {
    public static let name = RelationName("organizations", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let name = Column("name", .text)
    let slug = Column("slug", .text, comment: "The organisation in addresses of pages.")
    let timezone = Column("timezone", .text, default: "UTC", comment: "Its usual time zone; series may have another.")
    let branding = Column("branding", .jsonb, default: "{}", comment: "Colours and pictures of public pages.")
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Organisations that offer classes; every other table's tenant.")
      PrimaryKey(id)
      Unique(slug, comment: "An address of a page names one organisation.")
      Check(
        "organizations_slug_check", "\(slug) ~ '^[a-z0-9]+(-[a-z0-9]+)*$'",
        comment: "Only what can stand in an address of a page.")
      Check(
        "organizations_timezone_check", "\(Hosting.isTimeZone)(\(timezone))",
        comment: "Only what PostgreSQL can compute local times in.")
      Hosting.touched(Self.name)
      Hosting.secured()
      Policy("public_read", for: .select, to: .anon, .authenticated, using: "true", comment: "Anybody may look.")
      Policy(
        "admin_update", for: .update, to: .authenticated, using: Booking.runs("\(id)"),
        comment: "Who runs an organisation changes what it says of itself.")
      Grant(.select, to: .anon, .authenticated)
      Grant(.update, on: [name, timezone, branding], to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: [.select, .update], other: .select)
    }
  }

  /// Who works for an organisation.
  public struct OrganizationMembers: Table {
    public static let name = RelationName("organization_members", in: .public)

    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let userID = Column("user_id", .uuid, comment: "The person's login (auth.uid()).").personal(.identity)
    let role = Column("role", .enum(MemberRole.self), default: .case(.staff))
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Members of organisations with what they may do.")
      PrimaryKey(organizationID, userID)
      Index("organization_members_user_id_idx", on: userID, comment: "The organisations of a person.")
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: "\(userID) = (SELECT auth.uid())",
        comment: "Everybody sees where they belong.")
      Policy(
        "admin", to: .authenticated, using: Booking.runs("\(organizationID)"),
        comment: "Who runs an organisation says who belongs to it.")
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.staff, own: .select)
      Access(.admin, own: .all)
    }
  }

  /// Where classes take place: a tree of sites, houses and rooms.
  public struct Locations: Table {
    public static let name = RelationName("locations", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let path = Column("path", .other("ltree"), comment: "The place in the tree, for example berlin.mitte.room_1.")
    let name = Column("name", .text)
    let address = Column("address", .text, null: true)
    let timezone = Column("timezone", .text, default: "UTC")
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Locations of an organisation as a tree.")
      PrimaryKey(id)
      Unique(organizationID, path, comment: "A path names one place of an organisation.")
      Check(
        "locations_timezone_check", "\(Hosting.isTimeZone)(\(timezone))",
        comment: "Only what PostgreSQL can compute local times in.")
      Index("locations_path_idx", on: path, using: .gist, comment: "Everything below a place.")
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "true",
        comment: "Everybody sees where classes are.")
      Policy(
        "admin", to: .authenticated, using: Booking.runs("\(organizationID)"),
        comment: "Who runs an organisation keeps its places.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: .all, other: .select)
    }
  }

  /// Who teaches.
  public struct Instructors: Table {
    public static let name = RelationName("instructors", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let userID = Column("user_id", .uuid, null: true, comment: "Their login, once they have one.").personal(.identity)
    let name = Column("name", .text).personal(.identity)
    let email = Column("email", .text, null: true).personal(.contact)
    let biography = Column("biography", .text, null: true).personal(.content)
    let active = Column("active", .boolean, default: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Instructors; listings show their names only.")
      PrimaryKey(id)
      Index(
        "instructors_organization_id_email_key", on: organizationID, IndexElement.expression("lower(\(email))"),
        unique: true,
        comment: "One instructor for an address.")
      Index("instructors_user_id_idx", on: userID, where: "\(userID) IS NOT NULL", comment: "My schedule.")
      Hosting.secured()
      Policy(
        "staff_read", for: .select, to: .authenticated, using: Booking.worksFor("\(organizationID)"),
        comment: "Who works there sees their colleagues.")
      Policy(
        "admin", to: .authenticated, using: Booking.runs("\(organizationID)"),
        comment: "Who runs an organisation keeps its instructors.")
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.staff, own: .select)
      Access(.admin, own: .all)
    }
  }

  /// Who books.
  public struct Customers: Table {
    public static let name = RelationName("customers", in: .public)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let userID = Column("user_id", .uuid, null: true, comment: "Their login; NULL for guests.").personal(.identity)
    let email = Column("email", .text, comment: "Lower case.").personal(.contact)
    let fullName = Column("full_name", .text).personal(.identity)
    let phone = Column("phone", .text, null: true).personal(.contact)
    let notes = Column("notes", .text, null: true, comment: "What the desk knows of them.").personal(.content)
    let anonymizedAt = Column("anonymized_at", .timestamptz, null: true, comment: "When they were forgotten.")
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Customers of an organisation; the same person is another customer elsewhere.")
      PrimaryKey(id)
      Unique(
        organizationID, email, comment: "A person is one customer of an organisation, whatever their address's case.")
      Check(
        "customers_email_check", "\(email) = lower(btrim(\(email))) AND position('@' IN \(email)) > 1",
        comment: "Addresses are kept in one form, so that equal ones are found.")
      Index("customers_user_id_idx", on: userID, where: "\(userID) IS NOT NULL", comment: "Policies: my own rows.")
      Hosting.touched(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: "\(userID) = (SELECT auth.uid())",
        comment: "People see what is kept of them.")
      Policy(
        "own_update", for: .update, to: .authenticated, using: "\(userID) = (SELECT auth.uid())",
        comment: "People keep their own name and number right.")
      Policy(
        "staff_read", for: .select, to: .authenticated, using: Booking.worksFor("\(organizationID)"),
        comment: "Who works there sees its customers.")
      Policy(
        "staff_insert", for: .insert, to: .authenticated, check: Booking.worksFor("\(organizationID)"),
        comment: "Who works there adds customers.")
      Policy(
        "staff_update", for: .update, to: .authenticated, using: Booking.worksFor("\(organizationID)"),
        comment: "Who works there keeps customers' details.")
      Policy(
        "admin_delete", for: .delete, to: .authenticated, using: Booking.runs("\(organizationID)"),
        comment: "Only who runs an organisation deletes a customer.")
      Grant(.select, .insert, .delete, to: .authenticated)
      // The desk's notes are written by the platform's programs: a person may read them, not change them.
      Grant(.update, on: [email, fullName, phone], to: .authenticated)
      Access(.customer, own: [.select, .update])
      Access(.staff, own: [.select, .insert, .update])
      Access(.admin, own: .all)
    }
  }

  /// For policies: the person who asks works for the organisation.
  static func worksFor(_ organization: SQL) -> SQL {
    "\(hasRole)(\(organization), ARRAY['owner', 'admin', 'staff']::member_role[])"
  }
  /// For policies: the person who asks runs the organisation.
  static func runs(_ organization: SQL) -> SQL { "\(hasRole)(\(organization), ARRAY['owner', 'admin']::member_role[])" }

  static let hasRole = Function(
    "has_organization_role", in: .public,
    [.init("p_organization_id", .uuid), .init("p_roles", .array(of: .enum(MemberRole.self)))],
    returns: .type(.boolean), language: .sql, volatility: .stable, security: .definer,
    settings: ["search_path": "public, pg_temp"], execute: [.authenticated, .serviceRole],
    comment: """
      Whether the person who asks has one of the roles in the organisation. It runs with its owner's rights, since a \
      policy of organization_members cannot ask organization_members itself.
      """,
    body: .inline(
      """
      SELECT EXISTS (
        SELECT FROM organization_members m
         WHERE m.organization_id = p_organization_id AND m.user_id = auth.uid() AND m.role = ANY (p_roles))
      """))
}
