import Testing

@testable import Importing

/// Literals that Swift reads as the text they were made of.
@Suite struct SwiftTextTests {
  @Test func quotesAreSparedEscapes() {
    #expect(SwiftText.literal("plain") == #""plain""#)
    #expect(SwiftText.literal(#"a "quoted" \ word"#) == ##"#"a "quoted" \ word"#"##)
    #expect(SwiftText.literal("a\r\nb") == "\"\"\"\na\\u{d}\nb\n\"\"\"")
    #expect(SwiftText.literal("a\r\u{1}") == #""a\u{d}\u{1}""#)
    #expect(SwiftText.literal("two\nlines", indentation: 2) == "\"\"\"\n  two\n  lines\n  \"\"\"")
    #expect(SwiftText.literal([.code("id"), .text(#" <> '"'"#)], indentation: 0) == ##"#"\#(id) <> '"'"#"##)
    #expect(SwiftText.literal(##"ends "# here"##) == ####"##"ends "# here"##"####)
  }

  @Test func namesAreSwifts() {
    var names = SwiftNames(reserving: SwiftNames.words)
    #expect(names.type("order_lines", qualifier: "shop", suffix: "Table") == "OrderLines")
    #expect(names.type("Order Lines", qualifier: "shop", suffix: "Table") == "ShopOrderLines")
    #expect(names.type("comment", qualifier: "shop", suffix: "Table") == "ShopComment")
    #expect(names.type("2020", qualifier: "shop", suffix: "Table") == "_2020")
    var members = SwiftNames()
    #expect(members.member("author_id", suffix: "Column") == "authorID")
    #expect(members.member("id", suffix: "Column") == "id")
    #expect(members.member("URLPath", suffix: "Column") == "uRLPath")
    #expect(members.member("default", suffix: "Column") == "`default`")
    #expect(members.member("body", suffix: "Column") == "bodyColumn")
    #expect(members.member("ID", suffix: "Column") == "idColumn")
    #expect(members.member("-", suffix: "Column") == "unnamed")
  }
}
