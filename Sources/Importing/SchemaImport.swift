package import Catalog
internal import Planning
internal import Postgres

/// An existing database as Swift declarations that lead to the same catalog.
///
/// What the DSL has words for is said in them; everything else is left to SQL (`DeclaredSQL`), of which the planner, asked for
/// the way from what has been said to all of it, writes exactly what is missing.
package struct SchemaImport: Sendable {
  package struct File: Sendable {
    /// From the folder of the declarations.
    package var path: String
    package var text: String
    /// The table, view or first function that it declares.
    package var subject: FactID?
  }

  package private(set) var files: [File] = []
  /// What is left to SQL, by the object that each statement makes. It stands in files without a subject as well.
  package private(set) var statements: [FactID: String] = [:]
  /// What the declarations lead to, as the lock holds it.
  package private(set) var catalog: Catalog
  /// What could not be taken over.
  package private(set) var notes: [String] = []
  /// How many facts the DSL's words say, and how many are left to SQL.
  package private(set) var counts: (said: Int, inSQL: Int) = (0, 0)

  /// The roles that a database speaks of, each as nothing but its name where it may do what the DSL has no words for.
  package static func withRolesInUse(_ catalog: Catalog) -> Catalog {
    let used = catalog.rolesInUse
    var result = catalog.removing { $0.id.kind == .role && !used.contains($0.id.name) }
    for name in used where !RoleWriter.canSay(catalog[FactID(.role, name: name)], among: used) {
      result.insert(Fact(FactID(.role, name: name)))
    }
    return result
  }

  private static func invalid(in catalog: Catalog) -> Set<FactID> {
    Set(
      catalog.facts.values.filter {
        ($0.id.kind == .index || $0.id.kind == .constraint) && $0.attributes[.valid] == .flag(false)
      }.map(\.id))
  }

  /// - Parameters:
  ///   - imported: what the database is, with the roles that it speaks of.
  ///   - found: the same as it was read: to settle its wording builds it anew, without indexes that are not valid.
  ///   - roles: what these may do.
  ///   - base: what a fresh database is.
  ///   - database: the name of the declared database.
  /// - Throws: `PlanError`.
  package init(
    _ imported: Catalog, found: Catalog, roles: [Fact], base: Catalog, details: ImportDetails, database: String
  ) throws {
    let dropped = Self.invalid(in: imported).union(Self.invalid(in: found))
    notes = dropped.map { "\($0) is not valid, and left out" }.sorted()
    var catalog = imported.removing { dropped.contains($0.id) }
    // Their parts are indexes of their own.
    for fact in catalog.facts.values {
      guard let whole = fact.attachedTo, dropped.contains(whole) else { continue }
      catalog[fact.id]?.attributes[.attached] = nil
      catalog[fact.id]?.needs.removeAll { $0 == whole }
    }
    let names = Set(catalog.facts.keys.filter { $0.kind == .role }.map(\.name))
    for role in roles where names.contains(role.id.name) { catalog.insert(role) }
    for id in catalog.facts.keys where id.kind == .extension { catalog[id]?.attributes[.version] = nil }
    self.catalog = catalog
    let scope = ImportScope(catalog: catalog, base: base, details: details)
    var writer = DeclarationWriter(scope: scope, database: database)
    let (declarations, roleFacts) = writer.declarations(roles: names)
    let leftovers = try Leftovers(scope, base: base)
    files = writer.files(declarations, leftovers)
    for statement in leftovers.bySchema.values.joined() {
      statements[statement.id, default: ""] += (statements[statement.id] == nil ? "" : ";\n") + statement.sql
    }
    self.catalog.remove { $0.id.kind == .role }
    for fact in roleFacts { self.catalog.insert(fact) }
    counts = (scope.said.count, catalog.facts.keys.count { !scope.said.contains($0) && !base.contains($0) })
  }
}

/// Objects for which the DSL has no words, as SQL by schema.
struct Leftovers {
  struct Statement {
    var id: FactID
    var sql: String
    /// After everything else.
    var isLast: Bool
  }
  private(set) var bySchema: [String: [Statement]] = [:]

  init(_ scope: ImportScope, base: Catalog) throws {
    // Default privileges would be in force while the rest is made; declarations have them come last.
    let late = Set(scope.catalog.facts.keys.filter { $0.kind == .defaultPrivilege && !scope.said.contains($0) })
    var target = scope.catalog.removing { $0.id.kind == .defaultPrivilege || $0.id.kind == .role }
    var source = base.removing { $0.id.kind == .role }
    for fact in target.facts.values where scope.said.contains(fact.id) { source.insert(fact) }
    // Versions are nobody's wish.
    for id in source.facts.keys where id.kind == .extension { source[id]?.attributes[.version] = nil }
    add(try Planner.plan(from: source, to: target), isLast: false)
    guard !late.isEmpty else { return }
    source = target
    for id in late { if let fact = scope.catalog[id] { target.insert(fact) } }
    add(try Planner.plan(from: source, to: target), isLast: true)
  }

  private mutating func add(_ plan: Plan, isLast: Bool) {
    for step in plan.steps {
      bySchema[step.subject.schema, default: []].append(
        Statement(id: step.subject, sql: step.statements.joined(separator: ";\n"), isLast: isLast))
    }
  }
}
