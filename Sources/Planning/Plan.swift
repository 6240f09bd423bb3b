package import Catalog
internal import Escaping
internal import Postgres

/// One atomic step of a plan.
package struct PlanStep: Sendable {
  package enum Action: String, Sendable {
    case create, alter, drop
    /// The sign in front of a line, as Terraform taught.
    package var sign: String {
      switch self {
      case .create: "+"
      case .alter: "~"
      case .drop: "-"
      }
    }
  }

  /// How its statements are run.
  package enum Mode: String, Sendable {
    /// In one transaction with its neighbours.
    case transaction
    /// In a transaction of its own, so that nobody waits for what its neighbours lock.
    case ownTransaction = "own-transaction"
    /// Outside of transactions, each statement by itself.
    case alone
    /// Outside of transactions, by `dbtool apply` in batches.
    case backfill
    /// Outside of transactions, by `dbtool apply` for one partition after the other.
    case perPartition = "per-partition"

    package var isTransactional: Bool { self == .transaction || self == .ownTransaction }
  }

  /// An answer to what a reader would ask.
  package struct Remark: Sendable {
    package var text: String
    /// The rules of squawk, a linter for migrations, that ask the same.
    package var rules: [String]
    /// Whether they ask it of lines inside of a statement, for which the file has to answer.
    package var answersForFile = false
  }

  package var action: Action
  /// The fact it is about.
  package var subject: FactID
  /// Facts that come with it, folded into its SQL.
  package var includes: [FactID]
  package var statements: [String]
  package var hazards: [Hazard]
  /// What follows may rely on it only after COMMIT.
  package var mustCommit: Bool
  /// A replaced object's second half: dropped before, created here.
  package var isReplacement: Bool
  package var mode = Mode.transaction
  /// Why it is done so, for whoever reads the migration, and for linters that would have it otherwise.
  package var remark: Remark?
  /// Whether it goes on with what an earlier step of the same subject began.
  package var isContinuation = false
  /// The declaring line, when there is one.
  package var location: SourceLocation?
  /// Locks that it was seen to take on tables that were there before, strongest first; filled in by the proof.
  package var locks: [TableLock] = []
}

extension PlanStep {
  /// A change of something that stays.
  package init(altering subject: FactID, _ statements: [String]) {
    self.init(
      action: .alter, subject: subject, includes: [], statements: statements, hazards: [], mustCommit: false,
      isReplacement: false)
  }

  /// A later step that finishes what another one began.
  init(continuing step: PlanStep, _ statements: [String], _ mode: Mode = .transaction, _ remark: Remark? = nil) {
    self.init(altering: step.subject, statements)
    self.remark = remark
    self.mode = mode
    isContinuation = true
    location = step.location
  }

  /// Whether it takes longer the more rows there are.
  package var takesTime: Bool {
    hazards.contains(where: \.takesTime) || [.materializedView, .raw, .external].contains(subject.kind)
  }

  /// A statement with its end. What a user wrote may end with a comment, which would swallow a semicolon on its line.
  package func terminated(_ statement: String) -> String {
    let isForeign = subject.kind == .raw || subject.kind == .external
    // In files, line ends are no content; what holds a carriage return has to survive that.
    return PortableSQL.text(statement).trimmedTrailing + (isForeign ? "\n;\n" : ";\n")
  }
}

extension PlanStep {
  /// Its hazards, as comments.
  fileprivate var warnings: String {
    hazards.map {
      SQLComment.line("\($0.isRefused ? "refused" : "hazard") \($0.code.rawValue): \($0.message)")
    }.joined()
  }
}

/// The ordered steps from one catalog to another.
package struct Plan: Sendable {
  package var steps: [PlanStep]
  /// How many of the first steps give what stays other names, and what the source is after them.
  package var renamed: (count: Int, source: Catalog)?
  /// Whether its order says more than its facts do: tables leave their parents in it and join others.
  package var isRigid = false

  /// Where the steps begin that wait until clients are ready for them: a migration of their own.
  package var contract: Int?
  /// What a reader of the plan should know of it.
  package var notes: [String] = []

  package init(steps: [PlanStep]) { self.steps = steps }

  /// The plan's migrations: all of it, or what can be done at once and what waits.
  package var parts: [(plan: Plan, isContract: Bool)] {
    guard let contract else { return [(self, false)] }
    let parts = [(Array(steps[..<contract]), false), (Array(steps[contract...]), true)]
    return parts.filter { !$0.0.isEmpty }.map { (Plan(steps: $0.0), $0.1) }
  }

  package var isEmpty: Bool { steps.isEmpty }

  package var hazards: [Hazard] { steps.flatMap(\.hazards) }

  /// Hazards that need `--allow`.
  package var refusedHazards: [Hazard] { hazards.filter(\.isRefused) }

  /// Steps that run in one transaction each, and those that stand outside of transactions.
  package var segments: [[PlanStep]] {
    var segments: [[PlanStep]] = []
    var current: [PlanStep] = []
    for (index, step) in steps.enumerated() {
      if let last = current.last,
        index == contract || last.mustCommit && !step.mustCommit || last.mode != .transaction
          || step.mode != .transaction
      {
        segments.append(current)
        current = []
      }
      current.append(step)
    }
    if !current.isEmpty { segments.append(current) }
    return segments
  }

  /// "create 2 tables and 5 columns, alter 1 function": a plan as a sentence.
  package var summary: String {
    if steps.isEmpty { return "nothing to do" }
    var parts: [String] = []
    for action in [PlanStep.Action.create, .alter, .drop] {
      var counts: [FactKind: Int] = [:]
      for step in steps where step.action == action && !step.isContinuation {
        counts[step.subject.kind, default: 0] += 1
      }
      guard !counts.isEmpty else { continue }
      let words = counts.sorted { $0.key.rank < $1.key.rank }.map { kind, count in
        "\(count) \(count == 1 ? kind.title : kind.plural)"
      }
      parts.append("\(action.rawValue) " + words.joined(separator: ", "))
    }
    return parts.joined(separator: "; ")
  }

  /// New columns whose values PostgreSQL was seen to write into every row of a table, when the plan was proved.
  package var filledColumns: Set<FactID> {
    Set(
      steps.filter { step in
        step.action == .create && step.subject.kind == .column && step.hazards.contains { $0.code == .rewrite }
      }.map(\.subject))
  }

  /// Whether it may do to every row what only running it tells: a default that is written, a type that changes.
  package var mayRewrite: Bool {
    steps.contains { step in
      switch (step.action, step.subject.kind) {
      case (.create, .column): step.includes.contains { $0.kind == .columnDefault }
      case (.alter, .column), (.alter, .enumType): true
      default: false
      }
    }
  }

  /// The plan without what a proof has seen.
  package var unproved: Plan {
    var plan = self
    for index in plan.steps.indices {
      plan.steps[index].locks = []
      plan.steps[index].hazards.removeAll { $0.isObserved }
    }
    return plan
  }

  /// Whether all of it runs in transactions with nothing left for later.
  package var isDirect: Bool { steps.allSatisfy { $0.mode == .transaction && !$0.isContinuation } }

  /// The SQL as a script: a transaction for each segment, as `psql -v ON_ERROR_STOP=1` runs it.
  package var script: String { script(beginning: []) }

  /// - Parameter remarks: what it says of itself in its first lines.
  package func script(beginning remarks: [String]) -> String {
    let body = bareScript
    return (remarks + notes).map(SQLComment.line).joined() + SQLText.settings(for: body) + body
  }

  private var bareScript: String {
    var text = ""
    if contract != nil {
      for (plan, isContract) in parts {
        if isContract { text += "\n" + SQLComment.line("From here on: once every client is ready for it.") }
        text += plan.bareScript
      }
      return text
    }
    for segment in segments {
      guard segment[0].mode.isTransactional else {
        for step in segment {
          text += step.warnings
          for statement in step.statements { text += "\n" + step.terminated(statement) }
        }
        continue
      }
      text += "BEGIN;\n"
      // Bodies may refer to what is created after them; they were checked when the declarations were loaded.
      text += "SET LOCAL check_function_bodies = off;\n"
      let locks = LocksAhead(segment)
      if let locks { text += "SET LOCAL lock_timeout = '\(locks.timeout)ms';\n" }
      for (index, step) in segment.enumerated() {
        if let locks, index == locks.place { text += locks.statements.map { "\($0);\n" }.joined() }
        text += "\n" + step.warnings
        for statement in step.statements { text += step.terminated(statement) }
      }
      text += "\nCOMMIT;\n"
    }
    return text
  }
}

extension FactKind {
  /// The plural of the title.
  package var plural: String {
    switch self {
    case .policy: "policies"
    case .index: "indexes"
    case .partitionIndex: "partition indexes"
    case .operatorFamily: "operator families"
    case .operatorClass: "operator classes"
    case .statistics: "statistics"
    case .textSearchDictionary: "text search dictionaries"
    default: title + "s"
    }
  }
}
