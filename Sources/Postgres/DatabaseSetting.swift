/// Settings of the database that a script runs on (PostgreSQL: ALTER DATABASE … SET, ALTER ROLE … IN DATABASE).
package enum DatabaseSetting {
  /// A parameter's name as SET takes it; those of extensions and applications have a prefix.
  package static func quoted(_ name: String) -> String {
    name.split(separator: ".").map { Quote.identifier(String($0)) }.joined(separator: ".")
  }

  /// A statement with a clause such as `SET work_mem TO '5MB'`; a script does not know the name of its database.
  ///
  /// - Parameter role: whose sessions it is for; everybody's when empty.
  package static func statement(_ clause: String, role: String) -> String {
    // A role may have a % in its name.
    let escaped = Quote.insideFormat(Quote.identifier(role))
    let object = role.isEmpty ? "ALTER DATABASE %I %s" : "ALTER ROLE \(escaped) IN DATABASE %I %s"
    return """
      DO \(Quote.dollar("""

      BEGIN
        EXECUTE pg_catalog.format(\(Quote.literal(object)), pg_catalog.current_database(), \(Quote.literal(clause)));
      END

      """))
      """
  }

  /// PostgreSQL keeps the elements of these lists quoted as identifiers (`GUC_LIST_QUOTE` in its source).
  private static let lists: Set = [
    "search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries",
  ]

  /// A value as SET takes it.
  ///
  /// - Parameter text: as `pg_db_role_setting` has it.
  package static func value(_ text: String, of name: String) -> String {
    guard lists.contains(name), !text.isEmpty else { return Quote.literal(text) }
    var elements: [String] = []
    var current = ""
    var isQuoted = false
    var previous: Character?
    for character in text {
      if character == "\"" {
        // Two of them within quotes are one.
        if !isQuoted, previous == "\"" { current.append(character) }
        isQuoted.toggle()
      } else if isQuoted || character != "," && character != " " {
        current.append(character)
      } else if character == "," {
        elements.append(current)
        current = ""
      }
      previous = character
    }
    return (elements + [current]).map(Quote.literal).joined(separator: ", ")
  }
}
