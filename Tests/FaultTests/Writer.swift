import Postgres
import TestSupport

/// A client that writes all the time, and remembers what it was told is committed.
actor Writer {
  private(set) var inserted: [Int] = []
  private(set) var updates = 0
  private var isStopped = false

  func stop() { isStopped = true }
  private func add(_ id: Int) { inserted.append(id) }
  private func count() { updates += 1 }
  private var goesOn: Bool { !isStopped }

  /// Writes until it is stopped; errors of a server that goes away are what it lives with.
  nonisolated func run(_ target: ConnectionTarget, rows: Int) async {
    while await goesOn {
      do {
        try await Connection.with(target, applicationName: "writer") { connection in
          while await goesOn {
            let id = try await connection.query(
              "INSERT INTO public.item (amount, name, parent_id, email) VALUES (7, 'new', 1, 'new@example.org') RETURNING id"
            )[0].int(0)
            await add(id)
            try await connection.query(
              "UPDATE public.item SET amount = amount, quantity = quantity WHERE id = $1::bigint",
              [String(Int.random(in: 1...rows))])
            await count()
          }
        }
      } catch {
        try? await Waiting.until("the server is back, or nobody wants more") {
          if await !goesOn { return true }
          return (try? await Connection.with(target) { try await $0.execute("SELECT 1") }) != nil
        }
      }
    }
  }
}
