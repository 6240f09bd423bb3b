internal import Catalog
internal import Postgres

/// Tables. CREATE TABLE itself is written by `TableDefinition`, with what is folded into it.
enum TableRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let parts = (context.targetChildren[fact.id] ?? []).compactMap { context.target[$0] }
    var definition = TableDefinition(table: fact, columns: parts.filter { $0.id.kind == .column })
    definition.required = requirements(of: fact, context)
    return definition.statements
  }

  /// NOT NULL of its own on columns that a child has from its parents: from version 18 on it has a name, which it only gets
  /// before the parents' reaches it.
  static func requirements(of fact: Fact, _ context: RuleContext) -> [String] {
    guard context.target.serverVersion.major >= 18, !fact.list(.inherits).isEmpty || fact.partitionParent != nil else {
      return []
    }
    return (context.targetChildren[fact.id] ?? []).sorted().compactMap { context.target[$0].flatMap(NotNull.line) }
  }

  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    let drop = "DROP \(fact.id.objectClause)"
    // A foreign key to a partitioned table holds on to each of its partitions.
    guard let parent = fact.partitionParent, isReferenced(parent, context) else { return [drop] }
    return ["ALTER TABLE \(parent.sqlName) DETACH PARTITION \(fact.id.sqlName)", drop]
  }

  /// Whether a foreign key refers to a partitioned table, or to one that it is a partition of.
  private static func isReferenced(_ table: FactID, _ context: RuleContext) -> Bool {
    context.referencedTables.contains(table)
      || context.source[table]?.partitionParent.map { isReferenced($0, context) } ?? false
  }

  static func dropHazards(_ fact: Fact) -> [Hazard] {
    // A foreign table's rows are somewhere else.
    if fact.id.kind == .foreignTable { return [] }
    // A partitioned table's rows are in its partitions, whose own drops say so.
    return [Hazard(.dataLoss, "drops table \(fact.id.sqlName) with all its rows")]
  }

  /// What PostgreSQL refuses to attach because of rows.
  static func bound(of new: Fact, _ context: RuleContext) -> [Hazard] {
    var hazards: [Hazard] = []
    if let old = context.source[new.id], old.attributes[.bound] != nil {
      hazards.append(
        Hazard(.refusesValues, "partition \(new.id.path) gets other bounds: a row outside of them stops the migration"))
    }
    if new.text(.bound) != "DEFAULT", let parent = new.partitionParent {
      let others = (context.sourceTables[parent] ?? []).compactMap { context.source[$0] }
      if let other = others.first(where: { $0.text(.bound) == "DEFAULT" && $0.id != new.id }) {
        hazards.append(
          Hazard(
            .refusesValues,
            "a row of the default partition \(other.id.path) that belongs into \(new.id.path) stops the migration"))
      }
    }
    return hazards
  }

  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    // What joins or leaves a parent has other columns, constraints and indexes of its own afterwards: not known here.
    guard old.attributes[.partitionKey] == new.attributes[.partitionKey],
      old.attributes[.partitionOf] == new.attributes[.partitionOf],
      old.attributes[.server] == new.attributes[.server]
    else { return .replace }
    let table = "ALTER \(new.id.objectClause)"
    var change = Change()
    if old.attributes[.inherits] != new.attributes[.inherits] {
      guard let statements = InheritanceChange.statements(from: old, to: new, context) else { return .replace }
      change.statements += statements
    }
    if old.attributes[.ofType] != new.attributes[.ofType] {
      // In between it has columns of its own, which may change.
      if old.optionalText(.ofType) != nil { change.statements.append("\(table) NOT OF") }
      if let type = new.optionalText(.ofType) { change.cleanup.append("\(table) OF \(type)") }
    }
    if old.attributes[.accessMethod] != new.attributes[.accessMethod] {
      // Version 14 makes a table with one and leaves it.
      if (1..<15).contains(context.source.serverVersion.major) { return .replace }
      change.statements.append(
        "\(table) SET ACCESS METHOD \(new.optionalText(.accessMethod).map(Quote.identifier) ?? (new.attributes[.partitionKey] == nil ? "heap" : "DEFAULT"))"
      )
    }
    if old.attributes[.tablespace] != new.attributes[.tablespace] {
      change.statements.append(
        "\(table) SET TABLESPACE \(Quote.identifier(new.optionalText(.tablespace) ?? "pg_default"))")
    }
    change.statements += ForeignOptions.changes(
      table, from: old.list(.foreignOptions), to: new.list(.foreignOptions))
    let renames = context.notNull.renamesWhileAway[new.id] ?? []
    if !renames.isEmpty || old.attributes[.bound] != new.attributes[.bound], let parent = new.partitionParent {
      let clause = "ALTER TABLE \(parent.sqlName)"
      change.statements.append("\(clause) DETACH PARTITION \(new.id.sqlName)")
      change.statements += NotNull.exchange(renames, in: new.id)
      // The range that it takes may be another partition's until that one has let it go.
      change.cleanup.append("\(clause) ATTACH PARTITION \(new.id.sqlName) \(new.text(.bound))")
      if old.attributes[.bound] != new.attributes[.bound] { change.hazards += bound(of: new, context) }
      // Rows that are referred to cannot leave, even for a moment.
      for table in context.source.partitionLine(of: old) {
        for key in context.sourceChildren[table] ?? [] where key.kind == .constraint || key.kind == .index {
          change.disturbs.append((key, { $1.isForeignKey }))
        }
      }
    }
    if old.attributes[.persistence] != new.attributes[.persistence] {
      if new.attributes[.partitionKey] != nil {
        return .refused(
          "\(new.id) is UNLOGGED on one side alone. That means nothing for a partitioned table, whose partitions say it for "
            + "themselves, and PostgreSQL has no way to change it; declare the table as it is")
      }
      change.statements.append("\(table) SET \(new.text(.persistence) == "unlogged" ? "UNLOGGED" : "LOGGED")")
    }
    change.statements += StorageOptions.changes(table, from: old.list(.options), to: new.list(.options))
    change.statements += security(table, from: old, to: new)
    if old.attributes[.replicaIdentity] != new.attributes[.replicaIdentity] {
      change.statements.append("\(table) REPLICA IDENTITY \(new.optionalText(.replicaIdentity) ?? "DEFAULT")")
    }
    return .inPlace(change)
  }

  static func security(_ table: String, from old: Fact?, to new: Fact) -> [String] {
    var statements: [String] = []
    if (old?.flag(.rowSecurity) ?? false) != new.flag(.rowSecurity) {
      statements.append("\(table) \(new.flag(.rowSecurity) ? "ENABLE" : "DISABLE") ROW LEVEL SECURITY")
    }
    if (old?.flag(.forcedRowSecurity) ?? false) != new.flag(.forcedRowSecurity) {
      statements.append("\(table) \(new.flag(.forcedRowSecurity) ? "FORCE" : "NO FORCE") ROW LEVEL SECURITY")
    }
    return statements
  }
}

/// CREATE TABLE with everything that stands inside it.
struct TableDefinition {
  var table: Fact
  var columns: [Fact]
  var defaults: [ExactText: Fact] = [:]
  var constraints: [Fact] = []
  var required: [String] = []

  var statements: [String] {
    let name = table.id.sqlName
    let isForeign = table.id.kind == .foreignTable
    let kind = isForeign ? "FOREIGN " : table.text(.persistence) == "unlogged" ? "UNLOGGED " : ""
    var sql = "CREATE \(kind)TABLE \(name)"
    var lines: [String] = []
    let notNullNames = table.list(.notNullNames)
    if let parent = table.partitionParent, notNullNames.isEmpty {
      sql += " PARTITION OF \(parent.sqlName)"
    } else if let parent = table.partitionParent {
      // Only what was a table of its own has names of its own.
      let parts = ["CONSTRAINTS", "DEFAULTS", "GENERATED", "STORAGE", "COMPRESSION"].map { " INCLUDING \($0)" }.joined()
      lines = ["  LIKE \(parent.sqlName)\(parts)"]
    } else if let type = table.optionalText(.ofType) {
      sql += " OF \(type)"
      lines = columns.sorted { $0.position < $1.position }.compactMap {
        ColumnRule.options($0, defaultValue: defaults[ExactText($0.id.member)]).map { "  " + $0 }
      }
    } else {
      lines = columns.sorted { $0.position < $1.position }.map {
        "  " + ColumnRule.definition($0, defaultValue: defaults[ExactText($0.id.member)])
      }
    }
    lines += required.map { "  " + $0 }
    lines += constraints.sorted { a, b in
      let (first, second) = (a.text(.type) == "p", b.text(.type) == "p")
      return first == second ? a.id < b.id : first
    }.map { "  " + ConstraintRule.clause($0) }
    if !lines.isEmpty {
      sql += " (\n\(lines.joined(separator: ",\n"))\n)"
    } else if table.partitionParent == nil, table.attributes[.ofType] == nil {
      sql += " ()"
    }
    let parents = table.list(.inherits)
    if !parents.isEmpty { sql += " INHERITS (\(parents.joined(separator: ", ")))" }
    if let bound = table.optionalText(.bound), notNullNames.isEmpty { sql += " \(bound)" }
    if let key = table.optionalText(.partitionKey) { sql += " PARTITION BY \(key)" }
    if let method = table.optionalText(.accessMethod) { sql += " USING \(Quote.identifier(method))" }
    let options = table.list(.options)
    if !options.isEmpty { sql += " WITH (\(StorageOptions.list(options)))" }
    if let space = table.optionalText(.tablespace) { sql += " TABLESPACE \(Quote.identifier(space))" }
    if let server = table.optionalText(.server) {
      sql += " SERVER \(Quote.identifier(server))" + ForeignOptions.clause(table.list(.foreignOptions))
    }
    var result = [sql]
    if let parent = table.partitionParent, !notNullNames.isEmpty {
      result += NotNull.partitionNames(table)
      result.append("ALTER TABLE \(parent.sqlName) ATTACH PARTITION \(name) \(table.text(.bound))")
    }
    for column in columns { result += ColumnRule.settings(column) }
    result += TableRule.security("ALTER TABLE \(name)", from: nil, to: table)
    if let identity = table.optionalText(.replicaIdentity) {
      result.append("ALTER TABLE \(name) REPLICA IDENTITY \(identity)")
    }
    return result
  }
}
