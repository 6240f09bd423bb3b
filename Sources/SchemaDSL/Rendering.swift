package import Catalog
package import Postgres

/// The declarations as SQL, in phases that mostly fit their dependencies; what a phase gets wrong, the loader's second
/// round gets right. Dependencies are PostgreSQL's to know, not ours.
public struct Rendering: Sendable {
  /// When a statement is tried first.
  package enum Phase: Int, Sendable, Comparable {
    case external, role, schema, `extension`, type, sequence, function, table, columnDefault, constraint, foreignKey
    case index, view, raw, trigger, policy, publication, grant, comment, job, defaultPrivilege, lastSQL
    package static func < (a: Phase, b: Phase) -> Bool { a.rawValue < b.rawValue }
  }

  /// One statement, and where it comes from.
  package struct DeclaredStatement: Sendable {
    package var phase: Phase
    package var sql: String
    package var object: FactID
    package var location: SourceLocation
    /// The file that the function's body comes from.
    package var bodyFile: String?

    /// What a user wrote as a piece may be several statements.
    package var mayBeScript: Bool { [.external, .raw, .lastSQL].contains(phase) }
  }

  /// A view's column with the type it is declared with, for the check after loading.
  package struct DeclaredColumn: Sendable {
    package var view: FactID
    package var number: Int
    package var name: String
    package var type: String
    package var location: SourceLocation
  }

  package private(set) var statements: [DeclaredStatement] = []
  /// Facts that no server holds.
  package private(set) var overlay: [Fact] = []
  package private(set) var locations: [FactID: SourceLocation] = [:]
  package private(set) var viewColumns: [DeclaredColumn] = []
  package private(set) var roles: Set<String> = []
  /// Extensions that are declared with a version; of the others any version will do.
  package private(set) var versionedExtensions: Set<String> = []
  package private(set) var problems: [Diagnostic] = []
  /// Objects that are renamed, with their former names (`renamed(from:)`).
  package private(set) var formerNames: [FactID: String] = [:]
  /// The columns with a comment of their own, and so on, are found by their own lines; a function by name alone,
  /// since its argument types are normalised by the server.
  package private(set) var functionLocations: [String: [SourceLocation]] = [:]

  mutating func add(versionedExtension name: String) { versionedExtensions.insert(name) }

  /// The roles that belong to others.
  let externalRoles: Set<String>

  package init(_ database: Database) {
    externalRoles = Self.externalRoles(of: database)
    for item in database.items { item.render(into: &self) }
    statements = statements.enumerated().sorted { ($0.element.phase, $0.offset) < ($1.element.phase, $1.offset) }
      .map(\.element)
    checkTwice()
  }

  /// Two declarations of one object: the server would name the second only.
  private mutating func checkTwice() {
    var seen: [String: SourceLocation] = [:]
    for statement in statements where statement.sql.hasPrefix("CREATE ") {
      if let first = seen[statement.sql] {
        problems.append(
          Diagnostic(
            .error, code: "declared-twice", "\(statement.object) is declared twice", object: "\(statement.object)",
            location: statement.location, help: "the other declaration is at \(first)"))
      }
      seen[statement.sql] = statement.location
    }
  }

  /// The declaring line of an object, or of what it is a part of.
  package func location(of id: FactID) -> SourceLocation? {
    if let location = locations[id] { return location }
    if id.kind == .function || id.subject == .function {
      let candidates = functionLocations["\(id.schema).\(id.name)"] ?? []
      return candidates.first
    }
    if let subject = id.subjectID { return location(of: subject) }
    if !id.member.isEmpty {
      return location(of: FactID(.table, schema: id.schema, name: id.name))
        ?? locations[FactID(.view, schema: id.schema, name: id.name)]
        ?? locations[FactID(.materializedView, schema: id.schema, name: id.name)]
    }
    return nil
  }

  package mutating func add(
    _ phase: Phase, _ sql: String, _ object: FactID, _ location: SourceLocation, bodyFile: String? = nil
  ) {
    // A function's member are the types of its arguments.
    let isFunction = (object.subject ?? object.kind) == .function
    if object.name.utf8.count > 63 || object.member.utf8.count > 63 && !isFunction {
      problems.append(
        Diagnostic(
          .error, code: "name-too-long", "the name of \(object) is longer than 63 bytes; PostgreSQL would cut it",
          object: "\(object)", location: location, help: "give it a shorter name"))
    }
    statements.append(
      DeclaredStatement(phase: phase, sql: sql, object: object, location: location, bodyFile: bodyFile))
    if locations[object] == nil { locations[object] = location }
  }

  package mutating func add(comment: String?, on words: String, _ object: FactID, _ location: SourceLocation) {
    guard let comment else { return }
    add(.comment, "COMMENT ON \(words) IS \(Quote.literal(comment))", object.about(.comment), location)
  }

  package mutating func add(overlay fact: Fact, _ location: SourceLocation) {
    if locations[fact.id] != nil, overlay.contains(where: { $0.id == fact.id }) {
      problems.append(
        Diagnostic(
          .error, code: "declared-twice", "\(fact.id) is declared twice", object: "\(fact.id)", location: location))
    }
    var fact = fact
    // The order of declaration is the only one that is known.
    fact.position = overlay.count + 1
    overlay.append(fact)
    locations[fact.id] = location
  }

  mutating func note(viewColumn: DeclaredColumn) { viewColumns.append(viewColumn) }
  mutating func note(formerName: String?, of id: FactID) {
    if let formerName { formerNames[id] = formerName }
  }

  /// The schemas that belong to others, without rendering anything.
  package static func externalSchemas(of database: Database) -> Set<String> {
    Set(database.items.flatMap { ($0 as? External)?.schemas ?? [] })
  }

  /// The extensions that may be there or not, or belong to others, without rendering anything.
  package static func excludedExtensions(of database: Database) -> Set<String> {
    Set(
      database.items.flatMap { item in
        (item as? OptionalExtension).map { [$0.name] } ?? (item as? External)?.extensions ?? []
      })
  }

  /// The roles that belong to others, without rendering anything.
  package static func externalRoles(of database: Database) -> Set<String> {
    Set(database.items.flatMap { ($0 as? External)?.roles ?? [] })
  }

  /// What takes the place of others' objects on servers that only dbtool uses.
  package static func standIns(of database: Database) -> [StandIn] {
    database.items.compactMap { ($0 as? External)?.standIn }
  }

  mutating func note(_ object: FactID, _ location: SourceLocation) {
    if locations[object] == nil { locations[object] = location }
  }
  mutating func note(role: String) { roles.insert(role) }
  mutating func note(function id: FactID, _ location: SourceLocation) {
    functionLocations["\(id.schema).\(id.name)", default: []].append(location)
  }
  mutating func problem(_ diagnostic: Diagnostic) { problems.append(diagnostic) }

  /// What the loaded schema depends on: equal digests, equal catalogs.
  package var digest: Digest {
    var text = ""
    for statement in statements { text += statement.sql + "\u{0}" }
    return Digest(of: text)
  }
}

/// GRANT and REVOKE as declarations write them.
func grantSQL(
  _ privileges: [Privilege], on object: String, to roles: [Role], columns: [String] = [], grantOption: Bool = false
)
  -> String
{
  let list = columns.isEmpty ? "" : " (" + columns.joined(separator: ", ") + ")"
  return "GRANT " + privileges.map { $0.rawValue + list }.joined(separator: ", ") + " ON \(object) TO "
    + roles.map(\.sql).joined(separator: ", ") + (grantOption ? " WITH GRANT OPTION" : "")
}
