internal import Catalog
internal import Postgres

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
    let (before, after) = (SequenceRange(old), SequenceRange(new))
    var change = Change()
    // On its own: together with bounds, the new type's bounds win over the direction's.
    let retyped =
      old.attributes[.type] == new.attributes[.type]
      ? [] : ["ALTER SEQUENCE \(new.id.sqlName) AS \(new.optionalText(.type) ?? "bigint")"]
    // The wider type takes the bounds of both.
    let isNarrower = after.type.width < before.type.width
    if !isNarrower { change.statements += retyped }
    change.statements += before.repositioning(new.id.sqlName, for: after)
    let words = changes(from: old.list(.options), to: new.list(.options))
    if !words.isEmpty { change.statements.append("ALTER SEQUENCE \(new.id.sqlName) \(words.joined(separator: " "))") }
    if isNarrower { change.statements += retyped }
    if before.isDescending != after.isDescending {
      // Nothing says where numbers were that run in this direction.
      for column in columns(of: new.id, context) { change.statements.append(after.passing(column, new.id.sqlName)) }
    }
    change.hazards += before.hazards(new.id.sqlName, for: after)
    if old.attributes[.persistence] != new.attributes[.persistence] {
      change.statements.append(
        "ALTER SEQUENCE \(new.id.sqlName) SET \(new.optionalText(.persistence) == nil ? "LOGGED" : "UNLOGGED")")
    }
    return .inPlace(change)
  }

  /// The columns that have numbers of a sequence before and after: the one that it belongs to, and those whose defaults name it.
  private static func columns(of sequence: FactID, _ context: RuleContext) -> [FactID] {
    var columns: Set<FactID> = []
    let owner = context.target[FactID(.sequenceOwner, schema: sequence.schema, name: sequence.name)]
    if let column = owner?.list(.column), column.count == 3 {
      columns.insert(FactID(.column, schema: column[0], name: column[1], member: column[2]))
    }
    for value in context.sourceDependents[sequence] ?? [] where value.kind == .columnDefault {
      guard context.target[value]?.needs.contains(sequence) == true else { continue }
      columns.insert(FactID(.column, schema: value.schema, name: value.name, member: value.member))
    }
    return columns.filter { column in
      context.source.contains(column)
        && context.target[column].flatMap { SequenceRange.NumberType(rawValue: $0.text(.type)) } != nil
    }.sorted()
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
    return changes
  }
}

enum SequenceOwnerRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    // Whoever makes a sequence owns it, and what was owned by somebody else is so no longer.
    let owner = owner(of: fact, in: context.target)
    return (owner.map { ["ALTER SEQUENCE \(fact.id.sqlName) OWNER TO \(Quote.identifier($0))"] } ?? []) + join(fact)
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    let leave = "ALTER SEQUENCE \(fact.id.sqlName) OWNED BY NONE"
    let sequence = FactID(.sequence, schema: fact.id.schema, name: fact.id.name)
    // It keeps the owner that it had from the table.
    guard owner(of: fact, in: context.source) != nil, context.target.contains(sequence),
      !context.target.contains(sequence.about(.owner))
    else { return [leave] }
    return [leave, "ALTER SEQUENCE \(fact.id.sqlName) OWNER TO CURRENT_USER"]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let owners = [
      owner(of: old, in: context.source), owner(of: old, in: context.target), owner(of: new, in: context.source),
      owner(of: new, in: context.target),
    ]
    if Set(owners).count == 1 { return .inPlace(Change(join(new))) }
    let name = new.id.sqlName
    let role = owners[3].map(Quote.identifier) ?? "CURRENT_USER"
    // One that belongs to a table follows its owner, and cannot have another.
    return .inPlace(
      Change(["ALTER SEQUENCE \(name) OWNED BY NONE", "ALTER SEQUENCE \(name) OWNER TO \(role)"] + join(new)))
  }

  private static func join(_ fact: Fact) -> [String] {
    let column = fact.list(.column)
    guard column.count == 3 else { return [] }
    let name = "\(Quote.qualified(column[0], column[1])).\(Quote.identifier(column[2]))"
    return ["ALTER SEQUENCE \(fact.id.sqlName) OWNED BY \(name)"]
  }

  /// The table that the sequence belongs to.
  static func table(of fact: Fact, in catalog: Catalog) -> FactID? {
    let column = fact.list(.column)
    guard column.count == 3 else { return nil }
    return [FactKind.table, .foreignTable].lazy.map { FactID($0, schema: column[0], name: column[1]) }
      .first(where: catalog.contains)
  }

  /// The role that owns the table, where that is not the database's.
  private static func owner(of fact: Fact, in catalog: Catalog) -> String? {
    table(of: fact, in: catalog).flatMap { catalog[$0.about(.owner)]?.text(.role) }
  }
}

/// The numbers that a sequence can give.
struct SequenceRange {
  enum NumberType: String {
    case smallint, integer, bigint
    var width: Int { self == .smallint ? 2 : self == .integer ? 4 : 8 }
    var limits: (low: Int, high: Int) {
      switch self {
      case .smallint: (Int(Int16.min), Int(Int16.max))
      case .integer: (Int(Int32.min), Int(Int32.max))
      case .bigint: (Int.min, Int.max)
      }
    }
  }

  let type: NumberType
  let isDescending: Bool
  let low: Int
  let high: Int
  let start: Int

  init(_ sequence: Fact) { self.init(type: sequence.optionalText(.type), options: sequence.list(.options)) }

  /// - Parameters:
  ///   - type: what the numbers are; nil is the usual one.
  ///   - options: what differs from the usual, as clauses.
  init(type name: String?, options: [String]) {
    func value(_ word: String) -> Int? {
      options.first { $0.hasPrefix(word + " ") }.flatMap { Int($0.dropFirst(word.count + 1)) }
    }
    type = name.flatMap(NumberType.init) ?? .bigint
    isDescending = (value("INCREMENT BY") ?? 1) < 0
    low = value("MINVALUE") ?? (isDescending ? type.limits.low : 1)
    high = value("MAXVALUE") ?? (isDescending ? -1 : type.limits.high)
    start = value("START WITH") ?? (isDescending ? high : low)
  }

  private var endsWithItsType: Bool { isDescending ? low == type.limits.low : high == type.limits.high }

  /// What takes a sequence whose position the new bounds exclude to its new start, or to its end: PostgreSQL refuses such bounds.
  ///
  /// - Parameter name: the sequence's, quoted.
  func repositioning(_ name: String, for new: SequenceRange) -> [String] {
    guard new.low > low || new.high < high else { return [] }
    // The numbers of a type are used up: to begin again would give numbers that it has given before.
    let end = new.isDescending ? new.low : new.high
    let isUsedUp = "last_value \(new.isDescending ? "<" : ">") \(end)"
    let place =
      new.endsWithItsType
      ? "CASE WHEN \(isUsedUp) THEN \(end) ELSE \(new.start) END, \(isUsedUp)" : "\(new.start), false"
    return [
      // Bounds in which both have a place. That makes a sequence a new file, so that what follows is undone with it.
      "ALTER SEQUENCE \(name) MINVALUE \(min(low, new.low)) MAXVALUE \(max(high, new.high))",
      "SELECT pg_catalog.setval(\(Quote.literal(name)), \(place)) FROM \(name)"
        + " WHERE last_value NOT BETWEEN \(new.low) AND \(new.high)",
    ]
  }

  func hazards(_ name: String, for new: SequenceRange) -> [Hazard] {
    let forgets = !new.endsWithItsType && (new.isDescending ? new.low > low : new.high < high)
    guard forgets, new.start >= low, new.start <= high else { return [] }
    return [
      Hazard(
        .dataLoss,
        "changes the bounds of sequence \(name): where its position is beyond them, it starts again at \(new.start) and gives numbers that it has given before"
      )
    ]
  }
}
