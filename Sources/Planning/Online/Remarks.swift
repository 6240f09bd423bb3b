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
}
