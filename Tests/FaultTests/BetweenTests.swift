import TestSupport
import Testing

/// Between a change and its contract.
@Suite struct BetweenTests {
  @Test func aTableThatIsPreparedIsNoDrift() async throws {
    let migration = try await MixedMigration()
    let server = try await FaultServer()
    let project = try TestProject()
    do {
      let url = server.url("base", pooled: false)
      try await migration.begin(project, url)
      let versions = migration.files.map(\.version)
      try await server.execute(MixedMigration.rows(2_000), in: "base")
      let before = try await project.dbtool("apply", "--contract", "--to", versions[1], "--database", url)
      #expect(before.status == 0, "\(before.output)")
      let applied = try await project.dbtool("apply", "--database", url)
      #expect(
        applied.status == 0 && applied.output.contains("stopped before \(migration.files[3].fileName)"),
        "\(applied.output)")
      let status = try await project.dbtool("status", "--database", url)
      #expect(status.output.contains("1 to apply, once every client is ready for it"), "\(status.output)")
      let drift = try await project.dbtool("drift", "--database", url)
      #expect(drift.status == 0, "\(drift.output)")
      // Something else is.
      try await server.execute("ALTER TABLE public.item ADD COLUMN stray integer", in: "base")
      #expect(try await project.dbtool("drift", "--database", url).status == 2)
      try await server.execute("ALTER TABLE public.item DROP COLUMN stray", in: "base")
      let finished = try await project.dbtool("apply", "--contract", "--database", url)
      #expect(finished.status == 0, "\(finished.output)")
      let end = try await project.dbtool("drift", "--database", url)
      #expect(end.status == 0, "\(end.output)")
    } catch {
      await server.remove()
      project.remove()
      throw error
    }
    await server.remove()
    project.remove()
  }
}
