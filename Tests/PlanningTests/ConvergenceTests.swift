import Catalog
import FoundationEssentials
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Random pairs of schemas: the first is loaded, the diff applied by psql, and the result judged by pg_dump against the
/// second, built from nothing.
@Suite struct ConvergenceTests {
  /// 60 in CI; `make soak` runs thousands.
  static var seeds: Range<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    let start = environment["DBTOOL_SOAK_START"].flatMap { UInt64($0) } ?? 1
    let count = environment["DBTOOL_SOAK_PAIRS"].flatMap { UInt64($0) } ?? 60
    return start..<(start + count)
  }

  static let roles = Task {
    let server = try await Databases.server.value
    try await Connection.with(server.target(database: "postgres")) { connection in
      for role in SchemaGenerator.roles {
        _ = try? await connection.execute("CREATE ROLE \(Quote.identifier(role))")
      }
    }
  }

  /// What the server at hand can do; `PG_BIN` names another.
  static let server = Task {
    try await Connection.with(Databases.server.value.target(database: "postgres")) { connection in
      let extensions = try await connection.query(
        "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")
      let hasSubscriptions = (try? await connection.execute("LOAD 'libpqwalreceiver'")) != nil
      return SchemaGenerator.Server(
        major: await connection.serverVersion.major, hasTrigrams: try extensions[0].int(0) > 0,
        hasSubscriptions: hasSubscriptions)
    }
  }

  @Test(arguments: seeds)
  func everyPairConverges(seed: UInt64) async throws {
    try await Self.roles.value
    let server = try await Self.server.value
    // Every third pair are near relatives, the others strangers with the same names.
    let first = SchemaGenerator.schema(seed: seed &* 2, for: server)
    let second =
      seed % 3 == 0
      ? SchemaGenerator.schema(seed: seed &* 2, variation: seed, for: server)
      : SchemaGenerator.schema(seed: seed &* 2 + 1, for: server)
    if let folder = ProcessInfo.processInfo.environment["DBTOOL_SOAK_KEEP"] {
      try keep(first, second, in: folder, seed)
    }
    try await Databases.with { a in
      try await Databases.withinGate { b in
        try await load(first, into: a, seed)
        try await load(second, into: b, seed)
        let (before, after) = (try await read(a), try await read(b))
        var plan: Plan
        do {
          plan = try await Self.states.plan(from: before, to: after)
        } catch PlanError.refused(let reasons) where reasons.allSatisfy({ $0.contains("is in the partition key of") }) {
          // PostgreSQL has no way, as `partition-keys--type-changes` says.
          return
        }
        // Every other pair online: the end is the same. Every other of these in two migrations, where types change.
        if seed.isMultiple(of: 4), let converted = try await converted(plan, before, after, on: a, seed) {
          plan = converted
        } else if seed.isMultiple(of: 2) {
          plan = online(plan, before, after)
        }
        try await checkRows(first, plan, before, after, seed)
        let outcome = try await Databases.psql(plan.script, on: a)
        try #require(
          outcome.status == 0, "seed \(seed): psql refused the plan:\n\(outcome.output)\n\(plan.script)")
        let again = try await Self.states.plan(from: try await read(a), to: after)
        let isDone = again.isEmpty
        #expect(isDone, "seed \(seed): a second plan is not empty:\n\(again.script)\nafter:\n\(plan.script)")
        // An index that is not valid in the state to arrive at stays as it is here, and pg_dump leaves it out.
        let isLeftOut = second.contains { $0.hasPrefix("UPDATE pg_index") }
        let (result, expected) = (
          try await Databases.dump(a).filter { !(isLeftOut && $0.contains(" left_behind_a ")) },
          try await Databases.dump(b)
        )
        let missing = expected.difference(from: result)
        let isEqual = result == expected
        #expect(
          isEqual,
          "seed \(seed): pg_dump differs: \(missing.map { "\($0)" }.joined(separator: "\n"))\nafter:\n\(plan.script)")
      }
    }
  }

  /// Writes a pair as files, for `Scripts/conformance` and for people.
  private func keep(_ first: [String], _ second: [String], in folder: String, _ seed: UInt64) throws {
    let path = "\(folder)/\(seed)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, statements) in [("before", first), ("after", second)] {
      let text = statements.map { $0 + ";\n" }.joined()
      try text.write(toFile: "\(path)/\(name).sql", atomically: false, encoding: .utf8)
    }
  }

  /// The plan that a live database does not notice, with every new column filled in batches.
  private func online(_ plan: Plan, _ before: Catalog, _ after: Catalog) -> Plan {
    let columns = plan.steps.filter { $0.action == .create && $0.subject.kind == .column }.map(\.subject)
    return OnlineStrategy.rewrite(plan, from: before, to: after, scope: .everything, filled: Set(columns))
  }

  /// In two migrations, see `States.converted`.
  private func converted(
    _ plan: Plan, _ before: Catalog, _ after: Catalog, on database: ScratchDatabase, _ seed: UInt64
  ) async throws -> Plan? {
    do {
      return try await Self.states.converted(plan, from: before, to: after, on: database)
    } catch let failure as ProofFailure {
      Issue.record("seed \(seed): PostgreSQL refuses the conversion: \(failure)")
      return nil
    }
  }

  private func load(_ statements: [String], into database: ScratchDatabase, _ seed: UInt64) async throws {
    try await Connection.with(database.target) { connection in
      let results = try await connection.pipeline(statements.map { Statement($0) }, sync: .each)
      for (statement, result) in zip(statements, results) {
        if case .failure(let error) = result {
          Issue.record("seed \(seed): the generator wrote a wrong statement: \(error)\n\(statement)")
        }
      }
    }
  }

  /// The same plan on the same schema with rows in it: those of tables that it does not drop are there afterwards.
  private func checkRows(
    _ schema: [String], _ plan: Plan, _ before: Catalog, _ after: Catalog, _ seed: UInt64
  ) async throws {
    try await Databases.withinGate { database in
      try await load(schema, into: database, seed)
      let dropped = Set(plan.steps.filter { $0.action == .drop }.map(\.subject))
      let contents = {
        try await Connection.with(database.target) {
          try await ProofRows.contents($0, source: before, target: after, replaced: dropped)
        }
      }
      try await Connection.with(database.target) {
        try await ProofRows.fill($0, source: before, target: after)
      }
      let old = try await contents()
      let taken = try await Connection.with(database.target) { try await ProofNumbers.taken($0) }
      let outcome = try await Databases.psql(plan.script, on: database)
      // Rows may be what the new schema forbids (classes 22 and 23), which no plan can help.
      if outcome.status != 0 {
        let isAboutRows = ["ERROR:  22", "ERROR:  23"].contains { outcome.output.contains($0) }
        #expect(isAboutRows, "seed \(seed): psql refused the plan on rows:\n\(outcome.output)\n\(plan.script)")
        return
      }
      let new = try await contents()
      let lost = old.filter { new[$0.key] != $0.value }.map {
        "\($0.key): \($0.value), then \(String(describing: new[$0.key]))"
      }
      let forgotten = plan.steps.contains { $0.subject.kind == .sequence && !$0.hazards.isEmpty }
      let numbers = try await Connection.with(database.target) { try await ProofNumbers.taken($0) }.subtracting(taken)
      let replaced = Set(plan.steps.filter { $0.action == .drop }.map(\.subject))
      let wrong = forgotten ? [] : numbers.filter { after.contains($0) && !replaced.contains($0) }
      #expect(wrong.isEmpty, "seed \(seed): the next row's number is taken in \(wrong)\nafter:\n\(plan.script)")
      #expect(lost.isEmpty, "seed \(seed): rows are not what they were: \(lost)\nafter:\n\(plan.script)")
    }
  }

  private static let states = States(database: Database("pairs") {})

  /// Roles are the server's, and other tests make some.
  private func read(_ database: ScratchDatabase) async throws -> Catalog {
    try await Connection.with(database.target) { try await CatalogReader().read($0) }
      .removing { $0.id.kind == .role }
  }
}
