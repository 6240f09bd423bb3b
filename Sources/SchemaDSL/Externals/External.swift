package import Catalog
package import Postgres

/// What belongs to somebody else, such as a hosting platform's schemas: never compared, changed or dropped.
///
/// There are two kinds. One is made where it is missing, by migrations too (`sql:`). The other is there on every database
/// that counts, and no migration writes it (`standIn:`): only the servers that dbtool runs itself get something in its
/// place, so that plans can be proved and a developer's database works. `External.supabase`, `External.postGIS()` and
/// `External.pgCron` are of the second kind.
public struct External: DatabaseItem {
  let name: String
  let schemas: [String]
  let roles: [String]
  let extensions: [String]
  /// Nil for what migrations write.
  package let standIn: StandIn?
  let sql: String
  package let location: SourceLocation

  /// What is made where it is missing, wherever migrations are applied.
  ///
  /// - Parameters:
  ///   - schemas: the schemas whose contents are not ours.
  ///   - sql: makes what is missing; has to be safe to run again.
  public init(
    _ name: String, schemas: [String], file: StaticString = #fileID, line: Int = #line, sql: String
  ) {
    self.name = name
    self.schemas = schemas
    roles = []
    extensions = []
    standIn = nil
    self.sql = sql
    location = SourceLocation(file, line)
  }

  /// What every database brings that migrations are applied to.
  ///
  /// - Parameters:
  ///   - schemas: the schemas whose contents are not ours.
  ///   - roles: the roles that are not ours, with their default privileges. The stand-in has to make those that are referred to.
  ///   - extensions: the extensions that are not ours.
  ///   - standIn: takes its place on the scratch server and the embedded one: enough of it that what is declared can refer
  ///     to it. Has to be safe to run again, and where the real thing is.
  public init(
    _ name: String, schemas: [String] = [], roles: [Role] = [], extensions: [String] = [],
    file: StaticString = #fileID, line: Int = #line, standIn: String
  ) {
    self.name = name
    self.schemas = schemas
    self.roles = roles.map(\.name)
    self.extensions = extensions
    sql = standIn
    location = SourceLocation(file, line)
    self.standIn = StandIn(name: name, sql: standIn, location: location)
  }

  public func render(into rendering: inout Rendering) {
    for role in roles { rendering.note(role: role) }
    if standIn != nil { return }
    let id = FactID(.external, name: name)
    rendering.add(.external, sql, id, location)
    rendering.add(overlay: Fact(id, [.create: .text(sql), .objects: .ifPresent(schemas.sorted())]), location)
  }
}

/// What takes the place of somebody else's objects on servers that only dbtool uses.
package struct StandIn: Sendable {
  package let name: String
  package let sql: String
  package let location: SourceLocation
}

extension [StandIn] {
  /// Equal for equal stand-ins; nil for none.
  package var digest: Digest? { isEmpty ? nil : Digest(of: map(\.sql).joined(separator: "\u{0}")) }
}

extension Role {
  /// Makes the roles that are missing. Roles are the server's: another database may be making them at this moment.
  static func creating(_ roles: [Role]) -> String {
    roles.map { role in
      """
      DO $role$
      BEGIN
        CREATE ROLE \(([role.sql] + role.attributes.map(\.rawValue)).joined(separator: " "));
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END
      $role$;

      """
    }.joined()
  }
}
