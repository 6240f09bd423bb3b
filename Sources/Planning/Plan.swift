package import Catalog
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
  /// The declaring line, when there is one.
  package var location: SourceLocation?
  /// Locks that it was seen to take on tables that were there before, strongest first; filled in by the proof.
  package var locks: [String] = []
}

extension PlanStep {
  /// A change of something that stays.
  package init(altering subject: FactID, _ statements: [String]) {
    self.init(
      action: .alter, subject: subject, includes: [], statements: statements, hazards: [], mustCommit: false,
      isReplacement: false)
  }

  /// A statement with its end. What a user wrote may end with a comment, which would swallow a semicolon on its line.
  package func terminated(_ statement: String) -> String {
    let isForeign = subject.kind == .raw || subject.kind == .external
    return statement.trimmedTrailing + (isForeign ? "\n;\n" : ";\n")
  }
}

/// The ordered steps from one catalog to another.
package struct Plan: Sendable {
  package var steps: [PlanStep]
  /// How many of the first steps give what stays other names, and what the source is after them.
  package var renamed: (count: Int, source: Catalog)?

  package init(steps: [PlanStep]) { self.steps = steps }

  package var isEmpty: Bool { steps.isEmpty }

  package var hazards: [Hazard] { steps.flatMap(\.hazards) }

  /// Hazards that need `--allow`.
  package var refusedHazards: [Hazard] { hazards.filter(\.isRefused) }

  /// Steps that run in one transaction each.
  package var segments: [[PlanStep]] {
    var segments: [[PlanStep]] = []
    var current: [PlanStep] = []
    for step in steps {
      if let last = current.last, last.mustCommit, !step.mustCommit {
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
      for step in steps where step.action == action {
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

  /// The SQL as a script: a transaction for each segment, as `psql -v ON_ERROR_STOP=1` runs it.
  package var script: String {
    var text = ""
    for segment in segments {
      text += "BEGIN;\n"
      // Bodies may refer to what is created after them; they were checked when the declarations were loaded.
      text += "SET LOCAL check_function_bodies = off;\n"
      for step in segment {
        text += "\n"
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
