package import Catalog
internal import Postgres

/// What can stand in a FROM list.
public protocol Relation: Sendable {
  init()
  static var name: RelationName { get }
}

extension Relation {
  /// An instance whose columns know this relation.
  static var declared: Self {
    let relation = Self()
    for column in columns(of: relation) { column.bind(to: name) }
    return relation
  }

  /// The stored columns in their order. The one place that uses reflection.
  static func columns(of relation: Self) -> [ColumnStorage] {
    Mirror(reflecting: relation).children.compactMap { ($0.value as? any AnyColumn)?.storage }
  }

  /// This relation under another name, for use in SQL: `let m = Members.as("m")`.
  public static func `as`(_ alias: String) -> Alias<Self> { Alias(name: alias) }
}

/// A relation under an alias; its columns are reached by their Swift names.
@dynamicMemberLookup
public struct Alias<R: Relation>: Sendable {
  let name: String

  /// `schema.table alias`.
  var sql: String { "\(R.name.sql) \(Quote.identifier(name))" }

  public subscript<Value>(dynamicMember path: KeyPath<R, Column<Value>>) -> AliasedColumn<Value> {
    AliasedColumn(sql: Quote.identifier(name) + "." + R.declared[keyPath: path].storage.sqlName)
  }
}

/// A column of an aliased relation.
public struct AliasedColumn<Value: SQLValue>: Sendable {
  let sql: String
}

/// A table: a struct whose stored properties are its columns and whose body says the rest.
///
///     struct Members: Table {
///       static let name = RelationName("members", in: .public)
///       let id = Column("id", .uuid, default: .randomUUID)
///       var body: TableBody { PrimaryKey(id) }
///     }
///
/// PostgreSQL: chapter 5 "Data Definition".
public protocol Table: Relation {
  @TableBodyBuilder var body: TableBody { get }
}

/// A view: its columns with their types, and a query that has to deliver them.
///
/// PostgreSQL: CREATE VIEW, CREATE MATERIALIZED VIEW.
public protocol View: Relation {
  var query: SQL { get }
  /// Whether its rows are stored (and refreshed).
  static var isMaterialized: Bool { get }
  /// Whether the caller's rights and policies apply to the tables it reads; true unless declared otherwise.
  static var isSecurityInvoker: Bool { get }
  @TableBodyBuilder var body: TableBody { get }
}

extension View {
  public static var isMaterialized: Bool { false }
  public static var isSecurityInvoker: Bool { true }
  public var body: TableBody { TableBody(items: []) }
}

/// What a table's or view's body says.
public struct TableBody: Sendable {
  var items: [any TableItem]
}

/// One statement in a body.
public protocol TableItem: Sendable {
  var location: SourceReference { get }
}

/// Where something is declared.
public struct SourceReference: Sendable {
  package let location: SourceLocation
  init(_ file: StaticString, _ line: Int) { location = SourceLocation(file, line) }
}

@resultBuilder
public enum TableBodyBuilder {
  public static func buildExpression(_ item: some TableItem) -> [any TableItem] { [item] }
  public static func buildExpression(_ items: [any TableItem]) -> [any TableItem] { items }
  public static func buildBlock(_ parts: [any TableItem]...) -> [any TableItem] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any TableItem]?) -> [any TableItem] { part ?? [] }
  public static func buildEither(first part: [any TableItem]) -> [any TableItem] { part }
  public static func buildEither(second part: [any TableItem]) -> [any TableItem] { part }
  public static func buildArray(_ parts: [[any TableItem]]) -> [any TableItem] { parts.flatMap { $0 } }
  public static func buildFinalResult(_ items: [any TableItem]) -> TableBody { TableBody(items: items) }
}
