internal import Postgres

/// SQL text in which columns, relations and values are Swift values: names are checked by the compiler and quoted in one
/// place.
///
///     Check("seats", "\(taken) BETWEEN 0 AND \(capacity)")
///
/// A `String` cannot be interpolated as it is: write `\(literal: text)` for a value, `\(raw: text)` for SQL.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
  enum Segment: Sendable {
    case text(String)
    case column(ColumnStorage)
  }

  private(set) var segments: [Segment]

  public init(stringLiteral value: String) { segments = [.text(value)] }
  public init(stringInterpolation: StringInterpolation) { segments = stringInterpolation.segments }

  /// SQL text that is not checked before it is loaded.
  public init(raw: String) { segments = [.text(raw)] }

  /// The text, with columns qualified by their table.
  ///
  /// Qualified, because in a subquery PostgreSQL reads an unqualified name as the inner table's: a policy
  /// `m.tenant_id = tenant_id` would always be true.
  var text: String {
    segments.map { segment in
      switch segment {
      case .text(let text): text
      case .column(let column): column.qualifiedSQL
      }
    }.joined()
  }

  public struct StringInterpolation: StringInterpolationProtocol {
    var segments: [Segment] = []

    public init(literalCapacity: Int, interpolationCount: Int) {}

    public mutating func appendLiteral(_ literal: String) { segments.append(.text(literal)) }

    /// A column of the table that is being declared.
    public mutating func appendInterpolation<Value>(_ column: Column<Value>) {
      segments.append(.column(column.storage))
    }
    /// A column of a relation under its alias.
    public mutating func appendInterpolation<Value>(_ column: AliasedColumn<Value>) {
      segments.append(.text(column.sql))
    }
    /// A relation with its alias, for a FROM list.
    public mutating func appendInterpolation<R>(_ alias: Alias<R>) { segments.append(.text(alias.sql)) }
    /// A relation's name.
    public mutating func appendInterpolation<R: Relation>(_ relation: R.Type) {
      segments.append(.text(relation.name.sql))
    }
    /// A function's name, without its arguments.
    public mutating func appendInterpolation(_ function: Function) { segments.append(.text(function.qualifiedName)) }
    /// A label of an enum, with its type.
    public mutating func appendInterpolation<Value: PostgresEnum>(_ value: Value) {
      segments.append(.text(Quote.literal(value.rawValue) + "::" + Value.typeName.sql))
    }
    public mutating func appendInterpolation(_ number: Int) { segments.append(.text(String(number))) }
    public mutating func appendInterpolation(_ sql: SQL) { segments += sql.segments }
    /// A text value, quoted.
    public mutating func appendInterpolation(literal: String) { segments.append(.text(Quote.literal(literal))) }
    /// SQL text as it is.
    public mutating func appendInterpolation(raw: String) { segments.append(.text(raw)) }

    @available(*, unavailable, message: "write \\(literal: …) for a value or \\(raw: …) for SQL text")
    public mutating func appendInterpolation(_ text: String) {}
    @available(
      *, unavailable, message: "a column of another relation needs an alias: let m = Members.as(\"m\"), then \\(m.id)"
    )
    public mutating func appendInterpolation<R: Relation, Value>(_ path: KeyPath<R, Column<Value>>) {}
  }
}
