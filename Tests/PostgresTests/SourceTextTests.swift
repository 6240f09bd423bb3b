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
    #expect(PortableSQL.text("SELECT 1") == "SELECT 1")
  }

  @Test func quotesAreDoubledWhateverCombinesWithThem() {
    #expect(Quote.insideLiteral("'\u{301}").unicodeScalars.map(\.value) == [39, 39, 0x301])
    #expect(Quote.insideFormat("%\u{301}").unicodeScalars.map(\.value) == [37, 37, 0x301])
    #expect(Quote.unquoted("\"a\"\"b\"") == "a\"b" && Quote.unquoted("a") == "a")
  }
}
