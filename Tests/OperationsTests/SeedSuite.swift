import FoundationEssentials
import Operations
import Postgres
import TestSupport

/// A project's folder with seeds.
struct Seeds: Sendable {
  let root = "/tmp/dbtool-seeds-\(UInt64.random(in: 0...UInt64.max))/project"
  var outside: String { String(root.dropLast("/project".count)) }

  init(_ files: KeyValuePairs<String, String> = [:]) throws {
    try FileManager.default.createDirectory(atPath: root + "/seeds/development", withIntermediateDirectories: true)
    for (name, text) in files { try write(text, to: name) }
  }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(root)/seeds/development/\(name)", atomically: false, encoding: .utf8)
  }

  func remove() { try? FileManager.default.removeItem(atPath: outside) }

  @discardableResult
  func load(_ connection: Connection, _ environment: String = "development", scale: Double = 1) async throws
    -> SeedRunner.Outcome
  {
    try await SeedRunner(project: root, environment: environment, scale: scale).run(connection)
  }
}

/// What tests of seeds have in common.
protocol SeedSuite: Sendable {}

extension SeedSuite {
  func with(
    _ schema: String, _ files: KeyValuePairs<String, String>, _ body: @Sendable (Connection, Seeds) async throws -> Void
  ) async throws {
    let seeds = try Seeds(files)
    defer { seeds.remove() }
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute("SET client_min_messages = warning; " + schema)
        try await body(connection, seeds)
      }
    }
  }

  /// The first value of a query's first row.
  func one(_ connection: Connection, _ sql: String) async throws -> String {
    try await connection.query(sql)[0].string(0)
  }
}
