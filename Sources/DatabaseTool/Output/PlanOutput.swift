internal import Catalog
internal import Escaping
internal import Migrations
internal import Operations
internal import Planning

/// A plan as people and machines read it.
struct PlanOutput {
  let plan: Plan
  let proof: Proof?
  var allowed: AllowedHazards?
  /// Whether comments and grants of new objects are listed too.
  var isVerbose = false
  /// Schemas and objects that were read and are not compared.
  var leftOut: [String] = []
  /// How large the tables are that hazards are about.
  var estimates: TableEstimates?
  private let created: Set<FactID>

  init(plan: Plan, proof: Proof?) {
    self.plan = plan
    self.proof = proof
    created = Set(plan.steps.filter { $0.action == .create }.flatMap { [$0.subject] + $0.includes })
  }

  func text(_ console: Console) -> TerminalText {
    var text: TerminalText = ""
    var first = 0
    for (index, segment) in plan.segments.enumerated() {
      if first == plan.contract {
        text += console.styled("later, by dbtool apply --contract, once every client is ready for it\n", .bold)
      }
      first += segment.count
      if plan.segments.count > 1, !segment.allSatisfy(isDetail) {
        text += console.styled("\(title(segment[0].mode)) \(index + 1)\n", .dim)
      }
      for step in segment where !isDetail(step) { text += line(step, console) }
    }
    text += "\n" + console.styled("plan: ", .bold) + "\(plan.summary)\n"
    if let proof { text += proofText(proof, console) }
    for note in plan.notes { text += console.styled("note: ", .bold) + "\(note)\n" }
    return text
  }

  private func title(_ mode: PlanStep.Mode) -> TerminalText {
    switch mode {
    case .transaction, .ownTransaction: "transaction"
    case .alone: "outside of transactions"
    case .backfill: "in batches"
    case .perPartition: "partition by partition"
    }
  }

  /// What is said about a new object is counted, not listed.
  private func isDetail(_ step: PlanStep) -> Bool {
    guard step.action == .create, step.hazards.isEmpty, !isVerbose else { return false }
    switch step.subject.kind {
    case .sequenceOwner: return true
    case .comment, .securityLabel, .grant, .owner:
      guard let subject = step.subject.subjectID else { return false }
      return created.contains(subject)
        || created.contains {
          $0.kind != .index && $0.schema == subject.schema && $0.name == subject.name && $0.member.isEmpty
        }
    default: return false
    }
  }

  private func line(_ step: PlanStep, _ console: Console) -> TerminalText {
    let style: Console.Style = step.action == .create ? .green : step.action == .alter ? .yellow : .red
    let name: TerminalText = "\(step.subject)"
    var text: TerminalText = "  \(step.action.sign, style) \(name)"
    if step.isReplacement { text += console.styled(" (rebuilt)", .dim) }
    if let location = step.location {
      text += "\(String(repeating: " ", count: max(2, 64 - name.count)))\(location, .dim)"
    }
    text += "\n"
    let columns = step.includes.filter { $0.kind == .column }.map(\.member)
    let others = step.includes.filter { $0.kind == .constraint }.map(\.member)
    if !columns.isEmpty, step.subject.kind == .table { text += wrap("columns", columns, console) }
    if !others.isEmpty { text += wrap("constraints", others, console) }
    if step.action == .alter || step.action == .drop || step.subject.kind == .column || step.mode != .transaction {
      for statement in step.statements {
        let first = VisibleText.line(statement.split(separator: "\n").first.map(String.init) ?? "")
        text += "      \(first.count > 110 ? first.prefix(107) + "..." : first, .dim)\n"
      }
    }
    if !step.locks.isEmpty { text += "      locks: \(step.locks.map(\.description).joined(separator: ", "))\n" }
    for hazard in step.hazards {
      let word = hazard.isRefused && allowed?.allows(hazard, of: step.subject) != true ? "refused" : "hazard"
      text +=
        "      " + console.styled("\(word) \(hazard.code.rawValue): ", hazard.isRefused ? .red : .yellow)
        + "\(hazard.message)\(estimate(hazard).map { " (\(words($0)))" } ?? "")\n"
      if isVerbose { text += console.styled("        safer: \(hazard.advice)\n", .dim) }
    }
    return text
  }

  private func estimate(_ hazard: Hazard) -> TableEstimates.Size? { hazard.table.flatMap { estimates?[$0] } }

  private func words(_ size: TableEstimates.Size) -> String {
    (size.rows.map { "about \(countText($0, "row")), " } ?? "never analysed, ") + sizeText(size.bytes)
  }

  private func wrap(_ title: String, _ words: [String], _ console: Console) -> TerminalText {
    var lines: [String] = []
    var current = "      \(title):"
    for (index, word) in words.enumerated() {
      let item = " " + VisibleText.line(word) + (index < words.count - 1 ? "," : "")
      if current.count + item.count > 110 {
        lines.append(current)
        current = "       "
      }
      current += item
    }
    lines.append(current)
    return lines.map { "\($0, .dim)\n" as TerminalText }.joined()
  }

  private func proofText(_ proof: Proof, _ console: Console) -> TerminalText {
    var text = console.styled("proof: ", .bold)
    guard proof.holds else {
      text += console.styled("does not hold", .red) + " on PostgreSQL \(proof.serverVersion)\n"
      for difference in proof.differences.prefix(30) { text += DifferenceOutput.text(difference) }
      for table in proof.lostRows { text += "  the rows of \(table) are not the same afterwards\n" }
      for column in proof.takenNumbers { text += "  the next row would get a number in \(column) that another has\n" }
      for gap in proof.gaps.prefix(30) {
        text += "  clients would not find \(gap.description) for a while, from step \(gap.step) of the plan on\n"
      }
      return text
    }
    text += "converges on PostgreSQL \(proof.serverVersion)"
    if proof.tables > 0 { text += "; \(countText(proof.rows, "row")) in \(countText(proof.tables, "table")) kept" }
    text += "\n"
    if !proof.emptyTables.isEmpty {
      let names = proof.emptyTables.map { table in
        table.sqlName + (proof.reasons[table].map { " (\(VisibleText.line($0)))" } ?? "")
      }
      text += console.styled("       proved without rows in \(names.joined(separator: ", "))\n", .dim)
    }
    return text
  }

  // MARK: Machines

  struct Machine: Encodable {
    struct Step: Encodable {
      var action: String
      var kind: String
      var object: String
      var mode: String
      /// Whether it waits for `dbtool apply --contract`.
      var contract: Bool
      var statements: [String]
      var hazards: [HazardEntry]
      var locks: [String]
      var file: String?
      var line: Int?
    }
    struct HazardEntry: Encodable {
      var code: String
      var severity: String
      var message: String
      var refused: Bool
      var table: String?
      var lock: String?
      var rows: Int?
      var bytes: Int?
      var advice: String
    }
    struct ProofEntry: Encodable {
      var converges: Bool
      var postgres: String
      var rows: Int
      var tables: Int
      var differences: [DifferenceOutput.Machine]
      var emptyTables: [String]
    }
    var summary: String
    var notes: [String]
    var leftOut: [String]?
    var steps: [Step]
    var proof: ProofEntry?
  }

  var machine: Machine {
    Machine(
      summary: plan.summary, notes: plan.notes, leftOut: leftOut.isEmpty ? nil : leftOut,
      steps: plan.steps.enumerated().map { index, step in
        Machine.Step(
          action: step.action.rawValue, kind: step.subject.kind.word, object: step.subject.path,
          mode: step.mode.rawValue, contract: plan.contract.map { index >= $0 } ?? false,
          statements: step.statements,
          hazards: step.hazards.map {
            Machine.HazardEntry(
              code: $0.code.rawValue, severity: $0.severity.rawValue, message: $0.message,
              refused: $0.isRefused && allowed?.allows($0, of: step.subject) != true, table: $0.table, lock: $0.lock,
              rows: estimate($0)?.rows, bytes: estimate($0)?.bytes, advice: $0.advice)
          },
          locks: step.locks.map(\.description), file: step.location?.file, line: step.location?.line)
      },
      proof: proof.map { proof in
        Machine.ProofEntry(
          converges: proof.holds, postgres: "\(proof.serverVersion)", rows: proof.rows, tables: proof.tables,
          differences: proof.differences.map { DifferenceOutput.Machine($0) },
          emptyTables: proof.emptyTables.map(\.sqlName))
      })
  }
}
