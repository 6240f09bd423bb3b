package import Catalog
internal import FoundationEssentials
package import Postgres
package import SchemaDSL

/// A project's files, and the database that it declares.
package struct Project: Sendable {
  package let database: Database
  /// The folder that holds `migrations`, `seeds` and `schema.lock`.
  package let root: String

  package init(database: Database, root: String) {
    self.database = database
    self.root = root
  }

  /// The declared database's name.
  package var databaseName: String { database.name }
  package var migrationsFolder: String { root + "/migrations" }
  package var lockPath: String { root + "/schema.lock" }

  /// - Throws: `MigrationError`, `ProjectError.leadsElsewhere`.
  package func migrations() throws -> [MigrationFile] {
    try verifyContained(migrationsFolder)
    return try MigrationFile.all(in: migrationsFolder)
  }

  /// What a link of somebody's leads to would be read, and written to.
  private func verifyContained(_ path: String) throws {
    do throws(ContainedPath.Failure) { _ = try ContainedPath.resolve(path, in: [root]) } catch {
      guard case .outside = error else { return }
      throw ProjectError.leadsElsewhere(path: path)
    }
  }

  /// The lock; an empty one when there is no file.
  ///
  /// - Throws: `SchemaLock.Failure`.
  package func lock() throws -> SchemaLock {
    guard let text = try lockText() else { return SchemaLock() }
    return try SchemaLock(parsing: text)
  }

  /// - Returns: nil when there is no file.
  private func lockText() throws -> String? {
    guard hasLock else { return nil }
    try verifyContained(lockPath)
    guard let text = try? String(contentsOfFile: lockPath, encoding: .utf8) else {
      throw SchemaLock.Failure(reason: "the file cannot be read, or is no text in UTF-8")
    }
    return text
  }

  package var hasLock: Bool { FileManager.default.fileExists(atPath: lockPath) }

  /// Whether there is what a first `dbtool plan --name` writes.
  package var hasMigrations: Bool {
    let type = try? FileManager.default.attributesOfItem(atPath: migrationsFolder)[.type] as? FileAttributeType
    return hasLock || type == .typeDirectory || type == .typeSymbolicLink
  }

  /// - Throws: `ProjectError.otherDatabase` when the lock is another declared database's; `SchemaLock.Failure` when it does not
  ///   say whose it is: nobody is let past it for that.
  package func verifyDatabase() throws {
    guard let text = try lockText(), let name = try SchemaLock.database(of: text), name != database.name else { return }
    throw ProjectError.otherDatabase(root: root, theirs: name, ours: database.name)
  }

  /// - Throws: `ProjectError.noMigrations` when there are none, so that nobody takes an empty folder for a project.
  package func verifyMigrations() throws {
    guard hasMigrations else { throw ProjectError.noMigrations(root: root) }
  }

  /// Keeps this user's other commands from writing the project's files for as long as the lock is held: what they would write
  /// builds on what is there.
  ///
  /// - Throws: `ServerError`.
  package func holdFiles() async throws -> FileLock {
    try await FileLock(forFolder: root, "writes migrations of \(root)")
  }

  /// Writes a file whole or not at all.
  ///
  /// - Throws: what the file system says.
  package static func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
      atPath: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
}

/// Why a folder is not the project that is meant.
package enum ProjectError: Error, CustomStringConvertible {
  case otherDatabase(root: String, theirs: String, ours: String)
  case noMigrations(root: String)
  case leadsElsewhere(path: String)

  package var description: String {
    switch self {
    case .otherDatabase(let root, let theirs, let ours):
      return
        "\(root)/schema.lock is that of the database \(theirs), and this dbtool declares \(ours); nothing was changed. "
        + "Use the dbtool of \(theirs) here, or this one in its own folder (cd, or --project). If the database was renamed, "
        + "change the line \"\(SchemaLock.line(naming: theirs))\" of schema.lock to \"\(SchemaLock.line(naming: ours))\", and say "
        + "dbtool mark --renamed-from for each database that it was applied to."
    case .leadsElsewhere(let path):
      return
        "\(path) is a link that leads out of the project; nothing was read or changed. Put the file or folder itself there, or name "
        + "the project that it leads to (--project <folder>)."
    case .noMigrations(let root):
      return
        "\(root) has neither migrations/ nor schema.lock, so it is no project of dbtool's; nothing was changed. Go to the "
        + "project's folder (cd), or name it (--project <folder>). In a new one, dbtool plan --name first writes the first "
        + "migration; dbtool init makes a package."
    }
  }
}
