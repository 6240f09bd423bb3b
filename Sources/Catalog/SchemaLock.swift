internal import Postgres

/// The file `schema.lock`: the catalog that the project's migrations lead to, the digest of every migration file, and
/// the PostgreSQL version it was proved on. Where other major versions have added to it, a `words-of` line names each.
package struct SchemaLock: Sendable {
  /// One migration file that the lock vouches for.
  package struct Entry: Sendable, Hashable {
    package var version: String
    package var name: String
    package var digest: String
    package init(version: String, name: String, digest: String) {
      self.version = version
      self.name = name
      self.digest = digest
    }
  }

  package var migrations: [Entry]
  package var catalog: Catalog
  /// The digests of what others' objects were stood in for by when it was written: with other stand-ins, the same migrations
  /// lead elsewhere. More than one after a merge.
  package var standIns: Set<String>
  /// The name of the declared database whose lock it is; nil in one that an older dbtool has written.
  package var database: String?

  package init(
    migrations: [Entry] = [], catalog: Catalog = Catalog(), standIns: Set<String> = [], database: String? = nil
  ) {
    self.migrations = migrations
    self.catalog = catalog
    self.standIns = standIns
    self.database = database
  }

  /// Why a lock file cannot be trusted.
  package struct Failure: Error, CustomStringConvertible {
    package var reason: String
    package init(reason: String) { self.reason = reason }
    package var description: String {
      "schema.lock: \(reason). Take the version from git (git checkout -- schema.lock); after a merge, keep the lines "
        + "of both sides, then run dbtool plan."
    }
  }

  private static let header = "dbtool-lock 1"

  /// The file's text. Its last line is `end`, so that a truncated file is noticed.
  package var text: String {
    var text = "\(Self.header)\npostgres \(catalog.serverVersion.number)\n"
    for major in catalog.otherMajors.sorted() { text += "words-of \(major)\n" }
    if let database { text += Self.line(naming: database) + "\n" }
    for digest in standIns.sorted() { text += "stand-ins sha256:\(digest)\n" }
    for entry in migrations.sorted(by: { $0.version < $1.version }) {
      text += "migration \(entry.version) \(entry.name) sha256:\(entry.digest)\n"
    }
    text += LockFormat.encode(catalog)
    text += "end\n"
    return text
  }

  /// - Throws: `Failure` naming the line that cannot be read.
  package init(parsing text: String) throws {
    let lines = Array(SourceText.normalised(text).utf8).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let first = lines.first, first.elementsEqual(Self.header.utf8) else {
      throw Failure(reason: "line 1 should be \"\(Self.header)\"; this is not a lock file of this dbtool")
    }
    self.init()
    var ended = false
    for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      if ["<<<<<<<", "=======", ">>>>>>>"].contains(where: { line.starts(with: $0.utf8) }) {
        throw Failure(reason: "line \(index + 1) is a merge conflict")
      }
      let keyword = line.prefix { $0 != UInt8(ascii: " ") }
      switch String(decoding: keyword, as: UTF8.self) {
      case "postgres":
        let words = words(of: line)
        guard words.count == 2, let number = Int(words[1]) else {
          throw Failure(reason: "line \(index + 1): no version")
        }
        catalog.serverVersion = ServerVersion(number: number)
      case "words-of":
        let words = words(of: line)
        guard words.count == 2, let major = Int(words[1]) else {
          throw Failure(reason: "line \(index + 1): a words-of line has a major version of PostgreSQL")
        }
        catalog.otherMajors.insert(major)
      case "migration":
        let words = words(of: line)
        guard words.count == 4, words[3].hasPrefix("sha256:") else {
          throw Failure(reason: "line \(index + 1): a migration line has a version, a name and a digest")
        }
        migrations.append(
          Entry(version: words[1], name: words[2], digest: String(words[3].dropFirst(7))))
      case "stand-ins":
        let words = words(of: line)
        guard words.count == 2, words[1].hasPrefix("sha256:") else {
          throw Failure(reason: "line \(index + 1): no digest of the stand-ins")
        }
        standIns.insert(String(words[1].dropFirst(7)))
      case "database":
        let name = try Self.databaseName(in: line, number: index + 1)
        if let database, database != name {
          throw Failure(reason: "line \(index + 1): a second name of the database, \(Self.line(naming: name))")
        }
        database = name
      case "end":
        ended = true
      default:
        let fact: Fact
        do { fact = try LockFormat.decodeFact(line, number: index + 1) } catch let failure as LockFormat.Failure {
          throw Failure(reason: failure.description)
        }
        // A merge that keeps both sides of a change keeps two lines.
        if catalog.contains(fact.id) {
          throw Failure(reason: "line \(index + 1): a second line for \(fact.id), which both sides of a merge changed")
        }
        catalog.insert(fact)
      }
    }
    guard ended else { throw Failure(reason: "the last line is missing: the file was cut off") }
    try checkReferences()
  }

  /// The line that names the database, as a person may have to edit it.
  package static func line(naming database: String) -> String { "database \(LockFormat.encode(word: database))" }

  private static func databaseName(in line: ArraySlice<UInt8>, number: Int) throws -> String {
    do { return try LockFormat.decodeWord(line.drop { $0 != UInt8(ascii: " ") }, number: number) } catch let failure
      as LockFormat.Failure
    {
      throw Failure(reason: failure.description)
    }
  }

  /// The database that a lock's text names, without reading the rest of it.
  ///
  /// It stands above what there may be thousands of lines of; but a merge, or a person, may have moved it, so it is looked for
  /// everywhere. Lines above the first fact have to be what they should be: a slip in one must not make it a lock of nobody's.
  ///
  /// - Returns: nil for a lock of an older dbtool, which names none.
  /// - Throws: `Failure` naming the line that cannot be read.
  package static func database(of text: String) throws -> String? {
    let bytes = Array(text.utf8)
    var (start, number, isHead) = (0, 0, true)
    var found: String?
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = bytes[start..<end].last == UInt8(ascii: "\r") ? bytes[start..<(end - 1)] : bytes[start..<end]
      start = end + 1
      number += 1
      guard number > 1 else {
        guard line.elementsEqual(header.utf8) else {
          throw Failure(reason: "line 1 should be \"\(header)\"; this is not a lock file of this dbtool")
        }
        continue
      }
      let keyword = line.prefix { $0 != UInt8(ascii: " ") }
      if keyword.elementsEqual("database".utf8) {
        let name = try databaseName(in: line, number: number)
        if let found, found != name {
          throw Failure(reason: "line \(number): a second name of the database, \(Self.line(naming: name))")
        }
        found = name
      } else if isHead, !line.isEmpty, !headKeywords.contains(where: { keyword.elementsEqual($0.utf8) }) {
        do { _ = try LockFormat.decodeFact(line, number: number) } catch let failure as LockFormat.Failure {
          throw Failure(reason: failure.description)
        }
        isHead = false
      }
      if !isHead, found != nil { break }
    }
    if number == 0 { throw Failure(reason: "line 1 should be \"\(header)\"; the file is empty") }
    return found
  }

  /// What lines above the facts begin with; those of a merge say so to whoever reads the whole of it.
  private static let headKeywords = [
    "postgres", "words-of", "migration", "stand-ins", "end", "<<<<<<<", "=======", ">>>>>>>", "|||||||",
  ]

  private func words(of line: ArraySlice<UInt8>) -> [String] {
    line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A line lost in the middle (a bad merge) leaves facts that refer to nothing.
  private func checkReferences() throws {
    for fact in catalog.facts.values {
      if let parent = fact.parent, !catalog.contains(parent) {
        throw Failure(reason: "\(fact.id) belongs to \(parent), which has no line")
      }
      if let need = fact.needs.first(where: { !catalog.contains($0) }) {
        throw Failure(reason: "\(fact.id) needs \(need), which has no line")
      }
    }
  }
}
