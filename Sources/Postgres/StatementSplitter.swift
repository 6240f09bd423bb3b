internal import CPgQuery

/// One statement of a script.
package struct ScriptStatement: Sendable, Hashable {
  /// The text without the semicolon, without leading and trailing white space; comments before it stay.
  package var sql: String
  /// The line of its first token, counted from 1: not that of a comment before it.
  package var line: Int
  /// The rows that follow `COPY … FROM STDIN`.
  package var rows: [UInt8]?
  package init(sql: String, line: Int, rows: [UInt8]? = nil) {
    self.sql = sql
    self.line = line
    self.rows = rows
  }
}

/// Why a script could not be split.
package struct ScriptError: Error, CustomStringConvertible {
  package var message: String
  package var line: Int
  package var description: String { "line \(line): \(message)" }
}

/// Splits SQL text into statements.
package enum Script {
  /// - Throws: `ScriptError` for what cannot be split, for what is no SQL, and where rows follow a statement.
  package static func split(_ text: String) throws -> [ScriptStatement] {
    let statements = try splitWithRows(text)
    if let statement = statements.first(where: { $0.rows != nil || exchangesRows($0.sql) }) {
      throw ScriptError(
        message:
          "COPY … FROM STDIN and TO STDOUT exchange rows with psql, which does not run this; write INSERT, or seed from CSV",
        line: statement.line)
    }
    return statements
  }

  /// Splits SQL text in which rows follow `COPY … FROM STDIN`, as pg_dump writes it.
  ///
  /// - Throws: `ScriptError` for what cannot be split, and for what is no SQL.
  package static func splitWithRows(_ text: String) throws -> [ScriptStatement] {
    let bytes = Array(text.utf8)
    // For the parser and for libpq a text ends there; for psql it goes on.
    if let end = bytes.firstIndex(of: 0) {
      var lines = LineCounter(bytes)
      throw ScriptError(
        message: "a NUL byte, which no SQL has: the file is damaged, or none of text", line: lines.line(at: end))
    }
    if let line = ScriptLexer.deepComment(in: bytes) {
      throw ScriptError(
        message: "comments are nested more than a thousand deep, which takes PostgreSQL too long to read", line: line)
    }
    // The parser knows best. It fails for syntax errors, rows, psql's commands, and grammar that is newer than this libpg_query.
    let result = pg_query_split_with_parser(text)
    defer { pg_query_free_split_result(result) }
    guard result.error == nil, !mentions("copy", text) else {
      let pieces = try ScriptLexer.pieces(of: bytes) { copiesFromClient(String(decoding: bytes[$0], as: UTF8.self)) }
      return try statements(pieces, in: bytes)
    }
    let pieces = (0..<Int(result.n_stmts)).compactMap { index -> ScriptLexer.Piece? in
      guard let statement = result.stmts[index] else { return nil }
      let start = Int(statement.pointee.stmt_location)
      var lower = start
      var upper = start + Int(statement.pointee.stmt_len)
      while lower < upper, isSpace(bytes[lower]) { lower += 1 }
      while upper > lower, isSpace(bytes[upper - 1]) { upper -= 1 }
      return lower < upper ? ScriptLexer.Piece(range: lower..<upper) : nil
    }
    return statements(known: pieces, in: bytes)
  }

  private static func statements(known pieces: [ScriptLexer.Piece], in bytes: [UInt8]) -> [ScriptStatement] {
    var lineCounter = LineCounter(bytes)
    return pieces.map { piece in
      ScriptStatement(
        sql: String(decoding: bytes[piece.range], as: UTF8.self),
        line: lineCounter.line(at: firstToken(in: bytes[piece.range])),
        rows: piece.rows.map { Array(bytes[$0]) })
    }
  }

  /// The same, where each is SQL of some version: what has no keyword in it is none.
  private static func statements(_ pieces: [ScriptLexer.Piece], in bytes: [UInt8]) throws -> [ScriptStatement] {
    let statements = statements(known: pieces, in: bytes)
    for (statement, piece) in zip(statements, pieces) {
      let parsed = pg_query_split_with_parser(statement.sql)
      defer { pg_query_free_split_result(parsed) }
      guard let error = parsed.error else { continue }
      let scanned = pg_query_split_with_scanner(statement.sql)
      defer { pg_query_free_split_result(scanned) }
      guard scanned.error == nil, scanned.n_stmts > 0 else {
        let place = piece.range.lowerBound + max(0, Int(error.pointee.cursorpos) - 1)
        throw ScriptError(message: String(cString: error.pointee.message), line: line(at: place, in: bytes))
      }
    }
    return statements
  }

  /// Whether a word stands in a text anywhere, in any case: for a statement that says it, it is worth to ask the parser.
  package static func mentions(_ word: String, _ text: String) -> Bool {
    let word = Array(word.lowercased().utf8)
    return text.utf8.withContiguousStorageIfAvailable { bytes in
      var index = 0
      while index + word.count <= bytes.count {
        if bytes[index] | 0x20 == word[0], zip(bytes[index...], word).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
          return true
        }
        index += 1
      }
      return false
    } ?? text.lowercased().contains(String(decoding: word, as: UTF8.self))
  }

  /// Whether rows follow a statement.
  static func copiesFromClient(_ sql: String) -> Bool {
    exchangesRows(sql) && ParseTree(parsing: sql)?["CopyStmt"]?["is_from"]?.isTrue == true
  }

  /// Whether a statement exchanges rows with its client, in either direction.
  package static func exchangesRows(_ sql: String) -> Bool {
    guard mentions("copy", sql), ParseTree.nodeNames(sql) == ["CopyStmt"],
      let copy = ParseTree(parsing: sql)?["CopyStmt"]
    else {
      return false
    }
    return copy["filename"] == nil
  }

  /// Where the first token is, after white space and comments: those to the end of a line, and those in `/*` and `*/`, which
  /// nest.
  ///
  /// - Returns: the end where there is none.
  private static func firstToken(in bytes: ArraySlice<UInt8>) -> Int {
    var rest = bytes
    while let byte = rest.first {
      if isSpace(byte) {
        rest = rest.dropFirst()
      } else if rest.starts(with: "--".utf8) {
        rest = rest.drop { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      } else if rest.starts(with: "/*".utf8) {
        var depth = 0
        repeat {
          let opens = rest.starts(with: "/*".utf8)
          let closes = rest.starts(with: "*/".utf8)
          depth += opens ? 1 : closes ? -1 : 0
          rest = rest.dropFirst(opens || closes ? 2 : 1)
        } while depth > 0 && !rest.isEmpty
      } else {
        break
      }
    }
    return rest.startIndex
  }

  /// Whether a statement begins or ends a transaction, or a part of one.
  package static func isTransactionCommand(_ sql: String) -> Bool { ParseTree.nodeNames(sql) == ["TransactionStmt"] }

  /// Whether a statement is COMMIT, END, ROLLBACK or ABORT.
  static func endsTransaction(_ sql: String) -> Bool {
    guard isTransactionCommand(sql) else { return false }
    let kind = ParseTree(parsing: sql)?["TransactionStmt"]?["kind"]?.text
    return kind == "TRANS_STMT_COMMIT" || kind == "TRANS_STMT_ROLLBACK"
  }

  /// Whether a statement is an INSERT.
  package static func isInsert(_ sql: String) -> Bool { ParseTree.nodeNames(sql) == ["InsertStmt"] }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }

  static func line(at offset: Int, in bytes: [UInt8]) -> Int {
    1 + bytes.prefix(max(0, offset)).count { $0 == UInt8(ascii: "\n") }
  }

  /// Counts lines once, for offsets that only grow.
  private struct LineCounter {
    let bytes: [UInt8]
    var offset = 0
    var current = 1
    init(_ bytes: [UInt8]) { self.bytes = bytes }
    mutating func line(at target: Int) -> Int {
      while offset < target {
        if bytes[offset] == UInt8(ascii: "\n") { current += 1 }
        offset += 1
      }
      return current
    }
  }
}
