package import Catalog
internal import Postgres

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
