import FoundationEssentials
import Postgres
import TestSupport
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

  /// Compiled and run: names and values of any characters, in one enum and in constants.
  @Test func theCompilerReadsTheTextsThatWereMeant() async throws {
    let texts = NastyText.texts(500) + ["\"#\u{301}", "\"\"\"\u{301}\n", "a\tb", "\u{301}a", "\\\u{301}", "#\u{301}\""]
    var names = SwiftNames(reserving: ["allCases", "rawValue"])
    var seen: Set<String> = []
    let cases = texts.filter { seen.insert($0).inserted }.map {
      "  case \(names.member($0, suffix: "Label")) = \(SwiftText.literal($0, indentation: 4))"
    }
    var types = SwiftNames(reserving: SwiftNames.words)
    let source = """
      enum Labels: String, CaseIterable {
      \(cases.joined(separator: "\n"))
      }
      \(texts.map { "\(SwiftText.documentation($0, indentation: 0))struct \(types.type($0, qualifier: "", suffix: "Table")) {}" }.joined(separator: "\n"))
      let column = "C"
      let literals: [String] = [
      \(texts.map { "  \(SwiftText.literal([.text($0), .code("column"), .text($0)], indentation: 4))" }.joined(separator: ",\n"))
      ]
      func hex(_ text: String) -> String { text.utf8.map { String($0, radix: 16) }.joined(separator: ",") }
      for label in Labels.allCases { print(hex(label.rawValue)) }
      for literal in literals { print(hex(literal)) }

      """
    let hidden = source.unicodeScalars.filter {
      $0.value < 32 && $0 != "\n" && $0 != "\t" || $0.value == 0x202E || $0.value == 0x85
    }
    #expect(hidden.isEmpty)
    let base = "/tmp/dbtool-literals-\(UInt64.random(in: 0...UInt64.max))"
    try source.write(toFile: base + ".swift", atomically: false, encoding: .utf8)
    defer { for ending in [".swift", ""] { try? FileManager.default.removeItem(atPath: base + ending) } }
    let compiled = try await GeneratedTool.swiftc(["-Onone", "-o", base, base + ".swift"])
    try #require(compiled.status == 0, "\(compiled.output.prefix(3000))")
    let output = try await ChildProcess.run(base, []).output.split(separator: "\n", omittingEmptySubsequences: false)
    seen = []
    let hex = { (text: String) in text.utf8.map { String($0, radix: 16) }.joined(separator: ",") }
    let expected = texts.filter { seen.insert($0).inserted }.map(hex) + texts.map { hex($0 + "C" + $0) }
    #expect(output.dropLast().map(String.init) == expected)
  }
}
