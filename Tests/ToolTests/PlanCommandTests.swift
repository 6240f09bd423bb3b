import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// The tool as a person runs it: a process, its output, its exit code.
/// Plans, previews, and the pages of help.
@Suite(.serialized) struct PlanCommandTests: PlatformSuite {
  @Test func aHandWrittenMigrationIsProvedAndADestructivePlanRefused() async throws {
    try await withPlatform { project in
      try project.write(
        "BEGIN;\nCREATE TABLE webinar.notes (id int PRIMARY KEY, note text);\nCOMMIT;\n",
        to: "migrations/20990101000000_notes.sql")
      let apply = try await project.dbtool("apply", "--dry-run")
      #expect(apply.status == 1 && apply.output.contains("--update-lock"), "\(apply.output)")
      #expect(try await project.dbtool("plan", "--check").status == 2)
      let plan = try await project.dbtool("plan", "--name", "drop_notes")
      #expect(plan.status == 3, "\(plan.output)")
      #expect(plan.output.contains("--allow data-loss"))
      let before = try project.migrations
      #expect(before.last == "20990101000000_notes.sql")
      let allowed = try await project.dbtool("plan", "--name", "drop_notes", "--allow", "data-loss")
      #expect(allowed.status == 0, "\(allowed.output)")
      let written = try #require(try project.migrations.last)
      #expect(written > "20990101000000_notes.sql")
      #expect(try project.read("migrations/\(written)").contains("DROP TABLE webinar.notes;"))
      #expect(try await project.dbtool("plan", "--check").status == 0)
      #expect(
        try await project.dbtool("diff", "--from", "migrations", "--to", "schema", "--check", "--prove").status == 0)
    }
  }

  @Test func thePreviewIsReadable() async throws {
    try await withPlatform { project in
      // A lock that lacks something: what declaring it anew would show.
      try project.write(
        "BEGIN;\nALTER TABLE webinar.sync_rejects DROP COLUMN resolved_at;\nDROP FUNCTION webinar.parse_flag(text);\nALTER TABLE checkin.request_rates ADD COLUMN extra int;\nCOMMIT;\n",
        to: "migrations/20990101000000_back.sql")
      let plan = try await project.dbtool("plan")
      #expect(plan.status == 3)
      #expect(plan.output == Golden.text("plan.txt", plan.output), "see Tests/ToolTests/Golden/plan.txt")
      let json = try await project.dbtool("plan", "--format", "json")
      #expect(json.output.contains("\"converges\" : true"), "\(json.output)")
    }
  }

  @Test func wrongUsageIs64() async throws {
    let project = try TestProject()
    defer { project.remove() }
    #expect(try await project.dbtool("plan", "--nonsense").status == 64)
    let stray = try await project.dbtool("apply", "postgres://me:hunter2@127.0.0.1/x")
    #expect(stray.status == 64 && stray.output.contains("me:xxxxxxx@"), "\(stray.output)")
    #expect(try await project.dbtool("plan", "--name", "no spaces").status == 64)
    #expect(try await project.dbtool("diff", "--from", "empty").status == 64)
    #expect(try await project.dbtool("diff", "--from", "nowhere", "--to", "empty").status == 1)
  }

  @Test(arguments: [
    "", "plan", "lint", "apply", "revert", "status", "drift", "diff", "init", "import", "dump", "reset", "seed",
    "partitions", "postgres", "rebase", "repair", "squash", "types", "docs", "fingerprint",
  ])
  func everyCommandHasItsPage(command: String) async throws {
    let project = try TestProject()
    defer { project.remove() }
    let help = command.isEmpty ? try await project.dbtool("--help") : try await project.dbtool(command, "--help")
    #expect(help.status == 0)
    #expect(help.output.contains("OVERVIEW: ") && help.output.contains("USAGE: "))
  }
}
