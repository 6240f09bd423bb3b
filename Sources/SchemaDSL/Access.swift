/// What somebody is expected to be able to do with a table's rows. Declared beside the policies, as the answer that they
/// should give; a test has somebody try.
///
///     Access(.staff, own: [.select, .update])
public struct Access: TableItem {
  /// Somebody who asks: a role of the server with an identity and a tenant.
  public struct Persona: Hashable, Sendable {
    public let name: String
    public init(_ name: String) { self.name = name }
  }

  /// What can be tried with a row.
  public struct Commands: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let select = Commands(rawValue: 1)
    public static let insert = Commands(rawValue: 2)
    public static let update = Commands(rawValue: 4)
    public static let delete = Commands(rawValue: 8)
    public static let all: Commands = [.select, .insert, .update, .delete]

    /// `SELECT, UPDATE`, or `nothing`.
    public var description: String {
      let words = zip([Self.select, .insert, .update, .delete], ["SELECT", "INSERT", "UPDATE", "DELETE"])
      let named = words.filter { contains($0.0) }.map(\.1)
      return named.isEmpty ? "nothing" : named.joined(separator: ", ")
    }
  }

  let personas: [Persona]
  let own: Commands
  let other: Commands
  public let location: SourceReference

  /// - Parameters:
  ///   - own: with a row of the persona's own tenant.
  ///   - other: with a row of another tenant.
  public init(
    _ personas: Persona..., own: Commands, other: Commands = [], file: StaticString = #fileID, line: Int = #line
  ) {
    self.personas = personas
    self.own = own
    self.other = other
    location = SourceReference(file, line)
  }
}

/// What is expected of one persona at one table.
public struct AccessExpectation: Sendable {
  public let table: RelationName
  public let persona: Access.Persona
  public let own: Access.Commands
  public let other: Access.Commands
}

extension Database {
  /// What is expected of everybody at every table. A persona that a table does not name is expected to do nothing there.
  public var accessExpectations: [AccessExpectation] {
    items.compactMap { $0 as? any DeclaresTable }.flatMap { $0.accessExpectations }
  }
}

extension TableDeclaration {
  var accessExpectations: [AccessExpectation] {
    T.declared.body.items.compactMap { $0 as? Access }.flatMap { access in
      access.personas.map {
        AccessExpectation(table: T.name, persona: $0, own: access.own, other: access.other)
      }
    }
  }
}
