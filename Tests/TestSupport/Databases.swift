import FoundationEssentials
import Migrations
package import Postgres

/// The scratch server and PostgreSQL's own programs, which judge what dbtool does.
package enum Databases {
  /// One server for the whole test run.
  package static let server = Task {
    BrokenPipes.ignore
    return try await ScratchServer.acquire()
  }

  /// Limits how many databases are at work at once; the tests are many, the cores few.
  package static let gate = AsyncGate(limit: 4)

  package static func with<Result: Sendable>(
    _ body: @Sendable (ScratchDatabase) async throws -> Result
  ) async throws -> Result {
    let server = try await server.value
    let base = try await ScratchBase.template(server)
    return try await gate.pass { try await server.withDatabase(from: base, body) }
  }

  /// One database more for a test that has passed the gate.
  package static func withinGate<Result: Sendable>(
    _ body: @Sendable (ScratchDatabase) async throws -> Result
  ) async throws -> Result {
    let server = try await server.value
    return try await server.withDatabase(from: try await ScratchBase.template(server), body)
  }

  /// Makes a superuser the owner of a declared database, as if that one had made it and applied the migrations.
  package static func takeOver(_ database: ScratchDatabase) async throws {
    try await Connection.with(database.target) { connection in
      for row in try await connection.query(
        """
        SELECT format('ALTER DATABASE %I OWNER TO CURRENT_USER', current_database())
        UNION ALL SELECT format('ALTER SCHEMA %I OWNER TO CURRENT_USER', nspname) FROM pg_namespace WHERE nspowner = $1::regrole
        UNION ALL SELECT format('ALTER ROUTINE %s OWNER TO CURRENT_USER', oid::regprocedure) FROM pg_proc WHERE proowner = $1::regrole
        UNION ALL SELECT format('ALTER TABLE %s OWNER TO CURRENT_USER', oid::regclass) FROM pg_class
                   WHERE relowner = $1::regrole AND relkind IN ('r', 'p', 'v', 'm', 'f')
        """, [ScratchRights.owner])
      { try await connection.execute(row.string(0)) }
    }
  }

  /// Runs one of PostgreSQL's programs on a database.
  package static func run(_ program: String, _ arguments: [String], on database: ScratchDatabase) async throws
    -> ChildProcess.Outcome
  {
    let server = try await server.value
    return try await ChildProcess.run(
      server.installation.bin + "/" + program,
      ["-h", server.directory, "-U", ScratchServer.superuser, "-d", database.name] + arguments)
  }

  /// Runs a script as a person would: `psql -v ON_ERROR_STOP=1 -f`.
  package static func psql(_ script: String, on database: ScratchDatabase) async throws -> ChildProcess.Outcome {
    let path = "/tmp/dbtool-test-\(UInt64.random(in: 0...UInt64.max)).sql"
    try script.write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await run(
      "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-f", path], on: database)
  }

  /// `pg_dump --schema-only`, with its lines in an order that does not depend on columns' or objects' numbers.
  package static func dump(_ database: ScratchDatabase) async throws -> [String] {
    let outcome = try await run(
      "pg_dump", ["--schema-only", "--exclude-schema=cron", "--exclude-schema=dbtool"], on: database)
    guard outcome.status == 0 else { throw PostgresError(.server, outcome.output) }
    return outcome.output.split(separator: "\n").map { line in
      var text = line.hasSuffix(",") ? line.dropLast() : line
      while text.hasSuffix(" ") { text = text.dropLast() }
      return withSortedRoles(withSortedColumns(String(text)))
    }.filter { !$0.hasPrefix("--") && !$0.hasPrefix("\\") && !$0.isEmpty }.sorted()
  }

  /// A policy's roles come in the order in which the server has them at this moment, which other tests' roles change.
  private static func withSortedRoles(_ line: String) -> String {
    guard line.hasPrefix("CREATE POLICY "), let start = line.firstRange(of: " TO ") else { return line }
    let ends = [" USING (", " WITH CHECK (", ";"].compactMap {
      line[start.upperBound...].firstRange(of: $0)?.lowerBound
    }
    guard let end = ends.min() else { return line }
    let roles = line[start.upperBound..<end].split(separator: ", ").map(String.init).sorted()
    return line[..<start.upperBound] + roles.joined(separator: ", ") + line[end...]
  }

  /// Extended statistics name their columns in the order in which the table has them, which is nobody's business here.
  private static func withSortedColumns(_ line: String) -> String {
    guard line.hasPrefix("CREATE STATISTICS "), let start = line.firstRange(of: " ON "),
      let end = line.firstRange(of: " FROM ")
    else { return line }
    let columns = line[start.upperBound..<end.lowerBound].split(separator: ", ").map(String.init).sorted()
    return line[..<start.upperBound] + columns.joined(separator: ", ") + line[end.lowerBound...]
  }
}

/// Lets a number of tasks through at a time.
package actor AsyncGate {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  package init(limit: Int) { free = limit }

  package nonisolated func pass<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
    await enter()
    do {
      let result = try await body()
      await leave()
      return result
    } catch {
      await leave()
      throw error
    }
  }

  private func enter() async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
