import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Databases whose sessions, rights and servers are not what dbtool is used to, and those that send their rows to others.
@Suite(.serialized) struct LiveServerTests {
  @Test func publishedTablesAreToldBeforeTheyChange() async throws {
    let hostile = try await HostileProject([
      "20260101000000_a": """
      BEGIN;
      CREATE TABLE public.sent (id integer PRIMARY KEY, gone integer, kind integer);
      CREATE TABLE public.listed (id integer PRIMARY KEY, kind integer);
      CREATE TABLE public.own (id integer);
      CREATE TABLE public.parted (id integer) PARTITION BY LIST (id);
      CREATE TABLE public.parted_1 PARTITION OF public.parted FOR VALUES IN (1);
      CREATE SCHEMA told;
      COMMIT;
      """,
      "20260102000000_b": """
      -- 20260102000000_b
      BEGIN;
      ALTER TABLE public.sent ADD COLUMN more integer, DROP COLUMN gone;
      ALTER TABLE public.sent ALTER COLUMN kind TYPE bigint;
      ALTER TABLE public.listed ADD COLUMN unlisted integer, ALTER COLUMN kind TYPE bigint;
      ALTER TABLE public.own ADD COLUMN more integer;
      ALTER TABLE public.parted ADD COLUMN more integer;
      CREATE TABLE told.fresh (id integer);
      CREATE TABLE public.fresh (id integer);
      COMMIT;
      """,
    ])
    defer { hostile.project.remove() }
    let first = try await hostile.on("library", "apply", "--to", "20260101000000")
    #expect(first.status == 0 && !first.output.contains("published"), "\(first.output)")
    try await hostile.execute(
      """
      CREATE PUBLICATION p FOR TABLE public.sent, public.parted_1; CREATE PUBLICATION q FOR TABLE public.sent;
      CREATE PUBLICATION l FOR TABLE public.listed (id); CREATE PUBLICATION s FOR TABLES IN SCHEMA told;
      """, in: "library")
    let expected = [
      "warning: public.sent is published by p, q: more is added here after it was added on the subscribers",
      "warning: public.sent is published by p, q: gone is dropped here first, and on the subscribers last",
      "warning: public.sent is published by p, q: kind gets its type here after the subscribers' column takes its values",
      "warning: public.parted is published by p: more is added here after it was added on the subscribers",
      "warning: told.fresh is published by s: it is created here after it was created on the subscribers",
    ]
    for arguments in [["apply", "--dry-run"], ["apply"]] {
      let outcome = try await hostile.project.dbtool(arguments + ["--database", hostile.url("library")])
      #expect(outcome.status == 0, "\(outcome.output)")
      let warnings = outcome.output.split(separator: "\n").filter { $0.contains("is published by") }.map(String.init)
      #expect(warnings.sorted() == expected.sorted(), "\(outcome.output)")
      // Before anything changes.
      let told = try #require(outcome.output.firstRange(of: "is published by"))
      if let done = outcome.output.firstRange(of: "done in") { #expect(told.lowerBound < done.lowerBound) }
    }
  }

  /// `standard_conforming_strings` decides what a backslash is.
  @Test(arguments: [
    "ALTER DATABASE library SET", "ALTER ROLE postgres SET", "ALTER ROLE postgres IN DATABASE library SET",
  ])
  func aBackslashIsOneWhateverTheSessionsTakeItFor(setting: String) async throws {
    let hostile = try await HostileProject([
      "20260101000000_a": #"""
      BEGIN;
      CREATE TABLE public.t (path text DEFAULT 'C:\new' CHECK (path <> 'C:\temp'));
      INSERT INTO public.t VALUES (DEFAULT), ('D:\n');
      COMMENT ON TABLE public.t IS 'in C:\new';
      CREATE VIEW public.v AS SELECT path FROM public.t WHERE path LIKE '%\\n%';
      COMMIT;
      """#
    ])
    defer { hostile.project.remove() }
    let url = "postgres:///library?host=\(hostile.url("x").split(separator: " ")[0].dropFirst(5))&user=postgres"
    try await hostile.execute("CREATE DATABASE straight", in: "postgres")
    try await hostile.execute(
      "\(setting) standard_conforming_strings = off; \(setting) backslash_quote = off", in: "postgres")
    let apply = try await hostile.on("library", "apply")
    #expect(apply.status == 0, "\(apply.output)")
    let stored = try await hostile.ask("SELECT string_agg(path, ' ' ORDER BY path) FROM public.t", in: "library")
    #expect(stored == #"C:\new D:\n"#)
    let drift = try await hostile.on("library", "drift")
    // The setting itself may be drift; nothing else is.
    #expect(!drift.output.contains("public."), "\(drift.output)")
    let dump = try await hostile.project.dbtool("dump", url)
    #expect(dump.status == 0 && dump.output.contains(#"'C:\new'"#), "\(dump.output)")
    try hostile.project.write(dump.output, to: "dump.sql")
    let same = try await hostile.project.dbtool("diff", "--from", "dump.sql", "--to", url)
    #expect(!same.output.contains("public."), "\(same.output)")
  }

  @Test func aRoleThatMayNotReadTheHistoryIsToldSo() async throws {
    let hostile = try await HostileProject([
      "20260101000000_a": "CREATE TABLE public.t (a integer);\n",
      "20260102000000_b": "-- 20260102000000_b\n-- dbtool:contract\n\nALTER TABLE public.t ADD COLUMN b integer;\n",
    ])
    defer { hostile.project.remove() }
    try await hostile.execute("CREATE ROLE looker LOGIN", in: "postgres")
    let apply = try await hostile.on("library", "apply", "--to", "20260101000000")
    #expect(apply.status == 0, "\(apply.output)")
    let apart = try await hostile.on("library", "drift")
    // Drift can be looked for without it; what the history would tell is said to be missing.
    for (command, status) in [(["status"], 1), (["drift"], apart.status), (["apply", "--dry-run"], 1)] {
      let outcome = try await hostile.project.dbtool(command + ["--database", hostile.url("library", as: "looker")])
      #expect(outcome.output.contains("GRANT USAGE ON SCHEMA dbtool TO looker"), "\(command): \(outcome.output)")
      #expect(outcome.status == status, "\(command): \(outcome.output)")
    }
    try await hostile.execute(
      "GRANT USAGE ON SCHEMA dbtool TO looker; GRANT SELECT ON ALL TABLES IN SCHEMA dbtool TO looker", in: "library")
    for command in ["status", "drift"] {
      let (theirs, ours) = (
        try await hostile.on("library", as: "looker", command), try await hostile.on("library", command)
      )
      #expect(theirs.status == ours.status, "\(command): \(theirs.output)\n\(ours.output)")
    }
    #expect(try await hostile.on("library", "drift").status == apart.status)
  }

  @Test func aStandbyIsReadAndNotWritten() async throws {
    let hostile = try await HostileProject([
      "20260101000000_a": "CREATE TABLE public.t (a integer);\n",
      "20260102000000_b": "CREATE TABLE public.u (a integer);\n",
    ])
    defer { hostile.project.remove() }
    let apply = try await hostile.on("library", "apply", "--to", "20260101000000")
    #expect(apply.status == 0, "\(apply.output)")
    let drift = try await hostile.on("library", "drift")
    let stop = try await hostile.project.dbtool("postgres", "stop")
    #expect(stop.status == 0, "\(stop.output)")
    // The same server in recovery, waiting for a primary that never writes.
    let states = hostile.project.home + "/state"
    let folder = try #require(
      try FileManager.default.contentsOfDirectory(atPath: states).first {
        FileManager.default.fileExists(atPath: "\(states)/\($0)/data/PG_VERSION")
      })
    let data = "\(states)/\(folder)/data"
    let signal = try await ChildProcess.run("/bin/cp", ["-p", "\(data)/PG_VERSION", "\(data)/standby.signal"])
    #expect(signal.status == 0, "\(signal.output)")
    // It starts, and cannot make its extensions.
    _ = try await hostile.project.dbtool("postgres", "start")
    #expect(try await hostile.ask("SELECT pg_catalog.pg_is_in_recovery()", in: "library") == "t")
    let refused = try await hostile.on("library", "apply")
    #expect(refused.status == 1 && refused.output.contains("this server is a standby"), "\(refused.output)")
    let status = try await hostile.on("library", "status")
    #expect(status.output.contains("20260102000000  here   pending"), "\(status.output)")
    let seen = try await hostile.on("library", "drift")
    #expect(seen.status == drift.status && seen.output == drift.output, "\(seen.output)\n\(drift.output)")
  }
}
