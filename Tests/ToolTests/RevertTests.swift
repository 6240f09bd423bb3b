import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Plans that are written down, and the way back.
@Suite(.serialized) struct RevertTests: PlatformSuite {
  @Test func aPlanIsAppliedAsItIsOrNotAtAll() async throws {
    try await withPlatform { project in
      let url = "postgres:///platform?host=\(try await socket(project))&user=postgres"
      #expect(try await project.dbtool("postgres", "start").status == 0)
      #expect(try await project.dbtool("plan", "--out", "plan.json").status == 64)
      let written = try await project.dbtool("plan", "--out", "plan.json", "--database", url)
      #expect(written.status == 0, "\(written.output)")
      // Another database that is the same in everything.
      let other = url.replacing("///platform", with: "///twin")
      #expect(
        try await project.dbtool("postgres", "psql", "--", "-c", "CREATE DATABASE twin TEMPLATE template0").status == 0)
      let elsewhere = try await project.dbtool("apply", "plan.json", "--database", other)
      #expect(elsewhere.status == 4 && elsewhere.output.contains("another database"), "\(elsewhere.output)")
      // A copy on another server may be the same in all but its mark.
      let text = try String(contentsOfFile: project.root + "/plan.json", encoding: .utf8)
      try project.write(text.replacing(#""mark" : "none""#, with: #""mark" : "production""#), to: "marked.json")
      let marked = try await project.dbtool("apply", "marked.json", "--database", url)
      #expect(marked.status == 4 && marked.output.contains("with the mark production"), "\(marked.output)")
      let applied = try await project.dbtool("apply", "plan.json", "--database", url)
      let count = try project.migrations.count
      #expect(applied.status == 0 && applied.output.contains("applied \(count) migrations"), "\(applied.output)")
      // What was pending is no longer, and the schema is another.
      let again = try await project.dbtool("apply", "plan.json", "--database", url)
      #expect(again.status == 4 && again.output.contains("the plan is stale"), "\(again.output)")
      try project.write("[]", to: "wrong.json")
      let wrong = try await project.dbtool("apply", "wrong.json", "--database", url)
      #expect(wrong.status == 1 && wrong.output.contains("is not a plan"), "\(wrong.output)")
      try await goBack(project, url)
    }
  }

  /// A column gets another type: what a client would notice waits until somebody says that none does.
  @Test func aContractWaitsForItsClients() async throws {
    try await withPlatform { project in
      #expect(try await project.dbtool("postgres", "start").status == 0)
      // Somebody has made it wider; the declarations want it back.
      try project.write(
        "BEGIN; ALTER TABLE checkin.paidparticipants ALTER COLUMN row_number TYPE bigint; COMMIT;\n",
        to: "migrations/20370101000000_wider.sql")
      #expect(try await project.dbtool("plan", "--update-lock", "--allow", "data-loss").status == 0)
      #expect(try await project.dbtool("apply").status == 0)
      let planned = try await project.dbtool("plan", "--name", "narrow", "--allow", "data-loss")
      #expect(
        planned.status == 0 && planned.output.contains("later, by dbtool apply --contract"), "\(planned.output)")
      let contract = try #require(try project.migrations.last)
      #expect(contract.hasSuffix("_narrow_contract.sql"))
      #expect(try await project.dbtool("plan", "--check").status == 0)

      let applied = try await project.dbtool("apply")
      #expect(applied.status == 0 && applied.output.contains("applied 1 migration "), "\(applied.output)")
      #expect(
        applied.output.contains("stopped before \(contract)") && applied.output.contains("breaks-clients"),
        "\(applied.output)")
      #expect(try await project.dbtool("status").output.contains("pending contract"))
      let drift = try await project.dbtool("drift")
      #expect(drift.status == 0 && drift.output.contains("before \(contract), which waits"), "\(drift.output)")
      let written = try await project.dbtool(
        "postgres", "psql", "--", "-Atc",
        """
        INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash)
        VALUES (4000000000, '[]', '{}', repeat('a', 64)) RETURNING row_number_new IS NULL
        """)
      #expect(written.status == 0 && written.output.contains("t"), "\(written.output)")

      try project.write("SELECT 1;\n", to: "migrations/20370102000000_behind.sql")
      #expect(try await project.dbtool("plan", "--update-lock").status == 0)
      let behind = try await project.dbtool("apply")
      #expect(behind.status == 2 && behind.output.contains("20370102000000_behind.sql"), "\(behind.output)")
      // The number is too large for the narrower type.
      let refused = try await project.dbtool("apply", "--contract")
      #expect(refused.status == 1 && refused.output.contains("row_number_converted"), "\(refused.output)")
      _ = try await project.dbtool(
        "postgres", "psql", "--", "-c", "UPDATE checkin.paidparticipants SET row_number = 4 WHERE row_number > 4")
      // It was agreed to.
      let finished = try await project.dbtool("apply")
      #expect(finished.status == 0 && finished.output.contains("applied 2 migrations"), "\(finished.output)")
      #expect(try await project.dbtool("drift").status == 0)
      // A database that nobody uses yet has no clients.
      let fresh = try await project.dbtool("reset")
      #expect(fresh.status == 0 && !fresh.output.contains("stopped"), "\(fresh.output)")
    }
  }

  /// To a version before the last, and its schema is that version's.
  private func goBack(_ project: TestProject, _ url: String) async throws {
    let files = try project.migrations
    let next = try #require(files.firstIndex { $0.hasSuffix("_comments_for_every_object.sql") })
    let version = String(files[next - 1].prefix(14))
    #expect(try await project.dbtool("revert", "--to", "20200101000000").status == 1)
    let drifted = try await project.dbtool("postgres", "psql", "--", "-c", "CREATE TABLE public.stray (a integer)")
    #expect(drifted.status == 0)
    #expect(try await project.dbtool("revert", "--to", version).status == 2)
    _ = try await project.dbtool("postgres", "psql", "--", "-c", "DROP TABLE public.stray")
    let back = try await project.dbtool("revert", "--to", version, "--name", "back")
    #expect(back.status == 0 && back.output.contains("converges"), "\(back.output)")
    let header = try #require(try project.migrations.last.map { try project.read("migrations/\($0)") })
    let paused = try await project.dbtool("apply", "--pause-on-hazard")
    let hasHazards = header.contains("-- hazards:\n")
    #expect(paused.status == (hasHazards ? 3 : 0), "\(paused.output)")
    #expect(paused.output.contains("stopped before") == hasHazards, "\(paused.output)")
    let applied = try await project.dbtool("apply")
    #expect(applied.status == 0 && applied.output.contains("appl"), "\(applied.output)")
    #expect(try await project.dbtool("drift").status == 0)
    let triggers = try await project.dbtool(
      "postgres", "psql", "--", "-Atc", "SELECT count(*) FROM pg_trigger WHERE tgname = 'assignments_audit'")
    #expect(triggers.output.contains("0"), "\(triggers.output)")
  }
}
