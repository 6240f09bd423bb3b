internal import Postgres

/// A CHECK that a migration adds for new rows first, and validates in a later transaction.
///
/// While rows break it, clients cannot change them: where validating it fails, it is taken away again, and the next apply begins with
/// adding it (documentation, ALTER TABLE, "NOT VALID").
struct UnvalidatedCheck {
  /// As the migration names it.
  private let table: String
  private let name: String
  /// What adds it.
  private let add: String

  /// The checks that a part of a file validates, and an earlier one adds.
  static func all(of segment: MigrationFile.Segment, at index: Int, of file: MigrationFile) throws -> [UnvalidatedCheck]
  {
    let validated: [(table: String, name: String)] = segment.statements.compactMap { statement in
      guard let (table, command) = alteration(statement.sql), command["subtype"]?.text == "AT_ValidateConstraint",
        let name = command["name"]?.text
      else { return nil }
      return (table, name)
    }
    if validated.isEmpty { return [] }
    let earlier = try file.segments()[..<index].flatMap(\.statements).map(\.sql)
    return validated.compactMap { table, name in
      let add = earlier.last { sql in
        guard let (other, command) = alteration(sql), other == table, let constraint = command["def"]?["Constraint"]
        else {
          return false
        }
        return constraint["contype"]?.text == "CONSTR_CHECK" && constraint["conname"]?.text == name
          && constraint["skip_validation"]?.isTrue == true
      }
      return add.map { UnvalidatedCheck(table: table, name: name, add: $0) }
    }
  }

  /// The table and the command of an ALTER TABLE that has but one.
  private static func alteration(_ sql: String) -> (table: String, command: ParseTree)? {
    guard let alter = ParseTree(parsing: sql)?["AlterTableStmt"], let relation = alter["relation"],
      let table = relation["relname"]?.text, let commands = alter["cmds"]?.elements, commands.count == 1,
      let command = commands[0]["AlterTableCmd"]
    else { return nil }
    return (relation["schemaname"]?.text.map { Quote.qualified($0, table) } ?? Quote.identifier(table), command)
  }

  /// Adds it where a run before this one has taken it away.
  ///
  /// - Throws: `PostgresError`.
  func restore(_ connection: Connection) async throws {
    try await connection.asSession { connection in
      guard try await !isThere(connection) else { return }
      try await Patience.brief(connection) { try await $0.query(add) }
    }
  }

  /// - Returns: whether it was there and is there no more.
  /// - Throws: `PostgresError`.
  func takeBack(_ connection: Connection) async throws -> Bool {
    try await connection.asSession { connection in
      guard try await isThere(connection) else { return false }
      try await Patience.brief(connection) {
        try await $0.query("ALTER TABLE \(table) DROP CONSTRAINT \(Quote.identifier(name))")
      }
      return true
    }
  }

  private func isThere(_ connection: Connection) async throws -> Bool {
    try await connection.query(
      """
      SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)
                        AND k.conname OPERATOR(pg_catalog.=) $2::pg_catalog.name)
      """, [table, name])[0].bool(0)
  }

  /// The error, with what became of the check.
  static func told(in error: PostgresError) -> PostgresError {
    hinting(
      error,
      "The check was taken away again, so that clients can go on with such rows; the next dbtool apply adds it again.")
  }

  /// The same where it could not be taken away.
  static func stays(in error: PostgresError, _ failure: PostgresError) -> PostgresError {
    hinting(
      error,
      "The check could not be taken away, and clients cannot change such rows until they fit it: \(failure.message)")
  }

  private static func hinting(_ error: PostgresError, _ words: String) -> PostgresError {
    var error = error
    error.hint = [error.hint, words].compactMap { $0 }.joined(separator: "\n")
    return error
  }
}
