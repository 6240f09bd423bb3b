internal import Catalog
internal import Postgres

/// A column that gets its numbers from elsewhere than before: whatever gives them goes on where the last one stopped, or after
/// the largest number that is there. Otherwise the next row would get a number that another has.
struct NumberSuccession {
  /// What gives a column its numbers.
  enum Source: Equatable {
    /// The sequence of an identity column, which has no fact of its own.
    case identity(schema: String, name: String, SequenceRange.NumberType)
    case sequence(FactID)
    /// The sequence of another column's identity.
    case identityOf(FactID, path: [String])

    var path: [String] {
      switch self {
      case .identity(let schema, let name, _): [schema, name]
      case .sequence(let id): [id.schema, id.name]
      case .identityOf(_, let path): path
      }
    }

    var place: RelationPlace { RelationPlace(path[0], path[1]) }

    init?(of column: FactID, in catalog: Catalog) {
      let sequence = catalog[column]?.list(.sequence) ?? []
      if sequence.count == 2 {
        let type = catalog[column].flatMap { SequenceRange.NumberType(rawValue: $0.text(.type)) }
        self = .identity(schema: sequence[0], name: sequence[1], type ?? .bigint)
        return
      }
      let value = catalog[FactID(.columnDefault, schema: column.schema, name: column.name, member: column.member)]
      if let need = value?.needs.first(where: { $0.kind == .sequence }) {
        self = .sequence(need)
        return
      }
      let others = value?.needs.lazy.map { (column: $0, path: catalog[$0]?.list(.sequence) ?? []) }
      guard let other = others?.first(where: { $0.column.kind == .column && $0.path.count == 2 }) else { return nil }
      self = .identityOf(other.column, path: other.path)
    }

    func range(of column: FactID, in catalog: Catalog) -> SequenceRange? {
      switch self {
      case .identity(_, _, let type):
        SequenceRange(type: type.rawValue, options: catalog[column]?.list(.identityOptions) ?? [])
      case .sequence(let id): catalog[id].map(SequenceRange.init)
      case .identityOf(let other, _): Source(of: other, in: catalog)?.range(of: other, in: catalog)
      }
    }
  }

  let column: FactID
  let old: Source?
  let new: Source
  private let range: SequenceRange
  private let turns: Bool
  /// The name under which the old sequence waits while something else has its name.
  private let aside: String?
  /// Whether it is read under that name. Where the new one takes no name of others', it is read before it waits.
  let readsAside: Bool

  /// - Returns: nil where numbers come from where they came from, or nothing can go on.
  init?(of column: FactID, _ context: RuleContext) {
    let (source, target) = (context.source, context.target)
    guard column.kind == .column, source.contains(column), let fact = target[column],
      let new = Source(of: column, in: target), let range = new.range(of: column, in: target)
    else { return nil }
    var old = Source(of: column, in: source)
    switch (old, new) {
    case (.identity, .identity): return nil
    case (.sequence(let a), .sequence(let b)) where a == b: return nil
    case (.identityOf(let a, _), .identityOf(let b, _)) where a == b: return nil
    // Where another column stops to be an identity, its sequence is gone by then: the rows say how far it was.
    case (.identityOf, _): old = nil
    default: break
    }
    // Numbers that run in the other direction do not go on from there, but pass those of the rows.
    turns = old?.range(of: column, in: source).map { $0.isDescending != range.isDescending } ?? false
    // Of numbers within texts, or of a domain, the sequence before knows, and nobody the largest.
    guard SequenceRange.NumberType(rawValue: fact.text(.type)) != nil || old != nil && !turns else { return nil }
    (self.column, self.old, self.new, self.range) = (column, old, new, range)
    aside = old.flatMap { old in
      guard context.sequenceNamesTakenOver.contains(old.place) else { return nil }
      return FreeNames(source, target).relation(old.path[1], "old", in: old.path[0])
    }
    let isIdentity = if case .identity? = old { true } else { false }
    // What the column draws from or names besides may take such a name.
    let value = FactID(.columnDefault, schema: column.schema, name: column.name, member: column.member)
    let places = (target[value]?.needs ?? []).compactMap { need -> RelationPlace? in
      let sequence = need.kind == .sequence ? [need.schema, need.name] : target[need]?.list(.sequence) ?? []
      return sequence.count == 2 ? RelationPlace(sequence[0], sequence[1]) : nil
    }
    readsAside =
      aside != nil && (isIdentity || !context.sequenceNamesTakenOver.isDisjoint(with: places + [new.place]))
  }

  /// The names of sequences that end, which something else has afterwards.
  ///
  /// The old sequence ends late, once the new one knows where it stopped. It leaves its name before, to whatever takes it.
  static func namesTakenOver(from source: Catalog, to target: Catalog) -> Set<RelationPlace> {
    var left: Set<RelationPlace> = []
    for fact in source.facts.values {
      switch fact.id.kind {
      case .sequence where !target.contains(fact.id): left.insert(RelationPlace(fact.id.schema, fact.id.name))
      case .column:
        let path = fact.list(.sequence)
        if path.count == 2, target[fact.id]?.list(.sequence) != path { left.insert(RelationPlace(path[0], path[1])) }
      default: break
      }
    }
    guard !left.isEmpty else { return [] }
    return Set(target.facts.values.flatMap(StepGraph.relationNames)).union(target.indexParts.keys).intersection(left)
  }

  /// Whether something that names the sequence of an identity column means by the same words another one in the target. It holds on
  /// to the sequence itself, whatever that is called meanwhile, and would keep it from being dropped.
  static func meansAnother(_ dependent: Fact, than column: Fact, _ context: RuleContext) -> Bool {
    guard let after = context.target[dependent.id], after.attributes == dependent.attributes,
      let name = column.list(.sequence).last
    else { return false }
    return !after.needs.contains(column.id)
      || after.needs.contains(FactID(.sequence, schema: column.id.schema, name: name))
  }

  /// The sequence that goes once its position is known to the new one.
  var predecessor: FactID? { if case .sequence(let id)? = old { id } else { nil } }

  /// Whether an identity column's sequence is what stops.
  var endsIdentity: Bool { if case .identity? = old { true } else { false } }

  /// Whether the old sequence waits under another name.
  var setsAside: Bool { aside != nil }

  /// What gives the old sequence another name, where the new one takes its own.
  var settingAside: [String] {
    guard let aside, let old else { return [] }
    return ["ALTER SEQUENCE \(Quote.qualified(old.path[0], old.path[1])) RENAME TO \(Quote.identifier(aside))"]
  }

  /// What drops a sequence that was set aside.
  var droppingAside: [String]? {
    guard let aside, let old else { return nil }
    return ["DROP SEQUENCE \(Quote.qualified(old.path[0], aside))"]
  }

  /// What moves the new sequence on, never back.
  var statements: [String] {
    let name = Quote.qualified(new.path[0], new.path[1])
    guard let old, !turns else { return [range.passing(column, name)] }
    let sign = range.isDescending ? "-" : ""
    let before = Quote.qualified(old.path[0], (readsAside ? aside : nil) ?? old.path[1])
    return [
      """
      SELECT pg_catalog.setval(\(Quote.literal(name)), o.last_value, o.is_called) FROM \(before) o, \(name) s
        WHERE (\(sign)o.last_value::numeric, o.is_called) > (\(sign)s.last_value::numeric, s.is_called)
          AND o.last_value BETWEEN \(range.low) AND \(range.high)
      """
    ]
  }
}

extension SequenceRange {
  /// What moves a sequence beyond the numbers that a column holds.
  ///
  /// - Parameter name: the sequence's, quoted.
  func passing(_ column: FactID, _ name: String) -> String {
    let sign = isDescending ? "-" : ""
    let table = FactID(.table, schema: column.schema, name: column.name)
    let last = "\(isDescending ? "min" : "max")(\(column.memberSQL))"
    return """
      SELECT pg_catalog.setval(\(Quote.literal(name)), t.last) FROM (SELECT \(last) AS last FROM \(table.sqlName)) t, \(name) s
        WHERE \(sign)t.last::numeric >= \(sign)s.last_value::numeric AND t.last BETWEEN \(low) AND \(high)
      """
  }

  /// The options with which a sequence that is about to go has a place in a narrower type.
  func options(within type: NumberType) -> [String] {
    let (least, most) = (max(low, type.limits.low), min(high, type.limits.high))
    return ["MINVALUE \(least)", "MAXVALUE \(most)", "START WITH \(min(max(start, least), most))"]
  }
}
