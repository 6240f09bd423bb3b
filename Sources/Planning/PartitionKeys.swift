internal import Catalog
internal import Postgres

/// Columns that partition keys are made of, whose types PostgreSQL never changes.
enum PartitionKeys {
  /// The names of the columns in a partition key as PostgreSQL prints it.
  static func columns(in key: String) -> Set<String> {
    guard let tree = ParseTree(parsing: "CREATE TABLE t () PARTITION BY \(key)"),
      let parts = tree["CreateStmt"]?["partspec"]?["partParams"]?.elements
    else { return [] }
    var names: Set<String> = []
    for part in parts {
      guard let element = part["PartitionElem"] else { continue }
      if let name = element["name"]?.text { names.insert(name) }
      if let expression = element["expr"] { collect(expression, &names) }
    }
    return names
  }

  private static func collect(_ tree: ParseTree, _ names: inout Set<String>) {
    switch tree {
    case .object(let members):
      if let column = members["ColumnRef"]?["fields"]?.names.last { names.insert(column) }
      for member in members.values { collect(member, &names) }
    case .list(let list): for member in list { collect(member, &names) }
    default: break
    }
  }

  /// A column's table and those of its partitions that have the column in their partition keys.
  ///
  /// - Parameter isLookedAt: whether a table is looked at, and its partitions.
  static func tables(
    keyedBy column: FactID, _ catalog: Catalog, _ partitions: [FactID: [FactID]],
    where isLookedAt: (Fact) -> Bool = { _ in true }
  ) -> [FactID] {
    var (found, tables): ([FactID], [FactID]) = ([], column.table.map { [$0] } ?? [])
    while let table = tables.popLast() {
      guard let fact = catalog[table], isLookedAt(fact) else { continue }
      if let key = fact.optionalText(.partitionKey), columns(in: key).contains(column.member) { found.append(table) }
      tables += partitions[table] ?? []
    }
    return found
  }

  /// Whether a table stays what it is: one that goes, or is made anew, does so before the column changes.
  private static func isKept(_ table: Fact, _ context: RuleContext) -> Bool {
    guard let new = context.target[table.id] else { return false }
    return [AttributeKey.partitionKey, .partitionOf].allSatisfy { table.attributes[$0] == new.attributes[$0] }
  }

  /// Why a column's type cannot change, if it cannot: it is in the key of its table or of a partition of that.
  static func refusal(_ column: Fact, _ context: RuleContext) -> String? {
    let keyed = tables(keyedBy: column.id, context.source, context.sourceTables) { isKept($0, context) }
    guard let table = keyed.first else { return nil }
    return """
      the type of \(column.id) cannot change: the column is in the partition key of \(table), and PostgreSQL changes no \
      such column. Make a table with the new type beside it, copy the rows, and give it the name in a migration of \
      your own; or drop it in one and make it in the next, if its rows may go
      """
  }
}
