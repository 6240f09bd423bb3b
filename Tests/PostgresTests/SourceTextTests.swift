import Escaping
import Postgres
import TestSupport
import Testing

@Suite struct SourceTextTests {
  @Test func lineEndsAndAMarkOfByteOrderAreNoContent() {
    let unix = SourceText("-- a\nSELECT 1;\n")
    for other in ["-- a\r\nSELECT 1;\r\n", "\u{feff}-- a\nSELECT 1;\n", "\u{feff}-- a\r\nSELECT 1;\n"] {
      let source = SourceText(other)
      #expect(source.text == unix.text && source.digest == unix.digest, "\(other.debugDescription)")
      // What was vouched for by the bytes of either is vouched for.
      #expect(source.has(digest: unix.digest.description) && source.has(digest: Digest(of: other).description))
    }
    #expect(unix.digest == Digest(of: "-- a\nSELECT 1;\n"))
    #expect(unix.has(digest: Digest(of: "-- a\r\nSELECT 1;\r\n").description))
    #expect(!unix.has(digest: Digest(of: "-- b\nSELECT 1;\n").description))
    // git leaves a lone CR alone, and so does dbtool.
    #expect(SourceText("a\rb\r\r\n").text.utf8.elementsEqual("a\rb\r\n".utf8) || SourceText("a\rb").text == "a\rb")
  }

  @Test func aCarriageReturnInAConstantOrNameIsWrittenAsAnEscape() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        for text in NastyText.texts(300) where text.utf8.contains(13) && !text.contains("\0") {
          for literal in [Quote.literal(text), Quote.dollar(text)] {
            let sql = PortableSQL.text("SELECT \(literal) AS \(Quote.identifier("c" + text))\r\n  -- end\r\n")
            #expect(!sql.utf8.contains(13), "\(sql.debugDescription)")
            let value = try await connection.query(sql)[0].string(0)
            #expect(value.utf8.elementsEqual(text.utf8), "\(text.debugDescription)")
          }
        }
      }
    }
    #expect(PortableSQL.text("SELECT 'a\r\nb'") == "SELECT E'a\\r\nb'")
    #expect(PortableSQL.text("COMMENT ON TABLE \"x\ry\" IS E'a\\\r'") == "COMMENT ON TABLE U&\"x\\000dy\" IS E'a\\r'")
    #expect(PortableSQL.text("SELECT U&'a\r\\0062' \r\n") == "SELECT U&'a\\000d\\0062' \n")
    #expect(PortableSQL.text("SELECT 1") == "SELECT 1")
  }

  private static func acts(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 9, 10: false
    case 0..<32, 127...159, 0xAD, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xE0000...0xE007F: true
    default: false
    }
  }

  /// In whatever a statement holds it: every kind of constant, names, comments, white space.
  @Test func nothingIsHiddenInSQLThatIsWritten() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        for text in NastyText.texts(300, seed: 7) where !text.contains("\0") {
          // PostgreSQL takes escapes of both kinds in these.
          // By scalars: a mark that combines with a quote makes one character of both.
          let escaped = "E'" + Quote.insideLiteral(text.replacingScalar("\\", with: "\\\\")) + "'"
          let unicode = "U&'" + Quote.insideLiteral(text.replacingScalar("\\", with: "\\\\")) + "'"
          var literals = [Quote.literal(text), Quote.dollar(text), escaped, unicode]
          if !text.utf8.contains(92) { literals.append("''\n " + Quote.literal(text)) }
          for literal in literals {
            let name = Quote.identifier("c" + text)
            let sql = PortableSQL.text(
              "SELECT\u{c}\(literal) AS \(name) -- \u{202e}end\n, text'\u{202e}x' AS \"n\u{2028}\" /* \u{1b}[31m */\n")
            #expect(!sql.unicodeScalars.contains(where: Self.acts), "\(sql.debugDescription)")
            let row = try await connection.query(sql)[0]
            let value = try row.string(0)
            #expect(value.utf8.elementsEqual(text.utf8), "\(text.debugDescription): \(sql.debugDescription)")
            #expect(try row.string(1) == "\u{202e}x")
          }
        }
        // Names, told by the server.
        for name in NastyText.texts(200, seed: 8) where !name.contains("\0") && !name.isEmpty && name.utf8.count < 64 {
          let sql = PortableSQL.text("CREATE TEMP TABLE \(Quote.identifier(name)) (\(Quote.identifier(name)) integer)")
          #expect(!sql.unicodeScalars.contains { Self.acts($0) || $0 == "\n" || $0 == "\t" }, "\(sql.debugDescription)")
          try await connection.execute(sql)
          let found = try await connection.query(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum = 1 WHERE relkind = 'r' AND relpersistence = 't'"
          )
          #expect(try found.count == 1 && found[0].string(0).utf8.elementsEqual(name.utf8), "\(sql.debugDescription)")
          #expect(try found.first?.string(1).utf8.elementsEqual(name.utf8) == true)
          try await connection.execute("DISCARD TEMP")
        }
      }
    }
    let pairs = [
      ("SELECT '\u{202e}a''b\\'", "SELECT E'\\u202ea''b\\\\'"),
      ("SELECT $x$it's \u{1b}[0m$x$", "SELECT E'it''s \\u001b[0m'"),
      ("SELECT E'\\\u{2028}\\\\\u{2028}'", "SELECT E'\\u2028\\\\\\u2028'"),
      ("SELECT U&'\\0041\u{e0041}'", "SELECT U&'\\0041\\+0e0041'"),
      ("SELECT U&'!0041\u{202e}' UESCAPE '!'", "SELECT U&'!0041!202e' UESCAPE '!'"),
      ("SELECT 1 AS Ab\u{200b}", "SELECT 1 AS U&\"ab\\200b\""), ("SELECT \"a\nb\"", "SELECT U&\"a\\000ab\""),
      ("SELECT date'\u{200e}2026-01-01'", "SELECT date E'\\u200e2026-01-01'"),
      ("SELECT 'a\tb\nc'", "SELECT 'a\tb\nc'"), ("SELECT 'a\u{1}'\n  'b\u{2}'", "SELECT E'a\\u0001b\\u0002'"),
      // Grammar of PostgreSQL 18.
      (
        "CREATE TABLE t (a int, b text GENERATED ALWAYS AS ('\u{202e}') VIRTUAL)",
        "CREATE TABLE t (a int, b text GENERATED ALWAYS AS (E'\\u202e') VIRTUAL)"
      ),
    ]
    for (given, expected) in pairs { #expect(PortableSQL.text(given) == expected) }
  }

  @Test func quotesAreDoubledWhateverCombinesWithThem() {
    #expect(Quote.insideLiteral("'\u{301}").unicodeScalars.map(\.value) == [39, 39, 0x301])
    #expect(Quote.insideFormat("%\u{301}").unicodeScalars.map(\.value) == [37, 37, 0x301])
    #expect(Quote.unquoted("\"a\"\"b\"") == "a\"b" && Quote.unquoted("a") == "a")
  }
}
