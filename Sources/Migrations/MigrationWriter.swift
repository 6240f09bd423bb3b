internal import Catalog
internal import Escaping
package import Planning

/// Writes a proved plan as a migration file: plain SQL that `psql -v ON_ERROR_STOP=1 -f` runs as well.
package enum MigrationWriter {
  /// How long a statement waits for a lock before the transaction gives up and is tried again: as long as clients wait
  /// behind it.
  package static let lockTimeout = "1s"

  /// How long a statement that changes nothing but catalogs may take, once it has its locks.
  package static let statementTimeout = "1min"

  /// - Parameter isContract: whether it waits until clients are ready for it.
  package static func text(for plan: Plan, proof: Proof, title: String, isContract: Bool = false) -> String {
    var text = SQLComment.line(title) + SQLComment.line(plan.summary)
    if isContract {
      text +=
        MigrationFile.contractLine
        + SQLComment.line(
          "dbtool apply stops before it; dbtool apply --contract applies it, once every client is ready for what it breaks."
        )
    }
    text += SQLComment.line(
      "proved on PostgreSQL \(proof.serverVersion): converges; \(countText(proof.rows, "row")) in \(countText(proof.tables, "table")) kept"
    )
    let hazards = plan.steps.flatMap(\.hazards)
    text += SQLComment.line(hazards.isEmpty ? "hazards: none" : "hazards:")
    for hazard in hazards { text += SQLComment.line("  \(hazard.code.rawValue): \(hazard.message)") }
    for segment in plan.segments {
      let mode = segment[0].mode
      let locks = mode.isTransactional ? LocksAhead(segment) : nil
      if mode.isTransactional {
        text += "\nBEGIN;\nSET LOCAL lock_timeout = '\(locks.map { "\($0.timeout)ms" } ?? lockTimeout)';\n"
        // What reads tables that clients use may take as long as it takes.
        if mode == .transaction, !segment.contains(where: \.takesTime) {
          text += "SET LOCAL statement_timeout = '\(statementTimeout)';\n"
        }
        let sql = segment.flatMap { step in step.statements.map(step.terminated) }.joined()
        text += SQLText.settings(for: sql, isLocal: true)
      }
      if mode == .transaction {
        text += SQLComment.line("Bodies may refer to what is created after them.")
        text += "SET LOCAL check_function_bodies = off;\n"
      }
      for (index, step) in segment.enumerated() {
        if let locks, index == locks.place {
          text +=
            "\n"
            + SQLComment.line("All that it needs, in one order: half-way it would wait for clients that wait for it.")
          text += locks.statements.map { "\($0);\n" }.joined()
        }
        let place = step.location.map { "  [\($0.file)]" } ?? ""
        text += "\n" + SQLComment.line("\(step.action.sign) \(step.subject)\(place)")
        if step.statements.isEmpty {
          text += SQLComment.line("(its partitions are made by dbtool apply and dbtool partitions)")
        }
        if let remark = step.remark { text += SQLComment.line(remark.text) }
        for statement in step.statements {
          if let directive = MigrationFile.Directive(mode) { text += directive.line }
          if let remark = step.remark, !remark.rules.isEmpty {
            text += SQLComment.line(
              "squawk-ignore\(remark.answersForFile ? "-file" : "") \(remark.rules.joined(separator: ", "))")
          }
          text += step.terminated(statement)
        }
      }
      if mode.isTransactional { text += "\nCOMMIT;\n" }
    }
    return text
  }
}
