internal import Postgres

/// Tells, while a statement runs, who is in its way and how far it is: from a connection of its own.
struct Watcher: Sendable {
  let target: ConnectionTarget
  /// The process that works, where there is no pooler in between.
  let pid: Int?
  let report: @Sendable (Observation) -> Void

  enum Observation: Sendable {
    case blocked([Blocker])
    case progress(String)
  }

  /// Before the first look, so that what is quick is not watched at all; shorter than any lock timeout.
  private static let patience = Duration.milliseconds(400)

  /// Runs `body` and watches it.
  func during<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    let task = Task { await watch() }
    defer { task.cancel() }
    return try await body()
  }

  private func watch() async {
    do {
      try await Task.sleep(for: Self.patience)
      try await Connection.with(target.pinned, applicationName: "dbtool apply (watch)") { connection in
        var told: [Blocker] = []
        var phase = ""
        while !Task.isCancelled {
          let activity = try await ApplyActivity.read(connection, pid: pid)
          let blockers = activity.blockers
          if !blockers.isEmpty, Set(blockers.map(\.pid)) != Set(told.map(\.pid)) { report(.blocked(blockers)) }
          told = blockers
          if let now = activity.progress, now != phase {
            report(.progress(now))
            phase = now
          }
          try await Task.sleep(for: .seconds(1))
        }
      }
    } catch {
      // Watching is a courtesy: the work goes on without it.
    }
  }
}
