internal import Catalog
internal import Postgres

/// The catalogs whose rows we resolve, by their fixed OIDs (`pg_depend.classid`).
enum CatalogClass: Int {
  case type = 1247
  case procedure = 1255
  case relation = 1259
  case foreignServer = 1417
  case userMapping = 1418
  case foreignDataWrapper = 2328
  case accessMethod = 2601
  case accessMethodOperator = 2602
  case accessMethodProcedure = 2603
  case attributeDefault = 2604
  case cast = 2605
  case constraint = 2606
  case conversion = 2607
  case language = 2612
  case namespace = 2615
  case operatorClass = 2616
  case `operator` = 2617
  case rewrite = 2618
  case trigger = 2620
  case operatorFamily = 2753
  case `extension` = 3079
  case policy = 3256
  case statistics = 3381
  case collation = 3456
  case eventTrigger = 3466
  case transform = 3576
  case textSearchDictionary = 3600
  case textSearchParser = 3601
  case textSearchConfiguration = 3602
  case textSearchTemplate = 3764
  case subscription = 6100
  case publication = 6104
  case publicationTable = 6106
  case publicationSchema = 6237
}

/// Collects facts while the queries are decoded, and resolves OIDs to identities.
struct CatalogBuilder {
  private(set) var catalog: Catalog
  /// The database's owner; in a scratch server all who stand for it.
  let owners: Set<String>
  let excludedExtensions: Set<String>
  let excludedRoles: Set<String>
  /// By catalog and OID in one word; both have 32 bits.
  private var objects: [Int: FactID] = [:]
  /// By OID and number in one word; a column's number has 16 bits.
  private var columns: [Int: FactID] = [:]
  /// Columns that a table has from its parents alone, by the same number.
  private var inherited: [Int: (table: FactID, column: String)] = [:]
  /// What depends on them; known to depend on the parents' columns once the parents are.
  private var needsOfInherited: [(dependent: FactID, column: Int)] = []
  /// Partitions' parts of indexes, and the constraints on these, by the same word: what depends on them needs the whole.
  private var parts: [Int: FactID] = [:]
  /// Comments on NOT NULL of columns that are the parents'.
  private var notNullComments: [(comment: FactID, column: String, table: FactID)] = []
  private var shells: [FactID] = []
  /// Sequences that belong to a column; their dependency on it is a fact of its own.
  private var ownedSequences: Set<Int> = []

  /// - Parameter capacity: about how many facts there will be.
  init(
    version: ServerVersion, owners: Set<String>, excludedExtensions: Set<String>, excludedRoles: Set<String>,
    capacity: Int
  ) {
    self.excludedRoles = excludedRoles
    catalog = Catalog(serverVersion: version)
    catalog.reserveCapacity(capacity)
    self.owners = owners
    self.excludedExtensions = excludedExtensions
  }

  private static func address(_ classID: Int, _ oid: Int) -> Int { classID << 32 | oid }
  private static func columnAddress(_ relation: Int, _ number: Int) -> Int { relation << 16 | number & 0xffff }

  mutating func add(_ fact: Fact, _ classID: CatalogClass, oid: Int) {
    catalog.insert(fact)
    objects[Self.address(classID.rawValue, oid)] = fact.id
  }

  mutating func insert(_ fact: Fact) { catalog.insert(fact) }

  /// Lets another catalog row stand for a fact that is already known (an index for its constraint).
  mutating func alias(_ classID: CatalogClass, oid: Int, to id: FactID) {
    objects[Self.address(classID.rawValue, oid)] = id
  }

  mutating func addColumn(_ fact: Fact, relation: Int, number: Int) {
    catalog.insert(fact)
    columns[Self.columnAddress(relation, number)] = fact.id
  }

  /// The name of a type that has to be there before the functions that the type itself needs.
  mutating func addShell(of type: FactID) {
    let shell = FactID(.shellType, schema: type.schema, name: type.name)
    catalog.insert(Fact(shell, needs: [FactID(.schema, name: type.schema)]))
    shells.append(shell)
    catalog[type]?.needs.append(shell)
  }

  /// Lets a column that a table has from its parents alone stand for the columns of these, in dependencies.
  mutating func addInherited(_ column: String, relation: Int, number: Int) {
    guard let table = id(.relation, relation) else { return }
    inherited[Self.columnAddress(relation, number)] = (table, column)
  }

  mutating func addColumnSettings(_ settings: [String], of table: FactID) {
    guard let known = catalog[table]?.list(.columnSettings) else { return }
    catalog[table]?.attributes[.columnSettings] = .list((known + settings).sorted())
  }

  /// A column that is the parent's, with a constraint that has not the parent's name.
  mutating func addNotNull(_ name: String, of column: String, in table: FactID) {
    let known = catalog[table]?.list(.notNullNames) ?? []
    // By the columns' names; their order is nobody's business.
    let place = stride(from: 0, to: known.count, by: 2).first { known[$0] > column } ?? known.count
    catalog[table]?.attributes[.notNullNames] = .list(known[..<place] + [column, name] + known[place...])
  }

  mutating func addNotNullName(_ name: String, of id: FactID) { catalog.notNullNames[id] = name }

  /// A comment on a constraint that is no fact of its own.
  mutating func addNotNullComment(_ text: String, on name: String, of column: String, in table: FactID) {
    let own = FactID(.column, schema: table.schema, name: table.name, member: column)
    let id = FactID(.constraint, schema: table.schema, name: table.name, member: name).about(.comment)
    let isOwn = catalog.contains(own)
    catalog.insert(Fact(id, parent: isOwn ? own : table, [.text: .text(text)]))
    if !isOwn { notNullComments.append((id, column, table)) }
  }

  mutating func addAttachedKey(_ name: String, as whole: FactID) { catalog.attachedKeyNames[whole] = name }

  mutating func addOwnNotNull(_ column: FactID) { catalog.ownNotNulls.insert(column) }

  mutating func addIdentityOfOtherType(_ column: FactID) { catalog.identitiesOfOtherType.insert(column) }

  mutating func addIndexPart(_ part: IndexPart, schema: String, name: String) {
    catalog.indexParts[RelationPlace(schema, name)] = part
  }

  /// Lets the whole of an index stand for a partition's part of it, in dependencies.
  mutating func addPart(_ classID: CatalogClass, oid: Int, of root: FactID) {
    parts[Self.address(classID.rawValue, oid)] = root
  }

  mutating func markOwned(sequence oid: Int) { ownedSequences.insert(oid) }

  func id(_ classID: CatalogClass, _ oid: Int) -> FactID? { objects[Self.address(classID.rawValue, oid)] }

  /// The identity of an object or of a part of a relation. A column without a fact of its own (a view's) stands for its
  /// relation.
  func id(classID: Int, oid: Int, subID: Int) -> FactID? {
    if classID == CatalogClass.relation.rawValue, subID != 0,
      let column = columns[Self.columnAddress(oid, subID)]
    {
      return column
    }
    return objects[Self.address(classID, oid)]
  }

  /// An owner is a fact when it is not the database's owner: what a role creates in its own database is its own.
  mutating func addOwner(_ owner: String, of id: FactID) {
    guard !owners.contains(owner) else { return }
    catalog.insert(
      Fact(
        id.about(.owner), parent: id, [.role: .text(owner)], needs: [FactID(.role, name: owner)]))
  }

  mutating func addNeed(
    classID: Int, oid: Int, subID: Int, referencedClass: Int, referenced: Int, referencedSub: Int, isAuto: Bool
  ) {
    if isAuto, classID == CatalogClass.relation.rawValue, ownedSequences.contains(oid) { return }
    guard let dependent = id(classID: classID, oid: oid, subID: subID) else { return }
    // What an inherited column needs (its type), its parent's column needs.
    if subID != 0, classID == CatalogClass.relation.rawValue, dependent.kind.isTable { return }
    if referencedSub != 0, referencedClass == CatalogClass.relation.rawValue {
      let column = Self.columnAddress(referenced, referencedSub)
      if inherited[column] != nil {
        needsOfInherited.append((dependent, column))
        return
      }
    }
    guard
      let need = id(classID: referencedClass, oid: referenced, subID: referencedSub)
        ?? parts[Self.address(referencedClass, referenced)],
      dependent != need, catalog[need]?.parent != dependent, let fact = catalog[dependent], fact.parent != need,
      !fact.needs.contains(need)
    else { return }
    catalog[dependent]?.needs.append(need)
  }

  mutating func addLeftOut(_ object: String) { catalog.leftOut.append(object) }

  /// What is said about a column that is the parent's needs that column.
  private static func connectInherited(_ catalog: inout Catalog) {
    for fact in catalog.facts.values {
      let member: String
      switch (fact.id.kind, fact.id.subject) {
      case (.inheritedColumn, _), (.columnDefault, _), (.comment, .column), (.grant, .column),
        (.securityLabel, .column):
        member = fact.id.member
      case (.inheritedConstraint, _):
        guard let table = fact.parent else { continue }
        let checks = catalog.inherited(.constraint, fact.id.member, of: table)
        catalog[fact.id]?.needs += checks
        continue
      default: continue
      }
      guard let table = fact.parent, table.kind.isTable else { continue }
      let columns = catalog.inheritedColumns(member, of: table).filter { !fact.needs.contains($0) }
      if !columns.isEmpty { catalog[fact.id]?.needs += columns }
    }
  }

  mutating func addDelegated(_ grants: [DelegatedGrant], on subject: FactID, parent: FactID) {
    let id = subject.about(.grant, role: FactID.delegates)
    var fact = catalog[id] ?? Fact(id, parent: parent)
    fact.delegated += grants
    let roles = grants.flatMap { [$0.grantor, $0.grantee] }.filter { !$0.isEmpty && $0 != FactID.ownerRole }
    for role in roles.map({ FactID(.role, name: $0) }) where !fact.needs.contains(role) { fact.needs.append(role) }
    catalog.insert(fact)
  }

  mutating func addUnmodeled(_ object: UnmodeledObject) { catalog.unmodeled.append(object) }

  /// Hands out the catalog, which is the builder's no longer: a large one is not copied.
  mutating func finish() -> Catalog {
    var result = Catalog(serverVersion: catalog.serverVersion)
    swap(&result, &catalog)
    (objects, columns) = ([:], [:])
    for (dependent, address) in needsOfInherited {
      guard let (table, column) = inherited[address], let fact = result[dependent] else { continue }
      let needs = result.inheritedColumns(column, of: table) + (fact.parent == table ? [] : [table])
      result[dependent]?.needs += needs.filter { $0 != dependent && !fact.needs.contains($0) }
    }
    (inherited, needsOfInherited, parts) = ([:], [], [:])
    for (comment, column, table) in notNullComments {
      let own = FactID(.inheritedColumn, schema: table.schema, name: table.name, member: column)
      let needs =
        result.inheritedColumns(column, of: table) + result.inherited(.constraint, comment.member, of: table)
        + (result.contains(own) ? [own] : [])
      result[comment]?.needs += needs
    }
    notNullComments = []
    Self.connectInherited(&result)
    var tidied: [(id: FactID, needs: [FactID])] = []
    for (id, fact) in result.facts where !fact.needs.isEmpty {
      let needs = fact.needs
      // Roles that are not ours, objects outside the managed schemas.
      let isKnown = needs.allSatisfy { result.contains($0) }
      if isKnown, zip(needs, needs.dropFirst()).allSatisfy({ $0 < $1 }) { continue }
      tidied.append((id, (isKnown ? needs : needs.filter { result.contains($0) }).sorted()))
    }
    for (id, needs) in tidied { result[id]?.needs = needs }
    if !shells.isEmpty { routeThroughShells(&result) }
    result.unmodeled.sort()
    return result
  }

  /// A function that a type needs was made while the type was a mere name.
  private func routeThroughShells(_ catalog: inout Catalog) {
    for shell in shells {
      for kind in [FactKind.baseType, .rangeType] {
        let type = FactID(kind, schema: shell.schema, name: shell.name)
        for need in catalog[type]?.needs ?? [] where need.kind == .function {
          guard let index = catalog[need]?.needs.firstIndex(of: type) else { continue }
          catalog[need]?.needs[index] = shell
        }
      }
    }
  }
}
