import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Plans that are written down, and the way back.
extension CommandTests {
  @Test func aPlanIsAppliedAsItIsOrNotAtAll() throws {
    try withPlatform { project in
      let url = "postgres:///platform?host=\(try socket(project))&user=postgres"
      #expect(try project.dbtool("postgres", "start").status == 0)
      #expect(try project.dbtool("plan", "--out", "plan.json").status == 64)
      let written = try project.dbtool("plan", "--out", "plan.json", "--database", url)
      #expect(written.status == 0, "\(written.output)")
      let applied = try project.dbtool("apply", "plan.json", "--database", url)
      #expect(applied.status == 0 && applied.output.contains("applied 11 migrations"), "\(applied.output)")
      // What was pending is no longer, and the schema is another.
      let again = try project.dbtool("apply", "plan.json", "--database", url)
      #expect(again.status == 4 && again.output.contains("the plan is stale"), "\(again.output)")
      try project.write("[]", to: "wrong.json")
      let wrong = try project.dbtool("apply", "wrong.json", "--database", url)
      #expect(wrong.status == 1 && wrong.output.contains("is not a plan"), "\(wrong.output)")
      try goBack(project, url)
    }
  }

  /// To the version before the last, and its schema is that version's.
  private func goBack(_ project: TestProject, _ url: String) throws {
    let versions = try project.migrations.map { String($0.prefix(14)) }
    let version = versions[versions.count - 2]
    #expect(try project.dbtool("revert", "--to", "20200101000000").status == 1)
    let drifted = try project.dbtool("postgres", "psql", "--", "-c", "CREATE TABLE public.stray (a integer)")
    #expect(drifted.status == 0)
    #expect(try project.dbtool("revert", "--to", version).status == 2)
    _ = try project.dbtool("postgres", "psql", "--", "-c", "DROP TABLE public.stray")
    let back = try project.dbtool("revert", "--to", version, "--name", "back")
    #expect(back.status == 0 && back.output.contains("converges"), "\(back.output)")
    let header = try #require(try project.migrations.last.map { try project.read("migrations/\($0)") })
    let paused = try project.dbtool("apply", "--pause-on-hazard")
    let hasHazards = header.contains("-- hazards:\n")
    #expect(paused.status == (hasHazards ? 3 : 0), "\(paused.output)")
    #expect(paused.output.contains("stopped before") == hasHazards, "\(paused.output)")
    let applied = try project.dbtool("apply")
    #expect(applied.status == 0 && applied.output.contains("appl"), "\(applied.output)")
    #expect(try project.dbtool("drift").status == 0)
    let triggers = try project.dbtool(
      "postgres", "psql", "--", "-Atc", "SELECT count(*) FROM pg_trigger WHERE tgname = 'assignments_audit'")
    #expect(triggers.output.contains("0"), "\(triggers.output)")
  }
}
