package import Catalog
internal import Postgres

/// Something that a database has beside tables and views.
public protocol DatabaseItem: Sendable {
  /// Adds what this item is to the rendering.
  func render(into rendering: inout Rendering)
}

/// An extension (PostgreSQL: CREATE EXTENSION).
public struct Extension: DatabaseItem {
  let name: String
  let schema: Schema?
  let version: String?
  package let location: SourceLocation
  /// - Parameter version: without one, each database has the version that its server's packages bring, and that is no
  ///   difference.
  public init(
    _ name: String, in schema: Schema? = nil, version: String? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    self.schema = schema
    self.version = version
    location = SourceLocation(file, line)
  }
}

/// A sequence of its own (PostgreSQL: CREATE SEQUENCE); those of `serial` and identity columns come with the column.
public struct Sequence: DatabaseItem {
  let name: RelationName
  let increment: Int?
  let minimum: Int?
  let maximum: Int?
  let start: Int?
  let cache: Int?
  let cycles: Bool
  let comment: String?
  package let location: SourceLocation
  public init(
    _ name: String, in schema: Schema, increment: Int? = nil, minimum: Int? = nil, maximum: Int? = nil,
    start: Int? = nil, cache: Int? = nil, cycles: Bool = false, comment: String? = nil, file: StaticString = #fileID,
    line: Int = #line
  ) {
    self.name = RelationName(name, in: schema)
    self.increment = increment
    self.minimum = minimum
    self.maximum = maximum
    self.start = start
    self.cache = cache
    self.cycles = cycles
    self.comment = comment
    location = SourceLocation(file, line)
  }
}

/// Privileges on a schema.
public struct SchemaGrant: DatabaseItem {
  let privileges: [Privilege]
  let schema: Schema
  let roles: [Role]
  package let location: SourceLocation
  public init(
    _ privileges: Privilege..., on schema: Schema, to roles: Role..., file: StaticString = #fileID, line: Int = #line
  ) {
    self.privileges = privileges
    self.schema = schema
    self.roles = roles
    location = SourceLocation(file, line)
  }
}

/// Privileges that objects get when they are created (PostgreSQL: ALTER DEFAULT PRIVILEGES).
public struct DefaultPrivileges: DatabaseItem {
  public enum Objects: String, Sendable {
    case tables = "TABLES"
    case sequences = "SEQUENCES"
    case functions = "FUNCTIONS"
    case types = "TYPES"
  }
  let privileges: [Privilege]
  let objects: Objects
  let schema: Schema?
  let roles: [Role]
  package let location: SourceLocation
  public init(
    _ privileges: Privilege..., on objects: Objects, in schema: Schema? = nil, to roles: Role...,
    file: StaticString = #fileID, line: Int = #line
  ) {
    self.privileges = privileges
    self.objects = objects
    self.schema = schema
    self.roles = roles
    location = SourceLocation(file, line)
  }
}

/// A setting of the database, for everybody or for one role in it (PostgreSQL: ALTER DATABASE … SET,
/// ALTER ROLE … IN DATABASE … SET). What a hosting platform sets beside is left alone.
public struct Setting: DatabaseItem {
  let name: String
  let value: String
  let role: Role?
  package let location: SourceLocation
  /// - Parameters:
  ///   - name: a configuration parameter, for example `statement_timeout` or `app.region`.
  ///   - value: as SET takes it, for example `"30s"`; elements of a list are given one by one.
  public init(
    _ name: String, _ value: String, _ more: String..., for role: Role? = nil, file: StaticString = #fileID,
    line: Int = #line
  ) {
    self.name = name
    self.value = ([value] + more).map(Quote.literal).joined(separator: ", ")
    self.role = role
    location = SourceLocation(file, line)
  }
}

/// A setting of the whole server (PostgreSQL: ALTER SYSTEM), which no migration can make: most need a restart, and hosting
/// platforms have their own ways. Drift tells of a server that has another value.
public struct ServerSetting: DatabaseItem {
  let name: String
  let value: String
  package let location: SourceLocation
  /// - Parameter value: as `postgresql.conf` takes it, for example `"256MB"`.
  public init(_ name: String, _ value: String, file: StaticString = #fileID, line: Int = #line) {
    self.name = name
    self.value = value
    location = SourceLocation(file, line)
  }
}

/// Changes of tables that others may follow (PostgreSQL: CREATE PUBLICATION).
public struct Publication: DatabaseItem {
  let name: String
  let tables: [RelationName]
  let viaRoot: Bool
  let comment: String?
  package let location: SourceLocation
  /// - Parameter viaRoot: whether changes of partitions are told as the partitioned table's.
  public init(
    _ name: String, of tables: any Table.Type..., viaRoot: Bool = false, comment: String? = nil,
    file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    self.tables = tables.map { $0.name }
    self.viaRoot = viaRoot
    self.comment = comment
    location = SourceLocation(file, line)
  }
}

/// An extension that a server may lack: it is made where the server has it, and its being there or not is no difference.
/// Nothing that is declared may depend on it; functions can look for what it brings when they are called.
public struct OptionalExtension: DatabaseItem {
  let name: String
  let schema: Schema
  let purpose: String
  package let location: SourceLocation
  /// - Parameter purpose: what does not work without it, for the message.
  public init(
    _ name: String, in schema: Schema, for purpose: String, file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    self.schema = schema
    self.purpose = purpose
    location = SourceLocation(file, line)
  }
}

/// A job that the extension pg_cron runs. A server without pg_cron goes without it, and dbtool says so.
public struct CronJob: DatabaseItem {
  let name: String
  let schedule: String
  let command: SQL
  let isActive: Bool
  package internal(set) var location: SourceLocation
  /// - Parameter schedule: cron's five fields, or `"30 seconds"`.
  public init(
    _ name: String, schedule: String, active: Bool = true, file: StaticString = #fileID, line: Int = #line,
    _ command: SQL
  ) {
    self.name = name
    self.schedule = schedule
    self.command = command
    isActive = active
    location = SourceLocation(file, line)
  }
}

/// Everything that a database should have.
public struct Database: Sendable {
  public let name: String
  let items: [any DatabaseItem]

  /// - Parameter name: the database's name on the embedded server.
  public init(_ name: String, @DatabaseBuilder _ items: () -> [any DatabaseItem]) {
    self.name = name
    self.items = items()
  }
}

@resultBuilder
public enum DatabaseBuilder {
  public static func buildExpression(_ item: some DatabaseItem) -> [any DatabaseItem] { [item] }
  public static func buildExpression(_ items: [any DatabaseItem]) -> [any DatabaseItem] { items }
  public static func buildExpression(_ schema: Schema) -> [any DatabaseItem] { [SchemaItem(schema: schema)] }
  public static func buildExpression(_ role: Role) -> [any DatabaseItem] { [RoleItem(role: role)] }
  public static func buildExpression<T: Table>(_ table: T.Type) -> [any DatabaseItem] { [TableDeclaration<T>()] }
  public static func buildExpression<V: View>(_ view: V.Type) -> [any DatabaseItem] { [ViewDeclaration<V>()] }
  public static func buildExpression<E: PostgresEnum>(_ type: E.Type) -> [any DatabaseItem] { [EnumDeclaration<E>()] }
  public static func buildBlock(_ parts: [any DatabaseItem]...) -> [any DatabaseItem] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any DatabaseItem]?) -> [any DatabaseItem] { part ?? [] }
  public static func buildArray(_ parts: [[any DatabaseItem]]) -> [any DatabaseItem] { parts.flatMap { $0 } }
}
