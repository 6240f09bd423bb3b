internal import Catalog

/// Views that stand for themselves for a while, with their columns and nothing behind them, as pg_dump has it: where views, functions and row
/// types need each other in a circle, nothing else leaves an order.
struct Placeholders {
  /// What is made with a view's placeholder and does not wait for the view.
  private(set) var before: [FactID: Set<FactID>] = [:]
  /// What goes once a view is a placeholder, and does not wait until the view has gone.
  private(set) var after: [FactID: Set<FactID>] = [:]

  /// Opens a circle of steps.
  ///
  /// - Returns: whether there was something left to try.
  mutating func open(_ steps: [(action: PlanStep.Action, id: FactID)]) -> Bool {
    for (index, step) in steps.enumerated() where step.id.kind == .view {
      let next = steps[(index + 1) % steps.count]
      if step.action == .drop {
        if next.action == .drop, after[step.id, default: []].insert(next.id).inserted { return true }
      } else if step.action == .create || before[step.id] != nil {
        // What keeps rows, or computes them, would keep those of a placeholder: none.
        let keepsRows = next.id.kind == .materializedView || next.id.kind == .index
        if next.action != .drop, !keepsRows, before[step.id, default: []].insert(next.id).inserted { return true }
      }
    }
    return false
  }

  /// The query of a placeholder: PostgreSQL gives its columns their types.
  static func sql(_ verb: String, _ view: Fact) -> String {
    "\(verb) \(view.id.sqlName) AS\nSELECT * FROM pg_catalog.json_to_record(NULL) AS placeholder(\(view.list(.columns).joined(separator: ", ")))"
  }

  /// What a placeholder needs.
  static func needs(of view: Fact) -> [FactID] {
    view.needs.filter { $0.kind == .schema || $0.kind.isType || $0.kind == .extension }
  }
}
