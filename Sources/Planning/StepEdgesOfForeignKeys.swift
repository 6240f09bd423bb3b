internal import Catalog
internal import Postgres

extension StepGraph {
  /// A foreign key refers to the first key that PostgreSQL finds for its columns: none that is to go may be there still.
  mutating func connectForeignKeys() {
    var leaving: [[ExactText]: [Int]] = [:]
    for id in delta.dropped where id.kind == .constraint || id.kind == .index {
      guard let fact = delta.source[id], ["p", "u"].contains(fact.text(.type)) || fact.flag(.unique),
        let table = fact.parent, let dropper = droppers[id]
      else { continue }
      leaving[[table.schema, table.name].exact, default: []].append(dropper)
    }
    guard !leaving.isEmpty else { return }
    for (id, creator) in creators {
      guard let fact = delta.target[id], fact.isForeignKey else { continue }
      for dropper in leaving[fact.list(.foreign).exact] ?? [] { order(dropper, before: creator) }
    }
  }
}
