import TestSupport
import Testing

/// `DBTOOL_NOW` is for rehearsals: a variable that somebody forgot retires nothing that counts.
@Suite struct RehearsalTests {
  @Test func anotherClockIsSaidAndRefusedWhereRowsCount() async throws {
    var project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write("CREATE TABLE t (id int);\n", to: "migrations/20260101000000_t.sql")
    try #require(try await project.dbtool("plan", "--update-lock").status == 0)
    try #require(try await project.dbtool("apply").status == 0)
    #expect(try await !project.dbtool("partitions", "plan").output.contains("DBTOOL_NOW"))
    project.environment = ["DBTOOL_NOW": "2099-01-01"]
    for command in ["plan", "apply", "status"] {
      let outcome = try await project.dbtool("partitions", command)
      #expect(outcome.output.contains("2099-01-01 is taken for the present"), "\(command): \(outcome.output)")
    }
    let marked = try await project.dbtool("mark", "--from", "development", "--to", "production")
    try #require(marked.status == 0, "\(marked.output)")
    for command in ["plan", "apply"] {
      let outcome = try await project.dbtool("partitions", command)
      #expect(outcome.status == 1 && outcome.output.contains("Unset DBTOOL_NOW"), "\(command): \(outcome.output)")
    }
  }

  @Test func aNameThatNoFileCanHaveIsRefused() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    let outcome = try await project.dbtool("plan", "--name", String(repeating: "a", count: 300))
    #expect(outcome.status == 64 && outcome.output.contains("at most 200"), "\(outcome.output)")
    try project.write("SELECT 1;\n", to: "migrations/20260101000000_t.SQL")
    let ending = try await project.dbtool("plan", "--update-lock")
    #expect(ending.status == 1 && ending.output.contains(".sql, for example"), "\(ending.output)")
  }
}
