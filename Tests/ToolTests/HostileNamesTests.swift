import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// A database whose names and texts try to break out of whatever they are written into.
@Suite(.serialized) struct HostileNamesTests {
  private static func script(_ variant: Int) -> String {
    SchemaGenerator.hostileNames.flatMap { SchemaGenerator.hostileObjects(named: $0, variant: variant, in: "public") }
      .joined(separator: ";\n") + ";\n"
  }

  private func load(_ sql: String, into database: ScratchDatabase) async throws {
    try await Connection.with(database.target) { connection in
      for statement in try Script.split(sql) { try await connection.execute(statement.sql) }
    }
  }

  private func url(_ database: ScratchDatabase) async throws -> String {
    "postgres:///\(database.name)?host=\(try await Databases.server.value.directory)&user=\(ScratchServer.superuser)"
  }

  /// What acts on a terminal; tabs are let be where there are lines.
  private func acts(_ text: String) -> [String] {
    text.unicodeScalars.filter { scalar in
      switch scalar.value {
      case 9, 10: false
      case 0..<32, 127...159, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
      default: false
      }
    }.map { String($0.value, radix: 16) }
  }

  /// Standard output by itself, byte for byte.
  private func output(_ project: TestProject, _ arguments: [String]) async throws -> String {
    let path = project.home + "/output"
    let words = ([project.binary] + arguments).map { "'\($0)'" }.joined(separator: " ")
    let outcome = try await ChildProcess.run(
      "/bin/sh", ["-c", "\(words) > \(path)"],
      environment: [
        "HOME": project.home, "DBTOOL_STATE_DIR": project.home + "/state", "PATH": "/usr/local/bin:/usr/bin:/bin",
      ].merging(
        ["PG_BIN", "DBTOOL_RUNTIME_DIR"].compactMap { name in
          ProcessInfo.processInfo.environment[name].map { (name, $0) }
        }
      ) { $1 }, in: project.root)
    try #require([0, 2].contains(outcome.status), "\(arguments): \(outcome.output)")
    return String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
  }

  /// What psql runs is what was planned, and nothing else: a table that no plan is about keeps its rows.
  @Test func psqlRunsWhatWasPlannedAndNothingElse() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    for variant in [0, 1] { try project.write(Self.script(variant), to: "v\(variant).sql") }
    try await Databases.with { original in
      try await load(Self.script(1), into: original)
      let expected = try await Databases.dump(original)
      let url = try await url(original)
      let ways: [(name: String, first: String?, arguments: [String])] = [
        ("dump", nil, ["dump", url]), ("sql", nil, ["diff", "--from", "empty", "--to", url, "--format", "sql"]),
        ("migration", nil, ["diff", "--from", "empty", "--to", url, "--format", "migration"]),
        ("change", Self.script(0), ["diff", "--from", "v0.sql", "--to", "v1.sql", "--format", "migration"]),
      ]
      for way in ways {
        let sql = try await output(project, way.arguments)
        #expect(acts(sql).isEmpty, "\(way.name): \(acts(sql))")
        try await Databases.withinGate { fresh in
          if let first = way.first { try await load(first, into: fresh) }
          try await load("CREATE TABLE public.canary (id int); INSERT INTO public.canary VALUES (1)", into: fresh)
          let psql = try await Databases.psql(sql, on: fresh)
          try #require(psql.status == 0, "\(way.name): \(psql.output)")
          try await Connection.with(fresh.target) { connection in
            #expect(try await connection.query("SELECT count(*) FROM public.canary")[0].int(0) == 1, "\(way.name)")
            try await connection.execute("DROP TABLE public.canary")
          }
          let dump = try await Databases.dump(fresh)
          #expect(dump == expected, "\(way.name): \(dump.difference(from: expected))")
        }
      }
    }
  }

  @Test func whatIsPrintedOfThemActsOnNothing() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write(Self.script(0), to: "migrations/20260101000000_odd.sql")
    let lock = try await project.dbtool("plan", "--update-lock")
    try #require(lock.status == 0, "\(lock.output)")
    #expect(acts(lock.output).isEmpty)
    #expect(acts(try project.read("schema.lock")).isEmpty)
    let apply = try await project.dbtool("apply")
    try #require(apply.status == 0, "\(apply.output)")
    try await Databases.with { drifted in
      try await load(Self.script(1), into: drifted)
      let url = try await url(drifted)
      for format in ["text", "json", "github", "sarif", "markdown"] {
        let text = try await output(project, ["drift", "--database", url, "--format", format])
        #expect(text.count > 1000 && acts(text).isEmpty, "\(format): \(acts(text))")
        if format == "github" {
          for line in text.split(separator: "\n" as Character) where line.hasPrefix("::") {
            #expect(
              [
                "::error file=", "::warning file=", "::notice file=", "::error title=", "::warning title=",
                "::notice title=",
              ]
              .contains { line.hasPrefix($0) })
          }
        } else {
          #expect(
            !text.split(separator: "\n" as Character).contains { $0.drop { $0 == " " }.hasPrefix("::") }, "\(format)")
        }
      }
      for arguments in [["--fix"], ["--accept"]] {
        let text = try await output(project, ["drift", "--database", url] + arguments)
        #expect(acts(text).isEmpty || arguments == ["--accept"], "\(arguments)")
      }
      #expect(acts(try await output(project, ["drift", "--accept", "--database", url])).isEmpty)
      #expect(acts(try await output(project, ["diff", "--from", "lock", "--to", url])).isEmpty)
      // Documentation, and types that their compilers take.
      for format in ["html", "markdown"] {
        _ = try await output(project, ["docs", "--database", url, "--format", format, "--output", "docs-\(format)"])
        for name in try FileManager.default.contentsOfDirectory(atPath: project.root + "/docs-\(format)") {
          let page = try project.read("docs-\(format)/\(name)")
          #expect(acts(page).isEmpty, "\(name): \(acts(page))")
          #expect(format != "html" || !page.contains("<b>"), "\(name)")
        }
      }
      _ = try await output(project, ["types", "--database", url, "--language", "swift", "--output", "Types.swift"])
      let swift = try await GeneratedTool.swiftc(["-typecheck", project.root + "/Types.swift"])
      #expect(swift.status == 0, "\(swift.output.prefix(2000))")
      #expect(acts(try project.read("Types.swift")).isEmpty)
      #expect(acts(try await output(project, ["types", "--database", url, "--language", "typescript"])).isEmpty)
    }
  }

  @Test func theyAreImportedAsSwiftThatCompiles() async throws {
    try await Databases.with { database in
      try await load(Self.script(1), into: database)
      let project = try TestProject()
      defer { project.remove() }
      let imported = try await project.dbtool("import", try await url(database), "--into", "Sources/Shop", "--no-mark")
      try #require(imported.status == 0, "\(imported.output)")
      let path = project.home + "/generated"
      let compiled = try await GeneratedTool.build(project.root + "/Sources", to: path)
      try #require(compiled.status == 0, "\(compiled.output.prefix(4000))")
      let tool = project.using(path)
      let plan = try await tool.dbtool("plan", "--check")
      #expect(plan.status == 0, "\(plan.output)")
      let drift = try await tool.dbtool("drift", "--database", try await url(database))
      #expect(drift.status == 0, "\(drift.output)")
    }
  }

  /// What a server says is written as text, in lines that cannot be taken for dbtool's own.
  @Test func whatAServerSaysIsText() async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write("CREATE TABLE a (id int);\n", to: "migrations/20260101000000_a.sql")
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    #expect(try await project.dbtool("apply").status == 0)
    let psql = try await project.dbtool(
      "postgres", "psql", "--", "-X", "-qc",
      """
      CREATE FUNCTION evil() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION E'no\\r\\nwrote schema.lock\\n::stop-commands::x \\x1b[2J' USING DETAIL = E'a\\x1b]0;b\\x07\\nerror: c';
      END $$;
      CREATE EVENT TRIGGER evil ON ddl_command_start EXECUTE FUNCTION evil();
      """)
    #expect(psql.status == 0, "\(psql.output)")
    try project.write("CREATE TABLE b (id int);\n", to: "migrations/20260102000000_b.sql")
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    let apply = try await project.dbtool("apply")
    #expect(apply.status == 1 && apply.output.contains("no\\u{d}"), "\(apply.output)")
    #expect(acts(apply.output).isEmpty)
    let lines = apply.output.split(separator: "\n" as Character)
    #expect(
      lines.count { $0.hasPrefix("error: ") } == 1 && !lines.contains { $0.hasPrefix("wrote") }, "\(apply.output)")
    #expect(!lines.contains { $0.drop { $0 == " " }.hasPrefix("::") })
  }

  /// Whatever is typed as a connection string, no error repeats a part of a password.
  @Test(arguments: [
    "postgresql://pw:QXsec/retZJ@localhost:1/p1", "postgresql://pw:QXsec@retZJ@localhost:1/p1",
    "pw:QXsec retZJ@localhost/p1",
    "postgres://pw:QXsec?retZJ#@localhost:1/p1", "host=/nowhere password=QXsec retZJ",
    "host=/nowhere password='QXsec'retZJ'",
  ])
  func noErrorRepeatsAPassword(url: String) async throws {
    let project = try TestProject(binary: try TestBinary.example())
    defer { project.remove() }
    try project.write("SELECT 1;\n", to: "migrations/20260101000000_a.sql")
    #expect(try await project.dbtool("plan", "--update-lock").status == 0)
    for arguments in [
      ["status", "--database", url], ["apply", "--database=\(url)"], ["apply", url], ["dump", url], ["lint", url],
      ["frob", url],
      ["diff", "--from", url, "--to", "empty"], ["import", url, "--into", "x"], ["status", "--project", url], [url],
    ] {
      let outcome = try await project.dbtool(arguments)
      #expect(
        outcome.status != 0 && !outcome.output.contains("sec") && !outcome.output.contains("ret"), "\(outcome.output)")
    }
    let outcome = try await project.dbtool("status", environment: ["DATABASE_URL": url])
    #expect(
      outcome.status == 1 && !outcome.output.contains("sec") && !outcome.output.contains("ret"), "\(outcome.output)")
  }
}
