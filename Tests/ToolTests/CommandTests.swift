import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// The tool as a person runs it: a process, its output, its exit code.
@Suite(.serialized) struct CommandTests: PlatformSuite {
  @Test func fromNothingToALiveDatabase() async throws {
    try await withPlatform { project in
      let reset = try await project.dbtool("reset", "--seed")
      #expect(reset.status == 0, "\(reset.output)")
      let status = try await project.dbtool("status")
      #expect(status.status == 0 && status.output.contains("up to date"), "\(status.output)")
      let plan = try await project.dbtool("plan")
      #expect(plan.status == 0 && plan.output.contains("nothing to do"), "\(plan.output)")
      #expect(try await project.dbtool("plan", "--check").status == 0)
      let drift = try await project.dbtool("drift")
      #expect(drift.status == 0 && drift.output.contains("no drift"), "\(drift.output)")
      let again = try await project.dbtool("apply")
      #expect(again.status == 0 && again.output.contains("nothing to apply"), "\(again.output)")
      let seed = try await project.dbtool("seed")
      #expect(seed.output.contains("0 files loaded"), "\(seed.output)")
      let rows = try await project.dbtool(
        "postgres", "psql", "--", "-Atc", "SELECT count(*) FROM webinar.webinar_registrants")
      #expect(rows.output.contains("60"), "\(rows.output)")
      // The same CSV twice leaves the same rows.
      let csv = "seeds/development/020_checkin.paidparticipants.csv"
      try project.write(try project.read(csv).replacing("Ada Lovelace", with: "Ada, Countess of Lovelace"), to: csv)
      let changed = try await project.dbtool("seed")
      #expect(changed.output.contains("1 file loaded"), "\(changed.output)")
      let participants = try await project.dbtool(
        "postgres", "psql", "--", "-Atc", "SELECT count(*) FROM checkin.paidparticipants")
      #expect(participants.output.contains("5"), "\(participants.output)")
      try await driftIsFound(project)
      try await partitions(project)
    }
  }

  private func driftIsFound(_ project: TestProject) async throws {
    let tamper = """
      ALTER TABLE webinar.sync_runs DISABLE ROW LEVEL SECURITY; DROP INDEX webinar.idx_webinar_registrants_email;
      CREATE TABLE public.stray (a int); GRANT SELECT ON checkin.checkins TO anon;
      ALTER TABLE webinar.webinar_registrants DISABLE TRIGGER webinar_registrants_touch
      """
    #expect(try await project.dbtool("postgres", "psql", "--", "-c", tamper).status == 0)
    let drift = try await project.dbtool("drift")
    #expect(drift.status == 2)
    #expect(drift.output == Golden.text("drift.txt", drift.output), "see Tests/ToolTests/Golden/drift.txt")
    let json = try await project.dbtool("drift", "--format", "json")
    #expect(json.status == 2 && json.output.contains("\"drift\" : true"))
    // The way back, printed as SQL and run by psql.
    let url = "postgres:///platform?host=\(try await socket(project))&user=postgres"
    let diff = try await project.dbtool("diff", "--from", url, "--to", "lock", "--format", "sql")
    #expect(diff.status == 0, "\(diff.output)")
    try project.write(diff.output, to: "back.sql")
    let psql = try await project.dbtool("postgres", "psql", "--", "-v", "ON_ERROR_STOP=1", "-q", "-f", "back.sql")
    #expect(psql.status == 0, "\(psql.output)")
    let clean = try await project.dbtool("drift")
    #expect(clean.status == 0, "\(clean.output)")
    let checked = try await project.dbtool("diff", "--from", url, "--to", "schema", "--check")
    #expect(checked.status == 0, "\(checked.output)")
  }

  private func partitions(_ project: TestProject) async throws {
    // A month may end meanwhile: then there is one partition more to make, and that is made first.
    #expect(try await project.dbtool("partitions").status == 0)
    let drop = "DROP TABLE checkin.pin_attempts_\(Self.month())"
    #expect(try await project.dbtool("postgres", "psql", "--", "-c", drop).status == 0)
    let missing = try await project.dbtool("partitions", "plan")
    #expect(missing.status == 2 && missing.output.contains("create  pin_attempts_"), "\(missing.output)")
    #expect(try await project.dbtool("drift").status == 2)
    let made = try await project.dbtool("partitions")
    #expect(made.status == 0 && made.output.contains("created: checkin.pin_attempts_"), "\(made.output)")
    let again = try await project.dbtool("partitions")
    #expect(!again.output.contains("created"), "\(again.output)")
    #expect(try await project.dbtool("drift").status == 0)
  }

  private static func month() -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month], from: Date())
    let month = parts.month ?? 0
    return "\(parts.year ?? 0)_\(month < 10 ? "0" : "")\(month)"
  }
}
