internal import Dispatch
internal import Synchronization

/// Runs an actor's jobs on a thread of its own, so that a blocking call blocks nobody else.
///
/// Dispatch queues will not do: on Linux private queues share a pool of as many threads as there are cores, which two
/// statements that wait for each other's locks would exhaust for good.
final class ThreadExecutor: SerialExecutor {
  /// What the thread and the executor share; the thread must not keep the executor alive.
  private final class Mailbox: Sendable {
    private struct State {
      var jobs: [UnownedJob] = []
      var next = 0
      var isStopped = false
    }
    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)

    func put(_ job: UnownedJob) {
      state.withLock { $0.jobs.append(job) }
      arrived.signal()
    }

    func stop() {
      state.withLock { $0.isStopped = true }
      arrived.signal()
    }

    /// Waits for the next job; nil when there will be none.
    func take() -> UnownedJob? {
      arrived.wait()
      return state.withLock { state in
        guard state.next < state.jobs.count else { return nil }
        defer { state.next += 1 }
        let job = state.jobs[state.next]
        if state.next > 64 {
          state.jobs.removeFirst(state.next + 1)
          state.next = -1
        }
        return job
      }
    }
  }

  private let mailbox = Mailbox()

  init() {
    let (mailbox, executor) = (mailbox, asUnownedSerialExecutor())
    // The executor is alive while a job of its actor runs.
    let hasThread = DetachedThread.start {
      while let job = mailbox.take() { job.runSynchronously(on: executor) }
    }
    precondition(hasThread, "no thread could be started for a connection")
  }

  deinit { mailbox.stop() }

  func enqueue(_ job: consuming ExecutorJob) { mailbox.put(UnownedJob(job)) }
}
