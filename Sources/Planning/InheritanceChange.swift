internal import Catalog
internal import Postgres

/// Parents that a table gets or leaves with its rows, where its columns and checks stay what they are: other parents hand down the same.
///
/// PostgreSQL makes columns a table's own where it leaves the last parent that has them, and never takes that back ("ALTER TABLE", INHERIT and
/// NO INHERIT); a table for which that would make a difference is made anew.
enum InheritanceChange {
  /// - Returns: nil where the table has to be made anew.
  static func statements(from old: Fact, to new: Fact, _ context: RuleContext) -> [String]? {
    let (before, after) = (context.source.parents(of: old.id), context.target.parents(of: new.id))
    let kept = before.filter(after.contains)
    let gained = after.filter { !before.contains($0) }
    let lost = before.filter { !after.contains($0) }
    guard !kept.isEmpty, after == kept + gained else { return nil }
    let isSame =
      kept.allSatisfy { staysTheSame($0, context) }
      && lost.allSatisfy { handsDownTheSame($0, as: kept, context.source, context.sourceChildren, context) }
      && gained.allSatisfy { handsDownTheSame($0, as: kept, context.target, context.targetChildren, context) }
    guard isSame else { return nil }
    let table = "ALTER TABLE \(new.id.sqlName)"
    return lost.map { "\(table) NO INHERIT \($0.sqlName)" } + gained.map { "\(table) INHERIT \($0.sqlName)" }
  }

  /// What else changes of a parent in this plan changes its children's as well, which are known by their parents.
  private static func staysTheSame(_ parent: FactID, _ context: RuleContext) -> Bool {
    let (before, after) = (
      handedDown(by: parent, context.source, context.sourceChildren),
      handedDown(by: parent, context.target, context.targetChildren)
    )
    func facts(_ handedDown: (columns: [Fact], checks: [Fact])) -> Set<FactID> {
      Set((handedDown.columns + handedDown.checks).map(\.id))
    }
    return facts(before) == facts(after)
      && (before.columns + before.checks).allSatisfy { context.target[$0.id]?.attributes == $0.attributes }
  }

  private static func handsDownTheSame(
    _ parent: FactID, as kept: [FactID], _ catalog: Catalog, _ children: [FactID: [FactID]], _ context: RuleContext
  ) -> Bool {
    let (columns, checks) = handedDown(by: parent, catalog, children)
    let others = kept.map { handedDown(by: $0, catalog, children) }
    let isColumnKept = columns.allSatisfy { column in
      // One that changes in this plan is in an order with the change.
      isUnchanged(column, context)
        && others.contains { other in
          other.columns.contains {
            ExactText($0.id.member) == ExactText(column.id.member) && $0.attributes == column.attributes
              && isUnchanged($0, context)
          }
        }
    }
    return isColumnKept
      && checks.allSatisfy { check in
        others.contains {
          $0.checks.contains {
            ExactText($0.id.member) == ExactText(check.id.member) && $0.attributes == check.attributes
          }
        }
      }
  }

  private static func isUnchanged(_ column: Fact, _ context: RuleContext) -> Bool {
    guard column.attributes[.generated] == nil, column.attributes[.identity] == nil else { return false }
    guard let old = context.source[column.id], let new = context.target[column.id] else { return true }
    return old.attributes == new.attributes
  }

  /// The columns and checks that a table hands down, its own and those of its parents.
  private static func handedDown(
    by table: FactID, _ catalog: Catalog, _ children: [FactID: [FactID]]
  ) -> (columns: [Fact], checks: [Fact]) {
    var (columns, checks): ([Fact], [Fact]) = ([], [])
    var (tables, seen): ([FactID], Set<FactID>) = ([table], [])
    while let next = tables.popLast() {
      guard seen.insert(next).inserted else { continue }
      tables += catalog.parents(of: next)
      let facts = (children[next] ?? []).compactMap { catalog[$0] }
      columns += facts.filter { $0.id.kind == .column }
      checks += facts.filter { $0.id.kind == .constraint && $0.text(.type) == "c" }
    }
    return (columns, checks)
  }
}
