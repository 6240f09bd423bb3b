import FoundationEssentials
import Migrations
import Postgres
import TestSupport
import Testing

/// Transactions of migrations: their modes, savepoints, what goes wrong at their end, and what the server refuses.
@Suite(.serialized) struct TransactionTests {
  private let table: KeyValuePairs = [
    "20260101000000_a": """
    CREATE TABLE public.t (n integer, UNIQUE (n) DEFERRABLE INITIALLY DEFERRED);
    """
  ]

  /// With a migration more, which the scratch server accepts.
  private func add(_ sql: String, _ name: String, _ hostile: HostileProject) async throws {
    try hostile.project.write(sql, to: "migrations/\(name).sql")
    let plan = try await hostile.project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
  }

  /// In a snapshot that stays, dbtool's lock would be what its own index build waits for.
  @Test(arguments: ["read committed", "repeatable read", "serializable"])
  func noDefaultIsolationMakesAnApplyWaitForItself(level: String) async throws {
    let hostile = try await HostileProject([
      "20260101000000_a": """
      CREATE TABLE public.t (n integer, at date NOT NULL) PARTITION BY RANGE (at);
      CREATE TABLE public.t_1 PARTITION OF public.t FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE public.u (n integer PRIMARY KEY, m integer);
      CREATE INDEX CONCURRENTLY u_idx ON public.u (n);
      -- dbtool:per-partition
      CREATE INDEX t_idx ON public.t (n);
      -- dbtool:backfill
      UPDATE public.u SET m = 1 WHERE m IS NULL;
      DROP INDEX CONCURRENTLY public.u_idx;
      ALTER TABLE public.t DETACH PARTITION public.t_1 CONCURRENTLY;
      """
    ])
    defer { hostile.project.remove() }
    try await hostile.execute(
      """
      ALTER ROLE postgres SET default_transaction_isolation = '\(level)';
      ALTER ROLE postgres SET default_transaction_read_only = on;
      """, in: "postgres")
    let apply = try await hostile.on("library", "apply")
    #expect(apply.status == 0, "\(apply.output)")
  }

  @Test func aTransactionHasItsOwnModes() async throws {
    let hostile = try await HostileProject([
      "20260101000000_a": """
      CREATE TABLE public.seen (place text, level text, read_only text);
      BEGIN ISOLATION LEVEL SERIALIZABLE;
      INSERT INTO public.seen SELECT 'a', current_setting('transaction_isolation'), current_setting('transaction_read_only');
      COMMIT;
      START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE;
      INSERT INTO public.seen SELECT 'b', current_setting('transaction_isolation'), current_setting('transaction_read_only');
      END;
      BEGIN;
      SET LOCAL lock_timeout = '5s';
      SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
      INSERT INTO public.seen SELECT 'c', current_setting('transaction_isolation'), current_setting('transaction_read_only');
      COMMIT;
      BEGIN;
      INSERT INTO public.seen SELECT 'd', current_setting('transaction_isolation'), current_setting('transaction_read_only');
      SAVEPOINT one;
      INSERT INTO public.seen VALUES ('not kept');
      SAVEPOINT two;
      ROLLBACK TO SAVEPOINT one;
      INSERT INTO public.seen VALUES ('e');
      RELEASE SAVEPOINT one;
      COMMIT;
      BEGIN TRANSACTION READ ONLY;
      SELECT count(*) FROM public.seen;
      COMMIT;
      """
    ])
    defer { hostile.project.remove() }
    let lint = try await hostile.project.dbtool("lint", "migrations/20260101000000_a.sql")
    #expect(lint.output.contains("1 file: 0 errors"), "\(lint.output)")
    try await hostile.execute("ALTER ROLE postgres SET default_transaction_isolation = 'serializable'", in: "postgres")
    let apply = try await hostile.on("library", "apply")
    #expect(apply.status == 0, "\(apply.output)")
    let seen = try await hostile.ask(
      "SELECT string_agg(concat_ws(' ', place, level, read_only), '; ' ORDER BY place) FROM public.seen", in: "library")
    #expect(
      seen == "a serializable off; b repeatable read off; c repeatable read off; d read committed off; e")
    #expect(try await hostile.on("library", "apply").output.contains("nothing to apply"))
  }

  @Test(arguments: [
    ("BEGIN;\nSELECT 1;\nCOMMIT AND CHAIN;\nSELECT 2;\nCOMMIT;\n", 3, "COMMIT AND CHAIN is not carried out"),
    ("BEGIN;\nSELECT 1;\nROLLBACK;\n", 3, "ROLLBACK would leave nothing"),
    ("BEGIN;\nSELECT 1;\nABORT;\n", 3, "ROLLBACK would leave nothing"),
    ("BEGIN;\nSELECT 1;\nPREPARE TRANSACTION 'x';\n", 3, "COMMIT PREPARED"),
    ("COMMIT PREPARED 'x';\n", 1, "COMMIT PREPARED"),
    ("SELECT 1;\nSAVEPOINT one;\n", 2, "savepoints are for transactions"),
    ("BEGIN;\nBEGIN;\nCOMMIT;\n", 2, "do not pair up"),
    ("SELECT 1;\nCOMMIT;\n", 2, "do not pair up"),
    ("SELECT 1;\nBEGIN;\nSELECT 2;\n", 2, "do not pair up"),
  ])
  func whatIsNotCarriedOutIsSaidWithItsLine(sql: String, line: Int, says: String) throws {
    let file = MigrationFile(version: "20260101000000", name: "a", text: sql)
    let error = #expect(throws: MigrationError.self) { try file.segments() }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("20260101000000_a.sql, line \(line): ") && text.contains(says), "\(text)")
  }

  /// Nothing of it is there, so nothing has to be asked.
  @Test(arguments: [
    ("ALTER TABLE public.t ADD CONSTRAINT c CHECK (n > 0);", true),
    ("CREATE UNIQUE INDEX CONCURRENTLY t_idx ON public.t ((abs(n)));", true),
    // May have ended transactions of its own before it failed.
    ("DO $$ BEGIN IF EXISTS (SELECT FROM public.t WHERE n < 0) THEN RAISE 'negative'; END IF; END $$;", false),
  ])
  func whatTheServerRefusedIsBegunAgain(statement: String, isKnown: Bool) async throws {
    let hostile = try await HostileProject(table)
    defer { hostile.project.remove() }
    #expect(try await hostile.on("library", "apply").status == 0)
    try await hostile.execute("INSERT INTO public.t VALUES (-1), (1)", in: "library")
    try await add("\n" + statement, "20260102000000_b", hostile)
    let refused = try await hostile.on("library", "apply")
    #expect(refused.status == 1 && refused.output.contains("_b.sql, line 2"), "\(refused.output)")
    try await hostile.execute("DELETE FROM public.t WHERE n < 0", in: "library")
    let again = try await hostile.on("library", "apply")
    #expect((again.status == 0) == isKnown, "\(again.output)")
    #expect(again.output.contains("was interrupted") == !isKnown, "\(again.output)")
  }

  @Test(arguments: [
    (
      0, 1, false,
      "ran outside a transaction; the next apply checks what it left behind. The migration has no other part. Fix"
    ),
    (0, 3, true, "was rolled back. None of the migration's 3 parts is done. Fix the cause and run dbtool apply again."),
    (
      1, 3, true,
      "was rolled back. 1 of the migration's 3 parts is done. Fix the cause and run dbtool apply again: it continues"
    ),
    (2, 3, false, "left behind. 2 of the migration's 3 parts are done. "),
  ])
  func howFarAMigrationCameIsSaidInWords(done: Int, parts: Int, isTransaction: Bool, says: String) {
    let error = ApplyError.statement(
      file: "a.sql", line: 1, sql: "SELECT 1", PostgresError(.server, "no"), segmentsDone: done, segments: parts,
      isTransaction: isTransaction)
    #expect("\(error)".contains(says), "\(error)")
  }

  @Test func anErrorAtTheEndHasItsLine() async throws {
    let hostile = try await HostileProject(table)
    defer { hostile.project.remove() }
    #expect(try await hostile.on("library", "apply").status == 0)
    try await hostile.execute("INSERT INTO public.t VALUES (5)", in: "library")
    try await add("BEGIN;\nINSERT INTO public.t VALUES (5);\n\nCOMMIT;\n", "20260102000000_b", hostile)
    let refused = try await hostile.on("library", "apply")
    #expect(refused.status == 1, "\(refused.output)")
    #expect(refused.output.contains("migrations/20260102000000_b.sql, line 4: duplicate key"), "\(refused.output)")
    #expect(refused.output.contains("The migration has no other part."), "\(refused.output)")
    try await hostile.execute("DELETE FROM public.t", in: "library")
    #expect(try await hostile.on("library", "apply").status == 0)
  }

  @Test(arguments: ["40001", "40P01", "55P03"])
  func whatPassesAtTheEndIsTriedAgain(state: String) async throws {
    let hostile = try await HostileProject(table)
    defer { hostile.project.remove() }
    #expect(try await hostile.on("library", "apply").status == 0)
    try await add("BEGIN;\nINSERT INTO public.t VALUES (5);\nCOMMIT;\n", "20260102000000_b", hostile)
    try await hostile.execute(
      """
      CREATE SEQUENCE public.tries;
      CREATE FUNCTION public.late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('public.tries') < 3 THEN RAISE 'not now' USING ERRCODE = '\(state)'; END IF; RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON public.t DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION public.late();
      """, in: "library")
    // What was added by hand is drift, and nobody minds here.
    let apply = try await hostile.on("library", "apply")
    #expect(apply.status == 0 && apply.output.contains("not now; attempt 2"), "\(apply.output)")
    #expect(try await hostile.ask("SELECT count(*)::text FROM public.t", in: "library") == "1")
  }

  /// What a plan was made for is looked at when nobody else can change it any more.
  @Test func aPreconditionIsLookedAtUnderTheLock() async throws {
    struct Stale: Error {}
    try await Databases.with { database in
      let file = MigrationFile(version: "20260101000000", name: "a", text: "CREATE TABLE public.t (n integer);")
      let applier = Applier(target: database.target, files: [file])
      await #expect(throws: Stale.self) {
        try await applier.apply(
          precondition: {
            let locks = try await Connection.with(database.target) {
              try await $0.query(
                """
                SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 6578804 AND objid = 2 AND granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """)
            }
            #expect(locks.count == 1)
            throw Stale()
          }, { _ in })
      }
      let left = try await Connection.with(database.target) { try await $0.query("SELECT to_regclass('public.t')")[0] }
      #expect(try left.optionalString(0) == nil)
    }
  }
}
