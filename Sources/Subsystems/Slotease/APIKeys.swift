internal import Hosting
public import SchemaDSL

extension Slotease {
  /// Keys with which other programs of an organisation call.
  public struct APIKeys: Table {
    public static let name = RelationName("api_keys", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let name = Column("name", .text)
    let prefix = Column("prefix", .text, comment: "The first characters, so that people recognise it.")
    let keyHash = Column("key_hash", .bytea, comment: "SHA-256 of the key; the key itself is kept nowhere.")
    let scopes = Column("scopes", .array(of: .text), default: "{}")
    let hourlyLimit = Column("hourly_limit", .integer, default: 1000)
    let createdBy = Column("created_by", .uuid, null: true, comment: "The login of who made it.").personal(.identity)
    let lastUsedAt = Column("last_used_at", .timestamptz, null: true, comment: "To the minute.")
    let expiresAt = Column("expires_at", .timestamptz, null: true)
    let revokedAt = Column("revoked_at", .timestamptz, null: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("API keys, hashed.")
      PrimaryKey(id)
      Unique(keyHash, comment: "A key is one program's; how requests find it.")
      Check(
        "api_keys_key_hash_check", "octet_length(\(keyHash)) = 32", comment: "A SHA-256 digest; never a key as it is.")
      Check(
        "api_keys_hourly_limit_check", "\(hourlyLimit) > 0", comment: "A key that may ask nothing is revoked instead.")
      Index(
        "api_keys_organization_id_idx", on: organizationID, where: "\(revokedAt) IS NULL",
        comment: "An organisation's keys.")
      audited(Self.name, updatesOf: [name, scopes, hourlyLimit, createdBy, expiresAt, revokedAt])
      Hosting.secured()
      Policy(
        "admin_read", for: .select, to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation sees its keys, never what they are.")
      Policy(
        "admin_update", for: .update, to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation renames, limits and revokes its keys.")
      Grant(.select, to: .authenticated)
      Grant(.update, on: [name, expiresAt, revokedAt], to: .authenticated)
      Access(.admin, own: [.select, .update])
    }
  }

  /// Requests of a key in an hour.
  public struct RateLimits: Table {
    public static let name = RelationName("rate_limits", in: .slotease)

    let apiKeyID = Column("api_key_id", .uuid, references: \APIKeys.id, onDelete: .cascade)
    let windowStart = Column("window_start", .timestamptz)
    let requests = Column("requests", .integer, default: 1)

    public init() {}

    public var body: TableBody {
      Comment("Request counts of API keys by the hour; rows are gone after a day.")
      PrimaryKey(apiKeyID, windowStart)
      Index("rate_limits_window_start_idx", on: windowStart, comment: "Cleaning up.")
      StorageParameters(["fillfactor": "70"])
      Hosting.secured()
    }
  }

  static let createAPIKey = Function(
    "create_api_key", in: .slotease,
    [
      .init("p_organization_id", .uuid), .init("p_name", .text), .init("p_scopes", .array(of: .text), default: "'{}'"),
      .init("p_created_by", .uuid, default: "NULL"), .init("p_expires_at", .timestamptz, default: "NULL"),
    ],
    returns: .table(.init("api_key_id", .uuid), .init("api_key", .text)), language: .sql,
    settings: ["search_path": "slotease, public, pg_temp"], execute: [.serviceRole],
    comment: "Makes a key and shows it, this once.",
    body: .inline(
      """
      WITH secret AS MATERIALIZED (SELECT 'se_' || encode(gen_random_bytes(24), 'hex') AS api_key),
      made AS (
        INSERT INTO api_keys (organization_id, name, prefix, key_hash, scopes, created_by, expires_at)
        SELECT p_organization_id, p_name, left(s.api_key, 10), sha256(convert_to(s.api_key, 'UTF8')), p_scopes, p_created_by,
               p_expires_at
          FROM secret s
        RETURNING id)
      SELECT made.id, secret.api_key FROM made, secret
      """))

  static let authenticateAPIKey = Function(
    "authenticate_api_key", in: .slotease, [.init("p_api_key", .text)],
    returns: .table(
      .init("api_key_id", .uuid), .init("organization_id", .uuid), .init("scopes", .array(of: .text)),
      .init("allowed", .boolean), .init("remaining", .integer)),
    language: .sql, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: """
      Whose key it is, and whether it may still call in this hour; no row for a key that is unknown, revoked or expired.
      """,
    body: .inline(
      """
      WITH known AS (
        SELECT k.id, k.organization_id, k.scopes, k.hourly_limit, k.last_used_at FROM api_keys k
         WHERE k.key_hash = sha256(convert_to(p_api_key, 'UTF8')) AND k.revoked_at IS NULL
           AND (k.expires_at IS NULL OR k.expires_at > now())),
      counted AS (
        INSERT INTO rate_limits AS r (api_key_id, window_start)
        SELECT known.id, date_trunc('hour', clock_timestamp(), 'UTC') FROM known
        ON CONFLICT (api_key_id, window_start) DO UPDATE SET requests = r.requests + 1
        RETURNING r.requests),
      noted AS (
        UPDATE api_keys k SET last_used_at = now() FROM known
         WHERE k.id = known.id AND (known.last_used_at IS NULL OR known.last_used_at < now() - interval '1 minute'))
      SELECT known.id, known.organization_id, known.scopes, counted.requests <= known.hourly_limit,
             greatest(0, known.hourly_limit - counted.requests)
        FROM known, counted
      """))
}
