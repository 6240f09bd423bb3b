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
        + "dbtool mark \(ShellWord.option("--renamed-from", theirs))"
    case .otherMark(let target, let mark, let wanted):
      return "\(target) is marked as \(mark.shown), not as \(wanted.shown); nothing was changed. If the mark is wrong: "
        + "dbtool mark \(ShellWord.option("--from", "\(mark)")) \(ShellWord.option("--to", "\(wanted)"))"
    case .notMarked(let target, let mark, let from):
      return "\(target) is "
        + (mark.map { "marked as \($0.shown)" } ?? "not marked")
        + ", and --from says \(ShellWord.quoted(from)); nothing was changed. The mark that it has is named with "
        + "\(ShellWord.option("--from", mark.map { "\($0)" } ?? EnvironmentMark.none))."
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
    let settings = try await History.settings([Self.projectKey, Self.environmentKey], connection)
    project = settings[Self.projectKey]
    environment = settings[Self.environmentKey].map { EnvironmentMark(stored: $0) }
  }

  /// Refuses to compare a project with a database that is known to be another's, for those who only read.
  ///
  /// A history that cannot be read, or trusted, says nothing about that: whoever needs it refuses it.
  ///
  /// - Throws: `MarkError.otherProject`; `PostgresError`.
  package static func verifyComparable(
    _ target: ConnectionTarget, project name: String, _ connection: Connection
  ) async throws {
    let marks: DatabaseMarks
    do { marks = try await DatabaseMarks(connection) } catch is HistoryError { return } catch let error as PostgresError
      where error.sqlState == .insufficientPrivilege
    { return }
    try marks.verify(target, project: name)
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
    try await History.writing(.settings, to: connection) { connection in
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
  /// - Parameter from: the mark in any of its names, whatever text it is: what is there may have been written by hand. `none`
  ///   is also said of a database without a mark.
  /// - Throws: `MarkError.notMarked` when it is not that.
  package static func change(
    _ target: ConnectionTarget, from: String, to mark: EnvironmentMark, _ connection: Connection
  ) async throws {
    let current = try await DatabaseMarks(connection).environment
    let named = EnvironmentMark(stored: from)
    guard current == named || current == nil && named == .custom(EnvironmentMark.none) else {
      throw MarkError.notMarked(target, is: current, from: from)
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
