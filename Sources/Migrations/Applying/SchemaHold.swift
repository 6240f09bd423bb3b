package import Postgres

/// Keeps schemas from getting other names until the transaction ends.
///
/// A table that is locked stays what it is; its schema does not. Its owner could give it another name and make one anew, and the next
/// statement that names a table there would find another table. No lock is for that, so the schema's row in `pg_namespace` is locked,
/// which only a superuser may do: other roles run what such an owner wrote with rights that are less.
package enum SchemaHold {
  /// What is remembered of a session: the superuser that it can act as, or nobody.
  private static let superuser = "superuser"

  /// - Returns: what locks them; each statement returns a row, unless a schema is gone. Nothing where the session may not.
  /// - Throws: `PostgresError`.
  static func statements(_ schemas: Set<String>, _ connection: Connection) async throws -> [Statement] {
    // Somebody who is made a superuser meanwhile was trusted with that.
    let holder: String
    if let known = await connection.remembered(superuser) {
      holder = known
    } else {
      let version = await connection.serverVersion
      holder = try await connection.query(TrustedRoles.superuserOfSession(version)).first?.string(0) ?? ""
      await connection.remember(superuser, holder)
    }
    guard !holder.isEmpty else { return [] }
    var statements: [Statement] = []
    // Two who need the same ones do not wait for each other.
    for schema in schemas.sorted() {
      let hold = Statement("SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = $1 FOR SHARE", [schema])
      statements += try await connection.statements(hold, as: holder)
    }
    return statements
  }

  /// Locks them, in the transaction that is open.
  ///
  /// - Returns: false where one of them is gone, or has another name.
  /// - Throws: `PostgresError`.
  package static func keep(_ schemas: Set<String>, _ connection: Connection) async throws -> Bool {
    let statements = try await statements(schemas, connection)
    return try await connection.pipeline(statements).allSatisfy { try !$0.get().isEmpty }
  }
}
