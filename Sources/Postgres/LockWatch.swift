/// Says for which lock a session waits, and who has it, once that takes longer than a second (`WaitNotice`).
///
/// Reading a catalog takes locks: PostgreSQL opens a view's tables to print it, and waits there for whoever holds them
/// exclusively, without a word and without an end. Only another session can see that. It is opened when a call has lasted for
/// a second, and never before; the call does not wait for it.
package enum LockWatch {
  /// Whether calls are watched here. An apply tells more, and by itself (`Watcher`); whoever watches is not watched.
  @TaskLocal package static var isOn = true

  /// What takes longer than this is looked at. What gives up its own wait after a second has to be looked at before that.
  @TaskLocal package static var patience = WaitNotice.patience

  /// Shorter than the lock timeout of what tries again.
  package static let shortPatience = Duration.milliseconds(400)

  /// How long the second session may keep us waiting before that is said instead.
  private static let answer = Duration.seconds(2)

  /// Which session is watched.
  enum Subject: Sendable {
    case process(Int)
    /// Behind a pooler nobody knows the process: those of the same role that call themselves so.
    case application(String)

    fileprivate var condition: String {
      """
      CASE WHEN $1::pg_catalog.int4 IS NOT NULL THEN a.pid = $1::pg_catalog.int4
           ELSE a.application_name = $2::pg_catalog.text AND a.pid <> pg_catalog.pg_backend_pid()
                AND a.datname = pg_catalog.current_database() AND a.usename = SESSION_USER END
      """
    }
    fileprivate var parameters: [String?] {
      switch self {
      case .process(let pid): [String(pid), nil]
      case .application(let name): [nil, name]
      }
    }
  }

  /// Watches a call that begins now, until the task is cancelled.
  ///
  /// - Parameter target: the server that the session is on, and no other.
  static func start(_ target: ConnectionTarget, _ subject: Subject) -> Task<Void, Never> {
    Task {
      guard (try? await Task.sleep(for: patience)) != nil else { return }
      await $isOn.withValue(false) { await watch(target, subject) }
    }
  }

  private static func watch(_ target: ConnectionTarget, _ subject: Subject) async {
    let silence = Task {
      if (try? await Task.sleep(for: answer)) != nil { tellDoubt(target, "a second connection gets no answer either") }
    }
    await withTaskCancellationHandler {
      var hasLooked = false
      do {
        // Whether this one is answered is said as a part of the rest.
        let connection = try await WaitNotice.$listener.withValue(WaitNotice { _ in }) {
          try await Connection.open(target, applicationName: "dbtool (watch)")
        }
        try await connection.closing { connection in
          var told: LockWait?
          while true {
            let rows = try await connection.query(LockWait.query(subject.condition), subject.parameters)
            hasLooked = true
            silence.cancel()
            let wait = try LockWait(rows)
            if let wait, wait.identity != told?.identity { tell(wait) }
            told = wait
            try await Task.sleep(for: .seconds(1))
          }
        }
      } catch {
        silence.cancel()
        if !hasLooked { tellDoubt(target, (error as? PostgresError)?.message ?? "\(error)") }
      }
    } onCancel: {
      silence.cancel()
    }
  }

  private static func tell(_ wait: LockWait) {
    guard !Task.isCancelled else { return }
    WaitNotice.report("waiting for \(Secrets.hidden(in: wait.description)) (\(wait.ending))")
  }

  private static func tellDoubt(_ target: ConnectionTarget, _ reason: String) {
    guard !Task.isCancelled else { return }
    WaitNotice.report(
      "waiting for \(target); whether it waits for a lock cannot be told: \(Secrets.hidden(in: reason))")
  }
}
