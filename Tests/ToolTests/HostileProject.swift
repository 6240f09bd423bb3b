import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// A small project whose server has databases of somebody who may create objects in them, and may not do more.
struct HostileProject: Sendable {
  let project: TestProject
  private let socket: String

  /// - Parameter migrations: their names and contents; they stand in `schema.lock`.
  init(_ migrations: KeyValuePairs<String, String>) async throws {
    project = try TestProject(binary: try TestBinary.example())
    for (name, sql) in migrations { try project.write(sql, to: "migrations/\(name).sql") }
    do {
      let start = try await project.dbtool("postgres", "start")
      try #require(start.status == 0, "\(start.output)")
      let plan = try await project.dbtool("plan", "--update-lock")
      try #require(plan.status == 0, "\(plan.output)")
      socket = try await CommandTests().socket(project)
    } catch {
      project.remove()
      throw error
    }
  }

  func url(_ database: String, as user: String = "postgres") -> String {
    "host=\(socket) dbname=\(database) user=\(user)"
  }

  func execute(_ sql: String, in database: String, as user: String = "postgres") async throws {
    try await Connection.with(try ConnectionTarget(url(database, as: user)).unpinned) { connection in
      try await connection.execute("SET client_min_messages = warning")
      for statement in try Script.split(sql) { try await connection.execute(statement.sql) }
    }
  }

  func ask(_ sql: String, in database: String) async throws -> String {
    try await Connection.with(try ConnectionTarget(url(database)).unpinned) {
      try await $0.query(sql).first?.optionalString(0) ?? ""
    }
  }

  /// How often the trap was stepped into.
  func runs(in database: String) async throws -> String {
    try await ask(
      "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM evil.runs", in: database)
  }

  func on(_ database: String, as user: String = "postgres", _ arguments: String...) async throws
    -> ChildProcess.Outcome
  {
    try await project.dbtool(arguments + ["--database", url(database, as: user)])
  }
}
