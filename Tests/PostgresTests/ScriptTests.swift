import Postgres
import Testing

@Suite struct ScriptTests {
  @Test func splittingKnowsBodiesQuotesAndComments() throws {
    let script = """
      -- first; still a comment
      CREATE TABLE a (x text DEFAULT ';');
      CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;

      DO $body$ BEGIN PERFORM 1; END $body$;
      /* no; statement */ SELECT 'it''s; fine'
      """
    let statements = try Script.split(script)
    #expect(statements.count == 4)
    #expect(statements[1].sql.hasSuffix("END"))
    #expect(statements.map(\.line) == [2, 3, 5, 6])
  }

  /// The line of a statement is that of its first token.
  @Test(arguments: [
    ("-- a\n-- b\n\nSELECT 1", 4), ("/* a\n b */ SELECT 1", 2), ("/* a /* b\n */ c\n */\n\nSELECT 1", 5),
    ("\n\n  -- a\r\n  SELECT 1", 4), ("-- a\n/* b */ -- c\n\t SELECT\n 1", 3), ("/**/ /*\n*/--\nSELECT 1", 3),
    ("SELECT 0; -- a\n-- b\nSELECT 1", 3), ("SELECT 0;\n/* b;\n */\nSELECT 1", 4), ("SELECT /*\n*/ 1", 1),
    // By the scanner.
    ("-- a\nSELECT 0;\n-- b\n/* c\n*/\nCREATE TABLE t (NOT GRAMMAR OF THIS parser)", 6),
  ])
  func theLineIsThatOfTheFirstToken(script: String, line: Int) throws {
    #expect(try Script.split(script).last?.line == line)
  }

  @Test func commentsAreNotNestedWithoutEnd() throws {
    func script(_ depth: Int) -> String {
      "SELECT '/*';\n" + String(repeating: "/*", count: depth) + String(repeating: "*/", count: depth) + " SELECT 1"
    }
    #expect(try Script.split(script(900)).count == 2)
    let error = #expect(throws: ScriptError.self) { try Script.split(script(100_000)) }
    #expect(error?.line == 2)
    // Side by side, and in a constant, they are nobody's trouble.
    #expect(try Script.split(String(repeating: "/* a */ SELECT 1;\n", count: 3000)).count == 3000)
    #expect(try Script.split("SELECT '\(String(repeating: "/*", count: 3000))'").count == 1)
  }

  @Test func aSyntaxErrorNamesItsLine() {
    // Neither the parser nor the scanner can do anything with an open quote.
    let error = #expect(throws: ScriptError.self) { try Script.split("SELECT 1;\nSELECT 'open") }
    #expect(error?.line == 2)
  }

  @Test(arguments: ["garbage", "garbage;", "CREATE TABLE x (a int);\ngarbage", "SELECT 1; -- fine\n more words"])
  func whatTheScannerPassesOverIsAnError(text: String) {
    #expect(throws: ScriptError.self) { try Script.split(text) }
  }

  @Test func newerGrammarIsStillSplit() throws {
    #expect(
      try Script.split("SELECT 1;\n/* a; /* nested */ */\nCREATE TABLE t (a int, NOT GRAMMAR OF THIS parser); -- end")
        .count == 2)
  }

  @Test(arguments: [
    ("create table t (v int generated always as (a * 2) virtual)", 1),
    (
      "create function g() returns int language sql begin atomic select case when true then 1 end; select t.end from t; end",
      1
    ),
    (
      "create or replace procedure p(begin int) begin atomic insert into t values (1); insert into t values (2); end", 1
    ),
    ("create rule r as on insert to t do (select 1; select 2)", 1), ("select 1 as begin; select 2 as end", 2),
    ("select 'a;' 'b', E'\\';', \"x;\"\"\", $a$;$b$;$a$, $1, a$b$c; select ';'", 2),
    ("select E'a'\n  '\\';' , U&'\\0041;'; select 1", 2), ("/* ; /* ; */ ; */ select 1 -- ;\n; select 2", 2),
    ("create index begin on t (a); create table atomic (a int)", 2), ("select (1; 2); select 3", 2),
  ])
  func statementsEndWherePsqlEndsThem(script: String, count: Int) throws {
    // Something that no parser here knows comes with them, so that none is asked.
    let statements = try Script.split("\(script);\nselect from grammar of the year 2040 virtual;")
    #expect(statements.count == count + 1, "\(statements)")
  }

  @Test func rowsBelongToTheirStatement() throws {
    let script = """
      \\restrict x
      CREATE TABLE t (a text);
      COPY t FROM stdin; -- here
      1;
      '"$$
      \\.
      copy public.t (a) from STDIN with (format csv);
      \\.

      SELECT 'COPY t FROM stdin;';
      \\unrestrict x
      """
    let statements = try Script.splitWithRows(script)
    #expect(statements.map(\.line) == [2, 3, 7, 10])
    #expect(statements.map { $0.rows.map { String(decoding: $0, as: UTF8.self) } } == [nil, "1;\n'\"$$\n", "", nil])
    #expect(throws: ScriptError.self) { try Script.split(script) }
    #expect(throws: ScriptError.self) { try Script.split("COPY t TO STDOUT") }
    #expect(try Script.split("COPY t FROM '/tmp/x'").count == 1)
  }

  @Test func rowsMayHaveTheLineEndsOfWindows() throws {
    let script = "COPY t FROM stdin;\r\n1\r\n2\r\n\\.\r\nSELECT 1;\r\n"
    let statements = try Script.splitWithRows(script)
    #expect(statements.map { $0.rows.map { String(decoding: $0, as: UTF8.self) } } == ["1\r\n2\r\n", nil])
    #expect(statements.map(\.line) == [1, 5])
  }

  @Test func rolesThatAreNamedAreFound() {
    let roles = NamedRoles(
      """
      ALTER TABLE t OWNER TO a; GRANT b TO c GRANTED BY d; SET ROLE e; ALTER ROLE f RENAME TO g; DROP ROLE h; CREATE ROLE i IN ROLE j;
      GRANT SELECT ON t TO i, PUBLIC, CURRENT_USER, pg_monitor; COMMENT ON ROLE "k""l" IS '"rolename":"m"'; SELECT 'n'::regrole;
      DO $$ BEGIN CREATE ROLE o; END $$; GRANT SELECT ON t TO o;
      """)
    #expect(roles.missing == ["a", "b", "c", "d", "e", "f", "h", "j", "k\"l", "n"])
  }

  /// A block may make a role by a statement, or by one that it puts together.
  @Test(arguments: [
    ("CREATE ROLE a", true), ("CREATE USER a IN ROLE b", true), ("EXECUTE 'CREATE ROLE a'", true),
    ("EXECUTE 'CREATE ' || 'ROLE a' || ' LOGIN'", true), ("EXECUTE format('CREATE ROLE %I', 'a')", true),
    ("EXECUTE pg_catalog.format('CREATE %2$s %1$I', 'a', 'GROUP')", true),
    ("IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'a') THEN CREATE ROLE a; END IF", true),
    ("FOREACH r IN ARRAY ARRAY['x', 'a'] LOOP EXECUTE format('CREATE ROLE %I', r); END LOOP", true),
    ("FOREACH r IN ARRAY '{x,a}'::text[] LOOP sql := 'CREATE ROLE ' || quote_ident(r); EXECUTE sql; END LOOP", true),
    ("FOR r IN SELECT * FROM (VALUES ('a')) v (n) LOOP EXECUTE 'CREATE ROLE \"' || r || '\"'; END LOOP", true),
    ("PERFORM run('CREATE ROLE a')", true), ("EXECUTE 'DO $x$ BEGIN CREATE ROLE a; END $x$'", true),
    ("BEGIN CREATE ROLE a; EXCEPTION WHEN duplicate_object THEN NULL; END", true),
    // Words alone make nothing.
    ("RAISE NOTICE 'to create role a'", false), ("-- CREATE ROLE a\n NULL", false),
    ("EXECUTE 'GRANT a TO b -- create role'", false), ("PERFORM 'create', 'role', 'a'", false),
    ("EXECUTE 'CREATE ROLE b'; GRANT a TO b", false),
    ("EXECUTE 'COMMENT ON ROLE a IS ''create role a'' '", false), ("EXECUTE format('CREATE ROLE %I', 'b')", false),
  ])
  func whatABlockMakesIsKnownByItsStatements(body: String, makes: Bool) {
    let block = "DO $o$ DECLARE r text; sql text; BEGIN \(body); END $o$;"
    #expect(NamedRoles("ALTER TABLE t OWNER TO a; \(block)").missing.contains("a") == !makes, "\(block)")
  }

  @Test func aRoleWhoseNameIsPutTogetherIsKnownByItsParts() {
    let roles = NamedRoles(
      """
      GRANT app_reader TO app; ALTER TABLE t OWNER TO other_reader;
      DO $$ DECLARE kind text; BEGIN EXECUTE format('CREATE ROLE %I', 'app_' || kind); END $$;
      """)
    #expect(roles.missing == ["app", "other_reader"])
  }

  @Test(arguments: [
    "BEGIN", "-- x\nBEGIN", "START TRANSACTION READ ONLY", "COMMIT", "END", "ROLLBACK", "SAVEPOINT s",
    "RELEASE \"TRANS_STMT_COMMIT\"", "PREPARE TRANSACTION 'a'",
  ])
  func transactionCommandsAreRecognised(sql: String) { #expect(Script.isTransactionCommand(sql)) }

  @Test func ordinaryStatementsAreNoTransactionCommands() {
    #expect(!Script.isTransactionCommand("SELECT 'BEGIN'"))
    #expect(!Script.isTransactionCommand("DO $$ BEGIN NULL; END $$"))
  }

  @Test(arguments: ["\n", "\r", "\r\n"])
  func aCommentEndsWithItsLine(end: String) throws {
    // The word in it takes the way of files with rows.
    let statements = try Script.split("-- copy\(end)DROP TABLE a;\(end)SELECT 1;")
    #expect(statements.map { $0.sql.contains("SELECT 1") } == [false, true])
  }
}
