internal import Hosting
public import SchemaDSL

extension Slotease {
  /// A hospital, a clinic, a bank: the tenant.
  public struct Organizations: Table {
    public static let name = RelationName("organizations", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID)
    let name = Column("name", .text)
    let slug = Column("slug", .text, comment: "The organisation in addresses of pages.")
    let kind = Column("kind", .enum(OrganizationKind.self), default: .case(.other))
    let address = Column("address", .text, null: true)
    let timezone = Column("timezone", .text, default: "UTC", comment: "What opening hours are in.")
    let latitude = Column("latitude", .doublePrecision, comment: "Degrees north, WGS 84.")
    let longitude = Column("longitude", .doublePrecision, comment: "Degrees east, WGS 84.")
    let location = Column("location", .other("point"), null: true, comment: "(longitude, latitude), for maps.")
    let position = Column(
      "position", .other("cube"), null: true,
      comment: "The place on a sphere of radius 1: nearer there is nearer on the ground, across the 180th meridian too."
    )
    let settings = Column("settings", .jsonb, default: "{}")
    let active = Column("active", .boolean, default: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Organisations that take appointments; every other table's tenant.")
      PrimaryKey(id)
      Unique(slug, comment: "An address of a page names one organisation.")
      Check(
        "organizations_slug_check", "\(slug) ~ '^[a-z0-9]+(-[a-z0-9]+)*$'",
        comment: "Only what can stand in an address of a page.")
      Check(
        "organizations_timezone_check", "\(Hosting.isTimeZone)(\(timezone))",
        comment: "Only what PostgreSQL can compute local times in.")
      Check("organizations_latitude_check", "\(latitude) BETWEEN -90 AND 90", comment: "On the Earth.")
      Check("organizations_longitude_check", "\(longitude) BETWEEN -180 AND 180", comment: "On the Earth.")
      Generated(location, as: "point(\(longitude), \(latitude))")
      Generated(position, as: "\(onSphere)(\(latitude), \(longitude))")
      Index("organizations_position_idx", on: position, using: .gist, comment: "The nearest organisations.")
      Index(
        "organizations_settings_idx", on: settings.opclass("jsonb_path_ops"), using: .gin, comment: "Who offers what.")
      Index("organizations_kind_idx", on: kind, name, where: "\(active)", comment: "Listings by kind.")
      Hosting.touched(Self.name)
      audited(Self.name)
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "\(active)",
        comment: "Everybody sees organisations that take appointments.")
      Policy(
        "admin_update", for: .update, to: .authenticated, using: Slotease.mine("\(id)", .admin),
        comment: "Who runs an organisation changes what it says of itself.")
      Grant(.select, to: .anon, .authenticated)
      Grant(.update, on: [name, kind, address, timezone, latitude, longitude, settings], to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: [.select, .update], other: .select)
    }
  }

  /// What people are to organisations.
  public struct OrganizationMembers: Table {
    public static let name = RelationName("organization_members", in: .slotease)

    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let userID = Column("user_id", .uuid, comment: "The person's login (auth.uid()).").personal(.identity)
    let role = Column("role", .enum(UserRole.self), default: .case(.customer))
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Roles of people in organisations; who books becomes a customer.")
      PrimaryKey(organizationID, userID)
      Index(
        "organization_members_user_id_idx", on: userID, including: [role, organizationID],
        comment: "Policies: my organisations.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: "\(userID) = (SELECT auth.uid())",
        comment: "Everybody sees where they belong.")
      Policy(
        "staff_read", for: .select, to: .authenticated, using: Slotease.mine("\(organizationID)", .staff),
        comment: "Who works there sees who else does.")
      Policy(
        "admin", to: .authenticated,
        using: "\(Slotease.mine("\(organizationID)", .admin)) AND \(role) < \(UserRole.admin)",
        comment: "Admins say who works there.")
      Policy(
        "super_admin", to: .authenticated, using: Slotease.mine("\(organizationID)", .superAdmin),
        comment: "Super admins say who runs it.")
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.customer, own: .select)
      Access(.staff, own: .select)
      Access(.admin, own: .all)
    }
  }

  /// What can be booked.
  public struct Services: Table {
    public static let name = RelationName("services", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let name = Column("name", .text)
    let description = Column("description", .text, null: true)
    let duration = Column("duration", .interval)
    let buffer = Column(
      "buffer", .interval, default: "00:00:00", comment: "Free time that is kept after an appointment.")
    let step = Column("step", .interval, default: "00:15:00", comment: "How far apart offered times are.")
    let price = Column("price", .numeric(10, 2), default: 0)
    let currency = Column("currency", .char(3), default: "EUR")
    let active = Column("active", .boolean, default: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Services of organisations.")
      PrimaryKey(id)
      Unique(organizationID, name, comment: "A name is one service of an organisation.")
      Check(
        "services_duration_check", "\(duration) > interval '0' AND \(duration) <= interval '1 day'",
        comment: "An appointment takes time, and ends within a day.")
      Check(
        "services_buffer_check", "\(buffer) >= interval '0' AND \(buffer) <= interval '1 day'",
        comment: "Time to clean up, within a day.")
      Check(
        "services_step_check", "\(step) >= interval '1 minute' AND \(step) <= interval '1 day'",
        comment: "A list of offered times has an end.")
      Check("services_price_check", "\(price) >= 0", comment: "Nobody is paid for coming.")
      Index(
        "services_menu_idx", on: organizationID, including: [name, duration, price, currency], where: "\(active)",
        comment: "What an organisation offers, from the index alone.")
      Hosting.touched(Self.name)
      audited(Self.name)
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "\(active)",
        comment: "Everybody sees what can be booked.")
      Policy(
        "admin", to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation keeps its services.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: .all, other: .select)
    }
  }

  /// For policies: the organisations in which the person who asks has a role, or a higher one.
  static func mine(_ organization: SQL, _ role: UserRole) -> SQL {
    // As a subquery it is asked once for a statement, not for each row.
    "\(organization) = ANY ((SELECT \(myOrganizations)(\(role)))::uuid[])"
  }

  static let myOrganizations = Function(
    "my_organizations", in: .slotease, [.init("p_role", .enum(UserRole.self))],
    returns: .type(.array(of: .uuid)), language: .sql, volatility: .stable, security: .definer,
    settings: ["search_path": "slotease, pg_temp"], execute: [.authenticated, .serviceRole],
    comment: """
      The organisations in which the person who asks has at least a role. It runs with its owner's rights, since a policy \
      of organization_members cannot ask organization_members itself.
      """,
    body: .inline(
      """
      SELECT coalesce(array_agg(m.organization_id), '{}')
        FROM organization_members m WHERE m.user_id = auth.uid() AND m.role >= p_role
      """))

  static let onSphere = Function(
    "on_sphere", in: .slotease, [.init("p_latitude", .doublePrecision), .init("p_longitude", .doublePrecision)],
    returns: .type(.other("public.cube")), language: .sql, volatility: .immutable, parallel: .safe, strict: true,
    comment: "The place of a latitude and a longitude, in degrees, on a sphere of radius 1.",
    body: .inline(
      """
      SELECT public.cube(ARRAY[cos(radians(p_latitude)) * cos(radians(p_longitude)),
                               cos(radians(p_latitude)) * sin(radians(p_longitude)), sin(radians(p_latitude))])
      """))

  static let nearestOrganizations = Function(
    "nearest_organizations", in: .slotease,
    [
      .init("p_latitude", .doublePrecision), .init("p_longitude", .doublePrecision),
      .init("p_limit", .integer, default: "10"),
      .init("p_kind", .enum(OrganizationKind.self), default: "NULL"),
    ],
    returns: .table(.init("organization_id", .uuid), .init("name", .text), .init("metres", .doublePrecision)),
    language: .sql, volatility: .stable, settings: ["search_path": "slotease, public, pg_temp"],
    execute: [.anon, .authenticated, .serviceRole],
    comment: "The nearest active organisations with their distance along the ground, by the index on position.",
    body: .inline(
      """
      SELECT o.id, o.name, 2 * 6371008.8 * asin(least(1, (o.position <-> on_sphere(p_latitude, p_longitude)) / 2))
        FROM organizations o
       WHERE o.active AND (p_kind IS NULL OR o.kind = p_kind)
       ORDER BY o.position <-> on_sphere(p_latitude, p_longitude)
       LIMIT p_limit
      """))

  static let organizationsWithin = Function(
    "organizations_within", in: .slotease, [.init("p_area", .jsonb)],
    returns: .rows(of: Organizations.self), volatility: .stable,
    settings: ["search_path": "slotease, public, pg_temp"], execute: [.anon, .authenticated, .serviceRole],
    comment: "The active organisations in an area that was drawn on a map (GeoJSON), where the server has PostGIS.",
    body: .inline(
      """
      BEGIN
        IF to_regtype('geometry') IS NULL THEN
          RAISE EXCEPTION 'areas need PostGIS, which this database does not have'
            USING ERRCODE = 'feature_not_supported', HINT = 'Ask nearest_organizations.';
        END IF;
        -- Not planned before it is known that the functions exist.
        RETURN QUERY EXECUTE
          'SELECT o.* FROM organizations o WHERE o.active
              AND ST_Covers(ST_SetSRID(ST_GeomFromGeoJSON($1), 4326), ST_SetSRID(ST_MakePoint(o.longitude, o.latitude), 4326))'
          USING p_area;
      END
      """))
}
