package import Postgres

extension MigrationFile {
  /// A unit that succeeds or fails as a whole.
  package struct Segment: Sendable {
    package var statements: [ScriptStatement]
    package var isTransaction: Bool
    /// How it is carried out, where that is not the plain way.
    package var directive: Directive?
    /// Opens its transaction: with the modes that the file gives it, and with dbtool's own where it gives none, whatever is
    /// the default of role and database.
    package var begin = Connection.begin
    /// Whether the file says that it only reads; then the history is written after it.
    package var isReadOnly = false
    /// The lines of BEGIN and COMMIT; of the statement where there are none.
    package var firstLine: Int
    package var lastLine: Int
  }

  /// The file's transactions, and the statements that stand outside of them, each a unit of its own.
  ///
  /// - Throws: `MigrationError`.
  package func segments() throws -> [Segment] {
    let statements: [ScriptStatement]
    do { statements = try Script.split(text) } catch let error as ScriptError {
      throw MigrationError.splitFailed(file: fileName, error)
    }
    var segments: [Segment] = []
    var open: OpenTransaction?
    for (index, statement) in statements.enumerated() {
      let command = TransactionCommand(statement.sql)
      let comments = LeadingComments(of: statement.sql)
      if let reason = comments.neglected(isFirst: index == 0, isInTransaction: open != nil) {
        throw MigrationError.transaction(file: fileName, line: statement.line, reason: reason)
      }
      func refuse(_ reason: String) -> MigrationError {
        .transaction(file: fileName, line: statement.line, reason: reason)
      }
      switch (command, open) {
      case (nil, nil), (.modes, nil):
        segments.append(
          Segment(
            statements: [statement], isTransaction: false, directive: Directive(before: statement.sql),
            firstLine: statement.line, lastLine: statement.line))
      case (nil, _?), (.savepoint, _?): open?.statements.append(statement)
      case (.begin(let modes), nil): open = OpenTransaction(line: statement.line, modes: modes)
      case (.begin, _?), (.commit, nil), (.rollback, nil):
        throw MigrationError.unbalanced(file: fileName, line: statement.line)
      case (.modes(let modes), _?):
        // PostgreSQL takes them before the first query only; so they may as well come with BEGIN.
        if open?.hasQueries == true { open?.statements.append(statement) } else { open?.modes.add(modes) }
      case (.savepoint, nil):
        throw refuse("savepoints are for transactions. Put BEGIN before it and COMMIT after what belongs together.")
      case (.commit(chains: true), _?):
        throw refuse("COMMIT AND CHAIN is not carried out. Write COMMIT, and a BEGIN of its own after it.")
      case (.commit, let inside?):
        segments.append(inside.segment(endingAt: statement.line))
        open = nil
      case (.rollback, _?):
        throw refuse(
          "ROLLBACK would leave nothing of what comes before it, and the history would say that it is done. Take both out, "
            + "or use SAVEPOINT and ROLLBACK TO SAVEPOINT.")
      case (.twoPhase, _):
        throw refuse(
          "a migration cannot be left to a later COMMIT PREPARED or ROLLBACK PREPARED. Write BEGIN and COMMIT.")
      }
    }
    if let open { throw MigrationError.unbalanced(file: fileName, line: open.line) }
    return segments
  }

  /// A transaction whose COMMIT has not come yet.
  private struct OpenTransaction {
    var line: Int
    var modes: TransactionModes
    var statements: [ScriptStatement] = []

    /// Whether anything but settings came already.
    var hasQueries: Bool {
      statements.contains { ParseTree(parsing: $0.sql)?.nodeName != "VariableSetStmt" }
    }

    func segment(endingAt end: Int) -> Segment {
      Segment(
        statements: statements, isTransaction: true, begin: modes.begin, isReadOnly: modes.isReadOnly, firstLine: line,
        lastLine: end)
    }
  }
}

/// Modes of a transaction (PostgreSQL: `SET TRANSACTION`); nil for what is not said.
private struct TransactionModes {
  private var isolation: String?
  private var readOnly: Bool?
  private var deferrable: Bool?

  var isReadOnly: Bool { readOnly == true }

  var begin: String {
    let isolation = isolation ?? "read committed"
    return "BEGIN ISOLATION LEVEL \(isolation.uppercased()) READ \(isReadOnly ? "ONLY" : "WRITE")"
      + (deferrable.map { $0 ? " DEFERRABLE" : " NOT DEFERRABLE" } ?? "")
  }

  init(_ options: ParseTree?) {
    for element in options?.elements ?? [] {
      guard let option = element["DefElem"], let value = option["arg"]?["A_Const"] else { continue }
      // libpg_query leaves a zero out.
      let isSet = value["ival"]?["ival"]?.number == 1
      switch option["defname"]?.text {
      case "transaction_isolation": isolation = value["sval"]?["sval"]?.text
      case "transaction_read_only": readOnly = isSet
      case "transaction_deferrable": deferrable = isSet
      default: continue
      }
    }
  }

  mutating func add(_ other: TransactionModes) {
    isolation = other.isolation ?? isolation
    readOnly = other.readOnly ?? readOnly
    deferrable = other.deferrable ?? deferrable
  }
}

/// What a statement does to the transaction that it stands in.
private enum TransactionCommand {
  case begin(TransactionModes)
  case commit(chains: Bool)
  case rollback
  /// SAVEPOINT, RELEASE, ROLLBACK TO.
  case savepoint
  case twoPhase
  /// SET TRANSACTION.
  case modes(TransactionModes)

  /// - Returns: nil for an ordinary statement.
  init?(_ sql: String) {
    let tree = ParseTree(parsing: sql)
    if let set = tree?["VariableSetStmt"], set["kind"]?.text == "VAR_SET_MULTI", set["name"]?.text == "TRANSACTION" {
      self = .modes(TransactionModes(set["args"]))
      return
    }
    guard let statement = tree?["TransactionStmt"] else { return nil }
    switch statement["kind"]?.text {
    case "TRANS_STMT_BEGIN", "TRANS_STMT_START": self = .begin(TransactionModes(statement["options"]))
    case "TRANS_STMT_COMMIT": self = .commit(chains: statement["chain"]?.isTrue == true)
    case "TRANS_STMT_ROLLBACK": self = .rollback
    case "TRANS_STMT_SAVEPOINT", "TRANS_STMT_RELEASE", "TRANS_STMT_ROLLBACK_TO": self = .savepoint
    default: self = .twoPhase
    }
  }
}
