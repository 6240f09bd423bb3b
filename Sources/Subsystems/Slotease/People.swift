internal import Hosting
public import SchemaDSL

extension Slotease {
  /// What is known of a person beyond their login.
  public struct UserProfiles: Table {
    public static let name = RelationName("user_profiles", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID, comment: "The person in all other tables; says nothing.")
    let userID = Column("user_id", .uuid, null: true, comment: "Their login; NULL for guests and the forgotten.")
      .personal(.identity)
    let fullName = Column("full_name", .text).personal(.identity)
    let email = Column("email", .text, null: true, comment: "Lower case.").personal(.contact)
    let phone = Column("phone", .text, null: true).personal(.contact)
    let locale = Column("locale", .text, default: "en")
    let preferences = Column("preferences", .jsonb, default: "{}", comment: "Channels, accessibility.").personal(
      .behaviour)
    let anonymizedAt = Column("anonymized_at", .timestamptz, null: true, comment: "When they were forgotten.")
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("People who book and wait; one row, whichever organisations they go to.")
      PrimaryKey(id)
      Check(
        "user_profiles_email_check", "\(email) = lower(btrim(\(email))) AND position('@' IN \(email)) > 1",
        comment: "Addresses are kept in one form, so that equal ones are found.")
      Index(
        "user_profiles_user_id_key", on: userID, unique: true, including: [id], where: "\(userID) IS NOT NULL",
        comment: "Policies: who am I.")
      Index("user_profiles_email_idx", on: email, where: "\(email) IS NOT NULL", comment: "The desk looks somebody up.")
      Index(
        "user_profiles_preferences_idx", on: preferences, using: .gin,
        comment: "Who needs step-free access; who wants short messages.")
      Hosting.touched(Self.name)
      audited(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: "\(userID) = (SELECT auth.uid())",
        comment: "People see their own profile.")
      Policy(
        "own_insert", for: .insert, to: .authenticated, check: "\(userID) = (SELECT auth.uid())",
        comment: "People make their own profile.")
      Policy(
        "own_update", for: .update, to: .authenticated, using: "\(userID) = (SELECT auth.uid())",
        comment: "People change their own profile.")
      Policy(
        "staff_read", for: .select, to: .authenticated, using: "\(isServedByMe)(\(id))",
        comment: "People are known where they book and wait.")
      Grant(.select, .insert, to: .authenticated)
      Grant(.update, on: [fullName, email, phone, locale, preferences], to: .authenticated)
      Access(.customer, own: [.select, .insert, .update])
      Access(.staff, .admin, own: .select)
    }
  }

  /// What people have agreed to, and when they took it back.
  public struct Consents: Table {
    public static let name = RelationName("consents", in: .slotease)

    let id = Column("id", .bigint, identity: .always)
    let profileID = Column("profile_id", .uuid, references: \UserProfiles.id, onDelete: .cascade)
    let purpose = Column("purpose", .enum(ConsentPurpose.self))
    let version = Column(
      "document_version", .text, comment: "What they agreed to, word for word, is under this number.")
    let givenAt = Column("given_at", .timestamptz, default: .now)
    let withdrawnAt = Column("withdrawn_at", .timestamptz, null: true)
    let address = Column("address", .inet, null: true, comment: "Where the agreement came from.").personal(.device)

    public init() {}

    public var body: TableBody {
      Comment("Consents (GDPR, article 7): a row an agreement; one that was withdrawn stays as proof.")
      PrimaryKey(id)
      Check("consents_withdrawn_check", "\(withdrawnAt) >= \(givenAt)", comment: "What was withdrawn had been given.")
      Index(
        "consents_profile_id_purpose_key", on: profileID, purpose, unique: true, where: "\(withdrawnAt) IS NULL",
        comment: "One agreement at a time; whether somebody may be asked.")
      Index("consents_profile_id_idx", on: profileID, comment: "The foreign key; what somebody agreed to.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Slotease.isMe("\(profileID)"),
        comment: "People see what they agreed to.")
      Policy(
        "own_insert", for: .insert, to: .authenticated, check: Slotease.isMe("\(profileID)"),
        comment: "People agree for themselves.")
      Policy(
        "own_update", for: .update, to: .authenticated, using: Slotease.isMe("\(profileID)"),
        comment: "People withdraw for themselves.")
      Grant(.select, to: .authenticated)
      // When is the database's to say; so the matrix, with its whole rows, inserts none.
      Grant(.insert, on: [profileID, purpose, version, address], to: .authenticated)
      Grant(.update, on: [withdrawnAt], to: .authenticated)
      Access(.customer, own: [.select, .update])
    }
  }

  /// For policies: the profile is the one of the person who asks.
  static func isMe(_ profile: SQL) -> SQL {
    let p = UserProfiles.as("p")
    return "\(profile) = (SELECT \(p.id) FROM \(p) WHERE \(p.userID) = (SELECT auth.uid()))"
  }

  static let isServedByMe = Function(
    "is_served_by_me", in: .slotease, [.init("p_profile_id", .uuid)], returns: .type(.boolean), language: .sql,
    volatility: .stable, security: .definer, settings: ["search_path": "slotease, pg_temp"],
    execute: [.authenticated, .serviceRole],
    comment: """
      Whether somebody books or waits where the person who asks works. To be named a member is not enough: whoever runs an \
      organisation could name anybody. It runs with its owner's rights, since the policies of appointments ask profiles.
      """,
    body: .inline(
      """
      SELECT EXISTS (SELECT FROM appointments a
                      WHERE a.customer_id = p_profile_id AND a.organization_id = ANY (my_organizations('staff')))
          OR EXISTS (SELECT FROM queue_entries e
                      WHERE e.customer_id = p_profile_id AND e.organization_id = ANY (my_organizations('staff')))
      """))

  static let hasConsent = Function(
    "has_consent", in: .slotease, [.init("p_profile_id", .uuid), .init("p_purpose", .enum(ConsentPurpose.self))],
    returns: .type(.boolean), language: .sql, volatility: .stable, settings: ["search_path": "slotease, pg_temp"],
    execute: [.authenticated, .serviceRole], comment: "Whether somebody agrees to something at this moment.",
    body: .inline(
      """
      SELECT EXISTS (SELECT FROM consents c
                      WHERE c.profile_id = p_profile_id AND c.purpose = p_purpose AND c.withdrawn_at IS NULL)
      """))

  static let exportUser = Function(
    "export_user_data", in: .slotease, [.init("p_profile_id", .uuid)], returns: .type(.jsonb), language: .sql,
    volatility: .stable, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: "Everything that is kept of a person (GDPR, article 15), by table.",
    body: .file(PackageResources.export_user_data_sql, "Slotease/SQL/export_user_data.sql"))

  static let forgetUser = Function(
    "forget_user", in: .slotease, [.init("p_profile_id", .uuid)],
    returns: .table(.init("item", .text), .init("rows", .bigint)),
    settings: ["search_path": "slotease, public, pg_temp"], execute: [.serviceRole],
    comment: """
      Anonymises a person (GDPR, article 17): appointments to come are cancelled, what says who they are is removed, and \
      what organisations count stays. Says what it removed.
      """,
    body: .file(PackageResources.forget_user_sql, "Slotease/SQL/forget_user.sql"))
}
