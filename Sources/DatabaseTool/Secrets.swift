/// Finds passwords in connection strings.
enum Secrets {
  /// Ranges of UTF-8 offsets that hold a password: `//user:PASSWORD@` and `password = PASSWORD`, as libpq reads them.
  static func passwordRanges(in text: String) -> [Range<Int>] {
    let bytes = Array(text.utf8)
    return inAuthorities(bytes) + inKeywords(bytes)
  }

  /// The text with an `x` for each byte of a password.
  static func hidden(in text: String) -> String {
    var bytes = Array(text.utf8)
    for range in passwordRanges(in: text) { for index in range { bytes[index] = UInt8(ascii: "x") } }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func inAuthorities(_ bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var from = 0
    while let scheme = firstIndex(of: "://", in: bytes, from: from) {
      let start = scheme + 3
      let end = bytes[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || isSpace($0) }
      from = end ?? bytes.count
      // A password may hold an @ that nobody encoded: the last one ends it.
      if let at = bytes[start..<from].lastIndex(of: UInt8(ascii: "@")),
        let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
      {
        ranges.append((colon + 1)..<at)
      }
    }
    return ranges
  }

  private static func inKeywords(_ bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var from = 0
    while let keyword = firstIndex(of: "password", in: bytes, from: from) {
      var index = keyword + 8
      from = index
      while index < bytes.count, isSpace(bytes[index]) { index += 1 }
      guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else { continue }
      index += 1
      while index < bytes.count, isSpace(bytes[index]) { index += 1 }
      let isQuoted = index < bytes.count && bytes[index] == UInt8(ascii: "'")
      if isQuoted { index += 1 }
      let start = index
      while index < bytes.count {
        if isQuoted ? bytes[index] == UInt8(ascii: "'") : isSpace(bytes[index]) || bytes[index] == UInt8(ascii: "&") {
          break
        }
        index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
      }
      from = min(index, bytes.count)
      ranges.append(start..<from)
    }
    return ranges
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private static func firstIndex(of needle: String, in bytes: [UInt8], from: Int) -> Int? {
    let needle = Array(needle.utf8)
    guard bytes.count >= needle.count, from <= bytes.count - needle.count else { return nil }
    return (from...(bytes.count - needle.count)).first { bytes[$0..<($0 + needle.count)].elementsEqual(needle) }
  }
}
