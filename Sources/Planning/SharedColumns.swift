internal import Catalog

/// Columns that tables have from several parents that have no parent of their own in common.
enum SharedColumns {
  /// Why a column's type cannot change where a child has the column from another parent as well: PostgreSQL changes it with all
  /// tables below one parent, and refuses where one of them has it from elsewhere.
  static func refusal(_ column: Fact, _ context: RuleContext) -> String? {
    guard let root = column.parent else { return nil }
    var (family, tables): (Set<FactID>, [FactID]) = ([root], [root])
    while let table = tables.popLast() {
      for child in context.sourceTables[table] ?? [] where family.insert(child).inserted { tables.append(child) }
    }
    for child in family.sorted() where child != root && context.target.contains(child) {
      let others = context.source.parents(of: child).filter { !family.contains($0) }
      guard let other = others.first(where: { has(column.id.member, $0, context.source) }) else { continue }
      return """
        the type of \(column.id) cannot change: \(child) has the column from \(other) too, and PostgreSQL changes it for \
        one parent at a time. In a migration of your own, ALTER TABLE \(child.sqlName) NO INHERIT \(other.sqlName), change the \
        type in both, and let it inherit again
        """
    }
    return nil
  }

  private static func has(_ column: String, _ table: FactID, _ catalog: Catalog) -> Bool {
    catalog.contains(FactID(.column, schema: table.schema, name: table.name, member: column))
      || !catalog.inheritedColumns(column, of: table).isEmpty
  }
}
