internal import CPgQuery

/// One statement of a script.
package struct ScriptStatement: Sendable, Hashable {
  /// The text without the semicolon, without leading and trailing white space; comments before it stay.
  package var sql: String
  /// The line on which it starts, counted from 1.
  package var line: Int
  package init(sql: String, line: Int) {
    self.sql = sql
    self.line = line
  }
}

/// Why a script could not be split.
package struct ScriptError: Error, CustomStringConvertible {
  package var message: String
  package var line: Int
  package var description: String { "line \(line): \(message)" }
}

/// Splits SQL text into statements with PostgreSQL's own parser (libpg_query), which knows dollar quotes, comments and
/// `BEGIN ATOMIC … END` bodies.
package enum Script {
  /// - Throws: `ScriptError` when neither the parser nor the scanner understands the text.
  package static func split(_ text: String) throws -> [ScriptStatement] {
    let bytes = Array(text.utf8)
    var result = pg_query_split_with_parser(text)
    if let error = result.error {
      let failure = ScriptError(
        message: String(cString: error.pointee.message), line: line(at: Int(error.pointee.cursorpos) - 1, in: bytes))
      pg_query_free_split_result(result)
      // Grammar that is newer than this libpg_query: the scanner still finds the semicolons.
      result = pg_query_split_with_scanner(text)
      // The scanner passes over a statement without any keyword; nothing may get lost.
      if result.error != nil || !covers(result, bytes) {
        pg_query_free_split_result(result)
        throw failure
      }
    }
    defer { pg_query_free_split_result(result) }
    var statements: [ScriptStatement] = []
    var lineCounter = LineCounter(bytes)
    for index in 0..<Int(result.n_stmts) {
      guard let statement = result.stmts[index] else { continue }
      let start = Int(statement.pointee.stmt_location)
      var lower = start
      var upper = start + Int(statement.pointee.stmt_len)
      while lower < upper, isSpace(bytes[lower]) { lower += 1 }
      while upper > lower, isSpace(bytes[upper - 1]) { upper -= 1 }
      guard lower < upper else { continue }
      statements.append(
        ScriptStatement(sql: String(decoding: bytes[lower..<upper], as: UTF8.self), line: lineCounter.line(at: lower)))
    }
    return statements
  }

  /// Whether there is nothing but white space, comments and semicolons beside the statements that were found.
  private static func covers(_ result: PgQuerySplitResult, _ bytes: [UInt8]) -> Bool {
    var index = 0
    for number in 0...Int(result.n_stmts) {
      let statement = number < Int(result.n_stmts) ? result.stmts[number]?.pointee : nil
      let end = statement.map { Int($0.stmt_location) } ?? bytes.count
      while index < end {
        if isSpace(bytes[index]) || bytes[index] == UInt8(ascii: ";") {
          index += 1
        } else if bytes[index...].starts(with: "--".utf8) {
          while index < end, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        } else if bytes[index...].starts(with: "/*".utf8) {
          var depth = 0
          repeat {
            let opens = bytes[index...].starts(with: "/*".utf8)
            let closes = bytes[index...].starts(with: "*/".utf8)
            depth += opens ? 1 : closes ? -1 : 0
            index += opens || closes ? 2 : 1
          } while depth > 0 && index < end
        } else {
          return false
        }
      }
      if let statement { index = Int(statement.stmt_location + statement.stmt_len) }
    }
    return true
  }

  /// What a statement does to the transaction, if it is a transaction command.
  package enum TransactionCommand: Sendable { case begin, commit, rollback, other }

  /// - Returns: nil for an ordinary statement.
  package static func transactionCommand(_ sql: String) -> TransactionCommand? {
    guard let json = parsed(sql), json.contains("{\"stmt\":{\"TransactionStmt\"") else { return nil }
    if json.contains("\"TRANS_STMT_BEGIN\"") || json.contains("\"TRANS_STMT_START\"") { return .begin }
    if json.contains("\"TRANS_STMT_COMMIT\"") { return .commit }
    if json.contains("\"TRANS_STMT_ROLLBACK\"") { return .rollback }
    return .other
  }

  /// Whether a statement is an INSERT.
  package static func isInsert(_ sql: String) -> Bool {
    parsed(sql)?.contains("{\"stmt\":{\"InsertStmt\"") == true
  }

  /// The parse tree, as libpg_query writes it in JSON; nil for what is no SQL.
  private static func parsed(_ sql: String) -> String? {
    let result = pg_query_parse(sql)
    defer { pg_query_free_parse_result(result) }
    return result.error == nil ? result.parse_tree.map { String(cString: $0) } : nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }

  private static func line(at offset: Int, in bytes: [UInt8]) -> Int {
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
