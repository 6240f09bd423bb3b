package import Catalog
internal import Escaping
internal import Planning
internal import Postgres

/// The same expressions in other words are no difference: PostgreSQL is asked to say them in the same.
extension States {
  /// Two states, with differences of wording taken away if there are any.
  ///
  /// - Throws: `ServerError`; `PostgresError`.
  package func reconciled(_ a: Catalog, _ b: Catalog) async throws -> (Catalog, Catalog) {
    let (a, b) = (a.notNullAsKnown(to: b), b.notNullAsKnown(to: a))
    // A table with other parents differs by more than words; and those of both states may have each other for parents.
    var worded = CatalogDifference.compare(expected: b, actual: a).filter(\.concernsExpressions).map(\.id).filter {
      id in
      [AttributeKey.partitionOf, .inherits].allSatisfy { a[id]?.attributes[$0] == b[id]?.attributes[$0] }
    }
    guard !worded.isEmpty else { return (a, b) }
    do {
      let ours = try await settled(b)
      while !worded.isEmpty {
        do { return (try await reworded(a, as: b, ours, worded), b) } catch let failure as ProofFailure {
          // Some words of `a` mean nothing without the rest of `a`: they stay a difference.
          let failed = Set([failure.step.subject] + failure.step.includes)
          guard worded.contains(where: failed.contains) else { throw failure }
          worded.removeAll(where: failed.contains)
        }
      }
    } catch let failure as ProofFailure {
      failedComparisons.append(
        "whether \(countText(worded.count, "object")) differ\(worded.count == 1 ? "s" : "") in wording only cannot be told: "
          + "the scratch server, PostgreSQL \(try serverVersion()), refuses \(failure.step.action.rawValue) "
          + "\(failure.step.subject): \(failure.error.message)")
    }
    return (a, b)
  }

  /// Comparisons of wording that the scratch server could not make since this was last asked.
  package func takeFailedComparisons() -> [String] {
    defer { failedComparisons = [] }
    return failedComparisons
  }

  private func reworded(_ a: Catalog, as b: Catalog, _ ours: Catalog, _ worded: [FactID]) async throws -> Catalog {
    // `b` was rebuilt in its own words (`ours`), and is in those of `a`; what agrees then is the same in other words. The rest
    // of `a` may need what this machine does not have (roles, types of extensions), and is not rebuilt.
    var inWordsOfA = b
    for id in worded { if let fact = a[id] { inWordsOfA.insert(fact) } }
    let theirs = try await settled(inWordsOfA)
    var result = a
    for id in worded {
      guard let our = ours[id], let their = theirs[id], our.agrees(with: their), var wording = b[id] else { continue }
      // The same words may call other functions: what `a` needs is what it has.
      wording.needs = a[id]?.needs ?? wording.needs
      result.ownWords[id] = result.ownWords[id] ?? a[id]
      result.insert(wording)
    }
    return result
  }
}
