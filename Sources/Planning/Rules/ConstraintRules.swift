internal import Catalog
internal import Postgres

enum ConstraintRule: Rule {
  static func clause(_ fact: Fact) -> String { "CONSTRAINT \(fact.id.memberSQL) \(fact.text(.definition))" }

  /// What a key's index is on; nil for what has none.
  static func indexed(_ fact: Fact) -> Substring? {
    guard ["p", "u", "x"].contains(fact.text(.type)) else { return nil }
    let definition = fact.text(.definition)
    return definition[(definition.firstIndex(of: "(") ?? definition.startIndex)...]
  }

  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let notValid = fact.attributes[.validated] == .flag(false) ? " NOT VALID" : ""
    let only = fact.attributes[.valid] == .flag(false) ? "ONLY " : ""
    let add: [String]
    if let whole = fact.attachedTo, context.target[whole]?.attributes[.valid] == nil {
      add = [take(fact, partOf: whole)]
    } else {
      add =
        ["ALTER TABLE \(only)\(fact.id.sqlName) ADD \(clause(fact))\(notValid)"]
        + IndexRule.attach(fact, Quote.qualified(fact.id.schema, fact.id.member))
    }
    return add + storage(nil, fact) + marks(nil, fact, context)
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["ALTER TABLE \(fact.id.sqlName) DROP CONSTRAINT \(fact.id.memberSQL)"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == new.attributes[.definition], old.attributes[.valid] == new.attributes[.valid],
      old.attributes[.attached] == new.attributes[.attached]
    else { return .replace }
    var change = Change()
    if old.attributes[.validated] != new.attributes[.validated] {
      guard new.attributes[.validated] == nil else { return .replace }
      change.statements.append("ALTER TABLE \(new.id.sqlName) VALIDATE CONSTRAINT \(new.id.memberSQL)")
    }
    change.statements += storage(old, new) + marks(old, new, context)
    return .inPlace(change)
  }

  /// Makes the partition's part of an index the constraint's: what it is called is PostgreSQL's choice until then.
  private static func take(_ fact: Fact, partOf root: FactID) -> String {
    let key = KeyDefinition(fact)
    let add =
      "ALTER TABLE \(fact.id.sqlName) ADD CONSTRAINT \(fact.id.memberSQL) \(key?.word ?? "UNIQUE") USING INDEX "
    return """
      DO \(Quote.dollar("""

      BEGIN
        EXECUTE (SELECT \(Quote.literal(add)) || pg_catalog.quote_ident(c.relname) || \(Quote.literal(key?.deferral ?? ""))
                   FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
                  WHERE x.indrelid = \(Quote.literal(fact.id.sqlName))::regclass
                    AND pg_catalog.pg_partition_root(x.indexrelid) = \(Quote.literal(root.sqlName))::regclass);
      END

      """))
      """
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

/// Whether a check that a table has from its parent is validated before the parent's is.
enum InheritedConstraintRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["ALTER TABLE \(fact.id.sqlName) VALIDATE CONSTRAINT \(fact.id.memberSQL)"]
  }
  /// Nothing takes that back; the parent's is validated too, or made anew.
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [] }
}

enum IndexRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let unique = fact.flag(.unique) ? "UNIQUE " : ""
    let isPartitioned = fact.parent.flatMap { context.target[$0] }?.attributes[.partitionKey] != nil
    // Without its partitions it is not valid, and the other way round.
    let only = isPartitioned && fact.attributes[.valid] == .flag(false) ? "ONLY " : ""
    let table = only + (fact.parent?.sqlName ?? "")
    return ["CREATE \(unique)INDEX \(Quote.identifier(fact.id.name)) ON \(table) \(fact.text(.definition))"]
      + attach(fact, fact.id.sqlName) + storage(nil, fact, index: fact.id.sqlName)
      + marks(nil, fact, index: Quote.identifier(fact.id.name), context)
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    // Constraints of partitions whose indexes are its parts can go with it only.
    let name = [fact.id.schema, fact.id.name]
    let isTaken = (context.sourceDependents[fact.id] ?? []).contains {
      $0.kind == .constraint && context.source[$0]?.list(.attached) == name
    }
    return ["DROP INDEX \(fact.id.sqlName)" + (isTaken ? " CASCADE" : "")]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    guard old.attributes[.definition] == new.attributes[.definition], old.flag(.unique) == new.flag(.unique),
      old.parent == new.parent, old.attributes[.valid] == new.attributes[.valid],
      old.attributes[.attached] == new.attributes[.attached]
    else { return .replace }
    return .inPlace(
      Change(
        storage(old, new, index: new.id.sqlName) + marks(old, new, index: Quote.identifier(new.id.name), context)))
  }

  /// Makes a partition's own index a part of one that other partitions lack.
  ///
  /// - Parameter index: the index's qualified name, quoted.
  static func attach(_ fact: Fact, _ index: String) -> [String] {
    let whole = fact.list(.attached)
    return whole.count == 2 ? ["ALTER INDEX \(Quote.qualified(whole[0], whole[1])) ATTACH PARTITION \(index)"] : []
  }

  /// - Parameter index: the index's qualified name, quoted.
  static func storage(_ old: Fact?, _ new: Fact, index: String) -> [String] {
    var statements = StorageOptions.changes(
      "ALTER INDEX \(index)", from: old?.list(.options) ?? [], to: new.list(.options))
    if old?.attributes[.tablespace] != new.attributes[.tablespace] {
      statements.append(
        "ALTER INDEX \(index) SET TABLESPACE \(Quote.identifier(new.optionalText(.tablespace) ?? "pg_default"))")
    }
    return statements + statisticsTargets(old, new, index: index)
  }

  /// How much ANALYZE is to know of the index's expressions.
  ///
  /// - Parameter index: the index's qualified name, quoted.
  static func statisticsTargets(_ old: Fact?, _ new: Fact, index: String) -> [String] {
    var statements: [String] = []
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
