internal import Catalog
internal import Postgres

enum EnumRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["CREATE TYPE \(fact.id.sqlName) AS ENUM (\(fact.list(.labels).map(Quote.literal).joined(separator: ", ")))"]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP TYPE \(fact.id.sqlName)"] }

  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let before = old.list(.labels).exact
    let after = new.list(.labels).exact
    if swaps(old, new) {
      for column in (context.sourceDependents[old.id] ?? []).sorted() where column.kind == .column {
        guard let fact = context.source[column], let reason = PartitionKeys.refusal(fact, context) else { continue }
        return .refused("\(old.id) cannot lose labels or order them anew, which needs a new type: \(reason)")
      }
      return .inPlace(swap(old, new, context))
    }
    var change = Change()
    var known = Set(before)
    for (index, label) in after.enumerated() where !known.contains(label) {
      var statement = "ALTER TYPE \(new.id.sqlName) ADD VALUE \(Quote.literal(label.text))"
      if let next = after[(index + 1)...].first(where: known.contains) {
        statement += " BEFORE \(Quote.literal(next.text))"
      }
      change.statements.append(statement)
      known.insert(label)
    }
    change.mustCommit = true
    return .inPlace(change)
  }

  /// Whether labels go or change places, so that another type takes its place.
  static func swaps(_ old: Fact, _ new: Fact) -> Bool {
    !isSubsequence(old.list(.labels).exact, of: new.list(.labels).exact)
  }

  private static func isSubsequence(_ short: [ExactText], of long: [ExactText]) -> Bool {
    var rest = long[...]
    for label in short {
      guard let index = rest.firstIndex(of: label) else { return false }
      rest = rest[(index + 1)...]
    }
    return true
  }

  /// PostgreSQL can neither remove nor reorder labels: a new type takes the old one's place, and the columns follow.
  ///
  /// - Parameter dropped: columns that go, and do not follow.
  static func swap(_ old: Fact, _ new: Fact, _ context: RuleContext, without dropped: Set<FactID> = []) -> Change {
    var change = Change()
    let free = FreeNames(context.source, context.target).relation(new.id.name, "old", in: new.id.schema)
    let aside = FactID(.enumType, schema: new.id.schema, name: free)
    change.statements.append("ALTER TYPE \(new.id.sqlName) RENAME TO \(Quote.identifier(aside.name))")
    change.statements += create(new, context)
    let columns = (context.sourceDependents[new.id] ?? []).filter { $0.kind == .column }.sorted()
    for id in columns {
      guard !dropped.contains(id), let column = context.target[id], column.needs.contains(new.id),
        let current = context.source[id],
        column.optionalText(.generated) == nil
      else { continue }
      change.disturbs.append((id, disturbed))
      // A child's changes with its parent's, and a typed table is made anew with its type.
      if let table = column.parent,
        !context.source.inheritedColumns(id.member, of: table).filter(columns.contains).isEmpty
          || context.source[table]?.attributes[.ofType] != nil
      {
        continue
      }
      let type = current.text(.type)
      let bridge = type.hasSuffix("[]") ? "text[]" : "text"
      change.statements.append(
        "ALTER TABLE \(id.sqlName) ALTER COLUMN \(id.memberSQL) TYPE \(type) USING \(id.memberSQL)::\(bridge)::\(type)")
      // An array's storage and compression are those of its type by then.
      if column.text(.type) == type { change.statements += ColumnRule.physicalSettings(column, context) }
    }
    // Columns that change to another type still have this one.
    change.cleanup.append("DROP TYPE \(aside.sqlName)")
    // An index that names a label refers to the type itself; one on the columns alone is carried over.
    change.disturbs.append((new.id, { $0 == .index || disturbed($0, $1) }))
    let kept = Set(new.list(.labels).exact)
    let removed = old.list(.labels).exact.filter { !kept.contains($0) }.map(\.text)
    if !removed.isEmpty {
      change.hazards.append(
        Hazard(
          .dataLoss,
          "removes \(removed.map { "'\($0)'" }.joined(separator: ", ")) from \(new.id.path): fails while a row has it"))
    }
    return change
  }

  private static func disturbed(_ kind: FactKind, _ fact: Fact) -> Bool {
    switch kind {
    case .table, .index: false
    case .column: fact.optionalText(.generated) != nil
    case .constraint: fact.text(.type) != "p" && fact.text(.type) != "u"
    default: true
    }
  }
}

enum FunctionRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [fact.text(.definition)] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP ROUTINE \(fact.id.sqlName)(\(fact.id.member))"]
  }
  /// Whether PostgreSQL keeps its body as what it means, not as a text: then it knows what the body uses.
  static func hasParsedBody(_ fact: Fact) -> Bool {
    ParseTree(parsing: fact.text(.definition))?["CreateFunctionStmt"]?["sql_body"] != nil
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    if new.text(.routine) == "AGGREGATE" { return .replace }
    // CREATE OR REPLACE changes neither the result, nor names of parameters, nor takes defaults away.
    guard old.attributes[.result] == new.attributes[.result], old.attributes[.arguments] == new.attributes[.arguments],
      old.attributes[.routine] == new.attributes[.routine]
    else { return .replace }
    var change = Change([new.text(.definition)])
    let keepers = keepers(of: new.id, context)
    if !keepers.isEmpty {
      let shown = keepers.prefix(5).map(\.description).joined(separator: ", ") + (keepers.count > 5 ? ", …" : "")
      change.hazards.append(
        Hazard(
          .staleValues, "changes \(new.id), whose results are kept in \(shown): those stay what they are"))
    }
    return .inPlace(change)
  }

  /// What keeps values that a function has computed, directly or by functions whose bodies PostgreSQL knows.
  private static func keepers(of function: FactID, _ context: RuleContext) -> [FactID] {
    var found: Set<FactID> = []
    var visited: Set<FactID> = []
    var queue = [function]
    while let id = queue.popLast() {
      guard visited.insert(id).inserted else { continue }
      for dependent in context.sourceDependents[id] ?? [] {
        guard let old = context.source[dependent], let new = context.target[dependent],
          old.attributes == new.attributes
        else { continue }
        switch dependent.kind {
        case .function, .operator: queue.append(dependent)
        case .index, .statistics: found.insert(dependent)
        case .constraint where ["c", "x"].contains(old.text(.type)): found.insert(dependent)
        case .column where old.attributes[.generated] != nil && !old.flag(.virtual): found.insert(dependent)
        case .table where old.attributes[.partitionKey] != nil: found.insert(dependent)
        case .materializedView, .domainConstraint: found.insert(dependent)
        default: break
        }
      }
    }
    return found.sorted()
  }
}

enum ViewRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [sql("CREATE VIEW", fact)] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP VIEW \(fact.id.sqlName)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let before = old.list(.columns)
    // CREATE OR REPLACE may only add columns at the end.
    guard new.list(.columns).starts(with: before) else { return .replace }
    if old.attributes[.definition] != new.attributes[.definition] {
      // Options that are not written are reset.
      return .inPlace(Change([sql("CREATE OR REPLACE VIEW", new)]))
    }
    return .inPlace(
      Change(
        StorageOptions.changes("ALTER VIEW \(new.id.sqlName)", from: old.list(.options), to: new.list(.options))))
  }
  static func sql(_ verb: String, _ fact: Fact) -> String {
    let options = fact.list(.options)
    let clause = options.isEmpty ? "" : " WITH (\(StorageOptions.list(options)))"
    return "\(verb) \(fact.id.sqlName)\(clause) AS\n\(fact.text(.definition))"
  }
}

enum MaterializedViewRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { create(fact) }

  static func create(_ fact: Fact) -> [String] {
    let options = fact.list(.options)
    let clause = options.isEmpty ? "" : " WITH (\(StorageOptions.list(options)))"
    let data = fact.attributes[.populated] == .flag(false) ? "\nWITH NO DATA" : ""
    let method = fact.optionalText(.accessMethod).map { " USING \(Quote.identifier($0))" } ?? ""
    let space = fact.optionalText(.tablespace).map { " TABLESPACE \(Quote.identifier($0))" } ?? ""
    return [
      "CREATE MATERIALIZED VIEW \(fact.id.sqlName)\(method)\(clause)\(space) AS\n\(fact.text(.definition))\(data)"
    ]
      + ColumnSettings.changes(
        "ALTER MATERIALIZED VIEW \(fact.id.sqlName)", from: [], to: fact.list(.columnSettings))
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP MATERIALIZED VIEW \(fact.id.sqlName)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == new.attributes[.definition],
      old.attributes[.columns] == new.attributes[.columns],
      old.attributes[.accessMethod] == new.attributes[.accessMethod],
      old.attributes[.tablespace] == new.attributes[.tablespace]
    else { return .replace }
    var change = Change(
      StorageOptions.changes(
        "ALTER MATERIALIZED VIEW \(new.id.sqlName)", from: old.list(.options), to: new.list(.options)))
    change.statements += ColumnSettings.changes(
      "ALTER MATERIALIZED VIEW \(new.id.sqlName)", from: old.list(.columnSettings), to: new.list(.columnSettings))
    if old.attributes[.populated] != new.attributes[.populated] {
      change.statements.append(
        "REFRESH MATERIALIZED VIEW \(new.id.sqlName)"
          + (new.attributes[.populated] == .flag(false) ? " WITH NO DATA" : ""))
    }
    return .inPlace(change)
  }
}
