internal import Catalog
internal import Postgres

enum ColumnRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    add(fact, defaultValue: nil, isParent: isParent(fact, context))
  }

  /// ADD COLUMN; with its default, so that rows that are there get a value.
  static func add(_ fact: Fact, defaultValue: Fact?, isParent: Bool = false) -> [String] {
    ["ALTER TABLE \(fact.id.sqlName) ADD COLUMN \(definition(fact, defaultValue: defaultValue))"]
      + settings(fact, isParent: isParent)
  }

  /// Whether other tables inherit the column.
  static func isParent(_ fact: Fact, _ context: RuleContext) -> Bool {
    fact.parent.map { context.targetTables[$0] != nil } ?? false
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
    if let expression = fact.optionalText(.generated) {
      text += " GENERATED ALWAYS AS (\(expression)) \(fact.flag(.virtual) ? "VIRTUAL" : "STORED")"
    }
    if let identity = fact.optionalText(.identity) {
      let options = identityOptions(fact)
      text += " GENERATED \(identity) AS IDENTITY" + (options.isEmpty ? "" : " (\(options.joined(separator: " ")))")
    }
    if let defaultValue { text += " DEFAULT \(defaultValue.text(.expression))" }
    return text + NotNull.clause(fact)
  }

  /// What a typed table says of a column beside what the type says; nil for nothing.
  static func options(_ fact: Fact, defaultValue: Fact?) -> String? {
    var text = ""
    if let expression = fact.optionalText(.generated) {
      text += " GENERATED ALWAYS AS (\(expression)) \(fact.flag(.virtual) ? "VIRTUAL" : "STORED")"
    }
    if let defaultValue { text += " DEFAULT \(defaultValue.text(.expression))" }
    text += NotNull.clause(fact)
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
  static func settings(_ fact: Fact, isParent: Bool = false) -> [String] {
    let alter = alter(fact)
    var statements: [String] = []
    if let storage = fact.optionalText(.storage) { statements.append("\(alter) SET STORAGE \(storage)") }
    if let target = fact.integer(.statistics) {
      statements.append("\(Self.alter(fact, only: isParent)) SET STATISTICS \(target)")
    }
    let options = fact.list(.options)
    if !options.isEmpty { statements.append("\(alter) SET (\(StorageOptions.list(options)))") }
    if let persistence = fact.optionalText(.persistence), let name = fact.list(.sequence).last {
      statements.append("ALTER SEQUENCE \(Quote.qualified(fact.id.schema, name)) SET \(persistence.uppercased())")
    }
    return statements
  }

  /// - Parameter only: whether children keep what they have.
  static func alter(_ fact: Fact, only: Bool = false) -> String {
    "ALTER TABLE \(only ? "ONLY " : "")\(fact.id.sqlName) ALTER COLUMN \(fact.id.memberSQL)"
  }

  /// How a column is stored, where that is not its type's own way.
  static func physicalSettings(_ fact: Fact, _ context: RuleContext) -> [String] {
    (fact.attributes[.compression] == nil ? [] : compression(fact, context))
      + (fact.optionalText(.storage).map { ["\(alter(fact, only: false)) SET STORAGE \($0)"] } ?? [])
  }

  /// SET COMPRESSION, which unlike SET STORAGE leaves alone the columns that are inherited from this one.
  private static func compression(_ fact: Fact, _ context: RuleContext) -> [String] {
    let method = fact.optionalText(.compression) ?? "default"
    var statements = ["\(alter(fact)) SET COMPRESSION \(method)"]
    var tables = fact.parent.flatMap { context.targetTables[$0] } ?? []
    while !tables.isEmpty {
      let table = tables.removeFirst()
      func own(_ kind: FactKind) -> FactID {
        FactID(kind, schema: table.schema, name: table.name, member: fact.id.member)
      }
      // A column of the child's own, or a setting, says it itself.
      if context.target.contains(own(.column)) { continue }
      let settings = context.target[own(.inheritedColumn)]?.list(.columnSettings) ?? []
      if settings.contains(where: { $0.hasPrefix("SET COMPRESSION") }) { continue }
      // A new table has it from the start.
      if context.source.contains(table) {
        statements.append("ALTER TABLE \(table.sqlName) ALTER COLUMN \(fact.id.memberSQL) SET COMPRESSION \(method)")
      }
      tables += context.targetTables[table] ?? []
    }
    return statements
  }

  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let clause = alter(new)
    var change = Change()
    if new.optionalText(.generated) != nil {
      // PostgreSQL cannot make a column generated, nor change the expression before version 17.
      guard old.attributes[.generated] == new.attributes[.generated], old.flag(.virtual) == new.flag(.virtual),
        sameType(old, new)
      else { return .replace }
    } else if old.optionalText(.generated) != nil {
      // Nothing is stored that could stay.
      guard !old.flag(.virtual) else { return .replace }
      change.statements.append("\(clause) DROP EXPRESSION")
    }
    if old.optionalText(.identity) != nil, new.optionalText(.identity) == nil {
      // Other columns may take numbers of its sequence, which goes.
      change.disturbs.append(
        (new.id, { kind, fact in kind == .columnDefault || NumberSuccession.meansAnother(fact, than: old, context) }))
      // The sequence that follows takes over its position first.
      if let succession = NumberSuccession(of: new.id, context) {
        change.statements += succession.settingAside
        // Until then it takes the column's new type.
        let range = SequenceRange(type: old.text(.type), options: old.list(.identityOptions))
        if let type = SequenceRange.NumberType(rawValue: new.text(.type)), type.width < range.type.width {
          change.statements.append(
            "\(clause) " + range.options(within: type).map { "SET \($0)" }.joined(separator: " "))
        }
        change.cleanup += succession.statements + ["\(clause) DROP IDENTITY"]
      } else {
        change.statements.append("\(clause) DROP IDENTITY")
      }
    }
    let numbers = identityChanges(old, new, clause, context)
    change.hazards += numbers.hazards
    // PostgreSQL gives the sequence the column's new type, in which its bounds have to have a place.
    if numbers.isNarrower { change.statements += numbers.statements }
    let notNull =
      context.notNull.covers(new.id, unless: context.created) ? nil : NotNull.changes(from: old, to: new, context)
    // Where no value can be converted, the column is NULL for want of a default.
    let isFreed =
      old.flag(.notNull) && !new.flag(.notNull) && context.conversions[old.text(.type), new.text(.type)].way == .anew
      && !leavesIdentityLate(old, new, change)
    if isFreed { change.statements += notNull?.now ?? [] }
    if !sameType(old, new) {
      if let reason = PartitionKeys.refusal(old, context) ?? SharedColumns.refusal(old, context) {
        return .refused(reason)
      }
      let first = change.statements.count
      appendTypeChange(old, new, clause, &change, context)
      // An identity is of an integer type to its end.
      if leavesIdentityLate(old, new, change), SequenceRange.NumberType(rawValue: new.text(.type)) == nil {
        change.cleanup += change.statements[first...]
        change.statements.removeSubrange(first...)
      }
    }
    if let notNull {
      // What is an identity still takes no NULL; its constraint may have another name.
      if leavesIdentityLate(old, new, change), !(old.flag(.notNull) && new.flag(.notNull)) {
        change.cleanup += notNull.now
      } else if !isFreed {
        change.statements += notNull.now
      }
      change.cleanup += notNull.later
      if old.flag(.notNull), !new.flag(.notNull) { disturbKeysOfChildren(new, &change, context) }
    }
    if let identity = new.optionalText(.identity) {
      if let before = old.optionalText(.identity) {
        if before != identity { change.statements.append("\(clause) SET GENERATED \(identity)") }
        let name = firstName(old, new, context)
        if old.attributes[.sequence] != new.attributes[.sequence], let a = old.list(.sequence).last, let name,
          let b = new.list(.sequence).last
        {
          func rename(_ a: String, _ b: String) -> String {
            "ALTER SEQUENCE \(Quote.qualified(new.id.schema, a)) RENAME TO \(Quote.identifier(b))"
          }
          change.disturbs.append((new.id, { NumberSuccession.meansAnother($1, than: old, context) }))
          change.statements.append(rename(a, name))
          if name != b { change.cleanup.append(rename(name, b)) }
        }
        if old.attributes[.persistence] != new.attributes[.persistence], let name {
          let isUnlogged =
            new.optionalText(.persistence).map { $0 == "unlogged" }
            ?? (new.parent.flatMap { context.target[$0] }?.optionalText(.persistence) == "unlogged")
          change.statements.append(
            "ALTER SEQUENCE \(Quote.qualified(new.id.schema, name)) SET \(isUnlogged ? "UNLOGGED" : "LOGGED")")
        }
        if !numbers.isNarrower { change.statements += numbers.statements }
      } else {
        let options = identityOptions(new)
        change.statements.append(
          "\(clause) ADD GENERATED \(identity) AS IDENTITY"
            + (options.isEmpty ? "" : " (\(options.joined(separator: " ")))"))
        change.statements += NumberSuccession(of: new.id, context)?.statements ?? []
        if let persistence = new.optionalText(.persistence), let name = new.list(.sequence).last {
          change.statements.append(
            "ALTER SEQUENCE \(Quote.qualified(new.id.schema, name)) SET \(persistence.uppercased())")
        }
      }
    }
    // A new type or collation brings its own storage and compression.
    let isReset = !sameType(old, new)
    if isReset ? new.attributes[.compression] != nil : old.attributes[.compression] != new.attributes[.compression] {
      change.statements += compression(new, context)
    }
    if isReset ? new.attributes[.storage] != nil : old.attributes[.storage] != new.attributes[.storage] {
      // DEFAULT is a word of version 16 and newer.
      change.statements.append("\(clause) SET STORAGE \(new.optionalText(.storage) ?? defaultStorage(new))")
    }
    if old.attributes[.statistics] != new.attributes[.statistics] {
      let clause = Self.alter(new, only: isParent(new, context))
      change.statements.append("\(clause) SET STATISTICS \(new.integer(.statistics) ?? -1)")
    }
    change.statements += StorageOptions.changes(clause, from: old.list(.options), to: new.list(.options))
    change.statements += ForeignOptions.changes(clause, from: old.list(.foreignOptions), to: new.list(.foreignOptions))
    return .inPlace(change)
  }

  /// Whether a column is an identity until the second half of its change: another sequence takes over the position first.
  static func leavesIdentityLate(_ old: Fact?, _ new: Fact?, _ change: Change) -> Bool {
    old?.attributes[.identity] != nil && new?.attributes[.identity] == nil && !change.cleanup.isEmpty
  }

  /// What an identity column's sequence is called once the column is altered: as it is to be, unless another leaves that name
  /// only when it can take this one's.
  private static func firstName(_ old: Fact, _ new: Fact, _ context: RuleContext) -> String? {
    guard context.exchanging.contains(new.id), let name = old.list(.sequence).last else {
      return new.list(.sequence).last
    }
    return FreeNames(context.source, context.target).relation(name, "old", in: new.id.schema)
  }

  /// What an identity column's sequence becomes, when it was one before.
  private static func identityChanges(
    _ old: Fact, _ new: Fact, _ clause: String, _ context: RuleContext
  ) -> (statements: [String], hazards: [Hazard], isNarrower: Bool) {
    guard old.optionalText(.identity) != nil, new.optionalText(.identity) != nil,
      let before = old.list(.sequence).last, let after = firstName(old, new, context)
    else { return ([], [], false) }
    let (from, to) = (
      SequenceRange(type: old.text(.type), options: old.list(.identityOptions)),
      SequenceRange(type: new.text(.type), options: new.list(.identityOptions))
    )
    let isNarrower = to.type.width < from.type.width
    // Bounds come before the type where that is narrower, and so before the sequence's other name.
    let name = Quote.qualified(new.id.schema, isNarrower ? before : after)
    var options = SequenceRule.changes(from: old.list(.identityOptions), to: new.list(.identityOptions))
    // PostgreSQL takes the bound of the old type for one that somebody has set.
    let bound = to.isDescending ? "MINVALUE" : "MAXVALUE"
    if to.type.width > from.type.width, context.source.identitiesOfOtherType.contains(old.id),
      !(new.list(.identityOptions) + options).contains(where: { $0.contains(bound) })
    {
      options.append("NO \(bound)")
    }
    var statements = from.repositioning(name, for: to)
    if !options.isEmpty {
      statements.append("\(clause) " + options.map { "SET \($0)" }.joined(separator: " "))
    }
    // Nothing says where numbers were that run in this direction.
    if from.isDescending != to.isDescending { statements.append(to.passing(new.id, name)) }
    return (statements, from.hazards(name, for: to), isNarrower)
  }

  private static func sameType(_ old: Fact, _ new: Fact) -> Bool {
    old.attributes[.type] == new.attributes[.type] && old.attributes[.collation] == new.attributes[.collation]
  }

  private static func appendTypeChange(
    _ old: Fact, _ new: Fact, _ clause: String, _ change: inout Change, _ context: RuleContext
  ) {
    let type = new.text(.type)
    let collation = new.optionalText(.collation).map { " COLLATE \($0)" } ?? ""
    let alter = "\(clause) TYPE \(type)\(collation)"
    if old.attributes[.type] == new.attributes[.type] {
      change.statements.append(alter)
    } else {
      let conversion = context.conversions[old.text(.type), type]
      // What a session has set must not decide what values become.
      change.statements += conversion.seen.map { "SET LOCAL \($0.assignment)" }
      let value = context.target[
        FactID(.columnDefault, schema: new.id.schema, name: new.id.name, member: new.id.member)]
      let expression =
        conversion.way == .anew
        ? value?.text(.expression) ?? "NULL" : conversion.expression(new.id.memberSQL, to: type)
      // A foreign table's values are converted by nobody here.
      let isForeign = context.source.contains(FactID(.foreignTable, schema: new.id.schema, name: new.id.name))
      change.statements.append(conversion.way == .assignment || isForeign ? alter : "\(alter) USING \(expression)")
      if isForeign {
        change.disturbs.append((new.id, isInTheWay))
        return
      }
      change.hazards += conversion.hazards(new.id.path, from: old.text(.type), to: type)
      if conversion.way == .anew, value == nil, new.flag(.notNull) {
        change.hazards.append(
          Hazard(
            .refusesValues,
            "column \(new.id.path) takes no NULL and has no default for the rows that there are: the migration runs on an empty table alone"
          ))
      }
    }
    // PostgreSQL carries indexes and checks over by itself, and refuses everything else that uses the column.
    for column in [new.id] + inheritors(of: new, context) { change.disturbs.append((column, isInTheWay)) }
  }

  /// A parent's column takes NULL together with its children's, which keys and replica identities of these do not let it:
  /// they are made anew once the children have their own NOT NULL.
  private static func disturbKeysOfChildren(_ column: Fact, _ change: inout Change, _ context: RuleContext) {
    let table = column.parent
    for id in [column.id] + inheritors(of: column, context) {
      change.disturbs.append(
        (
          id,
          { kind, fact in
            guard fact.parent != table, kind == .constraint || kind == .index else { return false }
            return fact.text(.type) == "p" || fact.attributes[.replicaIdentity] != nil
          }
        ))
    }
  }

  /// Columns that children have of their own beside inheriting this one: its type is theirs.
  private static func inheritors(of column: Fact, _ context: RuleContext) -> [FactID] {
    var columns: [FactID] = []
    var tables = column.parent.flatMap { context.sourceTables[$0] } ?? []
    while let table = tables.popLast() {
      let own = FactID(.column, schema: table.schema, name: table.name, member: column.id.member)
      if context.source.contains(own) { columns.append(own) }
      tables += context.sourceTables[table] ?? []
    }
    return columns
  }

  /// Whether a dependent of a column has to be out of the way when its type changes.
  static func isInTheWay(_ kind: FactKind, _ fact: Fact) -> Bool {
    switch kind {
    case .view, .materializedView, .policy, .trigger, .columnDefault, .function, .rule, .publicationTable: true
    case .constraint: fact.isForeignKey
    case .column: fact.optionalText(.generated) != nil
    default: false
    }
  }

  /// Turns a column into text, and in the second half back into what it was.
  static func parking(_ fact: Fact) -> Change {
    let name = fact.id.memberSQL
    return parking(fact, as: "text", "\(name)::text", back: "\(name)::\(fact.text(.type))")
  }

  /// The same with another type to wait as, and how the values get there and back.
  static func parking(_ fact: Fact, as waiting: String, _ conversion: String, back: String) -> Change {
    let clause = alter(fact)
    let type = fact.text(.type)
    let collation = fact.optionalText(.collation).map { " COLLATE \($0)" } ?? ""
    var change = Change(["\(clause) TYPE \(waiting) USING \(conversion)"])
    change.cleanup.append("\(clause) TYPE \(type)\(collation) USING \(back)")
    if let compression = fact.optionalText(.compression) {
      change.cleanup.append("\(clause) SET COMPRESSION \(compression)")
    }
    if let storage = fact.optionalText(.storage) { change.cleanup.append("\(clause) SET STORAGE \(storage)") }
    // What an index or a check says of the type says nothing of a text.
    let disturbed: (FactKind, Fact) -> Bool = { kind, fact in
      isInTheWay(kind, fact) || kind == .index || kind == .constraint && ["c", "x"].contains(fact.text(.type))
    }
    change.disturbs.append((fact.id, disturbed))
    return change
  }

  /// What a column's values are stored as when nothing is said.
  static func defaultStorage(_ fact: Fact) -> String {
    switch fact.text(.type) {
    case "numeric": "MAIN"
    case let type where type.hasPrefix("numeric(") || type == "inet" || type == "cidr": "MAIN"
    default: "EXTENDED"
    }
  }
}
