internal import Postgres

/// Tells, while an apply's statement runs, who is in its way and how far it is: from a connection of its own.
struct Watcher: Sendable {
  let target: ConnectionTarget
  /// The process that works, where there is no pooler in between.
  let pid: Int?
  let report: @Sendable (Observation) -> Void

  enum Observation: Sendable {
    case blocked(LockWait)
    case progress(String)
  }

  /// Runs `body` and watches it.
  func during<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    let task = Task { await watch() }
    defer { task.cancel() }
    return try await LockWatch.$isOn.withValue(false) { try await body() }
  }

  private func watch() async {
    do {
      try await Task.sleep(for: LockWatch.shortPatience)
      try await Connection.with(target.pinned, applicationName: "dbtool apply (watch)") { connection in
        var told: LockWait?
        var phase = ""
        while !Task.isCancelled {
          let activity = try await ApplyActivity.read(connection, pid: pid)
          if let wait = activity.wait, wait.identity != told?.identity { report(.blocked(wait)) }
          told = activity.wait
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
