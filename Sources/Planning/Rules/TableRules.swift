internal import Catalog
internal import Postgres

/// Tables. CREATE TABLE itself is written by `TableDefinition`, with what is folded into it.
enum TableRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let columns = (context.targetChildren[fact.id] ?? []).filter { $0.kind == .column }
      .compactMap { context.target[$0] }
    return TableDefinition(table: fact, columns: columns).statements
  }

  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP \(fact.id.objectClause)"] }

  static func dropHazards(_ fact: Fact) -> [Hazard] {
    // A foreign table's rows are somewhere else.
    if fact.id.kind == .foreignTable { return [] }
    // A partitioned table's rows are in its partitions, whose own drops say so.
    return [Hazard(.dataLoss, "drops table \(fact.id.sqlName) with all its rows")]
  }

  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    // What joins or leaves a parent has other columns, constraints and indexes of its own afterwards: not known here.
    guard old.attributes[.partitionKey] == new.attributes[.partitionKey],
      old.attributes[.partitionOf] == new.attributes[.partitionOf],
      old.attributes[.inherits] == new.attributes[.inherits],
      old.attributes[.server] == new.attributes[.server]
    else { return .replace }
    let table = "ALTER \(new.id.objectClause)"
    var change = Change()
    if old.attributes[.ofType] != new.attributes[.ofType] {
      change.statements.append("\(table) " + (new.optionalText(.ofType).map { "OF \($0)" } ?? "NOT OF"))
    }
    if old.attributes[.accessMethod] != new.attributes[.accessMethod] {
      change.statements.append(
        "\(table) SET ACCESS METHOD \(Quote.identifier(new.optionalText(.accessMethod) ?? "heap"))")
    }
    if old.attributes[.tablespace] != new.attributes[.tablespace] {
      change.statements.append(
        "\(table) SET TABLESPACE \(Quote.identifier(new.optionalText(.tablespace) ?? "pg_default"))")
    }
    change.statements += ColumnSettings.changes(table, from: old.list(.columnSettings), to: new.list(.columnSettings))
    change.statements += ForeignOptions.changes(
      table, from: old.list(.foreignOptions), to: new.list(.foreignOptions))
    let parent = new.list(.partitionOf)
    if old.attributes[.bound] != new.attributes[.bound], parent.count == 2 {
      let clause = "ALTER TABLE \(Quote.qualified(parent[0], parent[1]))"
      change.statements.append("\(clause) DETACH PARTITION \(new.id.sqlName)")
      // The range that it takes may be another partition's until that one has let it go.
      change.cleanup.append("\(clause) ATTACH PARTITION \(new.id.sqlName) \(new.text(.bound))")
    }
    if old.attributes[.persistence] != new.attributes[.persistence] {
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
  var defaults: [String: Fact] = [:]
  var constraints: [Fact] = []

  var statements: [String] {
    let name = table.id.sqlName
    let isForeign = table.id.kind == .foreignTable
    let kind = isForeign ? "FOREIGN " : table.text(.persistence) == "unlogged" ? "UNLOGGED " : ""
    var sql = "CREATE \(kind)TABLE \(name)"
    let partitionOf = table.list(.partitionOf)
    var lines: [String] = []
    if partitionOf.count == 2 {
      sql += " PARTITION OF \(Quote.qualified(partitionOf[0], partitionOf[1]))"
    } else if let type = table.optionalText(.ofType) {
      sql += " OF \(type)"
      lines = columns.sorted { $0.position < $1.position }.compactMap {
        ColumnRule.options($0, defaultValue: defaults[$0.id.member]).map { "  " + $0 }
      }
    } else {
      lines = columns.sorted { $0.position < $1.position }.map {
        "  " + ColumnRule.definition($0, defaultValue: defaults[$0.id.member])
      }
    }
    lines += constraints.sorted { a, b in
      let (first, second) = (a.text(.type) == "p", b.text(.type) == "p")
      return first == second ? a.id < b.id : first
    }.map { "  " + ConstraintRule.clause($0) }
    if !lines.isEmpty {
      sql += " (\n\(lines.joined(separator: ",\n"))\n)"
    } else if partitionOf.isEmpty, table.attributes[.ofType] == nil {
      sql += " ()"
    }
    let parents = table.list(.inherits)
    if !parents.isEmpty { sql += " INHERITS (\(parents.joined(separator: ", ")))" }
    if let bound = table.optionalText(.bound) { sql += " \(bound)" }
    if let key = table.optionalText(.partitionKey) { sql += " PARTITION BY \(key)" }
    if let method = table.optionalText(.accessMethod) { sql += " USING \(Quote.identifier(method))" }
    let options = table.list(.options)
    if !options.isEmpty { sql += " WITH (\(StorageOptions.list(options)))" }
    if let space = table.optionalText(.tablespace) { sql += " TABLESPACE \(Quote.identifier(space))" }
    if let server = table.optionalText(.server) {
      sql += " SERVER \(Quote.identifier(server))" + ForeignOptions.clause(table.list(.foreignOptions))
    }
    var result = [sql]
    for column in columns { result += ColumnRule.settings(column) }
    result += ColumnSettings.changes("ALTER TABLE \(name)", from: [], to: table.list(.columnSettings))
    result += TableRule.security("ALTER TABLE \(name)", from: nil, to: table)
    if let identity = table.optionalText(.replicaIdentity) {
      result.append("ALTER TABLE \(name) REPLICA IDENTITY \(identity)")
    }
    return result
  }
}

enum ColumnRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { add(fact, defaultValue: nil) }

  /// ADD COLUMN; with its default, so that rows that are there get a value.
  static func add(_ fact: Fact, defaultValue: Fact?) -> [String] {
    ["ALTER TABLE \(fact.id.sqlName) ADD COLUMN \(definition(fact, defaultValue: defaultValue))"] + settings(fact)
  }

  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["ALTER TABLE \(fact.id.sqlName) DROP COLUMN \(fact.id.memberSQL)"]
  }

  static func dropHazards(_ fact: Fact) -> [Hazard] {
    // Generated values can be computed again.
    fact.optionalText(.generated) != nil
      ? [] : [Hazard(.dataLoss, "drops column \(fact.id.path) with its values")]
  }

  static func definition(_ fact: Fact, defaultValue: Fact?) -> String {
    var text = "\(fact.id.memberSQL) \(fact.text(.type))"
    text += ForeignOptions.clause(fact.list(.foreignOptions))
    if let compression = fact.optionalText(.compression) { text += " COMPRESSION \(compression)" }
    if let collation = fact.optionalText(.collation) { text += " COLLATE \(collation)" }
    if let expression = fact.optionalText(.generated) { text += " GENERATED ALWAYS AS (\(expression)) STORED" }
    if let identity = fact.optionalText(.identity) {
      let options = identityOptions(fact)
      text += " GENERATED \(identity) AS IDENTITY" + (options.isEmpty ? "" : " (\(options.joined(separator: " ")))")
    }
    if let defaultValue { text += " DEFAULT \(defaultValue.text(.expression))" }
    if fact.flag(.notNull) { text += " NOT NULL" }
    return text
  }

  /// What a typed table says of a column beside what the type says; nil for nothing.
  static func options(_ fact: Fact, defaultValue: Fact?) -> String? {
    var text = ""
    if let expression = fact.optionalText(.generated) { text += " GENERATED ALWAYS AS (\(expression)) STORED" }
    if let defaultValue { text += " DEFAULT \(defaultValue.text(.expression))" }
    if fact.flag(.notNull) { text += " NOT NULL" }
    return text.isEmpty ? nil : "\(fact.id.memberSQL) WITH OPTIONS\(text)"
  }

  /// The sequence's options, and its name when PostgreSQL would choose another.
  private static func identityOptions(_ fact: Fact) -> [String] {
    let name = fact.list(.sequence)
    guard name.count == 2, name[1] != "\(fact.id.name)_\(fact.id.member)_seq" else {
      return fact.list(.identityOptions)
    }
    return ["SEQUENCE NAME \(Quote.qualified(name[0], name[1]))"] + fact.list(.identityOptions)
  }

  /// What ADD COLUMN has no place for.
  static func settings(_ fact: Fact) -> [String] {
    let alter = alter(fact)
    var statements: [String] = []
    if let storage = fact.optionalText(.storage) { statements.append("\(alter) SET STORAGE \(storage)") }
    if let target = fact.integer(.statistics) { statements.append("\(alter) SET STATISTICS \(target)") }
    let options = fact.list(.options)
    if !options.isEmpty { statements.append("\(alter) SET (\(StorageOptions.list(options)))") }
    if let persistence = fact.optionalText(.persistence), let name = fact.list(.sequence).last {
      statements.append("ALTER SEQUENCE \(Quote.qualified(fact.id.schema, name)) SET \(persistence.uppercased())")
    }
    return statements
  }

  private static func alter(_ fact: Fact) -> String {
    "ALTER TABLE \(fact.id.sqlName) ALTER COLUMN \(fact.id.memberSQL)"
  }

  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let clause = alter(new)
    var change = Change()
    if let expression = new.optionalText(.generated) {
      // PostgreSQL cannot make a column generated, nor change the expression before version 17.
      guard old.optionalText(.generated) == expression, sameType(old, new) else { return .replace }
    } else if old.optionalText(.generated) != nil {
      change.statements.append("\(clause) DROP EXPRESSION")
    }
    if old.optionalText(.identity) != nil, new.optionalText(.identity) == nil {
      change.statements.append("\(clause) DROP IDENTITY")
    }
    if !sameType(old, new) { appendTypeChange(old, new, clause, &change, context) }
    if old.flag(.notNull) != new.flag(.notNull) {
      change.statements.append("\(clause) \(new.flag(.notNull) ? "SET" : "DROP") NOT NULL")
    }
    if let identity = new.optionalText(.identity) {
      if let before = old.optionalText(.identity) {
        if before != identity { change.statements.append("\(clause) SET GENERATED \(identity)") }
        if old.list(.sequence) != new.list(.sequence), let a = old.list(.sequence).last,
          let b = new.list(.sequence).last
        {
          change.statements.append(
            "ALTER SEQUENCE \(Quote.qualified(new.id.schema, a)) RENAME TO \(Quote.identifier(b))")
        }
        let options = SequenceRule.changes(from: old.list(.identityOptions), to: new.list(.identityOptions))
        if !options.isEmpty {
          change.statements.append("\(clause) " + options.map { "SET \($0)" }.joined(separator: " "))
        }
      } else {
        let options = identityOptions(new)
        change.statements.append(
          "\(clause) ADD GENERATED \(identity) AS IDENTITY"
            + (options.isEmpty ? "" : " (\(options.joined(separator: " ")))"))
      }
    }
    // A new type or collation brings its own storage and compression.
    let isReset = !sameType(old, new)
    if isReset ? new.attributes[.compression] != nil : old.attributes[.compression] != new.attributes[.compression] {
      change.statements.append("\(clause) SET COMPRESSION \(new.optionalText(.compression) ?? "default")")
    }
    if isReset ? new.attributes[.storage] != nil : old.attributes[.storage] != new.attributes[.storage] {
      // DEFAULT is a word of version 16 and newer.
      change.statements.append("\(clause) SET STORAGE \(new.optionalText(.storage) ?? defaultStorage(new))")
    }
    if old.attributes[.statistics] != new.attributes[.statistics] {
      change.statements.append("\(clause) SET STATISTICS \(new.integer(.statistics) ?? -1)")
    }
    change.statements += StorageOptions.changes(clause, from: old.list(.options), to: new.list(.options))
    change.statements += ForeignOptions.changes(clause, from: old.list(.foreignOptions), to: new.list(.foreignOptions))
    return .inPlace(change)
  }

  private static func sameType(_ old: Fact, _ new: Fact) -> Bool {
    old.attributes[.type] == new.attributes[.type] && old.attributes[.collation] == new.attributes[.collation]
  }

  private static func appendTypeChange(
    _ old: Fact, _ new: Fact, _ clause: String, _ change: inout Change, _ context: RuleContext
  ) {
    let type = new.text(.type)
    let collation = new.optionalText(.collation).map { " COLLATE \($0)" } ?? ""
    let using =
      old.text(.type) == type
      ? "" : " USING " + TypeChange.conversion(new.id.memberSQL, from: old.text(.type), to: type)
    change.statements.append("\(clause) TYPE \(type)\(collation)\(using)")
    if old.text(.type) != type, !TypeChange.keepsValues(from: old.text(.type), to: type) {
      change.hazards.append(
        Hazard(
          .dataLoss,
          "changes column \(new.id.path) from \(old.text(.type)) to \(type): values may be cut, rounded or refused"))
    }
    // PostgreSQL carries indexes and checks over by itself, and refuses everything else that uses the column.
    let disturbed: (FactKind, Fact) -> Bool = { kind, fact in
      switch kind {
      case .view, .materializedView, .policy, .trigger, .columnDefault, .function, .rule, .publicationTable: true
      case .constraint: fact.text(.type) == "f"
      case .column: fact.optionalText(.generated) != nil
      default: false
      }
    }
    change.disturbs.append((new.id, disturbed))

  }

  private static func defaultStorage(_ fact: Fact) -> String {
    switch fact.text(.type) {
    case "numeric": "MAIN"
    case let type where type.hasPrefix("numeric(") || type == "inet" || type == "cidr": "MAIN"
    default: "EXTENDED"
    }
  }
}

/// Which changes of type keep every value.
enum TypeChange {
  private static let order = ["smallint", "integer", "bigint", "numeric"]

  static func keepsValues(from old: String, to new: String) -> Bool {
    if let a = order.firstIndex(of: old), let b = order.firstIndex(of: new) { return a <= b }
    if new == "text" { return true }
    if let a = length(old, "character varying"), let b = length(new, "character varying") { return a <= b }
    if old == "real", new == "double precision" { return true }
    if old == "json", new == "jsonb" { return true }
    return false
  }

  /// Types between which PostgreSQL has casts (`pg_cast`); from and to text there is one from every type.
  private static let families = [
    ["smallint", "integer", "bigint", "numeric", "real", "double precision"],
    ["text", "character varying", "character", "name"],
    ["date", "timestamp without time zone", "timestamp with time zone"],
    ["json", "jsonb"], ["boolean", "integer"], ["inet", "cidr"],
  ]

  /// An expression that turns a column's values into another type; between types without a cast, the text form is the
  /// bridge, and a single value becomes an array of one.
  static func conversion(_ column: String, from old: String, to new: String) -> String {
    switch (old.hasSuffix("[]"), new.hasSuffix("[]")) {
    case (false, true): "CASE WHEN \(column) IS NOT NULL THEN ARRAY[\(column)::text]::\(new) END"
    case (true, false): families[1].contains(base(new)) ? "\(column)::\(new)" : "\(column)[1]::text::\(new)"
    case (true, true): "\(column)::text[]::\(new)"
    case (false, false): hasCast(from: old, to: new) ? "\(column)::\(new)" : "\(column)::text::\(new)"
    }
  }

  private static func hasCast(from old: String, to new: String) -> Bool {
    let (a, b) = (base(old), base(new))
    if families[1].contains(b) || families[1].contains(a) { return true }
    return families.contains { $0.contains(a) && $0.contains(b) }
  }

  /// The type without its modifier: `numeric(8,2)` is `numeric`.
  private static func base(_ type: String) -> String {
    guard let open = type.firstIndex(of: "("), let close = type.lastIndex(of: ")") else { return type }
    return String(type[..<open] + type[type.index(after: close)...])
  }

  private static func length(_ type: String, _ name: String) -> Int? {
    guard type.hasPrefix(name) else { return nil }
    let rest = type.dropFirst(name.count)
    if rest.isEmpty { return Int.max }
    return Int(rest.dropFirst().dropLast())
  }
}

enum DefaultRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["\(clause(fact)) SET DEFAULT \(fact.text(.expression))"]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    // A partition without a default of its own has its parent's.
    if let inherited = Delta.parentDefault(of: fact, in: context.source), let value = context.target[inherited] {
      return ["\(clause(fact)) SET DEFAULT \(value.text(.expression))"]
    }
    return ["\(clause(fact)) DROP DEFAULT"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(create(new, context)))
  }
  private static func clause(_ fact: Fact) -> String {
    "ALTER TABLE \(fact.id.sqlName) ALTER COLUMN \(fact.id.memberSQL)"
  }
}

enum ConstraintRule: Rule {
  static func clause(_ fact: Fact) -> String { "CONSTRAINT \(fact.id.memberSQL) \(fact.text(.definition))" }

  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let notValid = fact.attributes[.validated] == .flag(false) ? " NOT VALID" : ""
    return ["ALTER TABLE \(fact.id.sqlName) ADD \(clause(fact))\(notValid)"] + storage(nil, fact)
      + marks(nil, fact, context)
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["ALTER TABLE \(fact.id.sqlName) DROP CONSTRAINT \(fact.id.memberSQL)"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.text(.definition) == new.text(.definition) else { return .replace }
    var change = Change()
    if old.attributes[.validated] != new.attributes[.validated] {
      guard new.attributes[.validated] == nil else { return .replace }
      change.statements.append("ALTER TABLE \(new.id.sqlName) VALIDATE CONSTRAINT \(new.id.memberSQL)")
    }
    change.statements += storage(old, new) + marks(old, new, context)
    return .inPlace(change)
  }

  /// How the constraint's index is stored, which `pg_get_constraintdef` does not say.
  private static func storage(_ old: Fact?, _ new: Fact) -> [String] {
    IndexRule.storage(old, new, index: Quote.qualified(new.id.schema, new.id.member))
  }

  /// Whether the constraint's index orders the table or identifies its rows to replication.
  private static func marks(_ old: Fact?, _ new: Fact, _ context: RuleContext) -> [String] {
    IndexRule.marks(old, new, index: new.id.memberSQL, context)
  }
}

enum IndexRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let unique = fact.flag(.unique) ? "UNIQUE " : ""
    let table = fact.parent?.sqlName ?? ""
    return ["CREATE \(unique)INDEX \(Quote.identifier(fact.id.name)) ON \(table) \(fact.text(.definition))"]
      + storage(nil, fact, index: fact.id.sqlName)
      + marks(nil, fact, index: Quote.identifier(fact.id.name), context)
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { ["DROP INDEX \(fact.id.sqlName)"] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.text(.definition) == new.text(.definition), old.flag(.unique) == new.flag(.unique),
      old.parent == new.parent, old.attributes[.valid] == new.attributes[.valid]
    else { return .replace }
    return .inPlace(
      Change(
        storage(old, new, index: new.id.sqlName) + marks(old, new, index: Quote.identifier(new.id.name), context)))
  }

  /// - Parameter index: the index's qualified name, quoted.
  static func storage(_ old: Fact?, _ new: Fact, index: String) -> [String] {
    var statements = StorageOptions.changes(
      "ALTER INDEX \(index)", from: old?.list(.options) ?? [], to: new.list(.options))
    if old?.attributes[.tablespace] != new.attributes[.tablespace] {
      statements.append(
        "ALTER INDEX \(index) SET TABLESPACE \(Quote.identifier(new.optionalText(.tablespace) ?? "pg_default"))")
    }
    let (before, after) = (old?.list(.statistics) ?? [], new.list(.statistics))
    func column(_ target: String) -> String { String(target.prefix { $0 != " " }) }
    for target in before where !after.contains(where: { column($0) == column(target) }) {
      statements.append("ALTER INDEX \(index) ALTER COLUMN \(column(target)) SET STATISTICS -1")
    }
    for target in after where !before.contains(target) {
      statements.append(
        "ALTER INDEX \(index) ALTER COLUMN \(column(target)) SET STATISTICS \(target.dropFirst(column(target).count + 1))"
      )
    }
    return statements
  }

  /// - Parameter index: the index's own name, quoted.
  static func marks(_ old: Fact?, _ new: Fact, index: String, _ context: RuleContext) -> [String] {
    guard let parent = new.parent else { return [] }
    let clause = "ALTER \(parent.kind == .materializedView ? "MATERIALIZED VIEW" : "TABLE") \(parent.sqlName)"
    let siblings = (context.targetChildren[parent] ?? []).compactMap { context.target[$0] }
    var statements: [String] = []
    // A table has one mark of each kind: the index that gets it takes it from the one that had it.
    if old?.flag(.clustered) != true, new.flag(.clustered) {
      statements.append("\(clause) CLUSTER ON \(index)")
    } else if old?.flag(.clustered) == true, !new.flag(.clustered), !siblings.contains(where: { $0.flag(.clustered) }) {
      statements.append("\(clause) SET WITHOUT CLUSTER")
    }
    let before = old?.optionalText(.replicaIdentity)
    if before == nil, new.optionalText(.replicaIdentity) != nil {
      statements.append("\(clause) REPLICA IDENTITY USING INDEX \(index)")
    } else if before != nil, new.optionalText(.replicaIdentity) == nil,
      context.target[parent]?.attributes[.replicaIdentity] == nil,
      !siblings.contains(where: { $0.attributes[.replicaIdentity] != nil })
    {
      statements.append("\(clause) REPLICA IDENTITY DEFAULT")
    }
    return statements
  }
}

enum TriggerRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [fact.text(.definition)] + (fact.optionalText(.enabled).map { [state(fact, $0)] } ?? [])
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP TRIGGER \(fact.id.memberSQL) ON \(fact.id.sqlName)"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.text(.definition) == new.text(.definition) else { return .replace }
    return .inPlace(Change([state(new, new.optionalText(.enabled) ?? "ENABLE")]))
  }
  private static func state(_ fact: Fact, _ words: String) -> String {
    "ALTER TABLE \(fact.id.sqlName) \(words) TRIGGER \(fact.id.memberSQL)"
  }
}

/// Whether a partition's copy of a trigger fires.
enum TriggerStateRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [state(fact, fact.text(.enabled))] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    // As the parent's trigger says in the end, if it stays.
    guard let trigger = fact.needs.first(where: { $0.kind == .trigger }), let target = context.target[trigger] else {
      return []
    }
    return [state(fact, target.optionalText(.enabled) ?? "ENABLE")]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(create(new, context)))
  }
  private static func state(_ fact: Fact, _ words: String) -> String {
    "ALTER TABLE \(fact.id.sqlName) \(words) TRIGGER \(fact.id.memberSQL)"
  }
}

enum PolicyRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let kind = fact.attributes[.permissive] == .flag(false) ? " AS RESTRICTIVE" : ""
    return ["CREATE POLICY \(fact.id.memberSQL) ON \(fact.id.sqlName)\(kind) FOR \(fact.text(.command))\(rest(fact))"]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP POLICY \(fact.id.memberSQL) ON \(fact.id.sqlName)"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    // ALTER POLICY cannot take an expression away.
    guard old.text(.command) == new.text(.command), old.attributes[.permissive] == new.attributes[.permissive],
      (old.optionalText(.using) == nil) == (new.optionalText(.using) == nil),
      old.optionalText(.check) == nil || new.optionalText(.check) != nil
    else { return .replace }
    return .inPlace(Change(["ALTER POLICY \(new.id.memberSQL) ON \(new.id.sqlName)\(rest(new))"]))
  }
  private static func rest(_ fact: Fact) -> String {
    let roles = fact.list(.roles).map { $0.isEmpty ? "PUBLIC" : Quote.identifier($0) }.joined(separator: ", ")
    return " TO \(roles)" + (fact.optionalText(.using).map { "\n  USING (\($0))" } ?? "")
      + (fact.optionalText(.check).map { "\n  WITH CHECK (\($0))" } ?? "")
  }
}
