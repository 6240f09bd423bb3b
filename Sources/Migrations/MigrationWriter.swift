internal import Catalog
package import Planning
internal import Postgres

/// Writes a proved plan as a migration file: plain SQL that `psql -v ON_ERROR_STOP=1 -f` runs as well.
package enum MigrationWriter {
  /// How long a statement waits for a lock before the transaction gives up and is tried again: as long as clients wait
  /// behind it.
  package static let lockTimeout = "1s"

  /// How long a statement that changes nothing but catalogs may take, once it has its locks.
  package static let statementTimeout = "1min"

  /// - Parameter isContract: whether it waits until clients are ready for it.
  package static func text(for plan: Plan, proof: Proof, title: String, isContract: Bool = false) -> String {
    var text = "-- \(title)\n-- \(plan.summary)\n"
    if isContract {
      text += """
        \(MigrationFile.contractMark)
        -- dbtool apply stops before it; dbtool apply --contract applies it, once every client is ready for what it breaks.

        """
    }
    text +=
      "-- proved on PostgreSQL \(proof.serverVersion): converges; \(proof.rows) rows in \(proof.tables) tables kept\n"
    let hazards = plan.steps.flatMap { step in step.hazards.map { (step, $0) } }
    if hazards.isEmpty {
      text += "-- hazards: none\n"
    } else {
      text += "-- hazards:\n"
      for (_, hazard) in hazards { text += "--   \(hazard.code.rawValue): \(oneLine(hazard.message))\n" }
    }
    for segment in plan.segments {
      let mode = segment[0].mode
      if mode.isTransactional {
        text += "\nBEGIN;\nSET LOCAL lock_timeout = '\(lockTimeout)';\n"
        // What reads tables that clients use may take as long as it takes.
        if mode == .transaction, !segment.contains(where: \.takesTime) {
          text += "SET LOCAL statement_timeout = '\(statementTimeout)';\n"
        }
      }
      if mode == .transaction {
        text += "-- Bodies may refer to what is created after them.\nSET LOCAL check_function_bodies = off;\n"
      }
      for step in segment {
        text += "\n-- \(step.action.sign) \(oneLine("\(step.subject)"))"
        if let location = step.location { text += "  [\(location.file)]" }
        text += "\n"
        if step.statements.isEmpty { text += "-- (its partitions are made by dbtool apply and dbtool partitions)\n" }
        if let remark = step.remark { text += "-- \(remark.text)\n" }
        for statement in step.statements {
          if let directive = MigrationFile.Directive(mode) { text += directive.line + "\n" }
          if let remark = step.remark, !remark.rules.isEmpty {
            text += "-- squawk-ignore\(remark.answersForFile ? "-file" : "") \(remark.rules.joined(separator: ", "))\n"
          }
          text += step.terminated(statement)
        }
      }
      if mode.isTransactional { text += "\nCOMMIT;\n" }
    }
    return text
  }

  /// A name with a line feed must not end a comment.
  private static func oneLine(_ text: String) -> String { text.replacing("\n", with: " ") }
}
