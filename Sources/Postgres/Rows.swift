internal import CLibpq

/// The rows of one result, in text format.
package struct Rows: Sendable, RandomAccessCollection {
  private let storage: ResultStorage

  init(_ result: OpaquePointer) { storage = ResultStorage(result) }

  package var startIndex: Int { 0 }
  package var endIndex: Int { Int(PQntuples(storage.result)) }
  package subscript(position: Int) -> Row { Row(storage: storage, index: Int32(position)) }

  /// The tag of the command, for example `INSERT 0 3`.
  package var commandTag: String { String(cString: PQcmdStatus(storage.result)) }
  /// How many rows the command changed.
  package var affected: Int { Int(String(cString: PQcmdTuples(storage.result))) ?? 0 }
}

/// Owns a `PGresult`, which libpq never changes once it is made; that is why it may cross threads.
final class ResultStorage: @unchecked Sendable {
  let result: OpaquePointer
  init(_ result: OpaquePointer) { self.result = result }
  deinit { PQclear(result) }
}

/// One row; values are read in order.
package struct Row: Sendable {
  let storage: ResultStorage
  let index: Int32

  /// A reader that starts at the first column.
  package var reader: RowReader { RowReader(row: self) }

  /// - Throws: `PostgresError` when the value is NULL.
  package func string(_ column: Int) throws -> String {
    var reader = RowReader(row: self, column: Int32(column))
    return try reader.string()
  }
  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package func optionalString(_ column: Int) throws -> String? {
    var reader = RowReader(row: self, column: Int32(column))
    return try reader.optionalString()
  }
  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package func int(_ column: Int) throws -> Int {
    var reader = RowReader(row: self, column: Int32(column))
    return try reader.int()
  }
  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package func bool(_ column: Int) throws -> Bool {
    var reader = RowReader(row: self, column: Int32(column))
    return try reader.bool()
  }
}

/// Reads a row column by column, so that a decoder reads in the order in which its query selects.
package struct RowReader {
  private let row: Row
  private var column: Int32

  init(row: Row, column: Int32 = 0) {
    self.row = row
    self.column = column
  }

  private mutating func next() throws -> UnsafeBufferPointer<UInt8>? {
    let result = row.storage.result
    guard column < PQnfields(result) else {
      throw PostgresError(.decoding, "the query returned \(column) columns where the decoder reads more")
    }
    defer { column += 1 }
    if PQgetisnull(result, row.index, column) == 1 { return nil }
    let length = Int(PQgetlength(result, row.index, column))
    guard let value = PQgetvalue(result, row.index, column) else { return nil }
    return UnsafeRawBufferPointer(start: value, count: length).bindMemory(to: UInt8.self)
  }

  private func unexpected(_ expected: String, _ value: String?) -> PostgresError {
    let name = PQfname(row.storage.result, column - 1).map { String(cString: $0) } ?? "\(column)"
    return PostgresError(.decoding, "column \"\(name)\" should be \(expected) but is \(value ?? "NULL")")
  }

  /// Passes over columns.
  package mutating func skip(_ count: Int) { column += Int32(count) }

  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package mutating func optionalString() throws -> String? {
    try next().map { String(decoding: $0, as: UTF8.self) }
  }

  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package mutating func string() throws -> String {
    guard let bytes = try next() else { throw unexpected("text", nil) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package mutating func optionalInt() throws -> Int? {
    guard let bytes = try next() else { return nil }
    var value = 0
    var negative = false
    var digits = 0
    for byte in bytes {
      if byte == UInt8(ascii: "-"), digits == 0, !negative {
        negative = true
        continue
      }
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
        throw unexpected("a whole number", String(decoding: bytes, as: UTF8.self))
      }
      // Downwards, since there is one more negative number than positive ones.
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowed) = product.subtractingReportingOverflow(Int(byte &- UInt8(ascii: "0")))
      guard !overflow, !overflowed else {
        throw unexpected("a number of 64 bits", String(decoding: bytes, as: UTF8.self))
      }
      value = next
      digits += 1
    }
    guard digits > 0, negative || value != Int.min else {
      throw unexpected("a whole number", String(decoding: bytes, as: UTF8.self))
    }
    return negative ? value : -value
  }

  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package mutating func int() throws -> Int {
    guard let value = try optionalInt() else { throw unexpected("a whole number", nil) }
    return value
  }

  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package mutating func bool() throws -> Bool {
    guard let bytes = try next() else { throw unexpected("a boolean", nil) }
    switch (bytes.count, bytes.first) {
    case (1, UInt8(ascii: "t")): return true
    case (1, UInt8(ascii: "f")): return false
    default: throw unexpected("a boolean", String(decoding: bytes, as: UTF8.self))
    }
  }

  /// A one-dimensional `text[]` (documentation, section 8.15.6 "Array Input and Output Syntax"); NULL reads as empty.
  ///
  /// - Throws: `PostgresError` of kind `.decoding` for a value of another type.
  package mutating func strings() throws -> [String] {
    guard let bytes = try next() else { return [] }
    guard let elements = ArrayText.decode(bytes) else {
      throw unexpected("a text array", String(decoding: bytes, as: UTF8.self))
    }
    return elements
  }
}

/// The text form of one-dimensional arrays.
package enum ArrayText {
  static func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> [String]? {
    guard bytes.count >= 2, bytes[0] == UInt8(ascii: "{"), bytes[bytes.count - 1] == UInt8(ascii: "}") else {
      return nil
    }
    var elements: [String] = []
    var current: [UInt8] = []
    var index = 1
    let end = bytes.count - 1
    if index == end { return [] }
    while index < end {
      current.removeAll(keepingCapacity: true)
      if bytes[index] == UInt8(ascii: "\"") {
        index += 1
        while index < end, bytes[index] != UInt8(ascii: "\"") {
          if bytes[index] == UInt8(ascii: "\\") { index += 1 }
          current.append(bytes[index])
          index += 1
        }
        index += 1
      } else {
        while index < end, bytes[index] != UInt8(ascii: ",") {
          if bytes[index] == UInt8(ascii: "{") { return nil }
          current.append(bytes[index])
          index += 1
        }
      }
      elements.append(String(decoding: current, as: UTF8.self))
      if index < end {
        guard bytes[index] == UInt8(ascii: ",") else { return nil }
        index += 1
      }
    }
    return elements
  }

  /// - Returns: nil for what is no one-dimensional array.
  package static func decode(_ text: String) -> [String]? {
    Array(text.utf8).withUnsafeBufferPointer { decode($0) }
  }

  package static func encode(_ elements: [String]) -> String {
    let quoted = elements.map { element in
      var text = "\""
      for character in element.unicodeScalars {
        if character == "\"" || character == "\\" { text.unicodeScalars.append("\\") }
        text.unicodeScalars.append(character)
      }
      return text + "\""
    }
    return "{" + quoted.joined(separator: ",") + "}"
  }
}
