internal import CPgQuery

/// The tokens of a text, as PostgreSQL's own lexer finds them.
struct SQLTokens {
  struct Token {
    /// UTF-8 offsets.
    let range: Range<Int>
    let isString: Bool
    let isComment: Bool
  }

  let tokens: [Token]

  /// - Returns: nil where the lexer does not come to the end: in a constant that is cut off, for example.
  init?(_ sql: String) {
    let result = pg_query_scan(sql)
    defer { pg_query_free_scan_result(result) }
    guard result.error == nil, let data = result.pbuf.data else { return nil }
    var message = Message(UnsafeRawBufferPointer(start: data, count: Int(result.pbuf.len)))
    let end = sql.utf8.count
    var tokens: [Token] = []
    // `ScanResult` of libpg_query's pg_query.proto: its second field is repeated, a `ScanToken`.
    while let field = message.next() {
      guard field.number == 2, let bytes = field.bytes else { continue }
      var token = Message(bytes)
      var (start, stop, kind) = (0, 0, 0)
      while let part = token.next() {
        switch part.number {
        case 1: start = part.value
        case 2: stop = part.value
        case 4: kind = part.value
        default: break
        }
      }
      guard 0 <= start, start <= stop, stop <= end else { return nil }
      tokens.append(
        Token(range: start..<stop, isString: Self.strings.contains(kind), isComment: Self.comments.contains(kind)))
    }
    // Behind `U&'x'` and `U&"x"` the lexer looks ahead, and tells no end.
    let bytes = sql.utf8
    for index in tokens.indices where tokens[index].range.isEmpty && tokens[index].range.lowerBound < end {
      let first = tokens[index].range.lowerBound
      let next = index + 1 < tokens.count ? tokens[index + 1].range.lowerBound : end
      let text = bytes[bytes.index(bytes.startIndex, offsetBy: first)..<bytes.index(bytes.startIndex, offsetBy: next)]
      // White space and comments stand between it and the next.
      let quote = text.dropFirst(2).first
      let last = text.lastIndex { $0 == quote }.map { text.distance(from: text.startIndex, to: $0) + 1 } ?? text.count
      tokens[index] = Token(range: first..<(first + last), isString: tokens[index].isString, isComment: false)
    }
    self.tokens = tokens
  }

  /// `SCONST`, `USCONST`, `BCONST` and `XCONST`.
  private static let strings = 261...264
  /// `SQL_COMMENT` and `C_COMMENT`.
  private static let comments = 275...276

  /// A message of protocol buffers, as far as these have fields.
  private struct Message {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    struct Field {
      var number: Int
      var value = 0
      var bytes: UnsafeRawBufferPointer?
    }

    mutating func next() -> Field? {
      guard let key = number() else { return nil }
      var field = Field(number: key >> 3)
      switch key & 7 {
      case 0:
        guard let value = number() else { return nil }
        field.value = value
      case 2:
        guard let count = number(), count >= 0, count <= bytes.count - position else { return nil }
        field.bytes = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
        position += count
      default: return nil
      }
      return field
    }

    private mutating func number() -> Int? {
      var (value, shift) = (UInt64(0), UInt64(0))
      while position < bytes.count, shift < 64 {
        let byte = bytes[position]
        position += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte & 0x80 == 0 { return Int(truncatingIfNeeded: value) }
        shift += 7
      }
      return nil
    }
  }
}

/// Passwords in statements. PostgreSQL's lexer tells what a constant is, however it is written: `$$x$$`, `E'x'`, `U&'x'`.
extension Secrets {
  /// The statement, without its constants where anything in it speaks of a secret, and where it cannot be read.
  package static func hidden(inStatement sql: String) -> String {
    guard let found = SQLTokens(sql) else { return withoutConstants(sql) }
    return isSensitive(sql, found) ? withoutConstants(sql) : sql
  }

  /// A statement of somebody's, without its constants; it may be cut off anywhere.
  package static func withoutConstants(_ sql: String) -> String {
    let bytes = Array(sql.utf8)
    guard let found = SQLTokens(sql) else {
      let isQuote = { (byte: UInt8) in byte == UInt8(ascii: "'") || byte == UInt8(ascii: "$") }
      return String(decoding: bytes.prefix { !isQuote($0) }, as: UTF8.self)
        + (bytes.contains(where: isQuote) ? "'…" : "")
    }
    var text: [UInt8] = []
    var position = 0
    let bare = barePasswords(of: sql, found)
    for (index, token) in found.tokens.enumerated()
    where token.isString || bare.contains(index) || token.isComment && isSensitive(sql, found) {
      text += bytes[position..<token.range.lowerBound]
      text += Array((token.isComment ? "/* … */" : "'…'").utf8)
      position = token.range.upperBound
    }
    return String(decoding: text + bytes[position...], as: UTF8.self)
  }

  /// A server's message about a statement, which may repeat what the statement says, or what functions that it calls say.
  static func hidden(in message: String, about sql: String?) -> String {
    var text = message
    for value in constants(of: sql ?? "", depth: 3) where value.utf8.count > 1 {
      text = text.replacing(value, with: "…")
    }
    // A query of a function's, in CONTEXT.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      speaks(of: line.utf8) ? hidden(inStatement: String(line)) : String(line)
    }
    return lines.joined(separator: "\n")
  }

  /// What a server says of a row that it refuses (SQLSTATE class 23), without the row's values where its columns, its constraint or
  /// the statement speak of a secret: `Key (password)=(…) already exists.` However the rest is translated, values stand in the
  /// last parentheses; before those of a key its columns do.
  static func withoutRow(_ detail: String, about words: [String?]) -> String {
    guard speaks(of: (words.compactMap { $0 } + [detail]).joined(separator: " ").utf8),
      let start = detail.firstRange(of: "=(")?.upperBound
        ?? detail.firstIndex(of: "(").map({ detail.index(after: $0) }),
      let end = detail.lastIndex(of: ")"), start <= end
    else { return detail }
    return "\(detail[..<start])…\(detail[end...])"
  }

  /// The contents of constants, and of those within them, of a statement that speaks of a secret.
  private static func constants(of sql: String, depth: Int) -> [String] {
    guard depth > 0, speaks(of: sql.utf8) else { return [] }
    let bytes = Array(sql.utf8)
    guard let found = SQLTokens(sql) else {
      return sql.split { $0 == "'" || $0 == "$" }.dropFirst().map(String.init)
    }
    // The longest first: one may be a part of another.
    let bare = barePasswords(of: sql, found).map { String(decoding: bytes[found.tokens[$0].range], as: UTF8.self) }
    return
      (bare
      + found.tokens.filter(\.isString).flatMap { token -> [String] in
        let content = content(bytes[token.range])
        return [content] + constants(of: content, depth: depth - 1)
      }).sorted { $0.utf8.count > $1.utf8.count }
  }

  /// Passwords without quotes, by which a statement cannot be read: `PASSWORD hunter2`.
  private static func barePasswords(of sql: String, _ found: SQLTokens) -> Set<Int> {
    guard speaks(of: sql.utf8), ParseTree.nodeNames(sql) == nil else { return [] }
    let bytes = Array(sql.utf8)
    let tokens = found.tokens.indices.filter { !found.tokens[$0].isComment }
    func word(_ index: Int) -> String { String(decoding: bytes[found.tokens[index].range], as: UTF8.self) }
    var result: Set<Int> = []
    for (index, next) in zip(tokens, tokens.dropFirst()) where word(index).lowercased() == "password" {
      // What is no word of its own goes on behind a sign: hunter-2.
      for rest in tokens.drop(while: { $0 < next }) {
        let touches = rest == next || found.tokens[rest - 1].range.upperBound == found.tokens[rest].range.lowerBound
        guard touches, word(rest) != ";" else { break }
        result.insert(rest)
      }
    }
    return result
  }

  /// What stands between the quotes.
  private static func content(_ token: ArraySlice<UInt8>) -> String {
    if token.first == UInt8(ascii: "$"), let end = token.dropFirst().firstIndex(of: UInt8(ascii: "$")) {
      let tag = end - token.startIndex + 1
      return String(decoding: token.dropFirst(tag).dropLast(tag), as: UTF8.self)
    }
    let quoted = token.drop { $0 != UInt8(ascii: "'") }.dropFirst()
    let body = quoted.last == UInt8(ascii: "'") ? quoted.dropLast() : quoted
    return String(decoding: body, as: UTF8.self).replacing("''", with: "'")
  }

  private static func isSensitive(_ sql: String, _ found: SQLTokens) -> Bool {
    let bytes = Array(sql.utf8)
    return found.tokens.contains { !$0.isComment && speaks(of: bytes[$0.range]) }
  }

  /// What options with secrets, and what holds them, are called: `PASSWORD`, `USER MAPPING`, `CONNECTION`, `sslpassword`.
  private static let sensitive = [
    "passw", "passphrase", "pwd", "secret", "mapping", "connection", "conninfo", "dblink",
  ].map {
    Array($0.utf8)
  }

  private static func speaks(of bytes: some Sequence<UInt8>) -> Bool {
    let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
    return sensitive.contains { word in
      guard lower.count >= word.count else { return false }
      return (0...(lower.count - word.count)).contains { lower[$0..<($0 + word.count)].elementsEqual(word) }
    }
  }
}

/// A statement around the name of a relation in it.
package struct TextAroundRelation: Sendable {
  package let before: String
  package let after: String

  /// - Parameters:
  ///   - relation: the statement's node for the relation (`RangeVar`), which says where its name begins.
  ///   - sql: the statement that it was parsed from.
  package init?(_ relation: ParseTree?, in sql: String) {
    guard let start = relation?["location"]?.number, let tokens = SQLTokens(sql)?.tokens.filter({ !$0.isComment }),
      let first = tokens.firstIndex(where: { $0.range.lowerBound == start })
    else { return nil }
    let bytes = Array(sql.utf8)
    func isDot(_ index: Int) -> Bool {
      index < tokens.count && bytes[tokens[index].range].elementsEqual([UInt8(ascii: ".")])
    }
    var last = first
    while isDot(last + 1), last + 2 < tokens.count { last += 2 }
    before = String(decoding: bytes[..<start], as: UTF8.self)
    after = String(decoding: bytes[tokens[last].range.upperBound...], as: UTF8.self)
  }
}
