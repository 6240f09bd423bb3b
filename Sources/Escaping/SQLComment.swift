/// A comment in SQL. PostgreSQL ends it at a line feed or a carriage return, people and editors at more than that.
package enum SQLComment {
  /// A line with its end.
  package static func line(_ text: String) -> String { "-- \(VisibleText.line(text))\n" }
}
