import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// An existing database becomes Swift that compiles, finds nothing to do against it, and rebuilds it.
@Suite(.serialized) struct ImportCommandTests {
  @Test func aDatabaseIsImportedCompiledAndFoundEqual() async throws {
    try await imported(somebodysDatabase) { project, tool, url in
      #expect(try await tool.dbtool("status", "--database", url).output.contains("up to date"))
      let apply = try await tool.dbtool("apply", "--database", url)
      #expect(apply.status == 0 && apply.output.contains("nothing to apply"), "\(apply.output)")
      // What is said reads as if written by hand.
      for (file, golden) in [
        ("public/Tables/Users.swift", "import.users.swift.txt"),
        ("public/Tables/Tenants.swift", "import.tenants.swift.txt"),
        ("public/Views/ActiveUsers.swift", "import.view.swift.txt"),
      ] {
        let text = try project.read("Sources/Shop/\(file)")
        #expect(text == Golden.text(golden, text), "see Tests/ToolTests/Golden/\(golden)")
      }
      // A second import has nowhere to go, and changes nothing.
      let lock = try project.read("schema.lock")
      let again = try await tool.dbtool("import", url, "--into", "Sources/Shop")
      #expect(again.status == 1 && again.output.contains("is not empty"), "\(again.output)")
      let elsewhere = try await tool.dbtool("import", url, "--into", "Sources/Elsewhere")
      #expect(elsewhere.status == 1 && elsewhere.output.contains("has migrations"), "\(elsewhere.output)")
      #expect(try project.read("schema.lock") == lock)
      // Whoever may not mark the baseline is told before anything is written.
      let other = try TestProject()
      defer { other.remove() }
      for role in ["dbtool_reader", ScratchServer.superuser] {
        let mine = url.replacing("user=\(ScratchServer.superuser)", with: "user=\(role)")
        let refused = try await other.dbtool("import", mine, "--into", "Sources/Shop")
        let reason = role == "dbtool_reader" ? "may not make the schema" : "has a history"
        #expect(refused.status == 1 && refused.output.contains(reason), "\(refused.output)")
        #expect(!FileManager.default.fileExists(atPath: other.root + "/Sources"))
      }
      // A change of the database is drift.
      #expect(try await tool.dbtool("drift", "--database", url).status == 0)
      _ = try await Connection.with(try ConnectionTarget(url).unpinned) {
        try await $0.execute("DROP POLICY own ON public.users")
      }
      let drift = try await tool.dbtool("drift", "--database", url)
      #expect(drift.status == 2 && drift.output.contains("missing policy own"), "\(drift.output)")
    }
  }

  /// Nobody can declare one: of a partitioned table whose partitions lack their parts, or left behind by a build that failed.
  @Test func anInvalidIndexIsLeftOutAndTold() async throws {
    try await Databases.with { database in
      let made = try await Databases.psql(
        """
        CREATE TABLE p (a int NOT NULL, b int) PARTITION BY LIST (a); CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (1);
        CREATE INDEX lacking ON ONLY p (b); ALTER TABLE ONLY p ADD CONSTRAINT lacking_key UNIQUE (a);
        CREATE INDEX whole ON p (a, b);
        CREATE TABLE t (a int); CREATE INDEX broken ON t (a);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass;
        """, on: database)
      try #require(made.status == 0, "\(made.output)")
      let project = try TestProject()
      defer { project.remove() }
      let url =
        "postgres:///\(database.name)?host=\(try await Databases.server.value.directory)&user=\(ScratchServer.superuser)"
      let imported = try await project.dbtool("import", url, "--into", "Sources/Shop", "--no-mark")
      #expect(imported.status == 0, "\(imported.output)")
      for name in ["index public.lacking", "index public.broken", "constraint lacking_key on public.p"] {
        #expect(imported.output.contains("\(name) is not valid, and left out"), "\(name): \(imported.output)")
      }
      let baseline = try project.read("migrations/\(try #require(try project.migrations.first))")
      #expect(
        baseline.contains("whole") && !baseline.contains("lacking") && !baseline.contains("broken"), "\(baseline)")
    }
  }

  /// A fresh database made by the baseline is what the imported one is, by `pg_dump`.
  private func imported(
    _ sql: String, _ body: @Sendable (TestProject, TestProject, String) async throws -> Void
  ) async throws {
    let server = try await Databases.server.value
    try await Connection.with(server.target(database: "postgres")) { connection in
      for role in SchemaGenerator.roles {
        _ = try? await connection.execute("CREATE ROLE \(Quote.identifier(role)) LOGIN")
      }
      try await connection.execute("ALTER ROLE dbtool_reader LOGIN")
    }
    try await Databases.with { original in
      // Not by psql, which would keep a thread of the pool while it waits for others' locks.
      let statements = try Script.split(sql)
      try await Connection.with(original.target) { connection in
        for statement in statements { try await connection.execute(statement.sql) }
      }
      let before = try await Databases.dump(original)
      let project = try TestProject()
      defer { project.remove() }
      let url = "postgres:///\(original.name)?host=\(server.directory)&user=\(ScratchServer.superuser)"
      let imported = try await project.dbtool("import", url, "--into", "Sources/Shop")
      try #require(imported.status == 0, "\(imported.output)")
      #expect(try await Databases.dump(original) == before)
      let path = project.home + "/generated"
      let compiled = try await GeneratedTool.build(project.root + "/Sources", to: path)
      try #require(compiled.status == 0, "\(compiled.output)")
      let tool = project.using(path)
      let plan = try await tool.dbtool("plan", "--check")
      #expect(plan.status == 0, "\(plan.output)")
      let drift = try await tool.dbtool("drift", "--database", url)
      #expect(drift.status == 0, "\(drift.output)")
      try await Databases.withinGate { fresh in
        let url = "postgres:///\(fresh.name)?host=\(server.directory)&user=\(ScratchServer.superuser)"
        let apply = try await tool.dbtool("apply", "--database", url)
        #expect(apply.status == 0, "\(apply.output)")
        let after = try await Databases.dump(fresh)
        #expect(after == before, "\(Set(after).symmetricDifference(before).sorted())")
      }
      try await body(project, tool, url)
    }
  }

  /// Schemas that nobody wrote: `DBTOOL_IMPORT_SEEDS` says how many, `DBTOOL_IMPORT_START` from which on.
  private static let seeds: Range<UInt64> = {
    let environment = ProcessInfo.processInfo.environment
    let start = environment["DBTOOL_IMPORT_START"].flatMap { UInt64($0) } ?? 1
    return start..<(start + (environment["DBTOOL_IMPORT_SEEDS"].flatMap { UInt64($0) } ?? 1))
  }()

  /// Each is compiled, which takes its time.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["DBTOOL_IMPORT_SEEDS"] != nil), arguments: seeds)
  func randomSchemasAreImported(seed: UInt64) async throws {
    let schema = SchemaGenerator.schema(seed: seed, for: SchemaGenerator.Server(major: 15, hasTrigrams: true))
    try await imported(schema.joined(separator: ";\n") + ";") { _, _, _ in }
  }
}

/// `dbtool init`: a package that the package manager takes, with declarations that compile.
@Suite struct InitCommandTests {
  @Test func aPackageIsMade() async throws {
    let project = try TestProject()
    defer { project.remove() }
    let made = try await project.dbtool("init", "shop", "--dbtool", TestProject.repository)
    #expect(made.status == 0, "\(made.output)")
    #expect(try project.read("shop/Package.swift").contains("path: \"\(TestProject.repository)\""))
    let attributes = try project.read("shop/.gitattributes").split(separator: "\n")
    for files in ["migrations/*.sql text eol=lf", "schema.lock text eol=lf merge=union"] {
      #expect(attributes.contains { $0 == files }, "\(attributes)")
    }
    let program = project.home + "/shop"
    let compiled = try await GeneratedTool.build(project.root + "/shop/Sources/shop/Schema", to: program)
    try #require(compiled.status == 0, "\(compiled.output)")
    let tool = project.using(program)
    let plan = try await tool.dbtool("plan", "--name", "first", "--project", "shop")
    #expect(plan.status == 0 && plan.output.contains("wrote migrations/"), "\(plan.output)")
    let again = try await project.dbtool("init", "shop", "--dbtool", TestProject.repository)
    #expect(again.status == 1 && again.output.contains("is there already"), "\(again.output)")
    #expect(try await project.dbtool("init", "2 shops").status == 64)
    // What cannot be imported leaves no half of a package.
    let broken = try await project.dbtool("init", "other", "--import", "postgres:///nowhere?host=/nowhere")
    #expect(broken.status == 1 && !FileManager.default.fileExists(atPath: project.root + "/other"), "\(broken.output)")
  }
}
