package import Catalog
package import Planning
internal import Postgres

extension States {
  /// What PostgreSQL makes of the values of columns that get other types.
  ///
  /// - Throws: `ServerError`; `PostgresError`.
  package func conversions(from source: Catalog, to target: Catalog) async throws -> TypeConversions {
    var known: [TypeConversions.Pair: TypeConversion] = [:]
    var asked: Set<TypeConversions.Pair> = []
    var open: [String: (template: ScratchTemplate, pairs: [TypeConversions.Pair])] = [:]
    for new in target.sorted where [.column, .domain, .compositeType].contains(new.id.kind) {
      guard let old = source[new.id], !isOfMovedExtension(old, source, target) else { continue }
      for pair in TypeConversions.pairs(from: old, to: new) {
        guard asked.insert(pair).inserted, let template = try await typesTemplate(old, source, new, target) else {
          continue
        }
        if let verdict = verdicts[template.name]?[pair] {
          known[pair] = verdict
        } else {
          open[template.name, default: (template, [])].pairs.append(pair)
        }
      }
    }
    for (name, (template, pairs)) in open {
      let found = try await template.server.withDatabase(from: template) { database in
        try await database.withLoading { session in
          var found: [TypeConversions.Pair: TypeConversion] = [:]
          for pair in pairs {
            do {
              found[pair] = try await ConversionJudge.judge(pair, session.connection)
            } catch let error as PostgresError where error.sqlState == Self.undefinedObject {
              // Types whose names come from another (a range's multirange) are not there under both.
              found[pair] = .untried
            }
          }
          return found
        }
      }
      verdicts[name, default: [:]].merge(found) { $1 }
      known.merge(found) { $1 }
    }
    return TypeConversions(known)
  }

  private static let undefinedObject: SQLState = "42704"

  /// Whether a column's type is called otherwise because its extension is somewhere else: its values stay what they are.
  private func isOfMovedExtension(_ column: Fact, _ source: Catalog, _ target: Catalog) -> Bool {
    column.needs.contains { need in
      guard need.kind == .extension, let old = source[need], let new = target[need] else { return false }
      return old.attributes[.schema] != new.attributes[.schema]
    }
  }

  /// A scratch database that has the types of a column in both states, where they are the database's own.
  ///
  /// - Returns: nil where this machine cannot make them.
  private func typesTemplate(
    _ old: Fact, _ source: Catalog, _ new: Fact, _ target: Catalog
  ) async throws -> ScratchTemplate? {
    let types = TypeClosure.types(of: new, in: target, and: old, in: source)
    if types.facts.isEmpty { return try await replayTemplate([]) }
    do { return try await rebuiltTemplate(types) } catch is ProofFailure { return nil }
  }
}

/// Types, and what they are made of.
private enum TypeClosure {
  private static let told: Set<FactKind> = [.owner, .grant, .comment, .securityLabel]

  /// - Returns: those of the first fact; where another state has others, its too.
  static func types(of first: Fact, in catalog: Catalog, and second: Fact, in other: Catalog) -> Catalog {
    let theirs = closure(of: second, in: other)
    let ours = closure(of: first, in: catalog)
    var result = catalog.removing { !ours.contains($0.id) }
    for id in theirs.sorted() where !result.contains(id) { if let fact = other[id] { result.insert(fact) } }
    return result
  }

  private static func closure(of fact: Fact, in catalog: Catalog) -> Set<FactID> {
    // A table's rows are values of a type as well.
    let roots = fact.needs.filter {
      $0.kind.isType || $0.kind == .extension || $0.kind.isTable && $0 != fact.parent
    }
    if roots.isEmpty { return [] }
    let children = catalog.childrenByParent()
    var known: Set<FactID> = []
    var queue = roots
    while let id = queue.popLast() {
      guard let fact = catalog[id], !told.contains(id.kind), id.kind != .role, known.insert(id).inserted else {
        continue
      }
      queue += fact.needs + (fact.parent.map { [$0] } ?? [])
      if id.kind.isType { queue += children[id] ?? [] }
      if id.kind.isTable {
        queue += catalog.parents(of: id) + (children[id] ?? []).filter { $0.kind == .column }
      }
      // A cast may be what leads from one to the other.
      if id.kind.isType {
        queue += catalog.facts.values.filter { $0.id.kind == .cast && $0.needs.contains(id) }.map(\.id)
      }
    }
    return known
  }
}
