public import SchemaDSL

extension Access.Persona {
  /// A request without a login.
  public static let anon = Access.Persona("anon")
  /// Somebody who has logged in and belongs to nobody.
  public static let nobody = Access.Persona("nobody")
  /// A tenant's customer.
  public static let customer = Access.Persona("customer")
  /// Somebody who works for a tenant.
  public static let staff = Access.Persona("staff")
  /// Somebody who runs a tenant.
  public static let admin = Access.Persona("admin")
  /// The platform's own programs.
  public static let service = Access.Persona("service")
}

extension Hosting {
  /// Row level security that nobody passes but the platform's own programs; policies for others come beside it.
  public static func secured(
    comment: String = "The platform's own programs see and do everything.", file: StaticString = #fileID,
    line: Int = #line
  ) -> [any TableItem] {
    [
      RowLevelSecurity(file: file, line: line),
      Policy("service", to: .serviceRole, using: "true", check: "true", comment: comment, file: file, line: line),
      Grant(.select, .insert, .update, .delete, to: .serviceRole, file: file, line: line),
      Access(.service, own: .all, other: .all, file: file, line: line),
    ]
  }
}
