package import Catalog
internal import FoundationEssentials
package import Planning
package import Postgres

/// Why the migrations folder cannot be used as it is.
package enum MigrationError: Error, CustomStringConvertible {
  case badName(String)
  case splitFailed(file: String, ScriptError)
  case tampered(file: String)
  case missing(file: String)
  case unlisted(files: [String])
  case unbalanced(file: String, line: Int)
  case transaction(file: String, line: Int, reason: String)
  case sameVersion(String, String)

  package var description: String {
    switch self {
    case .badName(let name):
      "migrations/\(name): a migration is named <14 digits of UTC time>_<name>.sql, for example "
        + "20260131120000_add_rooms.sql; the name has letters, digits, _ and -, \(MigrationFile.longestName) at most"
    case .splitFailed(let file, let error): "migrations/\(file), \(error)"
    case .tampered(let file):
      "migrations/\(file) is not the file that schema.lock vouches for: it was changed after it landed. "
        + "Take it back (git checkout -- migrations/\(file)) and write a new migration for what should change."
    case .missing(let file):
      "migrations/\(file) is listed in schema.lock but not there. Take it back from git; or, if it was taken out on purpose, "
        + "take the schema.lock that goes with the others (git checkout <branch> -- schema.lock)."
    case .unlisted(let files):
      "not in schema.lock yet: \(files.map { "migrations/\($0)" }.joined(separator: ", ")). "
        + "Run dbtool plan --update-lock, which proves them and adds them."
    case .unbalanced(let file, let line):
      "migrations/\(file), line \(line): BEGIN and COMMIT do not pair up. Close each BEGIN with a COMMIT in the same file."
    case .transaction(let file, let line, let reason): "migrations/\(file), line \(line): \(reason)"
    case .sameVersion(let a, let b): "migrations/\(a) and migrations/\(b) have the same version; rename one."
    }
  }
}

/// One file of the folder `migrations`.
package struct MigrationFile: Sendable {
  /// 14 digits of UTC time.
  package let version: String
  package let name: String
  private let source: SourceText

  /// With LF at the ends of its lines, however the file has them.
  package var text: String { source.text }
  package var digest: Digest { source.digest }

  package var fileName: String { "\(version)_\(name).sql" }

  package init(version: String, name: String, text: String) {
    self.version = version
    self.name = name
    source = SourceText(text)
  }

  /// Whether a lock or a history means this file, whichever line ends it had then.
  package func has(digest: String) -> Bool { source.has(digest: digest) }

  /// - Throws: `MigrationError.badName`.
  package init(fileName: String, text: String) throws {
    let stem = fileName.dropLast(4)
    guard fileName.hasSuffix(".sql"), let underscore = stem.firstIndex(of: "_"),
      stem[..<underscore].utf8.count == 14, stem[..<underscore].allSatisfy(\.isNumber),
      Self.isName(stem[stem.index(after: underscore)...])
    else { throw MigrationError.badName(fileName) }
    self.init(version: String(stem[..<underscore]), name: String(stem[stem.index(after: underscore)...]), text: text)
  }

  /// The same under another version or name, which its first line says too.
  package func moved(to version: String, name newName: String? = nil) -> MigrationFile {
    let title = "-- \(self.version)_\(name)\n"
    let name = newName ?? name
    let text = text.hasPrefix(title) ? "-- \(version)_\(name)\n" + text.dropFirst(title.count) : text
    return MigrationFile(version: version, name: name, text: text)
  }

  /// How long a name may be: with the version before it and the ending behind it, every usual file system takes it.
  package static let longestName = 200

  /// Whether it can be the name of a migration: letters, digits, `_` and `-`, and not too many.
  package static func isName(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.count <= longestName
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
  }

  /// All migrations of a folder in order; none when there is no folder.
  ///
  /// - Throws: `MigrationError`, `SQLSource.Failure`.
  package static func all(in folder: String) throws -> [MigrationFile] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    // Such a file would be passed over without a word.
    if let name = names.sorted().first(where: { $0.lowercased().hasSuffix(".sql") && !$0.hasSuffix(".sql") }) {
      throw MigrationError.badName(name)
    }
    let files = try names.filter { $0.hasSuffix(".sql") }.sorted().map { name in
      // A project's folder may be another than the one that dbtool runs in.
      let text = try SQLSource.read("\(folder)/\(name)", in: ["\(folder)/.."], shown: "migrations/\(name)")
      return try MigrationFile(fileName: name, text: text)
    }
    for (a, b) in zip(files, files.dropFirst()) where a.version == b.version {
      throw MigrationError.sameVersion(a.fileName, b.fileName)
    }
    return files
  }

  /// The lock's line for this file.
  package var lockEntry: SchemaLock.Entry {
    SchemaLock.Entry(version: version, name: name, digest: digest.description)
  }

  /// Compares the files with what the lock vouches for.
  ///
  /// - Returns: files that the lock does not list yet.
  /// - Throws: `MigrationError.tampered` or `.missing`.
  package static func verify(_ files: [MigrationFile], against lock: SchemaLock) throws -> [MigrationFile] {
    let byVersion = Dictionary(files.map { ($0.version, $0) }) { first, _ in first }
    for entry in lock.migrations {
      guard let file = byVersion[entry.version], file.name == entry.name else {
        throw MigrationError.missing(file: "\(entry.version)_\(entry.name).sql")
      }
      guard file.has(digest: entry.digest) else { throw MigrationError.tampered(file: file.fileName) }
    }
    let listed = Set(lock.migrations.map(\.version))
    return files.filter { !listed.contains($0.version) }
  }
}
