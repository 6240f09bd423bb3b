package import Catalog
internal import Postgres

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
