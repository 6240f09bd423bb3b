internal import Catalog
internal import Postgres

enum EnumRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["CREATE TYPE \(fact.id.sqlName) AS ENUM (\(fact.list(.labels).map(Quote.literal).joined(separator: ", ")))"]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP TYPE \(fact.id.sqlName)"] }

  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let before = old.list(.labels)
    let after = new.list(.labels)
    guard isSubsequence(before, of: after) else { return .inPlace(swap(old, new, context)) }
    var change = Change()
    var known = Set(before)
    for (index, label) in after.enumerated() where !known.contains(label) {
      var statement = "ALTER TYPE \(new.id.sqlName) ADD VALUE \(Quote.literal(label))"
      if let next = after[(index + 1)...].first(where: known.contains) {
        statement += " BEFORE \(Quote.literal(next))"
      }
      change.statements.append(statement)
      known.insert(label)
    }
    change.mustCommit = true
    return .inPlace(change)
  }

  private static func isSubsequence(_ short: [String], of long: [String]) -> Bool {
    var rest = long[...]
    for label in short {
      guard let index = rest.firstIndex(of: label) else { return false }
      rest = rest[(index + 1)...]
    }
    return true
  }

  /// PostgreSQL can neither remove nor reorder labels: a new type takes the old one's place, and the columns follow.
  private static func swap(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Change {
    var change = Change()
    let aside = FactID(.enumType, schema: new.id.schema, name: String(new.id.name.prefix(55)) + "__old")
    change.statements.append("ALTER TYPE \(new.id.sqlName) RENAME TO \(Quote.identifier(aside.name))")
    change.statements += create(new, context)
    let columns = (context.sourceDependents[new.id] ?? []).filter { $0.kind == .column }.sorted()
    for id in columns {
      guard let column = context.target[id], column.needs.contains(new.id), let current = context.source[id],
        column.optionalText(.generated) == nil
      else { continue }
      let type = current.text(.type)
      let bridge = type.hasSuffix("[]") ? "text[]" : "text"
      change.statements.append(
        "ALTER TABLE \(id.sqlName) ALTER COLUMN \(id.memberSQL) TYPE \(type) USING \(id.memberSQL)::\(bridge)::\(type)")
      change.disturbs.append((id, disturbed))
    }
    // Columns that change to another type still have this one.
    change.cleanup.append("DROP TYPE \(aside.sqlName)")
    // An index that names a label refers to the type itself; one on the columns alone is carried over.
    change.disturbs.append((new.id, { $0 == .index || disturbed($0, $1) }))
    let removed = old.list(.labels).filter { !new.list(.labels).contains($0) }
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

enum SequenceRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    var sql = "CREATE \(fact.text(.persistence) == "unlogged" ? "UNLOGGED " : "")SEQUENCE \(fact.id.sqlName)"
    if let type = fact.optionalText(.type) { sql += " AS \(type)" }
    for option in fact.list(.options) { sql += " \(option)" }
    return [sql]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP SEQUENCE \(fact.id.sqlName)"] }
  static func dropHazards(_ fact: Fact) -> [Hazard] {
    [Hazard(.dataLoss, "drops sequence \(fact.id.sqlName) and forgets its position")]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    var change = Change()
    // On its own: together with bounds, the new type's bounds win over the direction's.
    if old.attributes[.type] != new.attributes[.type] {
      change.statements.append("ALTER SEQUENCE \(new.id.sqlName) AS \(new.optionalText(.type) ?? "bigint")")
    }
    let words = changes(from: old.list(.options), to: new.list(.options))
    if !words.isEmpty { change.statements.append("ALTER SEQUENCE \(new.id.sqlName) \(words.joined(separator: " "))") }
    if old.attributes[.persistence] != new.attributes[.persistence] {
      change.statements.append(
        "ALTER SEQUENCE \(new.id.sqlName) SET \(new.optionalText(.persistence) == nil ? "LOGGED" : "UNLOGGED")")
    }
    return .inPlace(change)
  }

  /// The clauses that lead from one set of options to another; an option that is gone gets its usual value.
  static func changes(from old: [String], to new: [String]) -> [String] {
    let isDescending = { (options: [String]) in options.contains { $0.hasPrefix("INCREMENT BY -") } }
    let descending = isDescending(new)
    let turns = isDescending(old) != descending
    let bound = new.first { $0.hasPrefix(descending ? "MAXVALUE " : "MINVALUE ") }
    let first = bound.map { String($0.split(separator: " ")[1]) } ?? (descending ? "-1" : "1")
    let usual: [(prefix: String, reset: String)] = [
      ("INCREMENT", "INCREMENT BY 1"), ("MINVALUE", "NO MINVALUE"), ("MAXVALUE", "NO MAXVALUE"),
      ("START", "START WITH \(first)"), ("CACHE", "CACHE 1"), ("CYCLE", "NO CYCLE"),
    ]
    var changes = usual.compactMap { option -> String? in
      let before = old.first { $0.hasPrefix(option.prefix) }
      let after = new.first { $0.hasPrefix(option.prefix) }
      // The usual bounds and start are others in the other direction.
      let follows = ["MINVALUE", "MAXVALUE", "START"].contains(option.prefix)
      if before == after, !(turns && follows) { return nil }
      return after ?? option.reset
    }
    // A start that is not said follows the bound.
    if !changes.contains(where: { $0.hasPrefix("START") }), changes.contains(where: { $0.contains("VALUE") }) {
      changes.append(new.first { $0.hasPrefix("START") } ?? "START WITH \(first)")
    }
    // The last value of the other direction is out of bounds.
    if turns { changes.append("RESTART") }
    return changes
  }
}

enum SequenceOwnerRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let column = fact.list(.column)
    guard column.count == 3 else { return [] }
    return [
      "ALTER SEQUENCE \(fact.id.sqlName) OWNED BY \(Quote.qualified(column[0], column[1])).\(Quote.identifier(column[2]))"
    ]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["ALTER SEQUENCE \(fact.id.sqlName) OWNED BY NONE"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(create(new, context)))
  }
}

enum FunctionRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [fact.text(.definition)] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP ROUTINE \(fact.id.sqlName)(\(fact.id.member))"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    if new.text(.routine) == "AGGREGATE" { return .replace }
    // CREATE OR REPLACE changes neither the result, nor names of parameters, nor takes defaults away.
    guard old.text(.result) == new.text(.result), old.text(.arguments) == new.text(.arguments),
      old.attributes[.routine] == new.attributes[.routine]
    else { return .replace }
    return .inPlace(Change([new.text(.definition)]))
  }
}

enum ViewRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [sql("CREATE VIEW", fact)] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP VIEW \(fact.id.sqlName)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let before = old.list(.columns)
    // CREATE OR REPLACE may only add columns at the end.
    guard new.list(.columns).starts(with: before) else { return .replace }
    if old.text(.definition) != new.text(.definition) {
      // Options that are not written are reset.
      return .inPlace(Change([sql("CREATE OR REPLACE VIEW", new)]))
    }
    return .inPlace(
      Change(
        StorageOptions.changes("ALTER VIEW \(new.id.sqlName)", from: old.list(.options), to: new.list(.options))))
  }
  private static func sql(_ verb: String, _ fact: Fact) -> String {
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
    guard old.text(.definition) == new.text(.definition), old.list(.columns) == new.list(.columns),
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
