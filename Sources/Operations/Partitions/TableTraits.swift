internal import Postgres

/// What a partition takes over from its table beside columns and constraints: owner, privileges, comment, storage parameters
/// and row level security. Policies are the table's own; whoever goes past it to a partition finds none and sees nothing.
struct TableTraits: Sendable {
  private struct Privilege {
    var name: String
    /// Nil for everybody.
    var grantee: String?
    var isGrantable: Bool
  }

  private let owner: String
  /// Whether what the connected role makes belongs to the owner anyway.
  private let isOwn: Bool
  private let privileges: [Privilege]
  private let comment: String?
  /// As `pg_class.reloptions` has them: `name=value`.
  private let options: [String]
  private let hasRowSecurity: Bool
  private let forcesRowSecurity: Bool

  /// The columns of a query that `init` reads.
  ///
  /// - Parameter table: the alias of the table's row in `pg_class`.
  static func columns(_ table: String) -> String {
    func privileges(_ value: String) -> String {
      "ARRAY(SELECT \(value) FROM pg_catalog.aclexplode(\(table).relacl) x "
        + "WHERE x.grantee OPERATOR(pg_catalog.<>) \(table).relowner ORDER BY x.privilege_type, x.grantee, x.grantor)"
    }
    return """
      pg_catalog.pg_get_userbyid(\(table).relowner),
      pg_catalog.pg_get_userbyid(\(table).relowner) OPERATOR(pg_catalog.=) current_user,
      \(privileges("x.privilege_type")),
      \(privileges("CASE x.grantee WHEN 0 THEN '' ELSE pg_catalog.pg_get_userbyid(x.grantee)::pg_catalog.text END")),
      \(privileges("x.is_grantable::pg_catalog.text")),
      pg_catalog.obj_description(\(table).oid, 'pg_class'), \(table).reloptions, \(table).relrowsecurity,
      \(table).relforcerowsecurity
      """
  }

  /// - Throws: `PostgresError` where the row has other columns.
  init(_ row: inout RowReader) throws {
    owner = try row.string()
    isOwn = try row.bool()
    privileges = zip(try row.strings(), zip(try row.strings(), try row.strings())).map { name, rest in
      // No role has an empty name.
      Privilege(name: name, grantee: rest.0.isEmpty ? nil : rest.0, isGrantable: rest.1 == "true")
    }
    comment = try row.optionalString()
    options = try row.strings()
    hasRowSecurity = try row.bool()
    forcesRowSecurity = try row.bool()
  }

  /// Gives a table to the owner.
  ///
  /// - Parameter table: as SQL names it.
  func ownership(of table: String) -> String { "ALTER TABLE \(table) OWNER TO \(Quote.identifier(owner))" }

  /// What a table that may become a partition takes over in its CREATE TABLE. It gets the indexes when it is attached.
  ///
  /// - Parameter parent: as SQL names it.
  static func like(_ parent: String) -> String {
    "LIKE \(parent) INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION "
      + "INCLUDING STATISTICS INCLUDING COMMENTS"
  }

  /// What gives extended statistics to the owner of their table.
  ///
  /// - Parameter table: as SQL names it.
  /// - Throws: `PostgresError`.
  static func statisticsToHandOver(_ table: String, _ connection: Connection) async throws -> [String] {
    try await connection.query(
      """
      SELECT pg_catalog.format('ALTER STATISTICS %I.%I OWNER TO %I', n.nspname, s.stxname, pg_catalog.pg_get_userbyid(c.relowner))
        FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
       WHERE c.oid = pg_catalog.to_regclass($1) AND s.stxowner <> c.relowner
      """, [table]
    ).map { try $0.string(0) }
  }

  /// Gives another table all of it.
  ///
  /// - Parameter table: as SQL names it.
  func statements(for table: String) -> [String] {
    var statements = isOwn ? [] : [ownership(of: table)]
    statements += privileges.map { privilege in
      "GRANT \(privilege.name) ON TABLE \(table) TO \(privilege.grantee.map(Quote.identifier) ?? "PUBLIC")"
        + (privilege.isGrantable ? " WITH GRANT OPTION" : "")
    }
    if let comment { statements.append("COMMENT ON TABLE \(table) IS \(Quote.literal(comment))") }
    if !options.isEmpty {
      let settings = options.map { option in
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return "\(Quote.identifier(String(parts[0]))) = \(Quote.literal(parts.count > 1 ? String(parts[1]) : ""))"
      }
      statements.append("ALTER TABLE \(table) SET (\(settings.joined(separator: ", ")))")
    }
    if hasRowSecurity { statements.append("ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY") }
    if forcesRowSecurity { statements.append("ALTER TABLE \(table) FORCE ROW LEVEL SECURITY") }
    return statements
  }
}
