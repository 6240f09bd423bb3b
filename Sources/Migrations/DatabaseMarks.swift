internal import Escaping
package import Postgres

/// Why a database is left alone: it is somebody else's, or marked otherwise.
package enum MarkError: Error, CustomStringConvertible {
  case otherProject(ConnectionTarget, theirs: String, ours: String)
  case otherMark(ConnectionTarget, is: EnvironmentMark, wanted: EnvironmentMark)
  case notMarked(ConnectionTarget, is: EnvironmentMark?, from: String)
  case otherName(ConnectionTarget, is: String?, from: String)

  package var description: String {
    switch self {
    case .otherProject(let target, let theirs, let ours):
      return
        "\(target) belongs to the project \(theirs), and this is dbtool of \(ours); nothing was changed. Name another "
        + "database with --database, or use the dbtool of \(theirs). If the project was renamed: "
        + "dbtool mark --renamed-from \(ShellWord.quoted(theirs))"
    case .otherMark(let target, let mark, let wanted):
      return "\(target) is marked as \(mark), not as \(wanted); nothing was changed. If the mark is wrong: "
        + "dbtool mark --from \(mark) --to \(wanted)"
    case .notMarked(let target, let mark, let from):
      return "\(target) is "
        + (mark.map { "marked as \($0)" } ?? "not marked (--from \(EnvironmentMark.none))")
        + ", and --from says \(from); nothing was changed."
    case .otherName(let target, let name, let from):
      return "\(target) "
        + (name.map { "belongs to the project \($0)" } ?? "belongs to no project yet; dbtool apply takes it")
        + ", and --renamed-from says \(from); nothing was changed."
    }
  }
}

/// Whose a database is, and what it is for, as its history says.
package struct DatabaseMarks: Sendable, Equatable {
  /// The name of the declared database whose migrations were applied.
  package var project: String?
  package var environment: EnvironmentMark?

  /// - Throws: `PostgresError`, and what `History` throws where its schema cannot be read or trusted.
  package init(_ connection: Connection) async throws {
    project = try await History.setting(Self.projectKey, connection)
    environment = try await History.setting(Self.environmentKey, connection).map { EnvironmentMark(stored: $0) }
  }

  private static let projectKey = "project"
  private static let environmentKey = "environment"

  /// - Parameters:
  ///   - name: the declared database's name.
  ///   - mark: what the database is to be marked as, if that was said.
  /// - Throws: `MarkError`.
  package func verify(_ target: ConnectionTarget, project name: String, environment mark: EnvironmentMark? = nil) throws
  {
    if let project, project != name { throw MarkError.otherProject(target, theirs: project, ours: name) }
    if let environment, let mark, environment != mark {
      throw MarkError.otherMark(target, is: environment, wanted: mark)
    }
  }

  /// Writes what is not written yet, and nothing over anything.
  ///
  /// - Parameters:
  ///   - mark: what the database has to be marked as, or becomes.
  ///   - usual: what an unmarked one becomes when nothing else was said.
  /// - Throws: `MarkError` where another has written something else, at whatever moment.
  package static func claim(
    _ target: ConnectionTarget, project name: String, environment mark: EnvironmentMark?,
    usually usual: EnvironmentMark? = nil, _ connection: Connection
  ) async throws {
    try await connection.transaction("BEGIN ISOLATION LEVEL READ COMMITTED") { connection in
      try await setIfAbsent(projectKey, name, connection)
      if let mark = mark ?? usual { try await setIfAbsent(environmentKey, "\(mark)", connection) }
      // Also of one that wrote first.
      try await DatabaseMarks(connection).verify(target, project: name, environment: mark)
    }
  }

  private static func setIfAbsent(_ key: String, _ value: String, _ connection: Connection) async throws {
    try await connection.query(
      "INSERT INTO dbtool.settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING", [key, value])
  }

  /// Changes the mark from what it is said to be.
  ///
  /// - Parameter from: the mark, or nil for none.
  /// - Throws: `MarkError.notMarked` when it is not that.
  package static func change(
    _ target: ConnectionTarget, from: EnvironmentMark?, to mark: EnvironmentMark, _ connection: Connection
  ) async throws {
    let current = try await DatabaseMarks(connection).environment
    guard current == from else {
      throw MarkError.notMarked(target, is: current, from: from.map { "\($0)" } ?? EnvironmentMark.none)
    }
    try await History.ensure(connection)
    try await History.set(environmentKey, "\(mark)", connection)
  }

  /// Hands a database over to a project that had another name.
  ///
  /// - Throws: `MarkError.otherName` when it is not that project's.
  package static func rename(
    _ target: ConnectionTarget, from old: String, to name: String, _ connection: Connection
  ) async throws {
    let current = try await DatabaseMarks(connection).project
    guard current == old else { throw MarkError.otherName(target, is: current, from: old) }
    try await History.set(projectKey, name, connection)
  }
}
