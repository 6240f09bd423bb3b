internal import Postgres

/// A list of columns whose values' kinds differ.
public protocol AnyColumnValue: Sendable {}
extension Column: AnyColumnValue {}
extension AnyColumnValue {
  var columnStorage: ColumnStorage? { (self as? any AnyColumn)?.storage }
}

func names(_ columns: [any AnyColumnValue]) -> [String] { columns.compactMap { $0.columnStorage?.sqlName } }

/// A column computed from others of its row (section 5.3 "Generated Columns").
///
///     Generated(seatsLeft, as: "\(capacity) - \(taken)")
///
/// It is stored, or computed whenever it is read (PostgreSQL 18 and newer).
public struct Generated<Value: SQLValue>: TableItem, AnyGenerated {
  let column: Column<Value>
  let expression: SQL
  let isStored: Bool
  public let location: SourceReference
  public init(
    _ column: Column<Value>, as expression: SQL, stored: Bool = true, file: StaticString = #fileID, line: Int = #line
  ) {
    self.column = column
    self.expression = expression
    isStored = stored
    location = SourceReference(file, line)
  }
  var columnStorage: ColumnStorage { column.storage }
}

protocol AnyGenerated {
  var columnStorage: ColumnStorage { get }
  var expression: SQL { get }
  var isStored: Bool { get }
}

/// What an index or exclusion constraint is over: a column, or an expression, with its options.
public protocol IndexKey: Sendable {
  var indexKey: IndexElement { get }
}

/// One element of an index (PostgreSQL: CREATE INDEX).
public struct IndexElement: IndexKey {
  var expression: SQL
  var isExpression: Bool
  var collationName: String?
  var opclass: String?
  var order: String?

  public var indexKey: IndexElement { self }

  /// An expression over the row's columns.
  public static func expression(_ sql: SQL) -> IndexElement { IndexElement(expression: sql, isExpression: true) }

  public var descending: IndexElement { with { $0.order = "DESC" } }
  public var descendingNullsLast: IndexElement { with { $0.order = "DESC NULLS LAST" } }
  public var nullsFirst: IndexElement { with { $0.order = "NULLS FIRST" } }
  /// An operator class by its SQL name, with options: `"gin_trgm_ops"`, `"gist_trgm_ops (siglen=32)"`.
  public func opclass(_ name: String) -> IndexElement { with { $0.opclass = name } }
  public func collation(_ name: String) -> IndexElement { with { $0.collationName = name } }

  private func with(_ change: (inout IndexElement) -> Void) -> IndexElement {
    var copy = self
    change(&copy)
    return copy
  }

  var sql: String {
    var text = isExpression ? "(\(expression.text))" : expression.text
    if let collationName { text += " COLLATE \(Quote.identifier(collationName))" }
    if let opclass { text += " \(opclass)" }
    if let order { text += " \(order)" }
    return text
  }
}

extension Column: IndexKey {
  public var indexKey: IndexElement { IndexElement(expression: SQL(raw: storage.sqlName), isExpression: false) }
  public var descending: IndexElement { indexKey.descending }
  public var descendingNullsLast: IndexElement { indexKey.descendingNullsLast }
  public var nullsFirst: IndexElement { indexKey.nullsFirst }
  public func opclass(_ name: String) -> IndexElement { indexKey.opclass(name) }
  public func collation(_ name: String) -> IndexElement { indexKey.collation(name) }
}

/// Access methods of indexes (PostgreSQL: section 11.2 "Index Types").
public enum IndexMethod: String, Sendable { case btree, hash, gist, spgist, gin, brin }

/// An index (PostgreSQL: chapter 11).
public struct Index: TableItem {
  let name: String
  let keys: [any IndexKey]
  let isUnique: Bool
  let method: IndexMethod
  let including: [any AnyColumnValue]
  let nullsNotDistinct: Bool
  let options: [String: String]
  let condition: SQL?
  let comment: String?
  public let location: SourceReference

  /// - Parameters:
  ///   - including: columns that are stored but not searched (section 11.9 "Covering Indexes").
  ///   - options: storage parameters, for example `["fillfactor": "70"]`.
  ///   - condition: which rows are in it (section 11.8 "Partial Indexes").
  public init(
    _ name: String, on keys: any IndexKey..., unique: Bool = false, using method: IndexMethod = .btree,
    including: [any AnyColumnValue] = [], nullsNotDistinct: Bool = false, with options: [String: String] = [:],
    where condition: SQL? = nil, comment: String? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    self.keys = keys
    isUnique = unique
    self.method = method
    self.including = including
    self.nullsNotDistinct = nullsNotDistinct
    self.options = options
    self.condition = condition
    self.comment = comment
    location = SourceReference(file, line)
  }
}

/// Storage parameters of the table (PostgreSQL: CREATE TABLE, "Storage Parameters").
public struct StorageParameters: TableItem {
  let parameters: [String: String]
  public let location: SourceReference
  public init(_ parameters: [String: String], file: StaticString = #fileID, line: Int = #line) {
    self.parameters = parameters
    location = SourceReference(file, line)
  }
}

/// Keeps the table out of the write-ahead log: fast, and empty after a crash.
public struct Unlogged: TableItem {
  public let location: SourceReference
  public init(file: StaticString = #fileID, line: Int = #line) { location = SourceReference(file, line) }
}

/// What old values logical replication sees (PostgreSQL: ALTER TABLE, `REPLICA IDENTITY`).
public struct ReplicaIdentity: TableItem {
  public enum Kind: String, Sendable {
    case full = "FULL"
    case nothing = "NOTHING"
  }
  let kind: Kind
  public let location: SourceReference
  public init(_ kind: Kind, file: StaticString = #fileID, line: Int = #line) {
    self.kind = kind
    location = SourceReference(file, line)
  }
}

/// A comment on the table or view itself.
public struct Comment: TableItem {
  let text: String
  public let location: SourceReference
  public init(_ text: String, file: StaticString = #fileID, line: Int = #line) {
    self.text = text
    location = SourceReference(file, line)
  }
}

/// Turns row level security on (PostgreSQL: section 5.8).
public struct RowLevelSecurity: TableItem {
  let isForced: Bool
  public let location: SourceReference
  /// - Parameter forced: whether the table's owner is bound by the policies too.
  public init(forced: Bool = true, file: StaticString = #fileID, line: Int = #line) {
    isForced = forced
    location = SourceReference(file, line)
  }
}

/// A row level security policy (PostgreSQL: CREATE POLICY).
public struct Policy: TableItem {
  public enum Command: String, Sendable {
    case all = "ALL"
    case select = "SELECT"
    case insert = "INSERT"
    case update = "UPDATE"
    case delete = "DELETE"
  }
  let name: String
  let command: Command
  let roles: [Role]
  let isPermissive: Bool
  let using: SQL?
  let check: SQL?
  let comment: String?
  public let location: SourceReference

  /// - Parameters:
  ///   - using: which existing rows the roles may see or change.
  ///   - check: which new rows they may write; the same as `using` when left out.
  public init(
    _ name: String, for command: Command = .all, to roles: Role..., restrictive: Bool = false, using: SQL? = nil,
    check: SQL? = nil, comment: String? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    self.command = command
    self.roles = roles.isEmpty ? [.everyone] : roles
    isPermissive = !restrictive
    self.using = using
    self.check = check
    self.comment = comment
    location = SourceReference(file, line)
  }
}

/// A trigger that calls a declared function (PostgreSQL: CREATE TRIGGER).
public struct Trigger: TableItem {
  public enum Timing: String, Sendable {
    case before = "BEFORE"
    case after = "AFTER"
    case insteadOf = "INSTEAD OF"
  }
  public enum Event: Sendable {
    case insert, update, delete, truncate
    case updateOf([any AnyColumnValue])
    var sql: String {
      switch self {
      case .insert: "INSERT"
      case .update: "UPDATE"
      case .delete: "DELETE"
      case .truncate: "TRUNCATE"
      case .updateOf(let columns): "UPDATE OF " + names(columns).joined(separator: ", ")
      }
    }
  }
  let name: String
  let timing: Timing
  let events: [Event]
  let isForEachRow: Bool
  let condition: SQL?
  let function: Function
  let arguments: [String]
  let oldTable: String?
  let newTable: String?
  let comment: String?
  public let location: SourceReference

  /// - Parameters:
  ///   - condition: `WHEN`; refer to `OLD` and `NEW` in the text.
  ///   - oldTable: the name of the transition table of old rows, for statement triggers.
  public init(
    _ name: String, _ timing: Timing, _ events: Event..., forEachRow: Bool = true, when condition: SQL? = nil,
    call function: Function, _ arguments: [String] = [], oldTable: String? = nil, newTable: String? = nil,
    comment: String? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    self.name = name
    self.timing = timing
    self.events = events
    isForEachRow = forEachRow
    self.condition = condition
    self.function = function
    self.arguments = arguments
    self.oldTable = oldTable
    self.newTable = newTable
    self.comment = comment
    location = SourceReference(file, line)
  }
}

/// Gives roles privileges on the table or view, or on some of its columns (PostgreSQL: section 5.7 "Privileges").
public struct Grant: TableItem {
  let privileges: [Privilege]
  let columns: [any AnyColumnValue]
  let roles: [Role]
  let withGrantOption: Bool
  public let location: SourceReference
  public init(
    _ privileges: Privilege..., on columns: [any AnyColumnValue] = [], to roles: Role..., withGrantOption: Bool = false,
    file: StaticString = #fileID, line: Int = #line
  ) {
    self.privileges = privileges
    self.columns = columns
    self.roles = roles
    self.withGrantOption = withGrantOption
    location = SourceReference(file, line)
  }
}

/// Takes privileges from roles that default privileges give them, such as those of a hosting platform; what is granted is
/// said after it.
public struct Revoke: TableItem {
  let privileges: [Privilege]
  let roles: [Role]
  public let location: SourceReference
  public init(_ privileges: Privilege..., from roles: Role..., file: StaticString = #fileID, line: Int = #line) {
    self.privileges = privileges
    self.roles = roles
    location = SourceReference(file, line)
  }
}

/// Gives roles the use of the sequence behind a `serial` column, without which they cannot insert. Identity columns do not
/// need it.
public struct SequenceGrant: TableItem {
  let privileges: [Privilege]
  let column: ColumnStorage
  let roles: [Role]
  public let location: SourceReference
  public init<Value: IntegerValue>(
    _ privileges: Privilege..., of column: Column<Value>, to roles: Role..., file: StaticString = #fileID,
    line: Int = #line
  ) {
    self.privileges = privileges
    self.column = column.storage
    self.roles = roles
    location = SourceReference(file, line)
  }
}

/// What can be granted.
public enum Privilege: String, Sendable {
  case select = "SELECT"
  case insert = "INSERT"
  case update = "UPDATE"
  case delete = "DELETE"
  case truncate = "TRUNCATE"
  case references = "REFERENCES"
  case trigger = "TRIGGER"
  case usage = "USAGE"
  case create = "CREATE"
  case execute = "EXECUTE"
  case all = "ALL"
}
