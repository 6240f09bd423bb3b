package import Catalog
internal import FoundationEssentials
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

  package var migrationsFolder: String { root + "/migrations" }
  package var seedsFolder: String { root + "/seeds" }
  package var lockPath: String { root + "/schema.lock" }

  package func migrations() throws -> [MigrationFile] { try MigrationFile.all(in: migrationsFolder) }

  /// The lock; an empty one when there is no file.
  ///
  /// - Throws: `SchemaLock.Failure`.
  package func lock() throws -> SchemaLock {
    guard FileManager.default.fileExists(atPath: lockPath) else { return SchemaLock() }
    guard let text = try? String(contentsOfFile: lockPath, encoding: .utf8) else {
      throw SchemaLock.Failure(reason: "the file cannot be read")
    }
    return try SchemaLock(parsing: text)
  }

  package var hasLock: Bool { FileManager.default.fileExists(atPath: lockPath) }

  /// Writes a file whole or not at all.
  package static func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
      atPath: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
}
