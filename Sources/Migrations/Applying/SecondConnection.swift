package import Postgres
internal import Synchronization

/// Whether a pooler that has served one connection has another to give.
///
/// The lock is a transaction, so behind a pooler it keeps a server's connection to itself. Where the pool has no other, the
/// work would wait for the lock, which waits for the work.
enum SecondConnection {
  /// How long a pooler may take: others may be using the rest of the pool.
  private static let patience = Duration.seconds(20)

  /// Waits until a second connection is served.
  ///
  /// A client that waits for its turn cannot be cancelled (pgbouncer passes such requests over), so it is left behind when the time
  /// is up. It is answered once the lock has gone, and closes then.
  ///
  /// - Throws: `ApplyError.onlyConnection`, also when the pooler gives up first.
  static func await(_ target: ConnectionTarget) async throws {
    let isServed = try await withCheckedThrowingContinuation { continuation in
      let first = First(continuation)
      Task {
        do {
          try await Connection.with(target.pinned, applicationName: "dbtool (second)") { _ in }
          first.resume(.success(true))
        } catch let error as PostgresError {
          first.resume(.failure(ApplyError.onlyConnection(error.message)))
        } catch { first.resume(.failure(error)) }
      }
      Task {
        try? await Task.sleep(for: patience)
        first.resume(.success(false))
      }
    }
    guard isServed else {
      throw ApplyError.onlyConnection("there was none within \(patience.components.seconds) seconds")
    }
  }

  /// Resumes once, with whichever comes first.
  private final class First: Sendable {
    private let continuation: Mutex<CheckedContinuation<Bool, any Error>?>
    init(_ continuation: CheckedContinuation<Bool, any Error>) { self.continuation = Mutex(continuation) }

    func resume(_ result: Result<Bool, any Error>) {
      let waiting = continuation.withLock { waiting in
        defer { waiting = nil }
        return waiting
      }
      waiting?.resume(with: result)
    }
  }
}
