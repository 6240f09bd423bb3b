internal import Hosting
public import SchemaDSL

extension Growth {
  /// A customer's number.
  public struct Accounts: Table {
    public static let name = RelationName("accounts", in: .whatsapp)

    let id = Column("id", .uuid, default: .randomUUID)
    let leadID = Column("lead_id", .uuid, null: true, references: \Leads.id, onDelete: .setNull)
    let ownerID = Column("owner_id", .uuid, null: true, comment: "The login of the customer.").personal(.identity)
    let businessName = Column("business_name", .text).personal(.identity)
    let phoneNumber = Column("phone_number", .text, comment: "E.164.").personal(.contact)
    let phoneNumberID = Column("phone_number_id", .text, null: true, comment: "WhatsApp's number of it.")
    let businessAccountID = Column("waba_id", .text, null: true, comment: "WhatsApp's number of the business account.")
    let accessToken = Column(
      "access_token", .bytea, null: true, comment: "Encrypted by the application; the database has no key to it.")
    let status = Column("status", .enum(AccountStatus.self), default: .case(.pending))
    let quality = Column("quality_rating", .enum(Quality.self), null: true)
    let dailyLimit = Column("daily_limit", .integer, default: 250, comment: "Messages a day that WhatsApp allows.")
    let webhookVerifiedAt = Column("webhook_verified_at", .timestamptz, null: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("WhatsApp business accounts of customers.")
      PrimaryKey(id)
      Unique(phoneNumber, comment: "A number is one account's.")
      Check(
        "accounts_phone_number_check", "\(phoneNumber) ~ '^[+][1-9][0-9]{6,14}$'", comment: "E.164, as WhatsApp has it."
      )
      Check(
        "accounts_daily_limit_check", "\(dailyLimit) > 0",
        comment: "An account that may send nothing is paused instead.")
      Index("accounts_owner_id_idx", on: ownerID, where: "\(ownerID) IS NOT NULL", comment: "My accounts; policies.")
      Index("accounts_lead_id_idx", on: leadID, where: "\(leadID) IS NOT NULL", comment: "The foreign key.")
      Index(
        "accounts_phone_number_id_key", on: phoneNumberID, unique: true, where: "\(phoneNumberID) IS NOT NULL",
        comment: "Whose a webhook is.")
      Index("accounts_status_idx", on: status, createdAt, comment: "Accounts by state.")
      Index(
        "accounts_quality_idx", on: quality, where: "\(quality) IN ('yellow', 'red')", comment: "Whose messages annoy.")
      Hosting.touched(Self.name)
      audited(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: "\(ownerID) = (SELECT auth.uid())",
        comment: "Owners see their accounts.")
      Policy(
        "own_update", for: .update, to: .authenticated, using: "\(ownerID) = (SELECT auth.uid())",
        comment: "Owners change their accounts.")
      Policy("admin", to: .authenticated, using: asksAsAdmin, comment: "Who runs the platform keeps accounts.")
      // Everything but the token, which is for the platform's programs.
      Grant(
        .select,
        on: [
          id, leadID, ownerID, businessName, phoneNumber, phoneNumberID, businessAccountID, status, quality, dailyLimit,
          webhookVerifiedAt, createdAt, updatedAt,
        ], to: .authenticated)
      Grant(.update, on: [businessName], to: .authenticated)
      Access(.customer, own: [.select, .update])
      Access(.admin, own: [.select, .update], other: [.select, .update])
    }
  }

  /// What an account may send unasked.
  public struct Templates: Table {
    public static let name = RelationName("templates", in: .whatsapp)

    let id = Column("id", .uuid, default: .randomUUID)
    let accountID = Column("account_id", .uuid, references: \Accounts.id, onDelete: .cascade)
    let name = Column("name", .text)
    let language = Column("language", .text, default: "en")
    let category = Column("category", .enum(TemplateCategory.self))
    let status = Column("status", .enum(TemplateStatus.self), default: .case(.draft))
    let text = Column("body", .text, comment: "With {{1}}, {{2}}, … for what is filled in.").personal(.content)
    let buttons = Column("buttons", .jsonb, default: "[]").personal(.content)
    let rejectionReason = Column("rejection_reason", .text, null: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Message templates.")
      PrimaryKey(id)
      Unique(accountID, name, language, comment: "A template has one text in a language.")
      Check(
        "templates_name_check", "\(name) ~ '^[a-z0-9_]+$' AND length(\(name)) <= 512",
        comment: "What WhatsApp accepts as a name.")
      Check(
        "templates_rejection_reason_check", "\(rejectionReason) IS NULL OR \(status) = \(TemplateStatus.rejected)",
        comment: "A reason is of a rejection.")
      Index("templates_status_idx", on: status, updatedAt, comment: "What waits for WhatsApp's word.")
      Index(
        "templates_category_idx", on: accountID, category, where: "\(status) = \(TemplateStatus.approved)",
        comment: "What can be sent.")
      Hosting.touched(Self.name)
      audited(Self.name)
      Hosting.secured()
      let a = Accounts.as("a")
      Policy(
        "own", to: .authenticated,
        using: "EXISTS (SELECT FROM \(a) WHERE \(a.id) = \(accountID) AND \(a.ownerID) = (SELECT auth.uid()))",
        comment: "Owners keep the templates of their accounts.")
      Policy("admin", to: .authenticated, using: asksAsAdmin, comment: "Who runs the platform keeps templates.")
      Grant(.select, .delete, to: .authenticated)
      // The state is WhatsApp's to say.
      Grant(.insert, on: [accountID, name, language, category, text, buttons], to: .authenticated)
      Grant(.update, on: [name, language, category, text, buttons], to: .authenticated)
      Access(.customer, own: [.select, .update, .delete])
      Access(.admin, own: [.select, .update, .delete], other: [.select, .update, .delete])
    }
  }
}
