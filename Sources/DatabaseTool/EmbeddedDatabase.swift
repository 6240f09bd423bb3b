internal import Migrations
internal import Postgres
internal import SchemaDSL

/// The project's own server, and what its database has before any migration.
extension Project {
  func server() throws -> ProjectServer {
    try ProjectServer(
      project: root, databaseName: database.name, provisions: Rendering.standIns(of: database).digest?.short ?? "")
  }

  /// Makes what belongs in the embedded database and no migration writes.
  func prepare(_ server: ProjectServer) async throws {
    let standIns = Rendering.standIns(of: database)
    try await server.prepare { try await $0.make(standIns) }
  }

  /// Makes what is stood in for in a database that is not the real thing.
  func provide(to target: ConnectionTarget) async throws {
    let standIns = Rendering.standIns(of: database)
    if standIns.isEmpty { return }
    try await Connection.with(target) { try await $0.asSession { try await $0.make(standIns) } }
  }
}
