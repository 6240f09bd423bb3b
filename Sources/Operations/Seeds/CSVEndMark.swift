/// Looks for a line `\.`, with which PostgreSQL before version 18 ends a CSV file, whatever comes behind it
/// (documentation, COPY, "CSV Format"). Within quotes it is a value.
struct CSVEndMark {
  private var isQuoted = false
  /// How much of the mark the current line is, from its first byte on; nil for any other line.
  private var matched: Int? = 0
  private var line = 1
  private static let mark = Array("\\.".utf8)

  /// - Parameter piece: the next bytes, without carriage returns.
  /// - Returns: the line of a mark that ends in it.
  mutating func find(in piece: [UInt8]) -> Int? {
    for byte in piece {
      switch byte {
      case UInt8(ascii: "\n"):
        if matched == Self.mark.count { return line }
        line += 1
        matched = isQuoted ? nil : 0
      case UInt8(ascii: "\""):
        isQuoted.toggle()
        matched = nil
      default:
        if let count = matched { matched = count < Self.mark.count && byte == Self.mark[count] ? count + 1 : nil }
      }
    }
    return nil
  }

  /// The line of a mark that the file ends with.
  var lineAtEnd: Int? { matched == Self.mark.count ? line : nil }
}
