import Postgres
import TestSupport
import Testing

/// What has to be there once an interrupted migration was finished.
struct Aftermath {
  let server: FaultServer
  let project: TestProject
  /// How many rows there were before.
  let rows: Int
  /// How many rows were looked at so far.
  private(set) var checked = 0

  init(server: FaultServer, project: TestProject, rows: Int) {
    self.server = server
    self.project = project
    self.rows = rows
  }

  /// Compares rows with what they were, and the schema with the lock.
  mutating func check(_ database: String, _ writer: Writer, _ faults: [String]) async throws -> Bool {
    let inserted = await writer.inserted
    let results = try await Connection.with(server.target(database)) { connection in
      try await connection.pipeline([
        Statement(
          """
          SELECT count(*) = $1::int AND sum(amount::bigint) = (SELECT sum(i % 100) FROM generate_series(1, $1::int) i)
                 AND count(DISTINCT token) = $1::int AND sum(quantity) = (SELECT sum(i % 10) FROM generate_series(1, $1::int) i)
                 AND count(*) FILTER (WHERE mood = 'good' AND id % 2 = 0 OR mood = 'fine' AND id % 2 = 1) = $1::int
            FROM public.item WHERE id <= $1::int
          """, [String(rows)]),
        Statement(
          "SELECT count(*) FROM unnest($1::bigint[]) AS w (id) JOIN public.item USING (id) WHERE token IS NOT NULL AND quantity = 3",
          [ArrayText.encode(inserted.map(String.init))]),
        Statement("SELECT (SELECT count(*) FROM public.log) + (SELECT count(*) FROM public.item)"),
        Statement("SELECT count(*) FROM pg_index WHERE NOT indisvalid"),
        Statement("SELECT count(*) FROM pg_constraint WHERE NOT convalidated"),
      ])
    }
    let kept = try results[0].get()[0].bool(0)
    let written = try results[1].get()[0].int(0)
    checked += try results[2].get()[0].int(0)
    let invalid = try results[3].get()[0].int(0) + results[4].get()[0].int(0)
    let drift = try await project.dbtool("drift", "--database", server.url(database, pooled: false))
    #expect(kept, "after \(faults): rows are not what they were")
    #expect(written == inserted.count, "after \(faults): \(inserted.count - written) written rows are not there")
    #expect(invalid == 0, "after \(faults): \(invalid) indexes or constraints are not valid")
    #expect(drift.status == 0, "after \(faults):\n\(drift.output)")
    return kept && written == inserted.count && invalid == 0 && drift.status == 0
  }
}
