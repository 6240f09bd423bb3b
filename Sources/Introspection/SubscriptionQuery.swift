internal import Catalog
internal import Postgres

/// Subscriptions (`pg_subscription`), which are one catalog for all databases of a server.
///
/// Whether one is enabled is not read: that is for those who run it, and a scratch server must not connect anywhere.
enum SubscriptionQuery: CatalogQuery {
  static let here = """
    pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d
                                          WHERE d.datname = pg_catalog.current_database())
    """
  /// What they connect with is only a superuser's to read; without it they are not modelled.
  static let isReadable = "pg_catalog.has_column_privilege('pg_catalog.pg_subscription', 'subconninfo', 'SELECT')"

  static var presence: String? { "\(here) AND \(isReadable)" }
  static let takesExcludedSchemas = false
  static func sql(_ version: ServerVersion) -> String {
    let streaming =
      version.major >= 16
      ? "CASE s.substream WHEN 'p' THEN 'parallel' WHEN 't' THEN 'on' ELSE 'off' END"
      : "CASE WHEN s.substream THEN 'on' ELSE 'off' END"
    // As CREATE SUBSCRIPTION takes them, where they are not what it takes for granted.
    var options = [
      """
      CASE WHEN s.subslotname IS NULL THEN 'slot_name = NONE'
           WHEN s.subslotname <> s.subname THEN 'slot_name = ' || pg_catalog.quote_literal(s.subslotname) END
      """,
      "'streaming = ' || \(streaming)",
      "CASE WHEN s.subbinary THEN 'binary = true' END",
      """
      CASE WHEN s.subsynccommit <> 'off' THEN 'synchronous_commit = ' || pg_catalog.quote_literal(s.subsynccommit) END
      """,
    ]
    if version.major >= 15 {
      options += [
        "CASE WHEN s.subtwophasestate <> 'd' THEN 'two_phase = true' END",
        "CASE WHEN s.subdisableonerr THEN 'disable_on_error = true' END",
      ]
    }
    if version.major >= 16 {
      options += [
        "CASE WHEN NOT s.subpasswordrequired THEN 'password_required = false' END",
        "CASE WHEN s.subrunasowner THEN 'run_as_owner = true' END",
        "CASE WHEN s.suborigin <> 'any' THEN 'origin = ' || pg_catalog.quote_literal(s.suborigin) END",
      ]
    }
    if version.major >= 17 { options.append("CASE WHEN s.subfailover THEN 'failover = true' END") }
    return """
      SELECT s.oid, s.subname, pg_catalog.pg_get_userbyid(s.subowner), s.subconninfo, s.subpublications,
             pg_catalog.array_remove(ARRAY[\(options.joined(separator: ", "))], NULL)
        FROM pg_catalog.\(here)
      """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.subscription, name: try row.string())
    let owner = try row.string()
    guard let connection = ConnectionString.withoutSecrets(try row.string()) else {
      builder.addUnmodeled(UnmodeledObject(kind: "subscription", name: id.name))
      return
    }
    let publications = try row.strings()
    builder.add(
      Fact(
        id,
        [
          .connection: .text(connection), .publications: .list(publications.sorted()),
          .options: .list(try row.strings().sorted()),
        ]), .subscription, oid: oid)
    builder.addOwner(owner, of: id)
  }
}
