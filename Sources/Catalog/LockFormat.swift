internal import Escaping
internal import Postgres

/// The text form of facts: one a line, sorted, so that a review can read it and two branches can be merged.
///
///     column webinar registrants email in="table webinar registrants" type="character varying(255)" not_null=true
///
/// A line is the kind, the parts of the identity, and `key=value` pairs. Texts are quoted, whole numbers and booleans
/// are bare, lists stand in brackets.
package enum LockFormat {
  /// Why a line could not be read.
  package struct Failure: Error, CustomStringConvertible {
    package var line: Int
    package var reason: String
    package var description: String { "line \(line): \(reason)" }
  }

  // MARK: Writing

  package static func encode(_ id: FactID) -> String {
    var writer = Writer()
    writer.append(id)
    return writer.text
  }

  /// One word, quoted where it has to be.
  static func encode(word: String) -> String {
    var writer = Writer()
    if word.isEmpty { writer.append(quoted: word) } else { writer.append(word: word) }
    return writer.text
  }

  /// All facts of a catalog, a line each.
  package static func encode(_ catalog: Catalog) -> String {
    var writer = Writer()
    for fact in catalog.sorted { writer.append(fact) }
    return writer.text
  }

  /// Writes bytes: a large catalog is megabytes of text, and its fingerprint is made of every one of them.
  struct Writer {
    private(set) var bytes: [UInt8] = []
    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func append(_ fact: Fact, equalityOnly: Bool = false) {
      append(fact.id)
      if !equalityOnly {
        if let parent = fact.parent {
          append(bare: " in=")
          append(quoted: LockFormat.encode(parent))
        }
        if fact.position != 0 { append(bare: " at=\(fact.position)") }
      }
      for entry in fact.attributes {
        append(bare: " ")
        append(bare: entry.key.word)
        append(bare: "=")
        append(entry.value)
      }
      if !equalityOnly, !fact.needs.isEmpty {
        append(bare: " needs=")
        append(.list(fact.needs.sorted().map(LockFormat.encode)))
      }
      append(bare: "\n")
    }

    mutating func append(_ id: FactID) {
      append(bare: id.kind.word)
      let words = [id.schema, id.name, id.member, id.role, id.subject?.word ?? ""]
      for word in words.prefix((words.lastIndex { !$0.isEmpty } ?? -1) + 1) {
        append(bare: " ")
        if word.isEmpty { append(bare: "-") } else { append(word: word) }
      }
    }

    private mutating func append(_ value: AttributeValue) {
      switch value {
      case .text(let text): append(quoted: text)
      case .integer(let number): append(bare: String(number))
      case .flag(let flag): append(bare: flag ? "true" : "false")
      case .list(let items):
        append(bare: "[")
        for (index, item) in items.enumerated() {
          if index > 0 { append(bare: ",") }
          append(quoted: item)
        }
        append(bare: "]")
      }
    }

    private mutating func append(bare text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(word: String) {
      let isBare =
        word != "-"
        && word.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "$"):
            true
          default: false
          }
        }
      if isBare { append(bare: word) } else { append(quoted: word) }
    }

    mutating func append(quoted text: String) {
      bytes.append(UInt8(ascii: "\""))
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
        case "\n": append(bare: "\\n")
        case "\r": append(bare: "\\r")
        case "\t": append(bare: "\\t")
        case _ where scalar.isHidden: append(bare: VisibleText.escape(scalar))
        case _ where scalar.isASCII: bytes.append(UInt8(ascii: scalar))
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
  }

  // MARK: Reading

  /// Reads one line.
  ///
  /// - Throws: `Failure` naming the line and what is wrong with it.
  package static func decodeFact(_ line: ArraySlice<UInt8>, number: Int) throws -> Fact {
    var scanner = Scanner(line, number: number)
    let id = try scanner.identity()
    var fact = Fact(id)
    while !scanner.isAtEnd {
      let key = try scanner.key()
      switch key {
      case "in":
        fact.parent = try decodeID(try scanner.textValue(), number: number)
      case "at":
        guard case .integer(let position) = try scanner.value() else { throw scanner.failure("at= takes a number") }
        fact.position = position
      case "needs":
        guard case .list(let items) = try scanner.value() else { throw scanner.failure("needs= takes a list") }
        fact.needs = try items.map { try decodeID($0, number: number) }
      default:
        guard let attribute = AttributeKey(word: key) else { throw scanner.failure("unknown attribute \(key)") }
        fact.attributes[attribute] = try scanner.value()
      }
    }
    return fact
  }

  /// - Throws: `Failure`.
  package static func decodeID(_ text: String, number: Int = 0) throws -> FactID {
    var scanner = Scanner(ArraySlice(text.utf8), number: number)
    return try scanner.identity()
  }

  /// Reads what a line has after its keyword: one word.
  static func decodeWord(_ line: ArraySlice<UInt8>, number: Int) throws -> String {
    var scanner = Scanner(line, number: number)
    let word = try scanner.word()
    guard scanner.isAtEnd else { throw scanner.failure("one word expected") }
    return word
  }

  /// Reads the words of one line from left to right.
  private struct Scanner {
    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private let number: Int

    init(_ line: ArraySlice<UInt8>, number: Int) {
      bytes = line
      index = line.startIndex
      self.number = number
    }

    var isAtEnd: Bool { index >= bytes.endIndex }

    func failure(_ reason: String) -> Failure { Failure(line: number, reason: reason) }

    mutating func identity() throws -> FactID {
      guard let kind = FactKind(word: try bareWord()) else { throw failure("unknown kind of fact") }
      var parts: [String] = []
      while !isAtEnd, parts.count < 5 {
        let before = index
        let isQuoted = bytes[index] == UInt8(ascii: "\"")
        let part = isQuoted ? try quotedText() : try bareWord()
        if !isQuoted, !isAtEnd, bytes[index] == UInt8(ascii: "=") {
          index = before
          break
        }
        parts.append(!isQuoted && part == "-" ? "" : part)
        skipSpace()
      }
      while parts.count < 5 { parts.append("") }
      var subject: FactKind?
      if !parts[4].isEmpty {
        guard let kind = FactKind(word: parts[4]) else { throw failure("unknown kind \(parts[4])") }
        subject = kind
      }
      return FactID(
        kind, schema: parts[0], name: parts[1], member: parts[2], role: parts[3], subject: subject)
    }

    mutating func word() throws -> String {
      skipSpace()
      defer { skipSpace() }
      return !isAtEnd && bytes[index] == UInt8(ascii: "\"") ? try quotedText() : try bareWord()
    }

    mutating func key() throws -> String {
      let name = try bareWord()
      guard !isAtEnd, bytes[index] == UInt8(ascii: "=") else { throw failure("= expected after \(name)") }
      index += 1
      return name
    }

    mutating func textValue() throws -> String {
      guard case .text(let text) = try value() else { throw failure("a quoted text expected") }
      return text
    }

    mutating func value() throws -> AttributeValue {
      defer { skipSpace() }
      guard !isAtEnd else { throw failure("the line ends where a value should be") }
      switch bytes[index] {
      case UInt8(ascii: "\""): return .text(try quotedText())
      case UInt8(ascii: "["):
        index += 1
        var items: [String] = []
        while !isAtEnd, bytes[index] != UInt8(ascii: "]") {
          if bytes[index] == UInt8(ascii: ",") { index += 1 }
          items.append(try quotedText())
        }
        guard !isAtEnd else { throw failure("a list without its end") }
        index += 1
        return .list(items)
      default:
        let word = try bareWord()
        if word == "true" { return .flag(true) }
        if word == "false" { return .flag(false) }
        guard let number = Int(word) else { throw failure("\(word) is not a value") }
        return .integer(number)
      }
    }

    private mutating func bareWord() throws -> String {
      let start = index
      while !isAtEnd, bytes[index] != 32, bytes[index] != UInt8(ascii: "=") { index += 1 }
      guard index > start else { throw failure("a word is missing") }
      let word = String(decoding: bytes[start..<index], as: UTF8.self)
      if isAtEnd || bytes[index] == 32 { skipSpace() }
      return word
    }

    private mutating func quotedText() throws -> String {
      guard !isAtEnd, bytes[index] == UInt8(ascii: "\"") else { throw failure("a quoted text expected") }
      index += 1
      var text: [UInt8] = []
      while !isAtEnd, bytes[index] != UInt8(ascii: "\"") {
        if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex {
          index += 1
          switch bytes[index] {
          case UInt8(ascii: "n"): text.append(10)
          case UInt8(ascii: "r"): text.append(13)
          case UInt8(ascii: "t"): text.append(9)
          case UInt8(ascii: "u"): text += String(try scalar()).utf8
          default: text.append(bytes[index])
          }
        } else {
          text.append(bytes[index])
        }
        index += 1
      }
      guard !isAtEnd else { throw failure("a quoted text without its end") }
      index += 1
      return String(decoding: text, as: UTF8.self)
    }

    /// `{1b}` after `\u`.
    private mutating func scalar() throws -> Unicode.Scalar {
      let rest = bytes[(index + 1)...]
      let digits = rest.dropFirst().prefix { $0 != UInt8(ascii: "}") }
      guard rest.first == UInt8(ascii: "{"), digits.endIndex < bytes.endIndex,
        let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), let scalar = Unicode.Scalar(value)
      else { throw failure("\\u{…} without a character's number") }
      index = digits.endIndex
      return scalar
    }

    private mutating func skipSpace() { while !isAtEnd, bytes[index] == 32 { index += 1 } }
  }
}
