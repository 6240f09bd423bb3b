/// What online steps say of themselves.
extension PlanStep.Remark {
  static let build = PlanStep.Remark(
    text:
      "Not IF NOT EXISTS, which takes what an interruption left invalid for done; dbtool apply looks, and builds again.",
    rules: ["prefer-robust-stmts"])
  static let concurrentDrop = PlanStep.Remark(
    text: "After an interruption dbtool apply looks whether it was done.", rules: ["prefer-robust-stmts"])
  static let swap = PlanStep.Remark(
    text: "No name is missing for anybody: the new one takes it in the same transaction.",
    rules: ["renaming-object", "ban-drop-constraint"])
  static let checked = PlanStep.Remark(
    text: "PostgreSQL believes the check, and does not read the table; then the column says the same.",
    rules: ["ban-drop-constraint"])
  static let partitionwise = PlanStep.Remark(
    text:
      "PostgreSQL cannot do it concurrently for a partitioned table: dbtool apply does, one partition after the other.",
    rules: [
      "prefer-robust-stmts", "require-concurrent-index-creation", "constraint-missing-not-valid",
      "adding-foreign-key-constraint",
    ])
  static func conversion(_ conversion: TypeConversion) -> PlanStep.Remark {
    var text = "The second column is empty for now; a trigger fills it for every row that is written."
    if !conversion.isImmutable {
      text +=
        " What a value becomes may depend on settings: the trigger has its own, whatever a client has, and the batches go "
        + "through the trigger. Change them here where values mean something else."
    }
    return PlanStep.Remark(text: text, rules: ["prefer-robust-stmts"])
  }
  static let conversionFill = PlanStep.Remark(
    text: "The trigger converts every row that is touched.", rules: [])
  static let conversionCheck = PlanStep.Remark(
    text: "Refused where a row has a value that cannot be converted: change that row, and apply again.", rules: [])
  static let changeOver = PlanStep.Remark(
    text: "All of the change in one short transaction: what was prepared takes the old names.",
    rules: [
      "prefer-robust-stmts", "ban-drop-constraint", "ban-drop-function", "ban-drop-default", "ban-drop-not-null",
      "renaming-column", "renaming-object",
    ])
  static let leftover = PlanStep.Remark(
    text: "Its values are in the column that took its place.",
    rules: ["ban-drop-column", "ban-drop-type", "prefer-robust-stmts"])
  static let beside = PlanStep.Remark(
    text: "Made beside the table that clients use, in a schema of its own, and so with its own names.", rules: [])
  static let sameColumns = PlanStep.Remark(
    text: "The columns are the table's own.",
    rules: [
      "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-text-field", "prefer-timestamp-tz",
      "prefer-identity", "ban-char-field", "prefer-robust-stmts",
    ], answersForFile: true)
  static let cover = PlanStep.Remark(
    text: "The partitions that the rows need which are there, and those that the window wants.", rules: [])
  static let follow = PlanStep.Remark(
    text: "From here on every write goes to both; what has no partition yet is kept as well.",
    rules: ["prefer-robust-stmts"])
  static let copy = PlanStep.Remark(text: "What was there before.", rules: [])
  static let verification = PlanStep.Remark(
    text: "By count and checksum, in one snapshot. Refused where both are not the same.", rules: [])
  static let inherit = PlanStep.Remark(text: "Partitions get what their table has.", rules: [])
  static let oldTable = PlanStep.Remark(
    text: "Its rows are in the table that took its place; that was compared.",
    rules: ["ban-drop-table", "prefer-robust-stmts"])
}
