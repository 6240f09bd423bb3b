import Catalog
import FoundationEssentials
import Introspection
import Migrations
import Planning
import Postgres
import TestSupport
import Testing

/// Random pairs of schemas: the first is loaded, the diff applied by psql, and the result judged by pg_dump against the
/// second, built from nothing.
@Suite struct ConvergenceTests {
  /// 200 in CI; `make soak` runs thousands.
  static var seeds: Range<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    let start = environment["DBTOOL_SOAK_START"].flatMap { UInt64($0) } ?? 1
    let count = environment["DBTOOL_SOAK_PAIRS"].flatMap { UInt64($0) } ?? 200
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

  @Test(arguments: seeds)
  func everyPairConverges(seed: UInt64) async throws {
    try await Self.roles.value
    // Every third pair are near relatives, the others strangers with the same names.
    let first = SchemaGenerator.schema(seed: seed &* 2)
    let second =
      seed % 3 == 0
      ? SchemaGenerator.schema(seed: seed &* 2, variation: seed) : SchemaGenerator.schema(seed: seed &* 2 + 1)
    try await Databases.with { a in
      try await Databases.withinGate { b in
        try await load(first, into: a, seed)
        try await load(second, into: b, seed)
        let plan = try await plan(from: a, to: b)
        let outcome = try await Databases.psql(plan.script, on: a)
        try #require(
          outcome.status == 0, "seed \(seed): psql refused the plan:\n\(outcome.output)\n\(plan.script)")
        let again = try await self.plan(from: a, to: b)
        let isDone = again.isEmpty
        #expect(isDone, "seed \(seed): a second plan is not empty:\n\(again.script)\nafter:\n\(plan.script)")
        let (result, expected) = (try await Databases.dump(a), try await Databases.dump(b))
        let missing = expected.difference(from: result)
        let isEqual = result == expected
        #expect(
          isEqual,
          "seed \(seed): pg_dump differs: \(missing.map { "\($0)" }.joined(separator: "\n"))\nafter:\n\(plan.script)")
      }
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

  private func plan(from a: ScratchDatabase, to b: ScratchDatabase) async throws -> Plan {
    let reader = CatalogReader()
    let before = try await Connection.with(a.target) { try await reader.read($0) }
    let after = try await Connection.with(b.target) { try await reader.read($0) }
    // Roles are the server's, and other tests make some.
    let isRole = { (fact: Fact) in fact.id.kind == .role }
    return try Planner.plan(from: before.removing(where: isRole), to: after.removing(where: isRole))
  }
}
