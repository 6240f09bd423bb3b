/// The primary key (PostgreSQL: section 5.4.4). Named `<table>_pkey` unless told.
public struct PrimaryKey: TableItem {
  let columns: [any AnyColumnValue]
  let name: String?
  let comment: String?
  public let location: SourceReference
  public init(
    _ columns: any AnyColumnValue..., name: String? = nil, comment: String? = nil, file: StaticString = #fileID,
    line: Int = #line
  ) {
    self.columns = columns
    self.name = name
    self.comment = comment
    location = SourceReference(file, line)
  }
}

/// A unique constraint (section 5.4.3). Named `<table>_<columns>_key` unless told.
public struct Unique: TableItem {
  let columns: [any AnyColumnValue]
  let name: String?
  let nullsNotDistinct: Bool
  let deferrable: Deferrable?
  let comment: String?
  public let location: SourceReference
  public init(
    _ columns: any AnyColumnValue..., name: String? = nil, nullsNotDistinct: Bool = false,
    deferrable: Deferrable? = nil, comment: String? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    self.columns = columns
    self.name = name
    self.nullsNotDistinct = nullsNotDistinct
    self.deferrable = deferrable
    self.comment = comment
    location = SourceReference(file, line)
  }
}

/// A check constraint (section 5.4.1).
public struct Check: TableItem {
  let name: String
  let condition: SQL
  let isInherited: Bool
  let comment: String?
  public let location: SourceReference
  public init(
    _ name: String, _ condition: SQL, noInherit: Bool = false, comment: String? = nil, file: StaticString = #fileID,
    line: Int = #line
  ) {
    self.name = name
    self.condition = condition
    isInherited = !noInherit
    self.comment = comment
    location = SourceReference(file, line)
  }
}

/// A foreign key of several columns, or one with a name or a comment of its own; a plain one of a single column is declared
/// with the column (section 5.4.5).
///
///     ForeignKey("lines_order_fkey", tenant, order, references: \Orders.tenant, \Orders.id)
public struct ForeignKey: TableItem {
  let name: String
  let columns: [any AnyColumnValue]
  let target: @Sendable () -> (table: RelationName, columns: [String])
  let onDelete: ReferentialAction
  let onUpdate: ReferentialAction
  let deferrable: Deferrable?
  let comment: String?
  public let location: SourceReference

  public init<Target: Table, each Value: SQLValue>(
    _ name: String, _ columns: repeat Column<each Value>,
    references targets: repeat any KeyPath<Target, Column<each Value>> & Sendable,
    onDelete: ReferentialAction = .noAction, onUpdate: ReferentialAction = .noAction, deferrable: Deferrable? = nil,
    comment: String? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    var own: [any AnyColumnValue] = []
    for column in repeat each columns { own.append(column) }
    self.columns = own
    target = {
      let table = Target.declared
      var names: [String] = []
      for path in repeat each targets { names.append(table[keyPath: path].storage.sqlName) }
      return (Target.name, names)
    }
    self.onDelete = onDelete
    self.onUpdate = onUpdate
    self.deferrable = deferrable
    self.comment = comment
    location = SourceReference(file, line)
  }
}

/// An exclusion constraint (section 5.4.6).
///
///     Exclude("no_overlap", (room, "="), (during, "&&"))
public struct Exclude: TableItem {
  let name: String
  let method: String
  let elements: [(key: any IndexKey, operator: String)]
  let condition: SQL?
  let deferrable: Deferrable?
  let comment: String?
  public let location: SourceReference
  public init(
    _ name: String, using method: String = "gist", _ elements: (key: any IndexKey, operator: String)...,
    where condition: SQL? = nil, deferrable: Deferrable? = nil, comment: String? = nil, file: StaticString = #fileID,
    line: Int = #line
  ) {
    self.name = name
    self.method = method
    self.elements = elements
    self.condition = condition
    self.deferrable = deferrable
    self.comment = comment
    location = SourceReference(file, line)
  }
}
