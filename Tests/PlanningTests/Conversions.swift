import Catalog
import Migrations
import Planning
import Postgres
import TestSupport

extension States {
  /// The plan that converts in two migrations whatever gets another type, as if PostgreSQL had been seen to rewrite it, with every
  /// new column filled in batches.
  ///
  /// - Parameters:
  ///   - plan: the direct plan.
  ///   - database: has the schema `before`.
  /// - Returns: nil where nothing gets another type, or it cannot be done so.
  /// - Throws: `ProofFailure` where PostgreSQL refuses it, `PostgresError`.
  func converted(
    _ plan: Plan, from before: Catalog, to after: Catalog, on database: ScratchDatabase
  ) async throws -> Plan? {
    var seen = plan
    var changesTypes = false
    for (index, step) in plan.steps.enumerated() where step.action == .alter {
      let (old, new) = (before[step.subject], after[step.subject])
      let changes =
        switch step.subject.kind {
        case .column: old?.attributes[.type] != new?.attributes[.type]
        case .enumType: old?.list(.labels).first != new?.list(.labels).first
        default: false
        }
      if changes { seen.steps[index].hazards.append(Hazard(.rewrite, "seen")) }
      changesTypes = changesTypes || changes
    }
    guard changesTypes else { return nil }
    let columns = plan.steps.filter { $0.action == .create && $0.subject.kind == .column }.map(\.subject)
    return try await expandAndContract(
      seen, from: before, to: after, on: database.template, scope: .everything, filled: Set(columns)
    ).plan
  }
}
