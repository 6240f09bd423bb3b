package import Catalog
internal import Postgres

/// Something that a database has beside tables and views.
public protocol DatabaseItem: Sendable {
  /// Adds what this item is to the rendering.
  func render(into rendering: inout Rendering)
}

/// A function or procedure (PostgreSQL: CREATE FUNCTION, CREATE PROCEDURE).
public struct Function: DatabaseItem {
  public enum Language: String, Sendable { case sql, plpgsql }
  public enum Volatility: String, Sendable {
    case volatile = "VOLATILE"
    case stable = "STABLE"
    case immutable = "IMMUTABLE"
  }
  public enum Security: String, Sendable {
    case invoker = "SECURITY INVOKER"
    case definer = "SECURITY DEFINER"
  }
  public enum Parallel: String, Sendable {
    case unsafe = "UNSAFE"
    case restricted = "RESTRICTED"
    case safe = "SAFE"
  }

  /// A parameter with its type, and a default in SQL.
  public struct Parameter: Sendable {
    let name: String
    let type: String
    let defaultValue: SQL?
    let isVariadic: Bool
    public init<Value>(
      _ name: String, _ type: DataType<Value>, default defaultValue: SQL? = nil, variadic: Bool = false
    ) {
      self.name = name
      self.type = type.sql
      self.defaultValue = defaultValue
      isVariadic = variadic
    }
  }

  /// What a function gives back.
  public struct Result: Sendable {
    let sql: String
    public static var void: Result { Result(sql: "void") }
    public static var trigger: Result { Result(sql: "trigger") }
    public static func type<Value>(_ type: DataType<Value>) -> Result { Result(sql: type.sql) }
    public static func setOf<Value>(_ type: DataType<Value>) -> Result { Result(sql: "SETOF " + type.sql) }
    public static func rows<R: Relation>(of relation: R.Type) -> Result { Result(sql: "SETOF " + relation.name.sql) }
    public static func row<R: Relation>(of relation: R.Type) -> Result { Result(sql: relation.name.sql) }
    /// Rows of these columns.
    public static func table(_ columns: Parameter...) -> Result {
      Result(sql: "TABLE(" + columns.map { "\(Quote.identifier($0.name)) \($0.type)" }.joined(separator: ", ") + ")")
    }
    /// A procedure has none.
    static let none = Result(sql: "")
  }

  /// The text of a function.
  public struct Body: Sendable {
    let text: String
    let file: String?
    /// SQL or PL/pgSQL text in the Swift file; references in it may be Swift values.
    public static func inline(_ sql: SQL) -> Body { Body(text: "\n" + sql.text + "\n", file: nil) }
    /// A `.sql` file beside the Swift file, embedded when the package is built.
    public static func file(_ bytes: [UInt8], _ name: String) -> Body {
      let text = String(decoding: SourceText.normalised(bytes), as: UTF8.self)
      return Body(text: "\n" + text.trimmedTrailing + "\n", file: name)
    }
    /// Text as it is, without a line end before and after it.
    public static func verbatim(_ text: String) -> Body { Body(text: text, file: nil) }
  }

  public let name: String
  public let schema: Schema
  let parameters: [Parameter]
  let result: Result
  let language: Language
  let volatility: Volatility
  let security: Security
  let parallel: Parallel
  let isStrict: Bool
  let settings: [(String, String)]
  let body: Body
  let comment: String?
  let execute: [Role]?
  package internal(set) var location: SourceLocation

  /// - Parameters:
  ///   - security: whose rights it runs with; with `.definer` the search path is pinned unless `settings` says how.
  ///   - settings: configuration in force while it runs, for example `["search_path": "pg_catalog, webinar"]`.
  ///   - execute: who may call it; everybody when left out (PostgreSQL's default).
  public init(
    _ name: String, in schema: Schema, _ parameters: [Parameter] = [], returns result: Result,
    language: Language = .plpgsql, volatility: Volatility = .volatile, security: Security = .invoker,
    parallel: Parallel = .unsafe, strict: Bool = false, settings: KeyValuePairs<String, String> = [:],
    execute: [Role]? = nil, comment: String? = nil, file: StaticString = #fileID, line: Int = #line, body: Body
  ) {
    self.name = name
    self.schema = schema
    self.parameters = parameters
    self.result = result
    self.language = language
    self.volatility = volatility
    self.security = security
    self.parallel = parallel
    isStrict = strict
    var pinned = settings.map { ($0.key, $0.value) }
    if security == .definer, !pinned.contains(where: { $0.0 == "search_path" }) {
      pinned.append(("search_path", "pg_catalog, pg_temp"))
    }
    self.settings = pinned
    self.body = body
    self.comment = comment
    self.execute = execute
    location = SourceLocation(file, line)
  }

  /// A procedure, called with CALL.
  public static func procedure(
    _ name: String, in schema: Schema, _ parameters: [Parameter] = [], language: Language = .plpgsql,
    security: Security = .invoker, settings: KeyValuePairs<String, String> = [:], execute: [Role]? = nil,
    comment: String? = nil, file: StaticString = #fileID, line: Int = #line, body: Body
  ) -> Function {
    Function(
      name, in: schema, parameters, returns: .none, language: language, security: security, settings: settings,
      execute: execute, comment: comment, file: file, line: line, body: body)
  }

  var isProcedure: Bool { result.sql.isEmpty }
  var keyword: String { isProcedure ? "PROCEDURE" : "FUNCTION" }
  var qualifiedName: String { Quote.qualified(schema.name, name) }
  var signature: String { qualifiedName + "(" + parameters.map(\.type).joined(separator: ", ") + ")" }
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

/// SQL for what the DSL has no words for. What it makes is named, so that it is not planned twice; how it is undone is
/// said, so that it can be changed and dropped.
public struct RawSQL: DatabaseItem {
  /// An object that the SQL makes.
  public struct Object: Sendable {
    let id: FactID
    public static func function(_ name: String, in schema: Schema, arguments: String = "") -> Object {
      Object(id: FactID(.function, schema: schema.name, name: name, member: arguments))
    }
    public static func table(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.table, schema: schema.name, name: name))
    }
    public static func view(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.view, schema: schema.name, name: name))
    }
    public static func index(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.index, schema: schema.name, name: name))
    }
    /// An aggregate is named like a function.
    public static func aggregate(_ name: String, in schema: Schema, arguments: String = "") -> Object {
      function(name, in: schema, arguments: arguments)
    }
    public static func domain(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.domain, schema: schema.name, name: name))
    }
    public static func compositeType(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.compositeType, schema: schema.name, name: name))
    }
    public static func rangeType(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.rangeType, schema: schema.name, name: name))
    }
    public static func collation(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.collation, schema: schema.name, name: name))
    }
    public static func textSearchConfiguration(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.textSearchConfiguration, schema: schema.name, name: name))
    }
    public static func statistics(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.statistics, schema: schema.name, name: name))
    }
    public static func foreignServer(_ name: String) -> Object { Object(id: FactID(.foreignServer, name: name)) }
    public static func foreignTable(_ name: String, in schema: Schema) -> Object {
      Object(id: FactID(.foreignTable, schema: schema.name, name: name))
    }
    public static func eventTrigger(_ name: String) -> Object { Object(id: FactID(.eventTrigger, name: name)) }
    public static func publication(_ name: String) -> Object { Object(id: FactID(.publication, name: name)) }
  }
  let name: String
  let create: SQL
  let drop: SQL
  let creates: [Object]
  package let location: SourceLocation
  public init(
    _ name: String, create: SQL, drop: SQL, creates: [Object] = [], file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    self.create = create
    self.drop = drop
    self.creates = creates
    location = SourceLocation(file, line)
  }
}

/// Objects for which the DSL has no words, in SQL. PostgreSQL reads it, and what it makes is compared, planned and dropped like
/// everything else that dbtool models; what it does not model is for `RawSQL`.
public struct DeclaredSQL: DatabaseItem {
  let sql: SQL
  let declares: String?
  let isLast: Bool
  package let location: SourceLocation

  /// - Parameters:
  ///   - declares: the object as `schema.lock` names it (`"domain public positive"`), so that plans and drift lead to this line.
  ///   - last: made after everything else, as default privileges are.
  public init(
    _ sql: SQL, declares: String? = nil, last: Bool = false, file: StaticString = #fileID, line: Int = #line
  ) {
    self.sql = sql
    self.declares = declares
    isLast = last
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
