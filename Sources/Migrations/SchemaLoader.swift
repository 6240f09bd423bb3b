package import Catalog
package import Postgres
package import SchemaDSL

/// The declarations do not make a database.
package struct LoadFailure: Error, CustomStringConvertible {
  package var diagnostics: [Diagnostic]
  package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// Loads declarations into an empty scratch database and lets PostgreSQL say what is wrong with them.
package enum SchemaLoader {
  /// To be raised when the same declarations make another database: scratch servers outlive the program.
  static let version = 3

  /// - Throws: `LoadFailure` with a diagnostic for each declaration that PostgreSQL refuses.
  package static func load(_ rendering: Rendering, into session: LoadingSession) async throws {
    let connection = session.connection
    if !rendering.problems.isEmpty { throw LoadFailure(diagnostics: rendering.problems) }
    // First without looking into bodies, which may refer to what comes later.
    try await connection.execute("SET check_function_bodies = off; SET client_min_messages = warning")
    // Default privileges give what is made after them more grants than are declared: they come when there is nothing
    // left that can be made without them.
    let early = rendering.statements.filter { $0.phase < .defaultPrivilege }
    let left = try await load(early, on: session).map(\.statement)
    let failures = try await load(left + rendering.statements.filter { $0.phase >= .defaultPrivilege }, on: session)
    if !failures.isEmpty { throw LoadFailure(diagnostics: failures.map { diagnostic($0.statement, $0.error) }) }
    try await checkBodies(rendering, on: session)
    try await checkViewColumns(rendering, on: connection)
  }

  /// Loads in rounds, since what failed for want of something that a round made gets another chance.
  ///
  /// - Returns: what no round could make.
  private static func load(
    _ statements: [Rendering.DeclaredStatement], on session: LoadingSession
  ) async throws -> [(statement: Rendering.DeclaredStatement, error: PostgresError)] {
    var remaining = statements
    var races = 0
    while true {
      let results = try await run(remaining, on: session)
      let failed = zip(remaining, results).compactMap { statement, error in error.map { (statement, $0) } }
      if failed.count == remaining.count {
        guard races < PostgresError.mostConcurrentUpdates, failed.contains(where: { $0.1.isConcurrentCatalogUpdate })
        else { return failed }
        races += 1
      }
      remaining = failed.map(\.0)
    }
  }

  private static func run(
    _ statements: [Rendering.DeclaredStatement], on session: LoadingSession
  ) async throws -> [PostgresError?] {
    var errors = [PostgresError?](repeating: nil, count: statements.count)
    var index = 0
    while index < statements.count {
      if statements[index].mayBeScript {
        do { try await session.execute(statements[index].sql) } catch let error as PostgresError {
          if error.kind == .connection { throw error }
          errors[index] = error
        }
        index += 1
        continue
      }
      let end = statements[index...].firstIndex(where: \.mayBeScript) ?? statements.count
      let results = try await session.pipeline(statements[index..<end].map(\.sql), sync: .each)
      for (offset, result) in results.enumerated() {
        if case .failure(let error) = result { errors[index + offset] = error }
      }
      index = end
    }
    return errors
  }

  /// Everything is there now, so bodies can be checked: PostgreSQL parses those in SQL, and the syntax of PL/pgSQL.
  private static func checkBodies(_ rendering: Rendering, on session: LoadingSession) async throws {
    let functions = rendering.statements.filter { $0.phase == .function }
    guard !functions.isEmpty else { return }
    try await session.connection.execute("SET check_function_bodies = on")
    let errors = try await run(functions, on: session)
    let diagnostics = zip(functions, errors).compactMap { statement, error in
      error.map { diagnostic(statement, $0) }
    }
    guard diagnostics.isEmpty else { throw LoadFailure(diagnostics: diagnostics) }
  }

  /// A view's columns have the types they are declared with.
  private static func checkViewColumns(_ rendering: Rendering, on connection: Connection) async throws {
    guard !rendering.viewColumns.isEmpty else { return }
    let values = rendering.viewColumns.enumerated().map { index, column in
      "(\(index), \(Quote.literal(column.view.sqlName)), \(column.number), \(Quote.literal(column.type)))"
    }
    let rows = try await connection.query(
      """
      SELECT d.index, pg_catalog.format_type(a.atttypid, NULL)
        FROM (VALUES \(values.joined(separator: ", "))) AS d(index, relation, number, type)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = pg_catalog.to_regclass(d.relation) AND a.attnum = d.number
       WHERE pg_catalog.to_regtype(d.type) IS DISTINCT FROM a.atttypid
       ORDER BY d.index
      """)
    let diagnostics = try rows.map { row in
      let column = rendering.viewColumns[try row.int(0)]
      return Diagnostic(
        .error, code: "view-column-type",
        "column \(column.name) is declared as \(column.type), but the query delivers \(try row.string(1))",
        object: "\(column.view)", location: column.location, help: "declare that type, or cast in the query")
    }
    guard diagnostics.isEmpty else { throw LoadFailure(diagnostics: diagnostics) }
  }

  private static func diagnostic(_ statement: Rendering.DeclaredStatement, _ error: PostgresError) -> Diagnostic {
    var location = statement.location
    var message = error.message
    if let position = error.position {
      let (line, text) = lineOf(position, in: statement.sql)
      if let file = statement.bodyFile, let body = statement.sql.range(of: "\nAS $") {
        // The line within the body's own file.
        let bodyLine = statement.sql[..<body.lowerBound].count { $0 == "\n" } + 2
        if line > bodyLine { location = SourceLocation(file: file, line: line - bodyLine) }
      }
      message += "\n  \(text.trimmedTrailing)"
    }
    let hints = [error.detail, error.hint].compactMap { $0 }
    return Diagnostic(
      .error, code: error.sqlState?.code ?? "load", message, object: "\(statement.object)", location: location,
      help: hints.isEmpty ? nil : hints.joined(separator: " "))
  }

  /// The line, counted from 1, and its text, of a position counted in characters from 1.
  private static func lineOf(_ position: Int, in sql: String) -> (Int, String) {
    let end = sql.index(sql.startIndex, offsetBy: min(max(position - 1, 0), sql.count))
    let number = sql[..<end].count { $0 == "\n" } + 1
    let lines = sql.split(separator: "\n", omittingEmptySubsequences: false)
    return (number, number <= lines.count ? String(lines[number - 1]) : "")
  }
}

extension String {
  fileprivate func range(of other: String) -> Range<Index>? { ranges(of: other).first }
}
