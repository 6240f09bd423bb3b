/// What clients of a database see of it: relations, types and functions, as PostgreSQL's catalogs have them.
package struct SchemaModel: Sendable {
  /// A type as values have it (`pg_type`).
  package indirect enum DataType: Sendable, Hashable {
    /// One of PostgreSQL's own or of an extension, by its name in `pg_type`: `int4`, `timestamptz`.
    case scalar(String)
    case array(DataType)
    case enumeration(Name)
    case composite(Name)
    /// The rows of a table or a view.
    case row(Name)

    /// The type of arrays of arrays, which PostgreSQL tells from arrays by what was declared alone: `int[][]`.
    func nested(_ dimensions: Int) -> DataType {
      guard case .array = self, dimensions > 1 else { return self }
      return .array(nested(dimensions - 1))
    }
  }

  /// A name in a schema.
  package struct Name: Sendable, Hashable, Comparable {
    package var schema: String
    package var name: String

    package init(schema: String, name: String) {
      self.schema = schema
      self.name = name
    }

    package static func < (a: Name, b: Name) -> Bool { (a.schema, a.name) < (b.schema, b.name) }
  }

  package struct Column: Sendable {
    package var name: String
    package var type: DataType
    /// As SQL writes it: `character varying(40)`.
    package var sqlType: String
    package var isNullable: Bool
    package var hasDefault: Bool
    /// Whether nobody may write it: GENERATED ALWAYS.
    package var isGenerated: Bool
    package var comment: String?
  }

  /// A foreign key, as seen from the table that has it.
  package struct Relationship: Sendable {
    package var name: String
    package var columns: [String]
    package var target: Name
    package var targetColumns: [String]
    /// Whether there is at most one row for each row of the other table.
    package var isOneToOne: Bool
  }

  package struct Relation: Sendable {
    package enum Kind: Sendable { case table, view, materializedView, foreignTable }
    package var name: Name
    package var kind: Kind
    package var columns: [Column]
    package var relationships: [Relationship]
    package var primaryKey: [String]
    package var isInsertable: Bool
    package var isUpdatable: Bool
    package var comment: String?
    package var isView: Bool { kind == .view || kind == .materializedView }
  }

  package struct Parameter: Sendable {
    package var name: String
    package var type: DataType
    package var hasDefault: Bool
  }

  package struct Function: Sendable {
    package enum Result: Sendable {
      case void
      case value(DataType)
      /// A row of columns of its own: OUT parameters, or TABLE.
      case columns([Parameter])
    }
    package var name: Name
    package var isProcedure: Bool
    package var parameters: [Parameter]
    package var result: Result
    package var returnsSet: Bool
    package var comment: String?
  }

  package struct Enumeration: Sendable {
    package var name: Name
    package var labels: [String]
    package var comment: String?
  }

  package struct Composite: Sendable {
    package var name: Name
    package var fields: [Parameter]
    package var comment: String?
  }

  package internal(set) var schemas: [String] = []
  package internal(set) var relations: [Relation] = []
  package internal(set) var functions: [Function] = []
  package internal(set) var enumerations: [Enumeration] = []
  package internal(set) var composites: [Composite] = []

  /// A table or view by its name.
  package func relation(_ name: Name) -> Relation? { relations.first { $0.name == name } }
}
