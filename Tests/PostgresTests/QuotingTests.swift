import Postgres
import TestSupport
import Testing

@Suite struct QuotingTests {
  @Test func everyKeywordThatHasToBeQuotedIs() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let rows = try await connection.query("SELECT word FROM pg_get_keywords() WHERE quote_ident(word) <> word")
        #expect(rows.count > 50)
        for row in rows {
          let word = try row.string(0)
          #expect(Quote.identifier(word) == "\"\(word)\"", "\(word) has to be quoted")
        }
      }
    }
  }

  @Test(arguments: [
    "plain", "Upper", "with space", "q\"uote", "1digit", "ünïcode", "dots.in.it", "", "back\\slash", "it's", "a\nb",
  ])
  func namesAndTextsComeBackAsTheyWere(text: String) async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let value = try await connection.query("SELECT \(Quote.literal(text))")[0].string(0)
        #expect(value == text)
        guard !text.isEmpty else { return }
        let name = try await connection.query(
          "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1",
          [try await makeTable(text, connection)])
        #expect(try name[0].string(0) == text)
      }
    }
  }

  private func makeTable(_ column: String, _ connection: Connection) async throws -> String {
    try await connection.execute("CREATE TABLE quoting (\(Quote.identifier(column)) int)")
    return "quoting"
  }

  @Test func dollarQuotesFindATagThatTheBodyDoesNotHold() {
    #expect(Quote.dollar("x $dbtool$ y") == "$dbtool1$x $dbtool$ y$dbtool1$")
  }
}
