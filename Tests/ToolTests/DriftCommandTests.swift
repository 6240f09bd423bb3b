import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// `dbtool drift` as CI runs it: what is found, how it is printed, what is waived, and the way back.
@Suite struct DriftCommandTests {
  private static let tamper = """
    DROP POLICY admin_read ON analytics.audit_trail;
    GRANT UPDATE (checked_in_by) ON checkin.checkins TO anon;
    COMMENT ON TABLE checkin.checkins IS 'Something else.';
    CREATE INDEX extra_idx ON checkin.checkins (checked_in_by);
    """

  struct Report: Decodable {
    struct Database: Decodable {
      struct Finding: Decodable {
        struct Waived: Decodable { var owner: String }
        var code: String
        var severity: String
        var object: String
        var file: String?
        var waiver: Waived?
      }
      var database: String
      var drift: Bool?
      var error: String?
      var findings: [Finding]
      func finding(_ code: String) -> Finding? { findings.first { $0.code == code } }
    }
    var drift: Bool
    var databases: [Database]
  }

  private func report(_ project: TestProject, _ arguments: [String] = []) async throws -> (status: Int, report: Report)
  {
    let outcome = try await project.dbtool(["drift", "--format", "json"] + arguments)
    let text = outcome.output.drop { $0 != "{" }
    return (outcome.status, try JSONDecoder().decode(Report.self, from: Data(text.utf8)))
  }

  private func psql(_ project: TestProject, _ sql: String) async throws -> String {
    let psql = try await project.dbtool("postgres", "psql", "--", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql)
    try #require(psql.status == 0, "\(psql.output)")
    return psql.output
  }

  @Test func ciIsTold() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.copyPlatform()
    try FileManager.default.createSymbolicLink(
      atPath: project.root + "/Sources", withDestinationPath: TestProject.repository + "/Sources")
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 0, "\(apply.output)")
    #expect(try await report(project).report.drift == false)
    _ = try await psql(project, Self.tamper)
    try await severitiesAndPlaces(project)
    try await formats(project)
    try await waivers(project)
    try await aReaderFindsTheSame(project)
    try await severalDatabases(project)
    try await theDatabasesSide(project)
    try await theWayBack(project)
  }

  private func severitiesAndPlaces(_ project: TestProject) async throws {
    let (status, report) = try await report(project)
    #expect(status == 2 && report.drift)
    let database = try #require(report.databases.first)
    #expect(database.finding("missing-policy")?.severity == "error")
    #expect(database.finding("missing-policy")?.file?.hasPrefix("Growth/") == true)
    #expect(database.finding("widened-grant")?.severity == "error")
    #expect(database.finding("different-comment")?.severity == "warning")
    #expect(database.finding("extra-index")?.severity == "warning")
    #expect(database.findings.count { $0.severity != "note" } == 4, "\(database.findings)")
  }

  private func formats(_ project: TestProject) async throws {
    for (format, name) in [("text", "drift.tampered.txt"), ("github", "drift.github.txt"), ("markdown", "drift.md")] {
      let drift = try await project.dbtool("drift", "--format", format)
      let output = drift.output.replacing(try await CommandTests().socket(project), with: "SOCKET")
      #expect(drift.status == 2 && output == Golden.text(name, output), "see Tests/ToolTests/Golden/\(name)")
    }
    let sarif = try await project.dbtool("drift", "--format", "sarif")
    struct Log: Decodable {
      struct Run: Decodable {
        struct Outcome: Decodable {
          struct Location: Decodable {
            struct Physical: Decodable {
              struct Artifact: Decodable { var uri: String }
              var artifactLocation: Artifact
            }
            var physicalLocation: Physical
          }
          var ruleId: String
          var level: String
          var locations: [Location]
        }
        var results: [Outcome]
      }
      var version: String
      var runs: [Run]
    }
    let log = try JSONDecoder().decode(Log.self, from: Data(sarif.output.drop { $0 != "{" }.utf8))
    #expect(log.version == "2.1.0" && log.runs.count == 1)
    for outcome in log.runs[0].results where outcome.level == "error" {
      let path = outcome.locations[0].physicalLocation.artifactLocation.uri
      #expect(FileManager.default.fileExists(atPath: "\(project.root)/\(path)"), "\(path)")
    }
  }

  private func waivers(_ project: TestProject) async throws {
    let file = "drift-waivers.jsonl"
    func waiver(_ object: String, _ expires: String, code: String? = nil) -> String {
      let code = code.map { #""code": "\#($0)", "# } ?? ""
      return #"{\#(code)"object": "\#(object)", "owner": "anna", "reason": "Known.", "expires": "\#(expires)"}"# + "\n"
    }
    let all =
      waiver("policy admin_read on analytics.audit_trail", "2037-01-31", code: "missing-policy")
      + "\n" + waiver("column checkin.checkins*", "2037-01-31")
      + waiver("grant to anon on column checkin.*", "2037-01-31")
      + waiver("comment on table checkin.checkins", "2037-12-31")
    try project.write(all + waiver("index checkin.extra_idx", "2037-01-31", code: "extra-index"), to: file)
    let waived = try await report(project)
    #expect(waived.status == 0 && !waived.report.drift)
    #expect(waived.report.databases[0].finding("missing-policy")?.waiver?.owner == "anna")
    // The wrong code, and one that is about nothing.
    #expect(waived.report.databases[0].finding("unused-waiver")?.object == "column checkin.checkins*")
    try project.write(all + waiver("index checkin.extra_idx", "2037-01-31", code: "extra-table"), to: file)
    #expect(try await report(project).status == 2)
    // Yesterday's counts no more, and says so itself.
    try project.write(all + waiver("index checkin.extra_idx", "2026-01-31"), to: file)
    let expired = try await report(project)
    #expect(expired.status == 2)
    #expect(expired.report.databases[0].finding("expired-waiver")?.severity == "error")
    #expect(expired.report.databases[0].finding("extra-index")?.waiver == nil)
    for (line, reason) in [
      (#"{"object": "x", "owner": "anna", "expires": "2037-01-31"}"#, "no reason"),
      (#"{"Code": "x", "object": "x", "owner": "a", "reason": "r", "expires": "2037-01-31"}"#, "no \"Code\""),
      (waiver("*", "2037-01-31"), "needs a code"), ("waive it", "no waiver in JSON"),
      (waiver("index x", "2037-02-30"), "not a day"),
      (#"{"object": " ", "owner": "a", "reason": "r", "expires": "2037-01-31"}"#, "object is empty"),
    ] {
      try project.write("\n" + line, to: file)
      let refused = try await project.dbtool("drift")
      #expect(
        refused.status == 1 && refused.output.contains("\(file):2: ") && refused.output.contains(reason),
        "\(refused.output)")
    }
    try FileManager.default.removeItem(atPath: "\(project.root)/\(file)")
    #expect(try await project.dbtool("drift", "--fail-on", "error").status == 2)
    #expect(try await project.dbtool("drift", "--fail-on", "sometimes").status == 64)
  }

  /// A role that can do nothing but read.
  private func aReaderFindsTheSame(_ project: TestProject) async throws {
    _ = try await psql(
      project,
      "CREATE ROLE reader LOGIN IN ROLE pg_read_all_data; ALTER ROLE reader SET default_transaction_read_only = on")
    let socket = try await CommandTests().socket(project)
    // The jobs of pg_cron are shown to those whose they are.
    let mine = try await report(project).report.databases[0].findings.map(\.object) + ["extension pg_cron"]
    let theirs = try await report(project, ["--database", "postgres:///platform?host=\(socket)&user=reader"])
    #expect(theirs.status == 2)
    #expect(Set(theirs.report.databases[0].findings.map(\.object)) == Set(mine))
  }

  private func severalDatabases(_ project: TestProject) async throws {
    let socket = try await CommandTests().socket(project)
    let urls = ["platform", "postgres", "nowhere"].flatMap {
      ["--database", "postgres:///\($0)?host=\(socket)&user=postgres"]
    }
    let (status, all) = try await report(project, urls)
    #expect(status == 1 && all.databases.count == 3)
    #expect(all.databases.map(\.drift) == [true, true, nil])
    #expect(all.databases[2].error?.contains("nowhere") == true)
    let text = try await project.dbtool(["drift"] + urls.prefix(4))
    #expect(text.status == 2)
    let summary = text.output.split(separator: "\n").suffix(2)
    #expect(summary.allSatisfy { $0.contains("differences: ") }, "\(summary)")
  }

  private func theDatabasesSide(_ project: TestProject) async throws {
    let accept = try await project.dbtool("drift", "--accept")
    #expect(
      accept.status == 0 && accept.output == Golden.text("drift.accept.txt", accept.output),
      "see Tests/ToolTests/Golden/drift.accept.txt\n\(accept.output)")
    #expect(try await project.dbtool("drift", "--accept", "--fix").status == 64)
  }

  private func theWayBack(_ project: TestProject) async throws {
    // A role that no other server has.
    _ = try await psql(project, "CREATE ROLE \"An Intern\"; GRANT SELECT ON checkin.checkins TO \"An Intern\"")
    let fix = try await project.dbtool("drift", "--fix")
    #expect(fix.status == 0 && fix.output.contains("CREATE POLICY"), "\(fix.output)")
    try project.write(fix.output, to: "fix.sql")
    let psql = try await project.dbtool("postgres", "psql", "--", "-X", "-v", "ON_ERROR_STOP=1", "-q", "-f", "fix.sql")
    #expect(psql.status == 0, "\(psql.output)")
    let clean = try await project.dbtool("drift")
    #expect(clean.status == 0, "\(clean.output)")
    #expect(try await project.dbtool("drift", "--fix").output.contains("no drift"))
  }
}
