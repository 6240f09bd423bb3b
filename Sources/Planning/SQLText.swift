/// What psql has to be told before it reads SQL.
package enum SQLText {
  /// psql takes a file for text in the encoding of its locale, or of the database; and a backslash in a constant is what role and
  /// database say. SQL for which that makes a difference says what it is, as pg_dump's does.
  ///
  /// - Parameter isLocal: whether it holds for a transaction.
  package static func settings(for sql: String, isLocal: Bool = false) -> String {
    let set = isLocal ? "SET LOCAL" : "SET"
    var text = ""
    if sql.utf8.contains(where: { $0 >= 0x80 }) { text += "\(set) client_encoding = 'UTF8';\n" }
    if sql.utf8.contains(UInt8(ascii: "\\")) { text += "\(set) standard_conforming_strings = on;\n" }
    return text
  }
}
