internal import ArgumentParser
internal import Planning

/// How changes of live tables are carried out; shared by the commands that plan.
struct StrategyOptions: ParsableArguments {
  enum Strategy: String, ExpressibleByArgument, CaseIterable { case online, direct }

  @Option(
    help: ArgumentHelp(
      "How to change live tables: online or direct.",
      discussion: """
        online builds and drops indexes concurrently, adds constraints NOT VALID and validates them later, and fills new \
        columns in batches; the plan has more transactions, and clients do not wait. direct does all in one transaction \
        where it can, while clients wait.
        """))
  var strategy: Strategy = .online

  @Option(
    help: ArgumentHelp(
      "Change this table or index directly. May be repeated.", valueName: "schema.name"))
  var direct: [String] = []

  var scope: OnlineStrategy.Scope {
    if strategy == .direct { return .nothing }
    return direct.isEmpty ? .everything : .except(Set(direct))
  }
}
