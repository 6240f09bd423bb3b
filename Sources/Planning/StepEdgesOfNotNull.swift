internal import Catalog
internal import Postgres

extension StepGraph {
  /// What is said of NOT NULL comes once it has its name, and goes before that; one that holds for new rows only, and reaches the
  /// children, does so once they have what is their own.
  mutating func connectNotNull() {
    for index in nodes.indices
    where nodes[index].fact.id.kind == .comment && nodes[index].fact.id.subject == .constraint {
      let fact = nodes[index].fact
      for column in fact.needs + (fact.parent.map { [$0] } ?? []) where column.kind == .column {
        for step in [alterers[column], delta.context.notNull.anchors[column].flatMap { alterers[$0] }] {
          if nodes[index].action == .drop { order(index, before: step) } else { order(step, before: index) }
        }
        if nodes[index].action != .drop { order(cleaners[column], before: index) }
      }
    }
    for (key, anchor) in delta.context.notNull.remade {
      if delta.source[key].flatMap(NotNull.column(ofUnvalidated:)) != nil { continue }
      order(droppers[key], before: alterers[anchor])
      order(cleaners[anchor] ?? alterers[anchor], before: creators[key])
    }
    // A new partition names its own NOT NULL among the columns that it has from above. These are there, and have none any more.
    for (id, creator) in creators where delta.target[id]?.partitionParent != nil {
      guard let table = delta.target[id], !TableRule.requirements(of: table, delta.context).isEmpty else { continue }
      for part in delta.targetChildren[id] ?? [] where delta.target[part].flatMap(NotNull.line) != nil {
        for elder in delta.target.elders(of: FactID(.column, schema: id.schema, name: id.name, member: part.member)) {
          let holdsForNewRows = (elder.table.flatMap { delta.targetChildren[$0] } ?? []).contains { other in
            delta.target[other].flatMap(NotNull.column(ofUnvalidated:))?.isIdentical(to: elder.member) == true
          }
          let isLoosened =
            delta.source[elder]?.flag(.notNull) == true && delta.target[elder]?.flag(.notNull) == false
            && !holdsForNewRows
          for step in [creators[elder]] + (isLoosened ? [alterers[elder], cleaners[elder]] : []) {
            order(step, before: creator)
          }
        }
      }
    }
    // A column of a primary key takes no NULL for as long as the key is there, whoever says so.
    for (id, step) in droppers.merging(alterers, uniquingKeysWith: { dropped, _ in dropped })
    where id.kind == .inheritedColumn {
      for part in id.table.flatMap({ delta.sourceChildren[$0] }) ?? [] where delta.source[part]?.text(.type) == "p" {
        if nodes[step].fact.id == id { order(droppers[part], before: step) }
      }
    }
    for (nodes, isGoing) in [(creators, false), (droppers, true)] {
      for (id, step) in nodes where id.kind == .constraint {
        let (catalog, tables) =
          isGoing ? (delta.source, delta.context.sourceTables) : (delta.target, delta.context.targetTables)
        guard let fact = catalog[id], let column = NotNull.column(ofUnvalidated: fact), let table = fact.parent,
          self.nodes[step].fact.id == id
        else { continue }
        for child in descendants(of: table, tables) {
          for kind in [FactKind.column, .inheritedColumn] {
            let own = FactID(kind, schema: child.schema, name: child.name, member: column)
            for other in [creators[own], alterers[own], droppers[own]] {
              if isGoing { order(step, before: other) } else { order(other, before: step) }
            }
          }
          let children = isGoing ? delta.sourceChildren : delta.context.targetChildren
          let own = FactID(.column, schema: child.schema, name: child.name, member: column)
          if let unchecked = NotNull.unvalidated(own, catalog, children)?.id, let other = nodes[unchecked] {
            if isGoing { order(step, before: other) } else { order(other, before: step) }
          }
        }
      }
    }
  }
}
