internal import Catalog
internal import Postgres

/// A table whose partitioning changes, with what its two migrations have to know of it.
struct ConvertedTable: Sendable {
  var replica: TableReplica
  /// What keeps its partitions, where a window does.
  var cover: WindowCover?
  /// Its table and partitions, in the target.
  var tables: [FactID]
  var identities: [String]
  /// Sequences that columns own, with the columns.
  var sequences: [(name: String, column: String)]
  var breaks: Hazard?
  /// Columns that the old table gets first, with their defaults.
  var added: [Fact] = []
  /// Columns that the new table has until the change, and loses after it.
  var leaving: [Fact] = []
  var table: FactID { replica.table }

  /// - Parameters:
  ///   - children: the facts' parts, in the source and in the target.
  ///   - taken: names that what is made meanwhile cannot have.
  /// - Throws: `Refusal` where it has to be converted directly.
  init(
    _ new: Fact, from source: Catalog, to target: Catalog, _ children: [[FactID: [FactID]]], _ taken: Set<String>
  ) throws {
    let id = new.id
    func refuse(_ reason: String) -> Refusal { Refusal(subject: id, reason: reason) }
    guard let old = source[id] else { throw refuse("it is not there") }
    let parts = [Part(source, id, children[0]), Part(target, id, children[1])]
    for part in parts {
      guard part.root.attributes[.inherits] == nil, part.root.attributes[.ofType] == nil, !part.hasChildren else {
        throw refuse("it inherits, or is of a type")
      }
      guard !part.facts.contains(where: { $0.id.kind == .rule }) else { throw refuse("it has rules") }
      guard !part.tables.contains(where: { $0.kind == .foreignTable }) else {
        throw refuse("it has foreign partitions")
      }
    }
    // What becomes a partition, or is one no more, takes its rows with it.
    for (part, other) in [(parts[0], target), (parts[1], source)] {
      let own = Set(parts[0].tables + parts[1].tables)
      for table in part.tables where other.contains(table) {
        guard let fact = other[table], table == id || fact.partitionParent.map(own.contains) == true else {
          throw refuse("\(table) is a partition in one state and none in the other; do that first")
        }
      }
    }
    guard old.attributes[.persistence] == new.attributes[.persistence] else { throw refuse("its persistence changes") }
    try Self.checkColumns(parts, refuse)
    let leaving = parts[0].columns.filter { parts[1].columns[$0.key] == nil }.values.sorted {
      $0.position < $1.position
    }
    for (name, column) in parts[1].columns
    where parts[0].columns[name] == nil && column.attributes[.generated] == nil {
      added += [column] + [parts[1].defaults[name]].compactMap { $0 }
    }
    self.leaving = leaving
    guard let before = parts[0].primaryKey, let after = parts[1].primaryKey else {
      throw refuse("it has no primary key, by which rows are known")
    }
    let keys: [[String]] = [before, after].map { fact in
      fact.needs.filter { $0.kind == .column && $0.name == id.name && $0.schema == id.schema }.map(\.member)
    }
    for column in keys[1]
    where !((parts[0].columns[ExactText(column)] ?? parts[1].columns[ExactText(column)])?.flag(.notNull) ?? false) {
      throw refuse("the column \(column) of its new primary key may be NULL; set it NOT NULL first")
    }
    // Rows that are unique by some columns are unique by these and more.
    let isWeaker = Set(keys[0]).isSubset(of: keys[1])
    let rest = parts[1].facts.filter { $0.parent == id && $0.isRestriction && $0.id != after.id }
    let agrees = rest.allSatisfy { fact in source[fact.id].map { $0.agrees(with: fact) } ?? false }
    let ordered: [Fact] = parts[1].columns.values.sorted { ($0.position, $0.id) < ($1.position, $1.id) }
    let plain: [Fact] = (ordered + leaving).filter { $0.attributes[.generated] == nil }
    let key = new.optionalText(.partitionKey) ?? ""
    // ON CONFLICT takes neither a deferrable key nor one WITHOUT OVERLAPS for its arbiter.
    if parts[1].facts.contains(where: { $0.isKey && KeyDefinition($0)?.deferral != "" }) {
      throw refuse(
        "it has a key that is deferrable or without overlaps, for which rows cannot be brought over one by one")
    }
    if let publication = source.sorted.first(where: { $0.id.kind == .publication && $0.flag(.active) }) {
      throw refuse("\(publication.id) publishes all tables, and what is prepared would be among them")
    }
    replica = TableReplica(
      table: id, columns: plain.map(\.id.memberSQL),
      key: keys[1].map { Self.keyColumn($0, parts[1].columns[ExactText($0)]?.text(.type) ?? "", target) },
      searchPath: Self.callsFunctions(parts[1])
        ? Set([id.schema] + source.facts.values.filter { $0.id.kind == .extension }.map { $0.text(.schema) })
          .subtracting(["", "pg_catalog"]).sorted() : [],
      isCertain: isWeaker && agrees, needsRest: !key.isEmpty && !key.hasPrefix("HASH") && !parts[1].hasDefault(of: id),
      taken: taken)
    for fact in parts[1].facts where fact.id != id && fact.attributes[.partitionKey] != nil {
      guard fact.text(.partitionKey).hasPrefix("HASH") || parts[1].hasDefault(of: fact.id) else {
        throw refuse("its partition \(fact.id) has partitions and no default: a client's row might find no place")
      }
    }
    tables = parts[1].tables
    identities = plain.filter { $0.attributes[.identity] != nil }.map(\.id.member)
    if let window = target[FactID(.partitionWindow, schema: id.schema, name: id.name)] {
      let column = parts[1].columns[ExactText(window.text(.column))]
      cover = WindowCover(
        window: window, type: column?.text(.type) ?? "", parent: replica.new, schema: TableReplica.newSchema,
        name: id.name, hasRowSecurity: new.flag(.rowSecurity), forcesRowSecurity: new.flag(.forcedRowSecurity))
    }
    sequences = target.sorted.compactMap { fact in
      let owner = fact.list(.column)
      guard fact.id.kind == .sequenceOwner, owner.count == 3, owner[0] == id.schema, owner[1] == id.name else {
        return nil
      }
      return (fact.id.sqlName, "\(id.sqlName).\(Quote.identifier(owner[2]))")
    }
    if keys[0] != keys[1] {
      breaks = Hazard(
        .breaksClients,
        "the key of \(id.sqlName) is \(after.text(.definition)) from then on, no longer \(before.text(.definition)): "
          + "ON CONFLICT has to name it", table: id.sqlName)
    }
  }

  /// Whether a row that is written calls functions of the user's.
  private static func callsFunctions(_ part: Part) -> Bool {
    part.facts.contains { fact in
      fact.id.kind != .trigger && fact.id.kind != .policy
        && fact.needs.contains { [.function, .domain, .operator].contains($0.kind) }
    }
  }

  /// The equality of a column's type: an extension's own type has its operator beside it, every other one has PostgreSQL's.
  private static func keyColumn(_ column: String, _ type: String, _ catalog: Catalog) -> TableReplica.KeyColumn {
    let name = Quote.identifier(column)
    let names = ParseTree(parsing: "SELECT NULL::\(type)")?["SelectStmt"]?["targetList"]?.elements.first?["ResTarget"]?[
      "val"]?["TypeCast"]?["typeName"]?["TypeName"]
    guard let names, names["arrayBounds"] == nil, let parts = names["names"]?.names, parts.count == 2,
      parts[0] != "pg_catalog"
    else { return .init(name: name) }
    if let domain = catalog[FactID(.domain, schema: parts[0], name: parts[1])] {
      return keyColumn(column, domain.text(.type), catalog)
    }
    let generic: [FactKind] = [.enumType, .compositeType, .rangeType]
    if generic.contains(where: { catalog.contains(FactID($0, schema: parts[0], name: parts[1])) }) {
      return .init(name: name)
    }
    return .init(name: name, operatorSchema: parts[0], type: Quote.qualified(parts[0], parts[1]))
  }

  private static func checkColumns(_ parts: [Part], _ refuse: (String) -> Refusal) throws {
    let (before, after) = (parts[0].columns, parts[1].columns)
    for (name, column) in before.merging(after, uniquingKeysWith: { $1 })
    where (before[name] == nil || after[name] == nil) && column.attributes[.identity] != nil {
      throw refuse("its identity column \(name.text) comes or goes; do that first")
    }
    for (name, new) in after {
      guard let old = before[name] else { continue }
      let keys: [AttributeKey] = [.type, .collation, .identity, .generated]
      guard keys.allSatisfy({ old.attributes[$0] == new.attributes[$0] }) else {
        throw refuse("its column \(name.text) becomes another; do that first")
      }
      guard old.flag(.notNull) || !new.flag(.notNull) || parts[1].primaryKey?.needs.contains(new.id) == true else {
        throw refuse("its column \(name.text) becomes NOT NULL; do that first")
      }
      let defaults = parts.map { $0.defaults[name] }
      let draws = defaults.compactMap { $0 }.flatMap(\.needs).contains { [.sequence, .column].contains($0.kind) }
      guard !draws || defaults[0]?.attributes == defaults[1]?.attributes else {
        throw refuse("its column \(name.text) gets its numbers from elsewhere; do that first")
      }
    }
    guard parts[0].sequences == parts[1].sequences else { throw refuse("its columns own other sequences") }
  }
}

/// A table with all that belongs to it, in one state.
private struct Part {
  let root: Fact
  let facts: [Fact]
  let tables: [FactID]
  let columns: [ExactText: Fact]
  let defaults: [ExactText: Fact]
  let sequences: Set<String>
  /// Whether tables inherit from it that are no partitions.
  let hasChildren: Bool

  init(_ catalog: Catalog, _ id: FactID, _ children: [FactID: [FactID]]) {
    root = catalog[id] ?? Fact(id)
    let ids = Waiting.closure(of: [id], [children])
    facts = ids.sorted().compactMap { catalog[$0] }
    tables = facts.map(\.id).filter(\.kind.isTable)
    var columns: [ExactText: Fact] = [:]
    var defaults: [ExactText: Fact] = [:]
    for fact in facts where fact.id.schema == id.schema && fact.id.name == id.name {
      if fact.id.kind == .column { columns[ExactText(fact.id.member)] = fact }
      if fact.id.kind == .columnDefault { defaults[ExactText(fact.id.member)] = fact }
    }
    self.columns = columns
    self.defaults = defaults
    sequences = Set(
      catalog.facts.values.filter {
        $0.id.kind == .sequenceOwner && $0.list(.column).prefix(2) == [id.schema, id.name]
      }.map { "\($0.id.path) \($0.list(.column))" })
    hasChildren = catalog.facts.values.contains {
      $0.id.kind.isTable && $0.partitionParent == nil && $0.list(.inherits).contains(id.sqlName)
    }
  }

  var primaryKey: Fact? {
    facts.first { $0.parent == root.id && $0.id.kind == .constraint && $0.text(.type) == "p" }
  }

  func hasDefault(of table: FactID) -> Bool {
    facts.contains { $0.partitionParent == table && $0.text(.bound) == "DEFAULT" }
  }
}

extension Fact {
  /// Whether it keeps rows out.
  fileprivate var isRestriction: Bool { id.kind == .constraint || id.kind == .index && flag(.unique) }
}
