/// The first record of a CSV file, which names the columns (RFC 4180): quoted names may hold commas, doubled quotes and line
/// ends. What PostgreSQL reads as the end of that record is its end here.
struct CSVHeader {
  private var bytes: [UInt8] = []
  private var isQuoted = false
  private(set) var isComplete = false

  /// Longer than any that means it.
  private static let limit = 1 << 20

  /// Whether it is too long to be one.
  var isTooLong: Bool { bytes.count > Self.limit }

  /// Takes what belongs to the header.
  mutating func take(_ piece: some Sequence<UInt8>) {
    for byte in piece where !isComplete {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        isComplete = true
      } else {
        bytes.append(byte)
      }
    }
  }

  /// The names of the columns, as they are called.
  ///
  /// - Throws: `SeedError` for a header that names none, or one twice.
  func columns(of path: String) throws -> [String] {
    guard !bytes.isEmpty, !isQuoted else { throw SeedError.noHeader(path) }
    guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
      throw SeedError.notText(path)
    }
    var names: [String] = []
    for (index, field) in Self.fields(text).enumerated() {
      let name = Self.name(field)
      if name.isEmpty { throw SeedError.badHeader(path, reason: "column \(index + 1) has no name") }
      if names.contains(name) { throw SeedError.badHeader(path, reason: "\(name) is named twice") }
      names.append(name)
    }
    return names
  }

  private static func fields(_ text: String) -> [Substring.UnicodeScalarView] {
    var isQuoted = false
    return text.unicodeScalars.split(omittingEmptySubsequences: false) { scalar in
      if scalar == "\"" { isQuoted.toggle() }
      return scalar == "," && !isQuoted
    }
  }

  /// A field without the spaces around it, and without its quotes.
  private static func name(_ field: Substring.UnicodeScalarView) -> String {
    var rest = field
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    let name = String(rest)
    guard rest.count >= 2, rest.first == "\"", rest.last == "\"" else { return name }
    return String(rest.dropFirst().dropLast()).replacing("\"\"", with: "\"")
  }
}
