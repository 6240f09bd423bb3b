import FoundationEssentials
import Postgres
import TestSupport
import Testing

extension PartitionFaultTests {
  /// Out, and back again, as a person does it.
  @Test func anArchiveComesBackByCommands() async throws {
    try await with { server, project in
      let url = server.url("base", pooled: false)
      let folder = project.home + "/archive"
      let empty = try await project.dbtool("partitions", "archives", folder)
      #expect(empty.status == 1 && empty.output.contains("cannot open \(folder)"), "\(empty.output)")
      let applied = try await project.dbtool(Self.arguments(url, folder))
      #expect(
        applied.status == 0 && applied.output.contains("archived, 3000 rows in \(folder)/base.public.stored_2025_12."))
      let listed = try await project.dbtool("partitions", "archives", folder, "--verify")
      #expect(
        listed.status == 0 && listed.output.contains("public.stored_2025_12") && listed.output.contains("3000 rows"),
        "\(listed.output)")
      let file = try #require(
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".copy") }.first)
      let archive = "\(folder)/\(file)"
      let both = try await project.dbtool(
        "partitions", "restore", archive, "--attach", "--as-archived", "--database", url)
      #expect(both.status == 64, "\(both.output)")
      // Beside its table.
      let beside = try await project.dbtool(
        "partitions", "restore", archive, "--into", "public.back", "--database", url)
      #expect(
        beside.status == 0 && beside.output.contains("restored 3000 rows as public.back\nNext: "), "\(beside.output)")
      let again = try await project.dbtool("partitions", "restore", archive, "--into", "public.back", "--database", url)
      #expect(again.status == 1 && again.output.contains("public.back is there already"), "\(again.output)")
      // A partition again; the description's name does as well.
      let attached = try await project.dbtool("partitions", "restore", archive + ".json", "--attach", "--database", url)
      #expect(
        attached.status == 0 && attached.output.contains("the next dbtool partitions apply retires it again"),
        "\(attached.output)")
      let rows = try await Connection.with(server.target("base")) {
        try await $0.query("SELECT count(*) FROM public.stored")[0].int(0)
      }
      #expect(rows == 2 * Self.rows)
      let retired = try await project.dbtool(Self.arguments(url, folder))
      #expect(retired.status == 0 && retired.output.contains("archived, 3000 rows"), "\(retired.output)")
      // Another database does not remember it.
      try await server.execute("CREATE DATABASE elsewhere", in: "postgres")
      let elsewhere = server.url("elsewhere", pooled: false)
      let missing = try await project.dbtool("partitions", "restore", archive, "--database", elsewhere)
      #expect(missing.status == 1 && missing.output.contains("--as-archived"), "\(missing.output)")
      let there = try await project.dbtool("partitions", "restore", archive, "--as-archived", "--database", elsewhere)
      #expect(there.status == 0 && there.output.contains("does not remember"), "\(there.output)")
      // Another project's is not written to.
      try await server.execute("CREATE DATABASE others", in: "postgres")
      try await server.execute(
        """
        CREATE SCHEMA dbtool; CREATE TABLE dbtool.settings (key text PRIMARY KEY, value text NOT NULL);
        INSERT INTO dbtool.settings VALUES ('project', 'shop')
        """, in: "others")
      let others = try await project.dbtool(
        "partitions", "restore", archive, "--as-archived", "--database", server.url("others", pooled: false))
      #expect(others.status == 1 && others.output.contains("belongs to the project shop"), "\(others.output)")
      // Somebody changes a value.
      let text = try String(contentsOfFile: archive, encoding: .utf8)
      try text.replacing("note 7\n", with: "note 8\n").write(toFile: archive, atomically: false, encoding: .utf8)
      let tampered = try await project.dbtool(
        "partitions", "restore", archive, "--into", "public.other", "--database", url)
      #expect(tampered.status == 1 && tampered.output.contains("its description says"), "\(tampered.output)")
      let verified = try await project.dbtool("partitions", "archives", folder, "--verify", "--format", "json")
      #expect(verified.status == 1 && verified.output.contains("its description says"), "\(verified.output)")
    }
  }
}
