import Catalog
import FoundationEssentials
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Pairs of schemas, each the smallest that shows something: both lead to each other, judged by `psql` and `pg_dump`.
///
/// `Corpus/<kind>--<case>/before.sql` and `after.sql`. Where PostgreSQL has no way, `refused.txt` (from before to after) or
/// `refused-backwards.txt` holds a piece of the reason that is given; nothing is tried then. `version.txt` holds the oldest major
/// version (or the newest, with a minus before it) that knows what the pair is about; `PG_BIN` names a server. With an empty
/// `two-migrations.txt`, or under `DBTOOL_CORPUS`, a pair goes forwards in two migrations too where types change.
@Suite struct CorpusTests {
  /// Roles that the pairs may name, beside those of the random schemas. They own nothing outside of a test's databases.
  static let roles = ["corpus_owner", "corpus_other", "corpus_reader"] + SchemaGenerator.roles

  private static let folder: String = {
    let path = #filePath
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/Corpus"
  }()

  /// All of them, or those whose names begin with `DBTOOL_CORPUS`.
  static let cases: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let wanted = ProcessInfo.processInfo.environment["DBTOOL_CORPUS"] ?? ""
    return names.filter { !$0.hasPrefix(".") && $0.hasPrefix(wanted) }.sorted()
  }()

  private static let preparation = Task {
    let server = try await Databases.server.value
    try await Connection.with(server.target(database: "postgres")) { connection in
      for role in roles { _ = try? await connection.execute("CREATE ROLE \(Quote.identifier(role))") }
    }
  }

  @Test func everyFolderIsAPairOfAKind() throws {
    #expect(!Self.cases.isEmpty)
    for name in Self.cases {
      #expect(name.contains("--"), "\(name) is not named <kind>--<case>")
      let files = try FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/\(name)")
      #expect(Set(files).isSuperset(of: ["before.sql", "after.sql"]), "\(name) is no pair")
      #expect(
        Set(files).isSubset(of: [
          "before.sql", "after.sql", "refused.txt", "refused-backwards.txt", "version.txt", "two-migrations.txt",
        ]),
        "\(name) has a file that nobody reads")
    }
  }

  @Test(arguments: cases)
  func thePairConvergesBothWays(name: String) async throws {
    try await Self.preparation.value
    let version = try? String(contentsOfFile: "\(Self.folder)/\(name)/version.txt", encoding: .utf8)
    let major = version.flatMap { Int($0.split(separator: "\n").first ?? "") } ?? 0
    let server = try await Databases.server.value.installation.version.major
    guard major < 0 ? server <= -major : server >= major else { return }
    try await Databases.with { a in
      try await Databases.withinGate { b in
        try await load("before", of: name, into: a)
        try await load("after", of: name, into: b)
        let (before, after) = (try await read(a), try await read(b))
        let (first, second) = (try await Databases.dump(a), try await Databases.dump(b))
        try await convert(from: before, to: after, expecting: second, name)
        try await go(from: before, to: after, on: a, expecting: second, "\(name), forwards", "\(name)/refused.txt")
        try await go(
          from: after, to: before, on: b, expecting: first, "\(name), backwards", "\(name)/refused-backwards.txt")
      }
    }
  }

  private func go(
    from source: Catalog, to target: Catalog, on database: ScratchDatabase, expecting expected: [String],
    _ label: String, _ refusal: String
  ) async throws {
    let reason = try? String(contentsOfFile: "\(Self.folder)/\(refusal)", encoding: .utf8)
      .split(separator: "\n").first.map(String.init)
    let plan: Plan
    do {
      plan = try await self.plan(from: source, to: target)
    } catch let error as PlanError {
      let words = "\(error)"
      let isExpected = reason.map { !$0.isEmpty && words.contains($0) } ?? false
      #expect(isExpected, "\(label): refused: \(words)")
      return
    }
    guard reason == nil else {
      Issue.record("\(label): there is a plan, although there should be none:\n\(plan.script)")
      return
    }
    try await run(plan, to: target, on: database, expecting: expected, label)
  }

  /// The same in two migrations, where types change and there is such a way.
  private func convert(
    from source: Catalog, to target: Catalog, expecting expected: [String], _ name: String
  ) async throws {
    let isWanted =
      ProcessInfo.processInfo.environment["DBTOOL_CORPUS"] != nil
      || FileManager.default.fileExists(atPath: "\(Self.folder)/\(name)/two-migrations.txt")
    guard isWanted, let direct = try? await plan(from: source, to: target) else { return }
    try await Databases.withinGate { database in
      try await load("before", of: name, into: database)
      guard
        let plan = try await Self.states.converted(direct, from: source, to: target, on: database)
      else { return }
      try await run(plan, to: target, on: database, expecting: expected, "\(name), in two migrations")
    }
  }

  private func run(
    _ plan: Plan, to target: Catalog, on database: ScratchDatabase, expecting expected: [String], _ label: String
  ) async throws {
    let outcome = try await Databases.psql(plan.script, on: database)
    guard outcome.status == 0 else {
      Issue.record("\(label): psql refused the plan:\n\(outcome.output)\n\(plan.script)")
      return
    }
    let result = try await Databases.dump(database)
    let (missing, extra) = (expected.difference(from: result).insertions, expected.difference(from: result).removals)
    let differences = (missing + extra).map { "\($0)" }.joined(separator: "\n")
    let isEqual = result == expected
    #expect(isEqual, "\(label): pg_dump differs:\n\(differences)\nafter:\n\(plan.script)")
    let again = try await self.plan(from: try await read(database), to: target)
    let isDone = again.isEmpty
    #expect(isDone, "\(label): a second plan is not empty:\n\(again.script)\nafter:\n\(plan.script)")
  }

  /// As `diff` makes it.
  private func plan(from source: Catalog, to target: Catalog) async throws -> Plan {
    if source.agrees(with: target) { return Plan(steps: []) }
    let (source, target) = try await Self.states.reconciled(source, target)
    return try await Self.states.plan(from: source, to: target)
  }

  private func load(_ file: String, of name: String, into database: ScratchDatabase) async throws {
    let script = try String(contentsOfFile: "\(Self.folder)/\(name)/\(file).sql", encoding: .utf8)
    let outcome = try await Databases.psql(script, on: database)
    try #require(outcome.status == 0, "\(name)/\(file).sql cannot be loaded: \(outcome.output)")
  }

  private static let states = States(database: Database("corpus") {})

  /// Roles are the server's, and other tests make some.
  private func read(_ database: ScratchDatabase) async throws -> Catalog {
    try await Connection.with(database.target) { try await CatalogReader().read($0) }
      .removing { $0.id.kind == .role }
  }
}
