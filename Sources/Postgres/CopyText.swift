/// The text format of `COPY … TO STDOUT` (PostgreSQL documentation, "COPY", File Formats).
enum CopyText {
  /// The columns of a row, without its line end.
  ///
  /// - Returns: nil for NULL.
  static func columns(_ row: UnsafeRawBufferPointer) -> [String?] {
    var line = row[...]
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    return line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map(value)
  }

  private static func value(_ field: Slice<UnsafeRawBufferPointer>) -> String? {
    if field.elementsEqual(#"\N"#.utf8) { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(field.count)
    var isEscaped = false
    for byte in field {
      if isEscaped {
        bytes.append(escapes[byte] ?? byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    UInt8(ascii: "v"): 11,
  ]
}
