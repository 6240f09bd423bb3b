import TestSupport
import Testing

// Within the serialised suite: see StateTests.
@Suite(.serialized) struct SeedTests {
  @Test func stagingIsAsLargeAsItIsTold() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.copyPlatform()
    #expect(try await project.dbtool("apply").status == 0)
    func count(_ table: String) async throws -> Int? {
      let psql = try await project.dbtool("postgres", "psql", "--", "-X", "-Atc", "SELECT count(*) FROM \(table)")
      return Int(psql.output.split(separator: "\n").last.map(String.init) ?? "")
    }
    let first = try await project.dbtool("seed", "--environment", "staging", "--scale", "0.002")
    #expect(first.status == 0, "\(first.output)")
    #expect(try await count("webinar.webinar_registrants") == 200)
    let again = try await project.dbtool("seed", "--environment", "staging", "--scale", "0.002")
    #expect(again.output.contains("0 files loaded"), "\(again.output)")
    // More of the same: what does not know of the scale is not loaded again.
    let more = try await project.dbtool("seed", "--environment", "staging", "--scale", "0.01")
    #expect(more.output.contains("4 files loaded"), "\(more.output)")
    #expect(try await count("webinar.webinar_registrants") == 1000)
    #expect(try await count("analytics.events") == 10_000)
    #expect(
      try await count(
        """
        class_events e WHERE e.reg_count <> (SELECT count(*) FROM registrations r
                                              WHERE r.event_id = e.id AND r.status = 'confirmed')
        """) == 0)
    for scale in ["0", "-1", "many"] {
      #expect(try await project.dbtool("seed", "--scale", scale).status == 64)
    }
    // The other environments load too, on top.
    for environment in ["test", "production"] {
      let seed = try await project.dbtool("seed", "--environment", environment)
      #expect(seed.status == 0, "\(seed.output)")
    }
  }
}
