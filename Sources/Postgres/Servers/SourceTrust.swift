/// Whose SQL is loaded into a scratch server.
package enum SourceTrust: Sendable {
  /// The project's own declarations and migrations.
  case own
  /// What others wrote: a database that is imported or compared, a file that is judged.
  case others
  /// What others wrote and the user vouches for (`--trust-source`).
  case vouchedFor

  /// What the work at hand loads.
  @TaskLocal package static var current = SourceTrust.own

  /// Runs work that loads what others wrote, beside what is the project's own.
  package static func withOthers<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
    try await $current.withValue(current == .own ? .others : current, operation: body)
  }

  /// Looks whether the operating system confines a scratch server; where it does not, says so once, and loads nothing that
  /// others wrote.
  ///
  /// - Throws: `ServerError.unconfined`.
  package static func check(_ isConfined: Bool) async throws {
    guard !isConfined else { return }
    guard current != .others else { throw ServerError.unconfined }
    if await Told.shared.isFirst() {
      WaitNotice.report(
        "this system cannot confine the scratch server (Linux with Landlock can); SQL is loaded without a superuser's rights only"
      )
    }
  }

  /// What was told once need not be told again.
  private actor Told {
    static let shared = Told()
    private var isTold = false

    func isFirst() -> Bool {
      defer { isTold = true }
      return !isTold
    }
  }
}
