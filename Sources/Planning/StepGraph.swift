internal import Catalog
internal import HeapModule
internal import Postgres

/// The one graph in which steps are ordered: an edge says "before".
struct StepGraph {
  struct Node {
    var action: PlanStep.Action
    var fact: Fact
    /// Facts that the node makes beside its own.
    var merged: [Fact] = []
    var change = Change()
    var successors: Set<Int> = []
    var predecessors: Set<Int> = []
  }

  let delta: Delta
  private(set) var nodes: [Node] = []
  private(set) var creators: [FactID: Int] = [:]
  private(set) var alterers: [FactID: Int] = [:]
  private(set) var droppers: [FactID: Int] = [:]
  /// The second halves of alterations.
  private(set) var cleaners: [FactID: Int] = [:]

  /// What makes views of placeholders, and placeholders of views that go.
  private(set) var completers: [FactID: Int] = [:]
  private(set) var emptiers: [FactID: Int] = [:]

  /// What makes each fact what it is to be.
  var makers: [FactID: Int] { creators.merging(alterers) { creator, _ in creator } }

  /// Columns that get their numbers from elsewhere than before.
  let successions: [NumberSuccession]
  /// What is to be said of the steps that make something.
  let forgotten: [FactID: Hazard]

  init(_ delta: Delta) {
    self.delta = delta
    successions = Self.successions(delta)
    forgotten = Self.forgotten(delta, successions)
    for id in delta.created.sorted() where delta.impliedCreations[id] == nil { addCreation(id) }
    for (id, change) in delta.altered.sorted(by: { $0.key < $1.key }) {
      guard let fact = delta.target[id] else { continue }
      alterers[id] = nodes.count
      nodes.append(Node(action: .alter, fact: fact, change: change))
      guard !change.cleanup.isEmpty else { continue }
      cleaners[id] = nodes.count
      nodes.append(Node(action: .alter, fact: fact, change: Change(change.cleanup)))
    }
    addPlaceholders()
    // A column that comes with its table's type is there once the type has changed.
    for fact in delta.target.facts.values where fact.id.kind == .column && !delta.source.contains(fact.id) {
      guard creators[fact.id] == nil, let type = delta.typeFollowed(by: fact) else { continue }
      creators[fact.id] = alterers[type]
    }
    for (id, anchor) in delta.impliedCreations { creators[id] = cleaners[anchor] ?? alterers[anchor] }
    for (column, anchor) in delta.context.notNull.anchors {
      let said = FactID(.inheritedColumn, schema: column.schema, name: column.name, member: column.member)
      for id in [column, said] where alterers[id] == nil && creators[id] == nil && !delta.dropped.contains(id) {
        alterers[id] = alterers[anchor]
      }
    }
    for id in delta.dropped.sorted() where delta.impliedDrops[id] == nil {
      guard let fact = delta.source[id] else { continue }
      droppers[id] = nodes.count
      guard let succession = successions.first(where: { $0.predecessor == id && $0.droppingAside != nil }),
        let dropping = succession.droppingAside
      else {
        nodes.append(Node(action: .drop, fact: fact))
        continue
      }
      // It makes room for its successor, and goes once that knows where it stopped.
      nodes.append(Node(action: .drop, fact: fact, change: Change(succession.settingAside)))
      cleaners[id] = nodes.count
      nodes.append(Node(action: .drop, fact: fact, change: Change(dropping)))
    }
    for id in delta.dropped.sorted() where droppers[id] == nil {
      var root = id
      while let next = delta.impliedDrops[root], droppers[root] == nil { root = next }
      // A swapped type drops by being altered.
      droppers[id] = droppers[root] ?? alterers[root]
    }
  }

  private mutating func addPlaceholders() {
    for id in delta.placeholders.before.keys.sorted() {
      guard let creator = creators[id], let fact = delta.target[id] else { continue }
      nodes[creator].change = Change([Placeholders.sql("CREATE VIEW", fact)])
      completers[id] = nodes.count
      nodes.append(Node(action: .alter, fact: fact, change: Change([ViewRule.sql("CREATE OR REPLACE VIEW", fact)])))
    }
    for id in delta.placeholders.after.keys.sorted() {
      guard let fact = delta.source[id] else { continue }
      emptiers[id] = nodes.count
      nodes.append(Node(action: .alter, fact: fact, change: Change([Placeholders.sql("CREATE OR REPLACE VIEW", fact)])))
    }
  }

  /// A table is made with its columns, and a column of an older table with its default: rows that are there need it.
  private mutating func addCreation(_ id: FactID) {
    guard let fact = delta.target[id] else { return }
    if let parent = fact.parent, delta.created.contains(parent) {
      let joins =
        id.kind == .column && parent.kind.isTable
        || id.kind == .columnDefault && parent.kind == .column
          && !delta.created.contains(FactID(.table, schema: parent.schema, name: parent.name))
          && !delta.created.contains(FactID(.foreignTable, schema: parent.schema, name: parent.name))
      if joins {
        if creators[parent] == nil { addCreation(parent) }
        if let node = creators[parent] {
          creators[id] = node
          nodes[node].merged.append(fact)
          return
        }
      }
    }
    guard creators[id] == nil else { return }
    creators[id] = nodes.count
    nodes.append(Node(action: .create, fact: fact))
  }

  // MARK: Edges

  mutating func order(_ first: Int?, before second: Int?) {
    guard let first, let second, first != second else { return }
    if nodes[first].successors.insert(second).inserted { nodes[second].predecessors.insert(first) }
  }

  mutating func connect() {
    connectNeeds()
    connectDrops()
    connectNames()
    connectPartitionDefaults()
    connectBounds()
    connectTransforms()
    connectOverloads()
    connectTriggerStates()
    connectForeignKeys()
    connectDomains()
    connectParking()
    connectSuccessions()
    connectInheritance()
    connectNewChildren()
    connectHeirs()
    connectTypedTables()
    connectNotNull()
    connectInheritedDefaults()
    connectRebuiltParts()
    connectOwners()
    connectDelegation()
    connectPersistence()
    connectPartitionedIndexes()
    connectReplicaIdentities()
    connectFreshValues()
    for (id, cleaner) in cleaners { order(alterers[id], before: cleaner) }
    for (column, altered) in delta.loosened { order(alterers[column], before: alterers[altered]) }
    for disturbance in delta.disturbances {
      let alterer = alterers[disturbance.altered]
      order(droppers[disturbance.dependent], before: alterer)
      order(finisher(disturbance.altered), before: creators[disturbance.dependent])
    }
    connectEvaluation()
    connectBodies()
    connectDefaultPrivileges()
    connectLeftSequences()
  }

  /// The step after which an altered fact is what others need.
  func finisher(_ id: FactID) -> Int? {
    // A sequence that steps aside has its name only in the end.
    if delta.context.exchanging.contains(id), let cleaner = cleaners[id] { return cleaner }
    return delta.parked.contains(id) ? cleaners[id] : alterers[id]
  }

  /// An object is created after those that it needs.
  private mutating func connectNeeds() {
    for (id, completer) in completers { order(creators[id], before: completer) }
    for index in nodes.indices where nodes[index].action != .drop && !emptiers.values.contains(index) {
      for fact in [nodes[index].fact] + nodes[index].merged {
        // What a partition that leaves and comes back waits for is not what its parent does meanwhile.
        let returnsTo = cleaners[fact.id] == nil ? nil : fact.partitionParent
        let isParking = delta.parked.contains(fact.id) && alterers[fact.id] == index
        // What is only taken back needs nothing of what is granted anew.
        if takesBackDelegated(index) { continue }
        let isPlaceholder = completers[fact.id] != nil && creators[fact.id] == index
        for need in isPlaceholder ? Placeholders.needs(of: fact) : fact.needs + (fact.parent.map { [$0] } ?? []) {
          if isParking {
            // It becomes text, and needs nothing of what it is to be.
            order(index, before: droppers[need] ?? alterers[need])
          } else if need.kind != .column || !losesReplicaIdentity(index) {
            let isContent = delta.placeholders.before[need]?.contains(nodes[index].fact.id) != true
            order(
              (isContent ? completers[need] : nil) ?? creators[need] ?? (need == returnsTo ? nil : finisher(need)),
              before: index)
            for type in alteredTypes(behind: need) { order(finisher(type), before: index) }
          }
        }
      }
      let id = nodes[index].fact.id
      // What waited as text has let everything go before.
      guard nodes[index].action == .alter, completers[id] != index, let old = delta.source[id],
        !delta.parked.contains(id) || cleaners[id] != index
      else { continue }
      // What the old state needed goes only after the alteration has let it go.
      let kept = Set(nodes[index].fact.needs)
      // Privileges of an owner are those of whoever is the owner by then.
      for need in old.needs where !kept.contains(need) && need.kind != .owner {
        if delta.dropped.contains(need) { order(index, before: droppers[need]) }
        order(index, before: cleaners[need])
      }
    }
  }

  /// Types that change, of which a type that stays as it is is made: a composite type gets an attribute of it only afterwards, while
  /// nothing holds them by way of that.
  private func alteredTypes(behind type: FactID) -> [FactID] {
    guard type.kind.isType, creators[type] == nil, alterers[type] == nil else { return [] }
    var (found, queue, seen): ([FactID], [FactID], Set<FactID>) = ([], [type], [type])
    while let next = queue.popLast() {
      for need in delta.target[next]?.needs ?? [] where need.kind.isType && seen.insert(need).inserted {
        if alterers[need] != nil { found.append(need) } else { queue.append(need) }
      }
    }
    return found
  }

  /// What needs a thing goes before the thing does, and before the thing changes.
  private mutating func connectDrops() {
    for id in delta.dropped {
      guard let fact = delta.source[id], let dropper = droppers[id] else { continue }
      order(emptiers[id], before: dropper)
      for need in fact.needs + (fact.parent.map { [$0] } ?? []) {
        if delta.placeholders.after[id]?.contains(need) == true {
          order(emptiers[id], before: droppers[need])
        } else if delta.dropped.contains(need) {
          order(dropper, before: droppers[need])
        } else if id.kind == .column, need == fact.parent, leavesType(need) {
          continue
        } else if id.kind != .sequenceOwner, need.kind != .sequence || need == fact.parent,
          delta.impliedDrops[id] == nil || need != fact.parent
        {
          // Whose a sequence is, is in nobody's way; nor is what counts by it in the way of its alteration, nor what is said
          // of a column that goes by itself.
          // What keeps the old state until it is dropped is only in the way of what cleans up after it.
          order(dropper, before: delta.parked.contains(need) ? alterers[need] : cleaners[need] ?? alterers[need])
        }
      }
      order(dropper, before: creators[id])
    }
  }

  // MARK: Order

  /// Steps that wait for each other.
  struct Cycle: Error {
    let steps: [(action: PlanStep.Action, id: FactID)]
  }

  /// Kahn's algorithm with the smallest key first: the same input gives the same bytes.
  ///
  /// - Throws: `Cycle`.
  func sorted() throws -> [Int] {
    var waiting = nodes.map(\.predecessors.count)
    let keys = nodes.map(SortKey.init)
    let early = beforeCommit()
    let ranks = nodes.indices.sorted { a, b in
      early.contains(a) == early.contains(b) ? keys[a] < keys[b] : early.contains(a)
    }
    var rankOf = [Int](repeating: 0, count: nodes.count)
    for (rank, node) in ranks.enumerated() { rankOf[node] = rank }
    var ready = Heap<Int>(nodes.indices.filter { waiting[$0] == 0 }.map { rankOf[$0] })
    var order: [Int] = []
    while let rank = ready.popMin() {
      let node = ranks[rank]
      order.append(node)
      for successor in nodes[node].successors {
        waiting[successor] -= 1
        if waiting[successor] == 0 { ready.insert(rankOf[successor]) }
      }
    }
    guard order.count == nodes.count else {
      throw Cycle(steps: cycle(among: waiting).map { (nodes[$0].action, nodes[$0].fact.id) })
    }
    return order
  }

  /// What has to be committed before the rest may rely on it, with all that comes before that. It goes first: what is dropped and made
  /// again stays in one transaction, and is there for clients all the time.
  private func beforeCommit() -> Set<Int> {
    let committed = nodes.indices.filter { nodes[$0].change.mustCommit }
    if committed.isEmpty { return [] }
    // Event triggers that go do not fire for it.
    var queue =
      committed + nodes.indices.filter { nodes[$0].action == .drop && nodes[$0].fact.id.kind == .eventTrigger }
    var early = Set(queue)
    while let node = queue.popLast() {
      for before in nodes[node].predecessors where early.insert(before).inserted { queue.append(before) }
    }
    return early
  }

  /// One circle of steps that wait for each other: back from any that waits until a step comes again.
  private func cycle(among waiting: [Int]) -> [Int] {
    guard var node = waiting.firstIndex(where: { $0 > 0 }) else { return [] }
    var path: [Int] = []
    while !path.contains(node) {
      path.append(node)
      guard let before = nodes[node].predecessors.sorted().first(where: { waiting[$0] > 0 }) else { break }
      node = before
    }
    return path.drop { $0 != node }.reversed()
  }

  /// The order among steps that do not depend on each other: drops first, then as people read a schema.
  private struct SortKey: Comparable {
    private let numbers: [Int]
    private let names: [String]
    private let tail: [Int]
    private let last: [String]

    init(_ node: Node) {
      let id = node.fact.id
      let phase: Int
      switch (node.action, id.kind) {
      case (.drop, .defaultPrivilege), (.drop, .eventTrigger): phase = 0
      case (.drop, _): phase = 1
      case (_, .defaultPrivilege), (_, .cronJob), (_, .partitionWindow), (_, .eventTrigger),
        (_, .serverSetting):
        phase = 3
      default: phase = 2
      }
      let subject = id.subject ?? id.kind
      let group = Self.group(id.kind == .grant ? .grant : subject, node.fact)
      // Drops in the opposite direction.
      let declared = id.kind == .external || id.kind == .raw ? node.fact.position : 0
      numbers = [phase, node.action == .drop ? -group : group, declared]
      let owner = id.kind == .index ? node.fact.parent ?? id : id
      names = [owner.schema, owner.name]
      tail = [id.subject == nil ? id.kind.rank : 100 + subject.rank, node.fact.position]
      last = [id.name, id.member, id.role, "\(id.kind.rank)"]
    }

    private static func group(_ kind: FactKind, _ fact: Fact) -> Int {
      switch kind {
      case .external: 0
      case .role: 1
      case .schema: 2
      case .extension, .optionalExtension: 3
      case .language, .collation, .enumType, .shellType, .domain, .compositeType, .rangeType: 4
      case .sequence: 5
      // Before tables, so that defaults and checks can call them where they stand; bodies are not checked yet.
      case .function, .baseType, .operator, .accessMethod, .operatorFamily, .operatorClass, .cast, .transform,
        .conversion, .textSearchParser, .textSearchTemplate, .textSearchDictionary, .textSearchConfiguration,
        .foreignDataWrapper, .foreignServer, .userMapping:
        6
      case .constraint where fact.isForeignKey: 8
      case .view, .materializedView: 9
      case .rule, .raw: 10
      case .trigger: 11
      case .policy: 12
      case .owner, .grant: 13
      default: 7
      }
    }

    static func < (a: SortKey, b: SortKey) -> Bool {
      if a.numbers != b.numbers { return a.numbers.lexicographicallyPrecedes(b.numbers) }
      if a.names != b.names { return a.names.lexicographicallyPrecedes(b.names) }
      if a.tail != b.tail { return a.tail.lexicographicallyPrecedes(b.tail) }
      return a.last.lexicographicallyPrecedes(b.last)
    }
  }
}
