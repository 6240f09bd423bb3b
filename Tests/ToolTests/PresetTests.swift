import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// A preset that is declared in a project that has migrations already.
@Suite struct PresetTests {
  @Test func aPresetComesToAProjectThatIsThere() async throws {
    let project = try TestProject()
    defer { project.remove() }
    func tool(_ name: String, _ items: String) async throws -> TestProject {
      let folder = "\(project.home)/\(name)-sources"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try """
      import SchemaDSL
      struct Notes: Table {
        static let name = RelationName("notes", in: .public)
        let id = Column("id", .bigint, identity: .always)
        var body: TableBody { PrimaryKey(id) }
      }
      struct Profiles: Table {
        static let name = RelationName("profiles", in: .public)
        let id = Column("id", .uuid, references: \\Supabase.Users.id)
        var body: TableBody { PrimaryKey(id); RowLevelSecurity(); Revoke(.all, from: Supabase.anon) }
      }
      let database = Database("noted") { \(items) }
      """.write(toFile: folder + "/Schema.swift", atomically: false, encoding: .utf8)
      let compiled = try await GeneratedTool.build(folder, to: "\(project.home)/\(name)")
      try #require(compiled.status == 0, "\(compiled.output)")
      return project.using("\(project.home)/\(name)")
    }
    let before = try await tool("before", "Notes.self")
    #expect(try await before.dbtool("plan", "--name", "start").status == 0)
    #expect(!(try project.read("schema.lock").contains("stand-ins")))

    let after = try await tool("after", "External.supabase; Notes.self; Profiles.self")
    let check = try await after.dbtool("plan", "--check")
    #expect(check.status == 2, "\(check.output)")
    let plan = try await after.dbtool("plan", "--name", "profiles")
    #expect(plan.status == 0, "\(plan.output)")
    let name = try #require(try project.migrations.last)
    let text = try project.read("migrations/\(name)")
    #expect(text.contains("REFERENCES auth.users") && text.contains("REVOKE"), "\(text)")
    #expect(!text.contains("PUBLICATION") && !text.contains("DEFAULT PRIVILEGES") && !text.contains("notes"), "\(text)")
    #expect(try project.read("schema.lock").contains("\nstand-ins sha256:"))
    #expect(try await after.dbtool("plan", "--check").status == 0)
    // The embedded database has what the preset stands for.
    let apply = try await after.dbtool("apply")
    #expect(apply.status == 0, "\(apply.output)")
    let drift = try await after.dbtool("drift")
    #expect(drift.status == 0, "\(drift.output)")
    // And without it again: the lock is of another base.
    let gone = try await before.dbtool("plan", "--check")
    #expect(gone.status != 0, "\(gone.output)")
  }
}
