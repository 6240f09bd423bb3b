internal import Escaping

/// SQL as it is written to files and shown to people: exact, and with nothing hidden in it.
///
/// What acts on its surroundings instead of being seen (controls, what turns the direction of text, line separators, what has no
/// width) would have a terminal, a reviewer or a log show another statement than the one that is run. A name that holds such a
/// character becomes `U&"…"`, a constant `E'…'`; line feeds and tabs in constants stay what they are. A carriage return is one of
/// them: in a file, line ends are no content.
///
/// A body in dollar quotes that holds one becomes a constant with escapes as a whole, all its quotes doubled. That reads worse, but
/// only what cannot be read safely otherwise: in dollar quotes nothing can be escaped, and to escape it within the body's own
/// constants would make another body.
///
/// psql takes a colon before a name or a quote for one of its variables (`allowed[:"USER"]`): a space keeps them apart.
///
/// National constants (`N'…'`), which neither PostgreSQL nor dbtool prints, stay as somebody wrote them.
package enum PortableSQL {
  /// The same statement with nothing hidden in it.
  package static func text(_ statement: String) -> String {
    guard needsLook(statement), let found = SQLTokens(statement) else { return statement }
    let bytes = Array(statement.utf8)
    var result: [UInt8] = []
    var position = 0
    for (index, token) in found.tokens.enumerated() where token.range.lowerBound >= position {
      result += betweenTokens(bytes[position..<token.range.lowerBound])
      let next = found.tokens[(index + 1)...].lazy.map { bytes[$0.range] }
      let written = rewritten(bytes[token.range], followedBy: next.first, next.dropFirst().first)
      // `date'2026-01-01'` has a keyword right before its constant.
      if written.first != bytes[token.range].first, let last = result.last, ScriptLexer.continuesWord(last) {
        result.append(UInt8(ascii: " "))
      }
      result += written
      position = token.range.upperBound
      if bytes[token.range].elementsEqual([colon]), position < bytes.count, namesVariable(bytes[position]) {
        result.append(UInt8(ascii: " "))
      }
    }
    result += betweenTokens(bytes[position...])
    let text = String(decoding: result, as: UTF8.self)
    if text.utf8.elementsEqual(statement.utf8) { return statement }
    // The parser is the judge of whether it says the same; of grammar that it does not know, the lexer is. That takes a
    // constant that goes on after a comment for two.
    guard let tree = ParseTree(parsing: statement) else {
      let words = found.tokens.filter { !$0.isComment }
      let goesOn = zip(words, words.dropFirst()).contains { $0.isString && $1.isString }
      return !goesOn && SQLTokens(text)?.tokens.count == found.tokens.count ? text : statement
    }
    return ParseTree(parsing: text)?.says(tree) == true ? text : statement
  }

  /// Whether there may be something to write otherwise. A name has no room for line feeds and tabs either.
  private static func needsLook(_ statement: String) -> Bool {
    var (hasName, hasSpace, isAfterColon) = (false, false, false)
    for scalar in statement.unicodeScalars {
      if isAfterColon, namesVariable(String(scalar).utf8.first ?? 0) { return true }
      isAfterColon = scalar == ":"
      switch scalar {
      case "\"": hasName = true
      case "\n", "\t": hasSpace = true
      default: if scalar.isHidden { return true }
      }
    }
    return hasName && hasSpace
  }

  private static let colon = UInt8(ascii: ":")

  /// Whether psql takes a colon before it for the beginning of a variable; one that is a number, nobody sets.
  private static func namesVariable(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "{") || ScriptLexer.beginsWord(byte)
  }

  private static func isHidden(_ token: ArraySlice<UInt8>, inName: Bool) -> Bool {
    String(decoding: token, as: UTF8.self).unicodeScalars.contains { Quote.isEscaped($0, inName: inName) }
  }

  private static func rewritten(
    _ token: ArraySlice<UInt8>, followedBy next: ArraySlice<UInt8>?, _ afterNext: ArraySlice<UInt8>?
  ) -> [UInt8] {
    guard let first = token.first else { return [] }
    let text = String(decoding: token, as: UTF8.self)
    let isUnicode = (first | 0x20) == UInt8(ascii: "u") && token.dropFirst().first == UInt8(ascii: "&")
    let isName = first == UInt8(ascii: "\"") || isUnicode && token.dropFirst(2).first == UInt8(ascii: "\"")
    guard isHidden(token, inName: isName) else { return Array(token) }
    if isUnicode {
      var escape = Unicode.Scalar("\\") as Unicode.Scalar
      if let next, String(decoding: next, as: UTF8.self).lowercased() == "uescape",
        let character = afterNext?.dropFirst().first
      {
        escape = Unicode.Scalar(character)
      }
      return Array(Quote.inUnicodeEscapes(text, by: escape, inName: isName).utf8)
    }
    switch first {
    case UInt8(ascii: "'"): return Array(Quote.visibleLiteral(Quote.constant(text)).utf8)
    case UInt8(ascii: "$"):
      let tag = token.dropFirst().prefix { $0 != UInt8(ascii: "$") }.count + 2
      let body = String(decoding: token.dropFirst(tag).dropLast(tag), as: UTF8.self)
      return Array(Quote.visibleLiteral(body).utf8)
    case UInt8(ascii: "\""): return Array(Quote.visibleIdentifier(Quote.unquoted(text)).utf8)
    case UInt8(ascii: "-"), UInt8(ascii: "/"):
      return Array(VisibleText.lines(String(decoding: withLineFeeds(token), as: UTF8.self)).utf8)
    case UInt8(ascii: "E"), UInt8(ascii: "e"):
      if token.dropFirst().first == UInt8(ascii: "'") { return Array(Quote.inEscapes(text).utf8) }
      fallthrough
    default:
      // A bare name. PostgreSQL makes its ASCII letters small.
      guard ScriptLexer.beginsWord(first) else { return Array(token) }
      let name = String(decoding: token.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
      return Array(Quote.visibleIdentifier(name).utf8)
    }
  }

  /// White space, of which PostgreSQL knows more than people see.
  private static func betweenTokens(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    withLineFeeds(bytes).map { $0 == 0x0B || $0 == 0x0C ? UInt8(ascii: " ") : $0 }
  }

  /// Between tokens and in comments, where each is white space.
  private static func withLineFeeds(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    SourceText.normalised(bytes).map { $0 == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : $0 }
  }
}

/// How text is quoted so that nothing is hidden in it: in one place with how it is quoted otherwise.
extension Quote {
  /// Whether a character is written as an escape. In constants, line feeds and tabs are what they are; no name means one.
  static func isEscaped(_ scalar: Unicode.Scalar, inName: Bool) -> Bool {
    scalar.isHidden && (inName || scalar != "\n" && scalar != "\t")
  }

  /// A name as `U&"…"`.
  static func visibleIdentifier(_ name: String) -> String {
    "U&\""
      + VisibleText.mapped(name) { scalar in
        switch scalar {
        case "\"", "\\": "\(scalar)\(scalar)"
        default: isEscaped(scalar, inName: true) ? unicodeEscape(scalar, by: "\\") : nil
        }
      } + "\""
  }

  /// A constant as `E'…'`.
  package static func visibleLiteral(_ value: String) -> String {
    "E'"
      + VisibleText.mapped(value) { scalar in
        switch scalar {
        case "'", "\\": "\(scalar)\(scalar)"
        default: isEscaped(scalar, inName: false) ? "\\" + escape(scalar) : nil
        }
      } + "'"
  }

  /// The value of `'…'`, which may go on after a line end (PostgreSQL, section 4.1.2.1).
  static func constant(_ token: String) -> String {
    var value = String.UnicodeScalarView()
    var rest = Substring(token).unicodeScalars.dropFirst().dropLast()
    while let scalar = rest.popFirst() {
      value.append(scalar)
      guard scalar == "'" else { continue }
      if rest.first == "'" {
        rest = rest.dropFirst()
      } else {
        // The end of one piece, and what stands before the next: white space, or comments.
        value.removeLast()
        rest = afterContinuation(rest)
      }
    }
    return String(value)
  }

  private static func afterContinuation(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
    var rest = text
    while let scalar = rest.popFirst() {
      if scalar == "'" { break }
      if scalar == "-" { rest = rest.drop { $0 != "\n" && $0 != "\r" } }
    }
    return rest
  }

  /// `E'…'` as it stands, with escapes for what is hidden in it; after a backslash that escapes it, one is enough.
  static func inEscapes(_ token: String) -> String {
    var isEscape = false
    return VisibleText.mapped(token) { scalar in
      let wasEscape = isEscape
      isEscape = scalar == "\\" && !wasEscape
      guard isEscaped(scalar, inName: false) else { return nil }
      return wasEscape ? escape(scalar) : "\\" + escape(scalar)
    }
  }

  /// `U&'…'` or `U&"…"` as it stands, with escapes for what is hidden in it.
  static func inUnicodeEscapes(_ token: String, by escape: Unicode.Scalar, inName: Bool) -> String {
    VisibleText.mapped(token) { isEscaped($0, inName: inName) ? unicodeEscape($0, by: escape) : nil }
  }

  /// What follows the backslash in `E'…'`.
  private static func escape(_ scalar: Unicode.Scalar) -> String {
    if scalar == "\r" { return "r" }
    return scalar.value <= 0xFFFF ? "u" + hexadecimal(scalar, 4) : "U" + hexadecimal(scalar, 8)
  }

  private static func unicodeEscape(_ scalar: Unicode.Scalar, by escape: Unicode.Scalar) -> String {
    scalar.value <= 0xFFFF ? "\(escape)" + hexadecimal(scalar, 4) : "\(escape)+" + hexadecimal(scalar, 6)
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar, _ digits: Int) -> String {
    let text = String(scalar.value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
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
