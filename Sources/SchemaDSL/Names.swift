package import Catalog
internal import Postgres

/// A schema (namespace) of the database.
///
/// Declare yours once: `extension Schema { static let billing = Schema("billing", comment: "Invoices.") }`.
/// PostgreSQL: section 5.9 "Schemas".
public struct Schema: Hashable, Sendable {
  public let name: String
  let comment: String?
  package let location: SourceLocation

  public init(_ name: String, comment: String? = nil, file: StaticString = #fileID, line: Int = #line) {
    self.name = name
    self.comment = comment
    location = SourceLocation(file, line)
  }

  /// The schema that every database has.
  public static let `public` = Schema("public")

  public static func == (a: Schema, b: Schema) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// The name of a table, view or materialized view.
public struct RelationName: Hashable, Sendable {
  public let schema: Schema
  public let name: String
  /// Where it was written. Not part of equality.
  let location: SourceLocation
  /// The name that it had before. Not part of equality.
  private(set) var formerName: String?

  public init(_ name: String, in schema: Schema, file: StaticString = #fileID, line: Int = #line) {
    self.name = name
    self.schema = schema
    location = SourceLocation(file, line)
  }

  /// Says that it is what had another name, so that a plan renames it and keeps its rows. It may stay there: where
  /// nothing has the former name, it says nothing.
  public func renamed(from former: String) -> Self {
    var copy = self
    copy.formerName = former
    return copy
  }

  public static func == (a: Self, b: Self) -> Bool { a.schema == b.schema && a.name == b.name }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(schema)
    hasher.combine(name)
  }

  var sql: String { Quote.qualified(schema.name, name) }
}

/// The name of a type.
public typealias TypeName = RelationName

/// A role of the server. Roles belong to the whole server, so dbtool creates a declared one where it is missing and
/// never drops one.
///
/// PostgreSQL: chapter 22 "Database Roles".
public struct Role: Hashable, Sendable {
  public let name: String
  package let attributes: [Attribute]
  package let memberOf: [String]
  package let isExternal: Bool
  package let location: SourceLocation

  /// What a role may do beside its grants.
  public enum Attribute: String, Sendable {
    case login = "LOGIN"
    case noInherit = "NOINHERIT"
    case createRole = "CREATEROLE"
    case createDatabase = "CREATEDB"
    case bypassRowSecurity = "BYPASSRLS"
  }

  /// - Parameter external: it belongs to a hosting platform: made where it is missing, otherwise left as it is.
  public init(
    _ name: String, _ attributes: Attribute..., memberOf: [Role] = [], external: Bool = false,
    file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    self.attributes = attributes
    self.memberOf = memberOf.map(\.name)
    isExternal = external
    location = SourceLocation(file, line)
  }

  /// Everybody (`PUBLIC`).
  public static let everyone = Role("")

  public static func == (a: Role, b: Role) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  var sql: String { name.isEmpty ? "PUBLIC" : Quote.identifier(name) }
}

extension SourceLocation {
  /// The place that `#fileID` and `#line` name.
  init(_ file: StaticString, _ line: Int) {
    self.init(file: file.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }, line: line)
  }
}
