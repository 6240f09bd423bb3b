/// What a column says about a person (General Data Protection Regulation, article 4(1)).
public enum PersonalData: String, Sendable {
  /// Who somebody is: a name, a number of a person, a photograph.
  case identity
  /// How to reach somebody: an address, a telephone number.
  case contact
  /// Where somebody's device is: a network address, a browser, a place.
  case device
  /// What somebody wrote or was written to: notes, messages, free text.
  case content
  /// What somebody did: an answer, a visit, a record of behaviour.
  case behaviour
}

extension Column {
  /// Marks the column as personal data, so that deletion and anonymisation can be shown to cover it.
  public func personal(_ kind: PersonalData) -> Self { Self(storage: storage.personal(kind)) }
}

/// A column that is marked as personal.
public struct PersonalColumn: Sendable, Hashable, CustomStringConvertible {
  public let relation: RelationName
  public let column: String
  public let kind: PersonalData

  /// `schema.table.column`.
  public var description: String { "\(relation.schema.name).\(relation.name).\(column)" }
}

extension Database {
  /// The columns of tables that are marked as personal, in the order of declaration.
  public var personalColumns: [PersonalColumn] {
    items.compactMap { $0 as? any DeclaresTable }.flatMap { $0.personalColumns }
  }
}

/// A table's declaration, as far as it is asked about itself and not rendered.
protocol DeclaresTable {
  var personalColumns: [PersonalColumn] { get }
  var accessExpectations: [AccessExpectation] { get }
}

extension TableDeclaration: DeclaresTable {
  var personalColumns: [PersonalColumn] {
    T.columns(of: T.declared).compactMap { column in
      column.personalData.map { PersonalColumn(relation: T.name, column: column.name, kind: $0) }
    }
  }
}
