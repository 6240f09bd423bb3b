internal import Catalog
internal import Postgres

/// NOT NULL of a column. Since version 18 it is a constraint (`pg_constraint`, type `n`) with a name, which is written
/// where it is not the one that PostgreSQL would choose. `NotNullFamily` knows those that are inherited.
enum NotNull {
  /// What stands in a column's definition.
  static func clause(_ column: Fact) -> String {
    // What the parents say comes with them.
    guard column.flag(.notNull), !isInherited(column) else { return "" }
    let name = column.optionalText(.notNullName).map { " CONSTRAINT \(Quote.identifier($0))" } ?? ""
    return "\(name) NOT NULL" + (isAlone(column) ? " NO INHERIT" : "")
  }

  /// What a table's column that nothing inherits, and that is inherited from none, has to become.
  ///
  /// - Returns: the statements, and those that wait until other constraints have let go of their names.
  static func changes(from old: Fact, to new: Fact, _ context: RuleContext) -> (now: [String], later: [String]) {
    let table = "ALTER TABLE \(new.id.sqlName)"
    let column = "\(table) ALTER COLUMN \(new.id.memberSQL)"
    let wasValid = old.flag(.notNull)
    let unchecked = wasValid ? nil : unvalidated(new.id, context.source, context.sourceChildren)
    guard new.flag(.notNull) else { return (wasValid ? drop(new, context) : [], []) }
    guard wasValid || unchecked != nil else { return ([add(new)], []) }
    let source = unchecked?.id.member ?? name(old, context.source)
    let isOldAlone = unchecked.map(isUnvalidatedAlone) ?? isAlone(old)
    var statements = unchecked == nil ? [] : ["\(table) VALIDATE CONSTRAINT \(Quote.identifier(source))"]
    if isOldAlone != isAlone(new) {
      statements.append(
        "\(table) ALTER CONSTRAINT \(Quote.identifier(source)) \(isAlone(new) ? "NO INHERIT" : "INHERIT")")
    }
    let usual = ChosenName(table: new.id.name, columns: [new.id.member], label: "not_null")
    let isSame =
      unchecked == nil
      ? old.attributes[.notNullName] == new.attributes[.notNullName]
      : new.optionalText(.notNullName).map { $0 == source } ?? usual.fits(source)
    if isSame { return (statements, []) }
    // Nothing of a typed table is renamed.
    if let whole = new.parent.flatMap({ context.source[$0] }), whole.attributes[.ofType] != nil {
      return (["\(column) DROP NOT NULL", add(new)], [])
    }
    let renames = rename(new.id, in: new.id, from: source, to: name(new, context.target), context)
    return (statements + renames.now, renames.later)
  }

  /// Before version 18 it goes down to the children, also to those that are to keep it; there PostgreSQL refuses it for an identity,
  /// and SET NOT NULL afterwards reads the whole table. So it goes around these, and what is below them.
  private static func drop(_ column: Fact, _ context: RuleContext) -> [String] {
    func statement(_ table: FactID, only: Bool) -> String {
      "ALTER TABLE \(only ? "ONLY " : "")\(table.sqlName) ALTER COLUMN \(column.id.memberSQL) DROP NOT NULL"
    }
    guard let table = column.parent, context.target.serverVersion.major < 18 else {
      return ["ALTER TABLE \(column.id.sqlName) ALTER COLUMN \(column.id.memberSQL) DROP NOT NULL"]
    }
    var heirs = [table]
    var keeps = false
    var next = 0
    while next < heirs.count {
      for child in context.targetTables[heirs[next]] ?? []
      where context.source.contains(child) && !heirs.contains(child) {
        // PostgreSQL takes it from a partitioned table with its partitions only.
        if context.target[child]?.partitionParent != nil { return [statement(table, only: false)] }
        if isOwn(column.id.member, of: child, context.target) { keeps = true } else { heirs.append(child) }
      }
      next += 1
    }
    return keeps ? heirs.map { statement($0, only: true) } : [statement(table, only: false)]
  }

  /// A name that another column's NOT NULL has still is taken once that has let it go.
  ///
  /// - Returns: the statements, those that wait, and what the constraint is called meanwhile.
  static func rename(
    _ column: FactID, in table: FactID, from source: String, to target: String, _ context: RuleContext
  ) -> (now: [String], later: [String], aside: String?) {
    func statement(_ a: String, _ b: String) -> String {
      "ALTER TABLE \(table.sqlName) RENAME CONSTRAINT \(Quote.identifier(a)) TO \(Quote.identifier(b))"
    }
    guard let aside = aside(column, in: table, to: target, context) else {
      return ([statement(source, target)], [], nil)
    }
    return ([statement(source, aside)], [statement(aside, target)], aside)
  }

  /// Renames constraints of a table that may take each other's names.
  static func exchange(_ renames: [(from: String, to: String)], in table: FactID) -> [String] {
    func statement(_ a: String, _ b: String) -> String {
      "ALTER TABLE \(table.sqlName) RENAME CONSTRAINT \(Quote.identifier(a)) TO \(Quote.identifier(b))"
    }
    let names = Set(renames.map(\.from))
    var (first, last): ([String], [String]) = ([], [])
    for (from, to) in renames {
      if names.contains(to) {
        let aside = MadeUpName(table.name, from, label: "renamed").text
        first.append(statement(from, aside))
        last.append(statement(aside, to))
      } else {
        last.append(statement(from, to))
      }
    }
    return first + last
  }

  /// What the constraint is called for as long as another one has its name, there or in a table that has it from there.
  static func aside(_ column: FactID, in table: FactID, to target: String, _ context: RuleContext) -> String? {
    var tables: Set<FactID> = []
    var queue = [FactKind.table, .foreignTable].map { FactID($0, schema: table.schema, name: table.name) }
    while let next = queue.popLast() {
      guard context.source.contains(next), tables.insert(next).inserted else { continue }
      queue += context.sourceTables[next] ?? []
    }
    let isTaken = tables.contains { isHeld(target, by: column.member, in: $0, context) }
    return isTaken ? MadeUpName(table.name, column.member, label: "not_null_renamed").text : nil
  }

  /// Whether a table has a constraint of a name, of its own or from its parents, that is not the NOT NULL of one column.
  private static func isHeld(
    _ name: String, by column: String, in table: FactID, _ context: RuleContext
  ) -> Bool {
    var lines = [table]
    var known: Set<FactID> = []
    while let next = lines.popLast() {
      guard known.insert(next).inserted else { continue }
      for id in context.sourceChildren[next] ?? [] {
        guard let fact = context.source[id] else { continue }
        let isConstraint = id.kind == .constraint && id.member == name && Self.column(ofUnvalidated: fact) != column
        let isColumns =
          [.column, .inheritedColumn].contains(id.kind) && id.member != column
          && isOwn(id.member, of: next, context.source) && Self.name(fact, context.source) == name
        if isConstraint || isColumns { return true }
      }
      if let whole = context.source[next], pairs(whole).contains(where: { $0.0 != column && $0.1 == name }) {
        return true
      }
      lines += context.source.parents(of: next)
    }
    return false
  }

  /// SET NOT NULL, or what says more than that.
  static func add(_ column: Fact) -> String {
    let isUsual = column.attributes[.notNullName] == nil && !isAlone(column)
    if isUsual { return "ALTER TABLE \(column.id.sqlName) ALTER COLUMN \(column.id.memberSQL) SET NOT NULL" }
    let name = column.optionalText(.notNullName) ?? usual(column.id)
    return "ALTER TABLE \(column.id.sqlName) ADD CONSTRAINT \(Quote.identifier(name)) NOT NULL \(column.id.memberSQL)"
      + (isAlone(column) ? " NO INHERIT" : "")
  }

  /// The constraint of a column that holds for new rows only.
  static func unvalidated(_ column: FactID, _ catalog: Catalog, _ children: [FactID: [FactID]]) -> Fact? {
    [FactKind.table, .foreignTable].lazy.flatMap { kind in
      children[FactID(kind, schema: column.schema, name: column.name)] ?? []
    }.compactMap { catalog[$0] }.first { Self.column(ofUnvalidated: $0) == column.member }
  }

  static func isUnvalidatedAlone(_ constraint: Fact) -> Bool { constraint.text(.definition).hasSuffix(" NO INHERIT") }

  /// The column that a constraint which holds for new rows only is about; nil for other facts.
  static func column(ofUnvalidated fact: Fact) -> String? {
    guard fact.id.kind == .constraint, fact.text(.type) == "n" else { return nil }
    return fact.needs.first { $0.kind == .column }?.member
  }

  /// Whether the column is to have NOT NULL of its own.
  static func isOwn(_ column: String, of table: FactID, _ catalog: Catalog) -> Bool {
    if let fact = catalog[FactID(.column, schema: table.schema, name: table.name, member: column)] {
      return fact.flag(.notNull) && !isInherited(fact)
    }
    let said = catalog[FactID(.inheritedColumn, schema: table.schema, name: table.name, member: column)]
    return said?.list(.columnSettings).contains("SET NOT NULL") == true
  }

  /// NOT NULL of its own on a column that a child has from its parents, as its CREATE TABLE says it.
  static func line(_ fact: Fact) -> String? {
    guard fact.id.kind == .inheritedColumn, fact.list(.columnSettings).contains("SET NOT NULL") else { return nil }
    let name = fact.optionalText(.notNullName).map { "CONSTRAINT \(Quote.identifier($0)) " } ?? ""
    return "\(name)NOT NULL \(fact.id.memberSQL)" + (isAlone(fact) ? " NO INHERIT" : "")
  }

  /// Gives the columns of a table that is to become a partition constraints with names of their own.
  static func partitionNames(_ table: Fact) -> [String] {
    pairs(table).flatMap { constrained(table.id, $0, as: $1) }
  }

  private static func constrained(_ table: FactID, _ column: String, as name: String) -> [String] {
    let (clause, column) = ("ALTER TABLE \(table.sqlName)", Quote.identifier(column))
    return [
      "\(clause) ALTER COLUMN \(column) DROP NOT NULL",
      "\(clause) ADD CONSTRAINT \(Quote.identifier(name)) NOT NULL \(column)",
    ]
  }

  /// Columns and names by turns.
  static func pairs(_ table: Fact) -> [(String, String)] {
    let words = table.list(.notNullNames)
    return stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
  }

  static func isAlone(_ column: Fact) -> Bool { column.list(.notNullOptions).contains("NO INHERIT") }
  static func isInherited(_ column: Fact) -> Bool { column.list(.notNullOptions).contains("INHERITED") }

  /// What the constraint of a column with NOT NULL of its own is called.
  static func name(_ column: Fact, _ catalog: Catalog) -> String {
    column.optionalText(.notNullName) ?? catalog.notNullNames[column.id] ?? usual(column.id)
  }

  static func usual(_ column: FactID) -> String {
    ChosenName(table: column.name, columns: [column.member], label: "not_null").text
  }
}
