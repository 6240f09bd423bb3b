/// Finds passwords in connection strings, and in text that may repeat one.
///
/// It reads more generously than libpq, which takes the rest of a password with a `/` or `@` that nobody encoded for a host, a port
/// or a database: what may be a part of a password is one here.
package enum Secrets {
  /// Ranges of UTF-8 offsets of one argument that hold a password: from the first `:` behind `//` to the last `@`, and what
  /// `password=` gives.
  package static func passwordRanges(inArgument text: String) -> [Range<Int>] {
    let bytes = Array(text.utf8)
    return inAuthorities(bytes, isArgument: true) + inKeywords(bytes, isArgument: true)
  }

  /// Ranges in a sentence, where white space ends a URL.
  package static func passwordRanges(in text: String) -> [Range<Int>] {
    let bytes = Array(text.utf8)
    return inAuthorities(bytes, isArgument: false) + inKeywords(bytes, isArgument: false)
  }

  /// The text with an `x` for each byte of a password.
  ///
  /// - Parameter arguments: what the text may repeat word for word.
  package static func hidden(in text: String, repeating arguments: [String] = []) -> String {
    let bytes = Array(text.utf8)
    // All are looked for before any is blotted out: they overlap.
    var ranges = passwordRanges(in: text)
    for argument in arguments {
      let whole = Array(argument.utf8)
      for range in passwordRanges(inArgument: argument) where !range.isEmpty {
        // A short one may be a part of any word; it is looked for with what stands around it.
        let margin = range.count < 4 && range.lowerBound > 0 ? 1 : 0
        let end = min(range.upperBound + margin, whole.count)
        let sought = whole[(range.lowerBound - margin)..<end]
        var from = 0
        while let found = firstIndex(of: sought, in: bytes, from: from) {
          ranges.append((found + margin)..<(found + margin + range.count))
          from = found + 1
        }
      }
    }
    var blotted = bytes
    for index in ranges.joined() { blotted[index] = x }
    return String(decoding: blotted, as: UTF8.self)
  }

  private static func inAuthorities(_ bytes: [UInt8], isArgument: Bool) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var from = 0
    while from < bytes.count {
      let rest = bytes[from...]
      let end = isArgument ? bytes.count : rest.firstIndex(where: isSpace) ?? bytes.count
      let word = bytes[from..<end]
      // Without PostgreSQL's scheme it is no URL, and may have been meant for one: user:password@host.
      let start = endOfScheme(in: word) ?? word.startIndex
      if let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")),
        let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":")), colon + 1 < at
      {
        ranges.append((colon + 1)..<at)
      }
      from = end + 1
    }
    return ranges
  }

  /// Behind `postgres://`, `postgresql://` or `postgresql+driver://`.
  private static func endOfScheme(in word: ArraySlice<UInt8>) -> Int? {
    guard let colon = firstIndex(of: "://".utf8, in: Array(word), from: 0).map({ $0 + word.startIndex }) else {
      return nil
    }
    let scheme = word[..<colon].reversed().prefix { byte in
      (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
        || byte == UInt8(ascii: "+")
    }.reversed()
    return Array(scheme).starts(with: "postgres".utf8) ? colon + 3 : nil
  }

  private static let words = ["password", "passwd", "pwd", "secret"].map { Array($0.utf8) }

  /// `password=…` of connection strings and URLs, and `PASSWORD '…'` of SQL. In a URL, libpq decodes keywords too.
  private static func inKeywords(_ bytes: [UInt8], isArgument: Bool) -> [Range<Int>] {
    var ranges = inPlainKeywords(bytes, isArgument: isArgument)
    guard bytes.contains(UInt8(ascii: "%")) else { return ranges }
    var decoded: [UInt8] = []
    var offsets: [Int] = []
    var index = 0
    while index < bytes.count {
      let digits = index + 2 < bytes.count ? String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self) : ""
      let byte = bytes[index] == UInt8(ascii: "%") && !digits.contains("+") ? UInt8(digits, radix: 16) : nil
      decoded.append(byte ?? bytes[index])
      offsets.append(index)
      index += byte == nil ? 1 : 3
    }
    offsets.append(bytes.count)
    ranges += inPlainKeywords(decoded, isArgument: isArgument).map { offsets[$0.lowerBound]..<offsets[$0.upperBound] }
    return ranges
  }

  private static func inPlainKeywords(_ bytes: [UInt8], isArgument: Bool) -> [Range<Int>] {
    let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
    var ranges: [Range<Int>] = []
    for word in words {
      var from = 0
      while let keyword = firstIndex(of: word, in: lower, from: from) {
        var index = keyword + word.count
        from = index
        while index < bytes.count, isSpace(bytes[index]) { index += 1 }
        let isSetting = index < bytes.count && bytes[index] == UInt8(ascii: "=")
        if isSetting {
          index += 1
          while index < bytes.count, isSpace(bytes[index]) { index += 1 }
        }
        let isQuoted = index < bytes.count && bytes[index] == UInt8(ascii: "'")
        guard isSetting || isQuoted else { continue }
        if isQuoted { index += 1 }
        let start = index
        while index < bytes.count, !isEnd(index, bytes, isQuoted: isQuoted, isArgument: isArgument) {
          index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        from = min(index, bytes.count)
        ranges.append(start..<from)
      }
    }
    return ranges
  }

  /// Whether a value ends here. In an argument, a quote or a space that another keyword does not follow may be the password's own.
  private static func isEnd(_ index: Int, _ bytes: [UInt8], isQuoted: Bool, isArgument: Bool) -> Bool {
    let byte = bytes[index]
    if isQuoted {
      guard byte == UInt8(ascii: "'") else { return false }
      return !isArgument || isKeyword(bytes[(index + 1)...], after: true)
    }
    if byte == UInt8(ascii: "&") { return !isArgument || isKeyword(bytes[(index + 1)...], after: false) }
    return isSpace(byte) && (!isArgument || isKeyword(bytes[index...], after: true))
  }

  /// Whether `keyword =` follows, or nothing.
  private static func isKeyword(_ bytes: ArraySlice<UInt8>, after isSpaced: Bool) -> Bool {
    var rest = bytes
    if isSpaced {
      rest = bytes.drop(while: isSpace)
      if rest.isEmpty { return true }
      guard rest.startIndex > bytes.startIndex else { return false }
    }
    let name = rest.prefix { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
    return !name.isEmpty && rest.dropFirst(name.count).drop(while: isSpace).first == UInt8(ascii: "=")
  }

  private static let x = UInt8(ascii: "x")

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private static func firstIndex(of needle: some Collection<UInt8>, in bytes: [UInt8], from: Int) -> Int? {
    let needle = Array(needle)
    guard bytes.count >= needle.count, from <= bytes.count - needle.count else { return nil }
    return (from...(bytes.count - needle.count)).first { bytes[$0..<($0 + needle.count)].elementsEqual(needle) }
  }
}
