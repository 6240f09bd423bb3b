internal import Catalog
internal import Postgres

/// NOT NULL of a column. Since version 18 it is a constraint (`pg_constraint`, type `n`) with a name, which is written
/// where it is not the one that PostgreSQL would choose.
enum NotNull {
  /// What stands in a column's definition.
  static func clause(_ column: Fact) -> String {
    // An unvalidated one can only be added.
    guard column.flag(.notNull), !isUnvalidated(column) else { return "" }
    let name = column.optionalText(.notNullName).map { " CONSTRAINT \(Quote.identifier($0))" } ?? ""
    return "\(name) NOT NULL" + (isLocal(column) ? " NO INHERIT" : "")
  }

  /// What a column's definition has no place for.
  static func settings(_ column: Fact) -> [String] {
    column.flag(.notNull) && isUnvalidated(column) ? [add(column)] : []
  }

  static func changes(from old: Fact, to new: Fact) -> [String] {
    let table = "ALTER TABLE \(new.id.sqlName)"
    let column = "\(table) ALTER COLUMN \(new.id.memberSQL)"
    switch (old.flag(.notNull), new.flag(.notNull)) {
    case (false, false): return []
    case (true, false): return ["\(column) DROP NOT NULL"]
    case (false, true):
      let isUsual = new.attributes[.notNullName] == nil && new.attributes[.notNullOptions] == nil
      return [isUsual ? "\(column) SET NOT NULL" : add(new)]
    case (true, true): break
    }
    if isUnvalidated(new), !isUnvalidated(old) { return ["\(column) DROP NOT NULL", add(new)] }
    var statements: [String] = []
    if isUnvalidated(old), !isUnvalidated(new) {
      statements.append("\(table) VALIDATE CONSTRAINT \(Quote.identifier(name(old)))")
    }
    if isLocal(old) != isLocal(new) {
      statements.append(
        "\(table) ALTER CONSTRAINT \(Quote.identifier(name(old))) \(isLocal(new) ? "NO INHERIT" : "INHERIT")")
    }
    if old.attributes[.notNullName] != new.attributes[.notNullName] {
      statements.append(
        "\(table) RENAME CONSTRAINT \(Quote.identifier(name(old))) TO \(Quote.identifier(name(new)))")
    }
    return statements
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

  /// Gives a partition that is detached for it the names of another state; where there is none, its parent's.
  static func partitionChanges(from old: Fact, to new: Fact, _ catalog: Catalog) -> [String] {
    let (before, after) = (
      Dictionary(uniqueKeysWithValues: pairs(old)), Dictionary(uniqueKeysWithValues: pairs(new))
    )
    return Set(before.keys).union(after.keys).sorted().flatMap { column -> [String] in
      let parents = catalog.partitionLine(of: old).lazy.compactMap { table in
        catalog[FactID(.column, schema: table.schema, name: table.name, member: column)]
      }
      guard let parent = parents.first else { return [] }
      // Where the parent has none yet, there may be none here to be renamed.
      guard parent.flag(.notNull) else { return after[column].map { constrained(new.id, column, as: $0) } ?? [] }
      let (source, target) = (before[column] ?? name(parent), after[column] ?? name(parent))
      if source == target { return [] }
      return [
        "ALTER TABLE \(new.id.sqlName) RENAME CONSTRAINT \(Quote.identifier(source)) TO \(Quote.identifier(target))"
      ]
    }
  }

  /// Columns and names by turns.
  private static func pairs(_ table: Fact) -> [(String, String)] {
    let words = table.list(.notNullNames)
    return stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
  }

  private static func add(_ column: Fact) -> String {
    "ALTER TABLE \(column.id.sqlName) ADD CONSTRAINT \(Quote.identifier(name(column))) NOT NULL \(column.id.memberSQL)"
      + (isLocal(column) ? " NO INHERIT" : "") + (isUnvalidated(column) ? " NOT VALID" : "")
  }

  private static func isUnvalidated(_ column: Fact) -> Bool { column.list(.notNullOptions).contains("NOT VALID") }
  private static func isLocal(_ column: Fact) -> Bool { column.list(.notNullOptions).contains("NO INHERIT") }
  private static func name(_ column: Fact) -> String {
    column.optionalText(.notNullName)
      ?? ChosenName(table: column.id.name, columns: [column.id.member], label: "not_null").text
  }
}
