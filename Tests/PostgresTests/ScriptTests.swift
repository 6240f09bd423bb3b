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
    #expect(statements.map(\.line) == [1, 3, 5, 6])
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
    ("BEGIN", Script.TransactionCommand.begin), ("-- x\nBEGIN", .begin), ("START TRANSACTION READ ONLY", .begin),
    ("COMMIT", .commit), ("END", .commit), ("ROLLBACK", .rollback), ("SAVEPOINT s", .other),
  ])
  func transactionCommandsAreRecognised(sql: String, command: Script.TransactionCommand) {
    #expect(Script.transactionCommand(sql) == command)
  }

  @Test func ordinaryStatementsAreNoTransactionCommands() {
    #expect(Script.transactionCommand("SELECT 'BEGIN'") == nil)
    #expect(Script.transactionCommand("DO $$ BEGIN NULL; END $$") == nil)
  }
}
