/// PostgreSQL's own roles that reach beyond the tables of a database, or past their owners (documentation, section 22.5, Predefined Roles).
package enum PrivilegedRoles {
  package static let names = [
    "pg_execute_server_program", "pg_read_server_files", "pg_write_server_files", "pg_read_all_data",
    "pg_write_all_data",
  ]

  /// The condition that a role has such rights: by itself, or because it is one of these. Before version 16 whoever may make roles may
  /// give itself every right but a superuser's.
  ///
  /// - Parameters:
  ///   - role: the alias of its row in `pg_roles`.
  ///   - version: an expression, the server's version as a number: 150000.
  package static func condition(_ role: String, version: String) -> String {
    """
    (\(role).rolsuper OR \(role).rolbypassrls OR \(role).rolreplication OR \(role).rolcreaterole AND \(version) < 160000
     OR \(role).rolname IN (\(names.map { "'\($0)'" }.joined(separator: ", "))))
    """
  }
}
