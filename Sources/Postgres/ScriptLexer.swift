/// Finds where the statements of a script end, as psql does: by quotes, comments, parentheses and `BEGIN ATOMIC … END`, whatever
/// the grammar is (PostgreSQL: `src/fe_utils/psqlscan.l`).
///
/// What follows `COPY … FROM STDIN` up to `\.` are rows. Of psql's own commands, `\restrict` and `\unrestrict` are passed over: they
/// guard psql against a dump, and say nothing about the database.
struct ScriptLexer {
  struct Piece {
    /// The statement, without what is before and after it.
    var range: Range<Int>
    /// The rows that follow it.
    var rows: Range<Int>?
  }

  private let bytes: [UInt8]
  private var position = 0
  private var pieces: [Piece] = []
  /// Where the statement at hand begins.
  private var start = 0
  /// Whether there is more than white space and comments since then.
  private var isEmpty = true
  private var parentheses = 0
  private var words: [String] = []
  private var body = Body()
  /// The line of a comment that is too deep within others.
  private var tooDeep: Int?

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// - Parameter takesRows: whether a statement is one that rows follow.
  /// - Throws: `ScriptError` for a quote or comment without an end, and for psql's commands.
  static func pieces(of bytes: [UInt8], takesRows: (Range<Int>) -> Bool) throws -> [Piece] {
    var lexer = ScriptLexer(bytes)
    while let byte = lexer.peek() { try lexer.step(byte, takesRows) }
    lexer.finish(at: bytes.count)
    return lexer.pieces
  }

  /// The line of a comment within more than a thousand others, for which PostgreSQL's own scanner needs a time that grows with the
  /// square of their number.
  static func deepComment(in bytes: [UInt8]) -> Int? {
    let openings = zip(bytes, bytes.dropFirst()).count { $0 == UInt8(ascii: "/") && $1 == UInt8(ascii: "*") }
    guard openings > depthOfComments else { return nil }
    var lexer = ScriptLexer(bytes)
    do {
      while let byte = lexer.peek(), lexer.tooDeep == nil { try lexer.step(byte) { _ in false } }
    } catch {
      // What is wrong with the rest is told by whoever reads it.
    }
    return lexer.tooDeep
  }

  private static let depthOfComments = 1000

  private mutating func step(_ byte: UInt8, _ takesRows: (Range<Int>) -> Bool) throws {
    switch byte {
    case UInt8(ascii: ";") where parentheses == 0 && !body.isOpen:
      let range = finish(at: position)
      position += 1
      if let range, words.first == "copy", takesRows(range) { try takeRows() }
      begin()
    case _ where Script.isSpace(byte): position += 1
    case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"): skipLine()
    case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): try skipComment()
    case UInt8(ascii: "\\"): try command()
    default:
      isEmpty = false
      try token(byte)
    }
  }

  private mutating func token(_ byte: UInt8) throws {
    switch byte {
    case UInt8(ascii: "'"): try skipQuoted(byte, escapes: false)
    case UInt8(ascii: "\""): try skipQuoted(byte, escapes: false)
    case UInt8(ascii: "("):
      parentheses += 1
      position += 1
    case UInt8(ascii: ")"):
      parentheses = max(0, parentheses - 1)
      position += 1
    case UInt8(ascii: "$"): try skipDollar()
    case _ where Self.beginsWord(byte): try word()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): while let next = peek(), Self.continuesWord(next) { position += 1 }
    default:
      position += 1
      body.note(byte)
      return
    }
    if !Self.beginsWord(byte) { body.note(byte) }
  }

  private mutating func word() throws {
    let first = position
    while let next = peek(), Self.continuesWord(next) { position += 1 }
    if peek() == UInt8(ascii: "'"), position == first + 1 {
      let prefix = bytes[first] | 0x20
      if "ebxn".utf8.contains(prefix) {
        body.note(bytes[first])
        return try skipQuoted(UInt8(ascii: "'"), escapes: prefix == UInt8(ascii: "e"))
      }
    }
    let word = String(decoding: bytes[first..<position], as: UTF8.self).lowercased()
    if words.count < 4 { words.append(word) }
    body.note(word, in: words, isNested: parentheses > 0)
  }

  /// A statement's end; what has nothing in it is none.
  @discardableResult
  private mutating func finish(at end: Int) -> Range<Int>? {
    var (lower, upper) = (start, end)
    while lower < upper, Script.isSpace(bytes[lower]) { lower += 1 }
    while upper > lower, Script.isSpace(bytes[upper - 1]) { upper -= 1 }
    guard !isEmpty, lower < upper else { return nil }
    pieces.append(Piece(range: lower..<upper))
    return lower..<upper
  }

  private mutating func begin() {
    start = position
    isEmpty = true
    parentheses = 0
    words = []
    body = Body()
  }

  /// The rows begin on the next line, and end with a line `\.` or with the file.
  private mutating func takeRows() throws {
    let first = position
    skipRow()
    let rest = bytes[first..<position].drop(while: Script.isSpace)
    guard rest.isEmpty || rest.starts(with: "--".utf8) else {
      throw failure(
        "the rows of COPY … FROM STDIN begin on the line after it; take the rest of this line out", at: first)
    }
    if position < bytes.count { position += 1 }
    let rows = position
    while position < bytes.count {
      let line = position
      skipRow()
      var text = bytes[line..<position]
      if text.last == UInt8(ascii: "\r") { text.removeLast() }
      if position < bytes.count { position += 1 }
      if text.elementsEqual("\\.".utf8) {
        pieces[pieces.count - 1].rows = rows..<line
        return
      }
    }
    pieces[pieces.count - 1].rows = rows..<position
  }

  /// A command of psql.
  private mutating func command() throws {
    let first = position
    position += 1
    while let next = peek(), !Script.isSpace(next), next != UInt8(ascii: "\\") { position += 1 }
    let name = String(decoding: bytes[first..<position], as: UTF8.self)
    guard isEmpty, name == "\\restrict" || name == "\\unrestrict" else {
      throw failure(
        "\(name) is a command of psql, which dbtool does not carry out; take it out, or load the file with psql and name the database",
        at: first)
    }
    skipLine()
    begin()
  }

  // MARK: Quotes and comments

  private mutating func skipQuoted(_ quote: UInt8, escapes: Bool) throws {
    let first = position
    position += 1
    while let next = peek() {
      position += 1
      if escapes, next == UInt8(ascii: "\\") {
        position = min(position + 1, bytes.count)
      } else if next == quote {
        if peek() == quote {
          position += 1
        } else if !escapes || !goesOn() {
          return
        }
      }
    }
    throw failure("a quoted \(quote == UInt8(ascii: "'") ? "constant" : "name") has no end", at: first)
  }

  /// A constant goes on after a line end (PostgreSQL, section 4.1.2.1); one with escapes goes on with them.
  private mutating func goesOn() -> Bool {
    let end = position
    var hasLineEnd = false
    while let next = peek() {
      if Script.isSpace(next) {
        hasLineEnd = hasLineEnd || next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r")
        position += 1
      } else if next == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
        skipLine()
      } else {
        break
      }
    }
    if hasLineEnd, peek() == UInt8(ascii: "'") {
      position += 1
      return true
    }
    position = end
    return false
  }

  private mutating func skipDollar() throws {
    let first = position
    var end = position + 1
    while end < bytes.count, Self.continuesTag(bytes[end], isFirst: end == position + 1) { end += 1 }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
      position += 1
      return
    }
    let tag = bytes[position...end]
    position = end + 1
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "$"), bytes[position...].starts(with: tag) {
        position += tag.count
        return
      }
      position += 1
    }
    throw failure("a constant in \(String(decoding: tag, as: UTF8.self)) has no end", at: first)
  }

  private mutating func skipComment() throws {
    let first = position
    var depth = 0
    repeat {
      guard let next = peek() else { throw failure("a comment has no end", at: first) }
      if next == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        depth += 1
        position += 2
        if depth > Self.depthOfComments, tooDeep == nil { tooDeep = failure("", at: first).line }
      } else if next == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        depth -= 1
        position += 2
      } else {
        position += 1
      }
    } while depth > 0
  }

  /// To the end of the line, as PostgreSQL sees it: a carriage return alone is one.
  private mutating func skipLine() {
    while let next = peek(), next != UInt8(ascii: "\n"), next != UInt8(ascii: "\r") { position += 1 }
  }

  /// Lines of rows end as psql's do: a carriage return alone ends none.
  private mutating func skipRow() {
    while let next = peek(), next != UInt8(ascii: "\n") { position += 1 }
  }

  // MARK: Bytes

  private func peek(_ offset: Int = 0) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }

  private func failure(_ message: String, at offset: Int) -> ScriptError {
    ScriptError(message: message, line: Script.line(at: offset, in: bytes))
  }

  static func beginsWord(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") && byte < 0x80 || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }

  static func continuesWord(_ byte: UInt8) -> Bool {
    beginsWord(byte) || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "$")
  }

  private static func continuesTag(_ byte: UInt8, isFirst: Bool) -> Bool {
    byte != UInt8(ascii: "$") && (isFirst ? beginsWord(byte) : continuesWord(byte))
  }
}

/// Whether a statement is within a function's `BEGIN ATOMIC … END`, whose semicolons end no statement of the script.
private struct Body {
  private var depth = 0
  private var last = ""

  var isOpen: Bool { depth > 0 }

  /// Takes note of a byte that belongs to no word.
  mutating func note(_ byte: UInt8) { last = byte == UInt8(ascii: ".") ? "." : "" }

  mutating func note(_ word: String, in words: [String], isNested: Bool) {
    defer { last = word }
    guard !isNested, Self.makesRoutine(words) else { return }
    switch word {
    case "atomic" where last == "begin" && depth == 0: depth = 1
    // A label, or a column.
    case _ where last == "as" || last == ".": break
    case "case" where depth > 0: depth += 1
    case "end" where depth > 0: depth -= 1
    default: break
    }
  }

  private static func makesRoutine(_ words: [String]) -> Bool {
    guard words.first == "create" else { return false }
    let rest = words.starts(with: ["create", "or", "replace"]) ? words.dropFirst(3) : words.dropFirst()
    return rest.first == "function" || rest.first == "procedure"
  }
}
