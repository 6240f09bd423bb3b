/// The name that PostgreSQL chooses for an index or a constraint that is given none: `table_column_column_label`, with a
/// number where that is taken, and shortened to 63 bytes from the longer part (`makeObjectName` and `ChooseIndexName` in
/// its source).
package struct ChosenName: Sendable {
  private let table: String
  private let columns: [String]
  private let label: String

  package init(table: String, columns: [String], label: String) {
    self.table = table
    self.columns = columns
    self.label = label
  }

  package var text: String { text(label) }

  /// The first name that PostgreSQL would choose while others are taken.
  package func free(among isTaken: (String) -> Bool) -> String {
    var number = 0
    while true {
      let name = text(number == 0 ? label : "\(label)\(number)")
      if !isTaken(name) { return name }
      number += 1
    }
  }

  /// Whether a name is this one, or this one with a number because another had it.
  package func fits(_ name: String) -> Bool {
    if name == text { return true }
    let digits = name.utf8.reversed().prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
    return digits > 0 && name == text(label + name.suffix(digits))
  }

  private func text(_ label: String) -> String {
    var first = Array(table.utf8)
    // As much of the columns as PostgreSQL's buffer takes.
    var second = Array(columns.joined(separator: "_").utf8.prefix(63))
    let overhead = (columns.isEmpty ? 0 : 1) + 1 + label.utf8.count
    while first.count + second.count + overhead > 63 {
      if first.count > second.count { first.removeLast() } else { second.removeLast() }
    }
    let parts = [first, second].filter { !$0.isEmpty }.map { whole($0) } + [label]
    return parts.joined(separator: "_")
  }

  /// Without a character that was cut in two.
  private func whole(_ bytes: [UInt8]) -> String {
    var bytes = bytes
    while !bytes.isEmpty, String(validating: bytes, as: UTF8.self) == nil { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
