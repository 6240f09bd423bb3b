internal import Escaping
package import Planning
internal import Postgres

/// The comments before a statement, or before the first one of a file, in which people and dbtool tell dbtool something.
///
/// A line ends where PostgreSQL's scanner ends a comment: at LF, CRLF or CR. White space around a directive is none of it.
package struct LeadingComments: Sendable {
  /// The lines of comments, without their ends; blank lines between them are passed over.
  package let lines: [String]
  /// What stands in comments of the other kind, `/* … */`, which hold no directives.
  private let blocks: [String]

  package init(of text: String) {
    var lines: [String] = []
    var blocks: [String] = []
    var rest = text.utf8[...]
    while !rest.isEmpty {
      let line = rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      let content = line.drop(while: Self.isSpace)
      if content.starts(with: "/*".utf8) {
        let block = rest.dropFirst(line.count - content.count)
        let length = Self.length(ofBlock: block)
        blocks.append(String(Substring(block.prefix(length))))
        rest = block.dropFirst(length)
        continue
      }
      guard content.isEmpty || content.starts(with: "--".utf8) else { break }
      if !content.isEmpty { lines.append(String(Substring(content))) }
      let end = rest.dropFirst(line.count)
      rest = end.dropFirst(end.starts(with: "\r\n".utf8) ? 2 : 1)
    }
    self.lines = lines
    self.blocks = blocks
  }

  /// PostgreSQL's comments nest.
  private static func length(ofBlock text: Substring.UTF8View) -> Int {
    var depth = 0
    var rest = text
    while !rest.isEmpty {
      let isStart = rest.starts(with: "/*".utf8)
      let isEnd = !isStart && rest.starts(with: "*/".utf8)
      depth += isStart ? 1 : isEnd ? -1 : 0
      rest = rest.dropFirst(isStart || isEnd ? 2 : 1)
      if depth == 0 { break }
    }
    return text.count - rest.count
  }

  /// `-- dbtool:NAME argument`.
  private var directives: [(name: Substring, argument: Substring)] {
    lines.compactMap { line in
      let text = line.dropFirst(2).drop(while: \.isWhitespace)
      guard text.utf8.starts(with: "dbtool:".utf8) else { return nil }
      let words = text.dropFirst("dbtool:".utf8.count).split(maxSplits: 1, whereSeparator: \.isWhitespace)
      return words.first.map { ($0, words.count > 1 ? words[1] : "") }
    }
  }

  private static let known: Set = ["contract", "allow", "replaces"]

  /// A line that looks like a directive and is none: misspelt, in capitals, with something before it. Whoever wrote it relies on it.
  var misread: String? {
    let understood = Set(
      directives.filter { name, _ in
        Self.known.contains(String(name)) || MigrationFile.Directive(rawValue: String(name)) != nil
      }.map { "\($0.name)" })
    let candidates = lines + blocks.flatMap { $0.split(whereSeparator: \.isNewline).map(String.init) }
    return candidates.first { line in
      let text = String(String.UnicodeScalarView(line.unicodeScalars.drop { !$0.properties.isAlphabetic })).lowercased()
      guard text.hasPrefix("dbtool:") else { return false }
      let word = text.dropFirst("dbtool:".count).prefix { !$0.isWhitespace }
      // A sentence that begins with the tool's name.
      if word.isEmpty { return false }
      let isExact =
        line.utf8.starts(with: "--".utf8)
        && line.dropFirst(2).drop(while: \.isWhitespace).utf8.starts(with: "dbtool:\(word)".utf8)
      return !isExact || !understood.contains(String(word))
    }
  }

  /// Why a directive before a statement would not be followed; nil where all are.
  ///
  /// - Parameters:
  ///   - isFirst: whether the statement is the file's first.
  ///   - isInTransaction: whether it stands within BEGIN and COMMIT.
  func neglected(isFirst: Bool, isInTransaction: Bool) -> String? {
    if let misread {
      return
        "\(VisibleText.line(misread)) is no directive of dbtool's. There are -- dbtool:contract, dbtool:backfill, dbtool:per-partition "
        + "and dbtool:allow, in small letters."
    }
    if isContract, !isFirst { return "dbtool:contract is for a whole file. Put it before the first statement." }
    if let mode, isInTransaction {
      return
        "dbtool:\(mode.rawValue) is for a statement outside of transactions, and this one stands between BEGIN and COMMIT."
    }
    return nil
  }

  /// How `dbtool apply` carries the statement out.
  var mode: MigrationFile.Directive? {
    directives.lazy.compactMap { MigrationFile.Directive(rawValue: String($0.name)) }.first
  }

  /// `-- dbtool:allow CODE reason`: what is meant, and why.
  package var allowances: [Hazard.Code: String] {
    var allowances: [Hazard.Code: String] = [:]
    for (name, argument) in directives where name == "allow" {
      let words = argument.split(maxSplits: 1, whereSeparator: \.isWhitespace)
      guard words.count == 2, let code = Hazard.Code(rawValue: String(words[0])) else { continue }
      allowances[code] = String(words[1])
    }
    return allowances
  }

  var isContract: Bool { directives.contains { $0.name == "contract" } }

  /// What the header says that the file may do to a live database.
  var hazards: [String] {
    lines.drop { !$0.isWord("-- hazards:") }.dropFirst().prefix { $0.utf8.starts(with: "--   ".utf8) }
      .map { String($0.dropFirst(5)) }
  }

  /// The migrations that a squashed one was made of.
  var replaced: [MigrationFile.Part] {
    let found = directives.compactMap { name, argument -> (depth: Int, part: MigrationFile.Part)? in
      guard name == "replaces" else { return nil }
      let words = argument.split(whereSeparator: \.isWhitespace)
      let depth = words.prefix { $0 == ">" }.count
      guard words.count == depth + 2 else { return nil }
      return (depth, MigrationFile.Part(version: String(words[depth]), digest: String(words[depth + 1])))
    }
    return Self.tree(found[...])
  }

  private static func tree(_ lines: ArraySlice<(depth: Int, part: MigrationFile.Part)>) -> [MigrationFile.Part] {
    guard let depth = lines.first?.depth else { return [] }
    let heads = lines.indices.filter { lines[$0].depth <= depth }
    return heads.enumerated().map { number, index in
      var part = lines[index].part
      let end = number + 1 < heads.count ? heads[number + 1] : lines.endIndex
      part.parts = tree(lines[(index + 1)..<end])
      return part
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 11 || byte == 12 }
}

extension String {
  fileprivate func isWord(_ word: String) -> Bool {
    utf8.starts(with: word.utf8) && dropFirst(word.count).allSatisfy(\.isWhitespace)
  }
}

extension MigrationFile {
  /// How `dbtool apply` carries a statement out, said in a comment before it. To `psql`, it is a plain statement.
  package enum Directive: String, Sendable {
    /// An UPDATE, or a copy of a table, that is done in batches.
    case backfill
    /// An index or a foreign key that each partition gets by itself first.
    case perPartition = "per-partition"

    package init?(_ mode: PlanStep.Mode) {
      switch mode {
      case .backfill: self = .backfill
      case .perPartition: self = .perPartition
      case .transaction, .ownTransaction, .alone: return nil
      }
    }

    /// The comment, with its line end.
    package var line: String { SQLComment.line("dbtool:\(rawValue)") }

    /// The directive among the comments before a statement.
    init?(before statement: String) {
      guard let found = LeadingComments(of: statement).mode else { return nil }
      self = found
    }
  }

  /// The comments before its first statement.
  package var header: LeadingComments { LeadingComments(of: text) }

  /// What its header says that it may do to a live database: what was seen when it was proved.
  package var hazards: [String] { header.hazards }

  /// The line in a header that says that a migration is a contract.
  package static let contractLine = SQLComment.line("dbtool:contract")

  /// Whether it takes away what clients may still rely on, and waits until somebody says that they do not.
  package var isContract: Bool { header.isContract }

  /// One of the migrations that a squashed one was made of.
  package struct Part: Sendable, Hashable {
    package var version: String
    package var digest: String
    /// What it was made of itself, for databases that have stopped before that.
    package var parts: [Part] = []

    /// Its versions, and those of its parts.
    package var versions: [String] { [version] + parts.flatMap(\.versions) }
  }

  /// What it was made of; empty but for one that `dbtool squash` has written.
  package var replaced: [Part] { header.replaced }

  /// The header's lines for the migrations that one is made of.
  package static func replaces(_ files: [MigrationFile]) -> String {
    text(of: files.map { Part(version: $0.version, digest: $0.digest.description, parts: $0.replaced) }, depth: 0)
  }

  private static func text(of parts: [Part], depth: Int) -> String {
    parts.map { part in
      SQLComment.line("dbtool:replaces " + String(repeating: "> ", count: depth) + "\(part.version) \(part.digest)")
        + text(of: part.parts, depth: depth + 1)
    }.joined()
  }
}
