internal import Catalog
internal import Postgres
internal import Synchronization

/// A column of a table or view (PostgreSQL: section 5.1 "Table Basics").
///
/// Columns are NOT NULL unless they say `null: true`.
///
///     let email = Column("email", .varchar(255), comment: "Lower case.")
public struct Column<Value: SQLValue>: Sendable {
  // One word wide: a table of fifty columns stays cheap to copy and quick to compile.
  let storage: ColumnStorage

  /// - Parameters:
  ///   - name: its name in SQL.
  ///   - null: whether it may be NULL.
  ///   - default: its default, of its own type.
  ///   - identity: numbers made by a sequence of its own (section 5.3 "Identity Columns").
  ///   - collation: a collation by its SQL name, for example `"C"`.
  public init(
    _ name: String, _ type: DataType<Value>, null: Bool = false, default: DefaultValue<Value>? = nil,
    identity: Identity? = nil, collation: String? = nil, storage: Storage? = nil, compression: Compression? = nil,
    statistics: Int? = nil, comment: String? = nil, file: StaticString = #fileID, line: Int = #line
  ) {
    self.storage = ColumnStorage(
      name: name, type: type.sql, isNullable: null, defaultValue: `default`?.sql, identity: identity,
      collation: collation, storage: storage, compression: compression, statistics: statistics, comment: comment,
      reference: nil, location: SourceLocation(file, line))
  }

  /// A column that refers to another table's column of the same kind (section 5.4.5 "Foreign Keys").
  public init<Target: Table>(
    _ name: String, _ type: DataType<Value>, null: Bool = false, default: DefaultValue<Value>? = nil,
    references target: any KeyPath<Target, Column<Value>> & Sendable, onDelete: ReferentialAction = .noAction,
    onUpdate: ReferentialAction = .noAction, deferrable: Deferrable? = nil, comment: String? = nil,
    file: StaticString = #fileID, line: Int = #line
  ) {
    let reference = ColumnReference(onDelete: onDelete, onUpdate: onUpdate, deferrable: deferrable) {
      let table = Target.declared
      return (Target.name, table[keyPath: target].storage.name)
    }
    self.storage = ColumnStorage(
      name: name, type: type.sql, isNullable: null, defaultValue: `default`?.sql, identity: nil, collation: nil,
      storage: nil, compression: nil, statistics: nil, comment: comment, reference: reference,
      location: SourceLocation(file, line))
  }
}

extension Column {
  /// Says that it is the column that had another name, so that a plan renames it and keeps its values. It may stay there:
  /// where no column has the former name, it says nothing.
  public func renamed(from former: String) -> Self { Self(storage: storage.renamed(from: former)) }

  init(storage: ColumnStorage) { self.storage = storage }
}

/// How identity values are made (PostgreSQL: CREATE TABLE, `GENERATED … AS IDENTITY`).
public enum Identity: String, Sendable {
  case always = "ALWAYS"
  case byDefault = "BY DEFAULT"
}

/// How large values are stored (PostgreSQL: section 73.2 "TOAST").
public enum Storage: String, Sendable { case plain, external, extended, main }

/// How large values are compressed.
public enum Compression: String, Sendable { case pglz, lz4 }

/// What happens to referring rows.
public enum ReferentialAction: String, Sendable {
  case noAction = "NO ACTION"
  case restrict = "RESTRICT"
  case cascade = "CASCADE"
  case setNull = "SET NULL"
  case setDefault = "SET DEFAULT"
}

/// When a constraint is checked.
public enum Deferrable: String, Sendable {
  case initiallyImmediate = "DEFERRABLE"
  case initiallyDeferred = "DEFERRABLE INITIALLY DEFERRED"
}

struct ColumnReference: Sendable {
  var onDelete: ReferentialAction
  var onUpdate: ReferentialAction
  var deferrable: Deferrable?
  /// Looked up when the schema is rendered: two tables may refer to each other.
  var resolve: @Sendable () -> (table: RelationName, column: String)
}

/// What a column is; shared by its copies, so that all of them know the table once it is declared.
final class ColumnStorage: Sendable {
  let name: String
  let type: String
  let isNullable: Bool
  let defaultValue: SQL?
  let identity: Identity?
  let collation: String?
  let storage: Storage?
  let compression: Compression?
  let statistics: Int?
  let comment: String?
  let reference: ColumnReference?
  let location: SourceLocation
  /// The name that it had before.
  let formerName: String?
  let personalData: PersonalData?
  private let owner = Mutex<RelationName?>(nil)

  init(
    name: String, type: String, isNullable: Bool, defaultValue: SQL?, identity: Identity?, collation: String?,
    storage: Storage?, compression: Compression?, statistics: Int?, comment: String?, reference: ColumnReference?,
    location: SourceLocation, formerName: String? = nil, personalData: PersonalData? = nil
  ) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.defaultValue = defaultValue
    self.identity = identity
    self.collation = collation
    self.storage = storage
    self.compression = compression
    self.statistics = statistics
    self.comment = comment
    self.reference = reference
    self.location = location
    self.formerName = formerName
    self.personalData = personalData
  }

  func renamed(from former: String) -> ColumnStorage { copy(formerName: former, personalData: personalData) }
  func personal(_ kind: PersonalData) -> ColumnStorage { copy(formerName: formerName, personalData: kind) }

  private func copy(formerName: String?, personalData: PersonalData?) -> ColumnStorage {
    ColumnStorage(
      name: name, type: type, isNullable: isNullable, defaultValue: defaultValue, identity: identity,
      collation: collation, storage: storage, compression: compression, statistics: statistics, comment: comment,
      reference: reference, location: location, formerName: formerName, personalData: personalData)
  }

  func bind(to relation: RelationName) { owner.withLock { $0 = relation } }

  var sqlName: String { Quote.identifier(name) }

  /// `table.column`; the bare name when no table was bound, which the server then refuses.
  var qualifiedSQL: String {
    guard let owner = owner.withLock({ $0 }) else { return sqlName }
    return Quote.identifier(owner.name) + "." + sqlName
  }
}

/// Erases the type of a column's values, for `Mirror`.
protocol AnyColumn { var storage: ColumnStorage { get } }
extension Column: AnyColumn {}
