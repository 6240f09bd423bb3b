internal import CPgQuery
internal import Escaping

/// SQL for a file in which line ends are no content: each carriage return that a name or a constant holds is written as an escape.
package enum PortableSQL {
  /// The same statement without a carriage return in it; as it is where this libpg_query's grammar, PostgreSQL 15's, does not know it.
  package static func text(_ statement: String) -> String {
    guard statement.utf8.contains(cr), let tokens = tokens(of: statement), let tree = ParseTree(parsing: statement)
    else {
      return statement
    }
    let bytes = Array(statement.utf8)
    var result: [UInt8] = []
    var position = 0
    for token in tokens where token.lowerBound >= position && token.upperBound <= bytes.count {
      result += SourceText.withLineFeeds(bytes[position..<token.lowerBound])
      result += rewritten(bytes[token])
      position = token.upperBound
    }
    result += SourceText.withLineFeeds(bytes[position...])
    let text = String(decoding: result, as: UTF8.self)
    // The parser is the judge of whether it says the same.
    guard let other = ParseTree(parsing: text), other.says(tree) else { return statement }
    return text
  }

  private static func rewritten(_ token: ArraySlice<UInt8>) -> [UInt8] {
    guard token.contains(cr), let first = token.first else { return Array(token) }
    switch first {
    case UInt8(ascii: "'"):
      return Array("E'".utf8) + escaped(token.dropFirst().dropLast(), quotes: false) + Array("'".utf8)
    case UInt8(ascii: "$"):
      let tag = token.dropFirst().prefix { $0 != UInt8(ascii: "$") }.count + 2
      return Array("E'".utf8) + escaped(token.dropFirst(tag).dropLast(tag), quotes: true) + Array("'".utf8)
    case UInt8(ascii: "E"), UInt8(ascii: "e"): return inEscapes(token)
    case UInt8(ascii: "\""):
      return Array("U&\"".utf8)
        + token.dropFirst().dropLast().flatMap { byte -> [UInt8] in
          byte == cr ? Array("\\000d".utf8) : byte == backslash ? [byte, byte] : [byte]
        } + Array("\"".utf8)
    case UInt8(ascii: "-"), UInt8(ascii: "/"): return SourceText.withLineFeeds(token)
    default: return Array(token)
    }
  }

  /// What stands in a plain constant, as `E'…'` has it.
  private static func escaped(_ content: ArraySlice<UInt8>, quotes: Bool) -> [UInt8] {
    content.flatMap { byte -> [UInt8] in
      switch byte {
      case cr: Array("\\r".utf8)
      case backslash: [byte, byte]
      case UInt8(ascii: "'") where quotes: [byte, byte]
      default: [byte]
      }
    }
  }

  private static func inEscapes(_ token: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var isEscape = false
    for byte in token {
      if byte == cr {
        result += Array((isEscape ? "r" : "\\r").utf8)
        isEscape = false
      } else {
        result.append(byte)
        isEscape = byte == backslash && !isEscape
      }
    }
    return result
  }

  /// Where PostgreSQL's scanner sees the tokens. libpg_query hands them out as a message of protocol buffers
  /// (`pg_query.proto`: `ScanResult`, `ScanToken`).
  private static func tokens(of sql: String) -> [Range<Int>]? {
    let result = pg_query_scan(sql)
    defer { pg_query_free_scan_result(result) }
    guard result.error == nil, let data = result.pbuf.data else { return nil }
    let raw = UnsafeRawBufferPointer(start: data, count: Int(result.pbuf.len))
    var message = ProtocolBuffer(Array(raw)[...])
    var tokens: [Range<Int>] = []
    while let field = message.next() {
      guard field.number == 2, case .bytes(let bytes) = field.value else { continue }
      var token = ProtocolBuffer(bytes)
      var (start, end) = (0, 0)
      while let part = token.next() {
        guard case .number(let number) = part.value else { continue }
        if part.number == 1 { start = number }
        if part.number == 2 { end = number }
      }
      guard start <= end else { return nil }
      tokens.append(start..<end)
    }
    return tokens
  }

  private static let cr = UInt8(ascii: "\r")
  private static let backslash = UInt8(ascii: "\\")
}

/// The wire format of protocol buffers, as far as tokens need it.
private struct ProtocolBuffer {
  enum Value {
    case number(Int)
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>
  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() -> (number: Int, value: Value)? {
    guard let key = integer() else { return nil }
    switch key & 7 {
    case 0: return integer().map { (key >> 3, .number($0)) }
    case 2:
      guard let count = integer(), count >= 0, count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return (key >> 3, .bytes(rest.prefix(count)))
    default: return nil
    }
  }

  private mutating func integer() -> Int? {
    var (value, shift) = (0, 0)
    while let byte = rest.popFirst(), shift < 63 {
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

extension SourceText {
  /// Between tokens and in comments, where each is white space.
  fileprivate static func withLineFeeds(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    normalised(bytes).map { $0 == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : $0 }
  }
}

extension ParseTree {
  /// Whether both are the same but for where they stand in their texts.
  package func says(_ other: ParseTree) -> Bool {
    switch (self, other) {
    case (.object(let a), .object(let b)):
      let keys = Set(a.keys).union(b.keys).subtracting(["location"])
      return keys.allSatisfy { key in
        switch (a[key], b[key]) {
        case (let x?, let y?): x.says(y)
        default: false
        }
      }
    case (.list(let a), .list(let b)): return a.count == b.count && zip(a, b).allSatisfy { $0.says($1) }
    case (.text(let a), .text(let b)): return a.utf8.elementsEqual(b.utf8)
    case (.number(let a), .number(let b)): return a == b
    case (.flag(let a), .flag(let b)): return a == b
    default: return false
    }
  }
}
