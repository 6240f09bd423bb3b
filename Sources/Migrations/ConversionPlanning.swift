package import Catalog
internal import Introspection
package import Planning
package import Postgres

extension States {
  /// The plan that converts in two migrations what a direct one was seen to rewrite.
  ///
  /// - Parameters:
  ///   - direct: the plan as it was proved.
  ///   - template: a scratch database in the source state.
  ///   - filled: new columns that are filled in batches.
  /// - Returns: the plan, nil when nothing is rewritten that could be converted; and what is converted directly, with
  ///   the reasons.
  /// - Throws: `ProofFailure` where PostgreSQL refuses the way.
  package func expandAndContract(
    _ direct: Plan, from source: Catalog, to target: Catalog, on template: ScratchTemplate, scope: OnlineStrategy.Scope,
    filled: Set<FactID>
  ) async throws -> (plan: Plan?, refusals: [Refusal]) {
    let conversions = try await conversions(from: source, to: target)
    return try await inTwoParts(from: source, to: target, on: template, scope: scope, filled: filled) {
      try ExpandAndContract(direct, from: source, to: target, scope: scope, conversions: conversions, except: $0)
    }
  }

  /// The plan that makes tables anew, partitioned or no more, beside those that clients use.
  ///
  /// - Parameters:
  ///   - direct: the plan that would drop them.
  ///   - template: a scratch database in the source state.
  /// - Returns: the plan, nil when there is no such table; and what is made anew directly, with the reasons.
  /// - Throws: `ProofFailure` where PostgreSQL refuses the way.
  package func tableConversion(
    _ direct: Plan, from source: Catalog, to target: Catalog, on template: ScratchTemplate, scope: OnlineStrategy.Scope
  ) async throws -> (plan: Plan?, refusals: [Refusal]) {
    try await inTwoParts(from: source, to: target, on: template, scope: scope, filled: []) {
      try TableConversion(direct, from: source, to: target, scope: scope, except: $0)
    }
  }

  /// Leaves to the direct way what is refused, one after the other, and plans the rest.
  private func inTwoParts(
    from source: Catalog, to target: Catalog, on template: ScratchTemplate, scope: OnlineStrategy.Scope,
    filled: Set<FactID>,
    _ change: (_ refused: Set<FactID>) throws -> (any TwoPartChange)?
  ) async throws -> (plan: Plan?, refusals: [Refusal]) {
    var refusals: [Refusal] = []
    while true {
      do {
        guard let change = try change(Set(refusals.map(\.subject))) else { return (nil, refusals) }
        let plan = try await plan(change, from: source, to: target, on: template, scope: scope, filled: filled)
        return (plan, refusals)
      } catch let refusal as Refusal {
        refusals.append(refusal)
        if refusal.concernsAll { return (nil, refusals) }
      }
    }
  }

  private func plan(
    _ change: any TwoPartChange, from source: Catalog, to target: Catalog, on template: ScratchTemplate,
    scope: OnlineStrategy.Scope, filled: Set<FactID>
  ) async throws -> Plan {
    let words = try await rebuilt(target, then: change.standIns, prepared: true)
    let held = change.held
    let before = try await plan(from: source, to: held)
    let first = OnlineStrategy.rewrite(
      before, from: source, to: held, scope: scope, filled: filled.union(change.filled))
    var plan = Plan(steps: first.steps + (try change.expand(words)))
    plan.contract = plan.steps.count
    let swapped = try await result(of: plan.steps + change.checks + change.swap(words), on: template, target)
    let rest = try Planner.plan(
      from: swapped, to: target, replacing: change.replacing(swapped),
      conversions: try await conversions(from: swapped, to: target))
    let following = OnlineStrategy.rewrite(rest, from: swapped, to: target, scope: scope)
    plan.steps += try change.contract(words, from: swapped, rest: following)
    return plan
  }

  /// What steps lead to, in the words of the target where both say the same.
  private func result(of steps: [PlanStep], on template: ScratchTemplate, _ target: Catalog) async throws -> Catalog {
    let reader = reader
    let read = try await template.server.withDatabase(from: template) { database in
      try await database.withLoading { session in
        for segment in Plan(steps: steps).segments {
          if segment[0].mode.isTransactional {
            try await Self.run(segment, on: session)
          } else {
            for step in segment {
              for statement in step.statements {
                do { try await session.execute(statement) } catch let error as PostgresError {
                  throw ProofFailure(step: step, statement: statement, error: error)
                }
              }
            }
          }
        }
      }
      return try await Connection.with(database.reading) {
        try await reader.read($0).removing { $0.id.kind == .role }
      }
    }
    let windows = target.windows
    let plain = withFacts(read, declaredOnlyFrom: target).withoutWindowPartitions(of: windows)
    return try await reconciled(withVersions(plain, from: target), target).0
  }
}
