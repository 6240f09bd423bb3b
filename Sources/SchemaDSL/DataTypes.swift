internal import Postgres

/// What kind of values a column holds, as far as the compiler needs to know: a foreign key, a default and a partition
/// key have to fit.
public protocol SQLValue: Sendable {}

/// Values that order time, by which a table can be partitioned.
public protocol PartitionableTime: SQLValue {}

/// The kinds of values.
public enum Values {
  public enum UUID: SQLValue {}
  public enum Text: SQLValue {}
  public enum Boolean: SQLValue {}
  public enum SmallInt: SQLValue {}
  public enum Integer: SQLValue {}
  public enum BigInt: SQLValue {}
  public enum Numeric: SQLValue {}
  public enum Double: SQLValue {}
  public enum Date: PartitionableTime {}
  public enum Time: SQLValue {}
  public enum Timestamp: PartitionableTime {}
  public enum TimestampTZ: PartitionableTime {}
  public enum Interval: SQLValue {}
  public enum JSON: SQLValue {}
  public enum Bytes: SQLValue {}
  public enum Inet: SQLValue {}
  public enum TSVector: SQLValue {}
  public enum Array<Element: SQLValue>: SQLValue {}
  /// A type that dbtool has no name for.
  public enum Other: SQLValue {}
}

/// A data type (PostgreSQL: chapter 8), with the kind of its values.
public struct DataType<Value: SQLValue>: Sendable {
  package let sql: String
  package init(sql: String) { self.sql = sql }

  /// An array, for example `.array(of: .text)`.
  public static func array<Element>(of element: DataType<Element>) -> Self where Value == Values.Array<Element> {
    Self(sql: element.sql + "[]")
  }
}

extension DataType where Value == Values.UUID { public static var uuid: Self { Self(sql: "uuid") } }
extension DataType where Value == Values.Boolean { public static var boolean: Self { Self(sql: "boolean") } }
extension DataType where Value == Values.SmallInt { public static var smallint: Self { Self(sql: "smallint") } }
extension DataType where Value == Values.Integer {
  public static var integer: Self { Self(sql: "integer") }
  /// `integer` with a sequence of its own.
  public static var serial: Self { Self(sql: "serial") }
}
extension DataType where Value == Values.BigInt {
  public static var bigint: Self { Self(sql: "bigint") }
  /// `bigint` with a sequence of its own.
  public static var bigserial: Self { Self(sql: "bigserial") }
}
extension DataType where Value == Values.Text {
  public static var text: Self { Self(sql: "text") }
  /// Text of at most `length` characters.
  public static func varchar(_ length: Int) -> Self { Self(sql: "varchar(\(length))") }
  /// Text of exactly `length` characters.
  public static func char(_ length: Int) -> Self { Self(sql: "char(\(length))") }
}
extension DataType where Value == Values.Numeric {
  public static var numeric: Self { Self(sql: "numeric") }
  public static func numeric(_ precision: Int, _ scale: Int = 0) -> Self { Self(sql: "numeric(\(precision),\(scale))") }
}
extension DataType where Value == Values.Double {
  public static var doublePrecision: Self { Self(sql: "double precision") }
}
extension DataType where Value == Values.Date { public static var date: Self { Self(sql: "date") } }
extension DataType where Value == Values.Time { public static var time: Self { Self(sql: "time") } }
extension DataType where Value == Values.Timestamp { public static var timestamp: Self { Self(sql: "timestamp") } }
extension DataType where Value == Values.TimestampTZ {
  public static var timestamptz: Self { Self(sql: "timestamptz") }
}
extension DataType where Value == Values.Interval { public static var interval: Self { Self(sql: "interval") } }
extension DataType where Value == Values.JSON {
  public static var jsonb: Self { Self(sql: "jsonb") }
  public static var json: Self { Self(sql: "json") }
}
extension DataType where Value == Values.Bytes { public static var bytea: Self { Self(sql: "bytea") } }
extension DataType where Value == Values.Inet {
  public static var inet: Self { Self(sql: "inet") }
  public static var cidr: Self { Self(sql: "cidr") }
}
extension DataType where Value == Values.TSVector { public static var tsvector: Self { Self(sql: "tsvector") } }
extension DataType where Value == Values.Other {
  /// A type by its SQL name, for example `.other("ltree")` or `.other("tstzrange")`.
  public static func other(_ sql: String) -> Self { Self(sql: sql) }
}
extension DataType where Value: PostgresEnum {
  /// An enum declared in Swift.
  public static func `enum`(_ type: Value.Type) -> Self { Self(sql: type.typeName.sql) }
}

/// An enum type: the labels are the raw values of its cases, in their order.
///
/// PostgreSQL: section 8.7 "Enumerated Types".
public protocol PostgresEnum: SQLValue, CaseIterable, Hashable, RawRepresentable<String> {
  static var typeName: TypeName { get }
  static var comment: String? { get }
  /// Labels that had other names before, with those names: rows keep their values under the new ones.
  static var renamedLabels: [Self: String] { get }
}

extension PostgresEnum {
  public static var comment: String? { nil }
  public static var renamedLabels: [Self: String] { [:] }
}

/// A column's default, typed by the column.
public struct DefaultValue<Value: SQLValue>: Sendable {
  let sql: SQL
  /// Any expression.
  public static func sql(_ expression: SQL) -> Self { Self(sql: expression) }
  public static var null: Self { Self(sql: SQL(raw: "NULL")) }
}

extension DefaultValue where Value == Values.UUID {
  /// `gen_random_uuid()`.
  public static var randomUUID: Self { Self(sql: SQL(raw: "gen_random_uuid()")) }
}
extension DefaultValue where Value == Values.TimestampTZ {
  public static var now: Self { Self(sql: SQL(raw: "now()")) }
}
extension DefaultValue where Value == Values.Timestamp { public static var now: Self { Self(sql: SQL(raw: "now()")) } }
extension DefaultValue where Value == Values.Date {
  public static var today: Self { Self(sql: SQL(raw: "CURRENT_DATE")) }
}
extension DefaultValue where Value: PostgresEnum {
  public static func `case`(_ value: Value) -> Self { Self(sql: "\(value)") }
}
extension DefaultValue: ExpressibleByIntegerLiteral where Value: IntegerValue {
  public init(integerLiteral value: Int) { sql = SQL(raw: String(value)) }
}
extension DefaultValue: ExpressibleByBooleanLiteral where Value == Values.Boolean {
  public init(booleanLiteral value: Bool) { sql = SQL(raw: value ? "true" : "false") }
}
extension DefaultValue: ExpressibleByUnicodeScalarLiteral where Value: TextualValue {
  public init(unicodeScalarLiteral value: String) { self.init(stringLiteral: value) }
}
extension DefaultValue: ExpressibleByExtendedGraphemeClusterLiteral where Value: TextualValue {
  public init(extendedGraphemeClusterLiteral value: String) { self.init(stringLiteral: value) }
}
extension DefaultValue: ExpressibleByStringLiteral where Value: TextualValue {
  public init(stringLiteral value: String) { sql = SQL(raw: Quote.literal(value)) }
}

/// Values that a whole number is a literal of.
public protocol IntegerValue: SQLValue {}
extension Values.SmallInt: IntegerValue {}
extension Values.Integer: IntegerValue {}
extension Values.BigInt: IntegerValue {}
extension Values.Numeric: IntegerValue {}
extension Values.Double: IntegerValue {}

/// Values that a quoted text is a literal of.
public protocol TextualValue: SQLValue {}
extension Values.Text: TextualValue {}
extension Values.JSON: TextualValue {}
extension Values.Interval: TextualValue {}
extension Values.Array: TextualValue {}
extension Values.Other: TextualValue {}
