import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Two commands at once on one project.
@Suite struct TwoCommandsTests {
  private func twice(_ project: TestProject, _ first: [String], _ second: [String]) async throws -> [ChildProcess
    .Outcome]
  {
    async let a = project.dbtool(first)
    async let b = project.dbtool(second)
    return [try await a, try await b]
  }

  /// What one plans, the other builds on.
  @Test func twoPlansWriteOneMigration() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let outcomes = try await twice(project, ["plan", "--name", "one"], ["plan", "--name", "two"])
    #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes.map(\.output))")
    #expect(outcomes.filter { $0.output.contains("nothing to write") }.count == 1, "\(outcomes.map(\.output))")
    #expect(try FileManager.default.contentsOfDirectory(atPath: project.root + "/migrations").count == 1)
    let check = try await project.dbtool("plan", "--check")
    #expect(check.status == 0, "\(check.output)")
  }

  /// The embedded server is made by whoever comes first.
  @Test func twoCommandsMakeOneServer() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write("CREATE TABLE a (id int);\n", to: "migrations/20260101000000_a.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    let outcomes = try await twice(project, ["status"], ["status"])
    #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes.map(\.output))")
  }
}
