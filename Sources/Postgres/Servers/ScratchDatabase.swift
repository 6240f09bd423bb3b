/// A scratch database that others are copied from.
package struct ScratchTemplate: Sendable {
  package let server: ScratchServer
  package let name: String
  /// Whether it was loaded without a superuser's rights, by the role that its copies belong to.
  let isLoaded: Bool
  /// What was loaded into it and left nothing.
  package var leftOut: [LeftOut] = []
}

/// A database on the scratch server that belongs to whoever made it.
package struct ScratchDatabase: Sendable {
  package let name: String
  /// As the superuser.
  package let target: ConnectionTarget
  /// As the superuser, to read what was loaded: whatever that is called, it is not found by PostgreSQL's names.
  package let reading: ConnectionTarget
  private let isLoaded: Bool
  private let server: ScratchServer

  init(
    name: String, target: ConnectionTarget, reading: ConnectionTarget, isLoaded: Bool, server: ScratchServer
  ) {
    self.name = name
    self.target = target
    self.reading = reading
    self.isLoaded = isLoaded
    self.server = server
  }

  /// The database as it is, for others to be copied from; nobody may be connected to it meanwhile.
  package var template: ScratchTemplate { ScratchTemplate(server: server, name: name, isLoaded: isLoaded) }

  /// Opens a session that loads what others wrote, hands it to `body`, and closes it however `body` ends.
  ///
  /// In a database that a superuser made, and in its copies, it is a superuser's: whoever made it is trusted.
  package func withLoading<Result: Sendable>(_ body: (LoadingSession) async throws -> Result) async throws -> Result {
    if isLoaded { return try await server.withLoading(name, body) }
    return try await Connection.with(target) {
      try await body(
        LoadingSession(
          $0, database: name, secret: nil, isConfined: server.isConfined, version: server.installation.version))
    }
  }

  /// As the role that loads what others wrote, for programs that connect by themselves.
  package func loading() async throws -> ConnectionTarget { try await server.loading(name) }

  /// Drops it, and every connection to it.
  package func drop() async throws { try await server.drop(name) }
}
