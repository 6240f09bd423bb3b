/// Texts that a regular expression matches, for the expressions that checks have: characters, brackets, groups, alternatives and
/// quantifiers (documentation, section 9.7.3 "POSIX Regular Expressions"). They are guesses: PostgreSQL says whether they match.
struct RegexSample {
  private var rest: Substring.UnicodeScalarView
  /// Which of several that would do is taken.
  private let variant: Int

  /// - Parameter pattern: anything; what is no regular expression gives texts of no use.
  /// - Returns: a few texts, each another one where the pattern leaves a choice.
  static func samples(of pattern: String, count: Int = 3) -> [String] {
    (0..<count).map { variant in
      var sample = RegexSample(rest: Substring(pattern).unicodeScalars, variant: variant)
      return String(String.UnicodeScalarView(sample.alternatives(depth: 0)))
    }
  }

  private mutating func next() -> Unicode.Scalar? { rest.popFirst() }

  private mutating func alternatives(depth: Int) -> [Unicode.Scalar] {
    var choices: [[Unicode.Scalar]] = [sequence(depth: depth)]
    while rest.first == "|" {
      rest.removeFirst()
      choices.append(sequence(depth: depth))
    }
    return choices[variant % choices.count]
  }

  private mutating func sequence(depth: Int) -> [Unicode.Scalar] {
    var text: [Unicode.Scalar] = []
    while let scalar = rest.first, scalar != "|", scalar != ")" || depth == 0 {
      rest.removeFirst()
      let piece: [Unicode.Scalar]
      switch scalar {
      case "^", "$": continue
      case "(": piece = depth < 20 ? group(depth) : []
      case "[": piece = [bracket()]
      case ".": piece = [pick(from: ["a", "b", "c"])]
      case "\\":
        guard let escaped = escape() else { continue }
        piece = [escaped]
      default: piece = [scalar]
      }
      text += repeated(piece)
    }
    return text
  }

  private mutating func group(_ depth: Int) -> [Unicode.Scalar] {
    var isLookahead = false
    if rest.first == "?" {
      rest.removeFirst()
      if let kind = next() { isLookahead = kind != ":" }
    }
    let text = alternatives(depth: depth + 1)
    if rest.first == ")" { rest.removeFirst() }
    return isLookahead ? [] : text
  }

  private mutating func escape() -> Unicode.Scalar? {
    switch next() {
    case "d": pick(from: Self.digits)
    case "w": pick(from: Self.letters)
    case "s": " "
    case "D", "S": pick(from: Self.letters)
    case "W": "-"
    // Places in a text, and references back.
    case "A", "Z", "m", "M", "y", "Y", "b", "B": nil
    case "n": "\n"
    case "t": "\t"
    case let scalar: scalar
    }
  }

  private mutating func bracket() -> Unicode.Scalar {
    var choices: [Unicode.Scalar] = []
    var isNegated = false
    if rest.first == "^" {
      rest.removeFirst()
      isNegated = true
    }
    var isFirst = true
    while let scalar = next(), scalar != "]" || isFirst {
      isFirst = false
      switch scalar {
      case "[" where rest.first == ":":
        let name = String(String.UnicodeScalarView(rest.dropFirst().prefix { $0 != ":" }))
        while let next = next(), next != "]" {}
        choices += Self.named(name)
      case "\\":
        if let escaped = escape() { choices.append(escaped) }
      case "-" where !choices.isEmpty && rest.first != "]":
        guard let end = next(), let start = choices.popLast(), start.value <= end.value else { continue }
        choices += (start.value...min(end.value, start.value + 200)).compactMap { Unicode.Scalar($0) }
      default: choices.append(scalar)
      }
    }
    guard isNegated else { return choices.isEmpty ? "a" : pick(from: choices) }
    let others = (Self.letters + Self.digits).filter { !choices.contains($0) }
    return others.isEmpty ? "-" : pick(from: others)
  }

  private mutating func repeated(_ piece: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var count = 1
    switch rest.first {
    case "*", "+", "?": rest.removeFirst()
    case "{":
      let digits = rest.dropFirst().prefix { ("0"..."9").contains($0) }
      guard let number = Int(String(String.UnicodeScalarView(digits))) else { return piece }
      count = min(number, 200)
      while let next = next(), next != "}" {}
    default: return piece
    }
    // Not greedy, or greedy: one will do.
    if rest.first == "?" || rest.first == "+" { rest.removeFirst() }
    return Array(repeatElement(piece, count: count).joined())
  }

  private func pick(from choices: [Unicode.Scalar]) -> Unicode.Scalar { choices[variant % choices.count] }

  private static let digits: [Unicode.Scalar] = Array("1234567890".unicodeScalars)
  private static let letters: [Unicode.Scalar] = Array("abcdefghijklmnopqrstuvwxyz".unicodeScalars)

  private static func named(_ name: String) -> [Unicode.Scalar] {
    switch name {
    case "digit", "xdigit": digits
    case "upper": letters.compactMap { Unicode.Scalar($0.value - 32) }
    case "space", "blank": [" "]
    case "punct": ["-", ".", "_"]
    default: letters
    }
  }
}
