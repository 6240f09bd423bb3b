import Escaping
import FoundationEssentials
import Migrations
import Postgres
import TestSupport
import Testing

/// Whatever text is written, it stays text: each medium is asked by a reader of its own.
@Suite struct EscapingTests {
  static let texts = NastyText.texts(1500)

  /// What acts on a terminal or an editor, written down here once more.
  private static func acts(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<32, 127...159, 0xAD, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xE0000...0xE007F: true
    default: false
    }
  }

  @Test func aCommentInSQLStaysOneComment() throws {
    for text in Self.texts {
      let line = SQLComment.line(text)
      let statements = try Script.split(line + "SELECT 1;\n")
      #expect(statements.map(\.sql) == [line + "SELECT 1"], "\(text.debugDescription)")
      #expect(LeadingComments(of: statements[0].sql).lines.count == 1)
      #expect(statements[0].line == 2)
      #expect(!line.unicodeScalars.dropLast().contains(where: Self.acts))
    }
    #expect(SQLComment.line("x\rDELETE FROM n.payments;\r--") == "-- x\\u{d}DELETE FROM n.payments;\\u{d}--\n")
  }

  @Test func aTerminalGetsNoControlsAndNoLinesButDbtoolsOwn() {
    for text in Self.texts {
      let line: TerminalText = "table \(text), dropped"
      let styled = "\(text)" as TerminalText
      for written in [line.plain, line.rendered(coloured: true), styled.plain] {
        #expect(!written.unicodeScalars.contains(where: Self.acts), "\(text.debugDescription)")
        guard written == line.plain || written == styled.plain else { continue }
        #expect(!written.utf8.starts(with: "::".utf8), "\(text.debugDescription)")
        #expect(!written.unicodeScalars.map(\.value).contains([35, 35, 91]), "\(text.debugDescription)")
      }
      let error: TerminalText = "error: \(lines: text, continuation: "  ")"
      for (number, line) in error.plain.split(separator: "\n" as Character).enumerated() {
        #expect(number == 0 || line.utf8.starts(with: "  ".utf8), "\(text.debugDescription)")
        #expect(!line.drop { $0 == " " || $0 == "\t" }.hasPrefix("::"), "\(text.debugDescription)")
        #expect(!line.unicodeScalars.contains { Self.acts($0) && $0 != "\t" }, "\(text.debugDescription)")
      }
    }
    let text: TerminalText = "a \("b\u{1b}[0mc", .red) \(("d" as TerminalText).styled(.bold)) e"
    #expect(text.rendered(coloured: true) == "a \u{1b}[31mb\\u{1b}[0mc\u{1b}[0m \u{1b}[1md\u{1b}[0m e")
    #expect(text.plain == "a b\\u{1b}[0mc d e")
  }

  @Test func htmlHasNoTagsAndNoEndOfAnAttribute() {
    let entities = ["&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'"]
    for text in Self.texts {
      let html = HTML.escaped(text)
      #expect(!html.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) }, "\(text.debugDescription)")
      #expect(!html.unicodeScalars.contains { Self.acts($0) && $0 != "\n" && $0 != "\t" }, "\(text.debugDescription)")
      // Read back by scalars, it is the text with what is hidden shown.
      var read = String.UnicodeScalarView()
      var rest = html.unicodeScalars[...]
      while let scalar = rest.first {
        if scalar == "&", let end = rest.firstIndex(of: ";") {
          let entity = entities[String(String.UnicodeScalarView(rest[...end]))]
          #expect(entity != nil, "\(html)")
          read.append(contentsOf: (entity ?? "").unicodeScalars)
          rest = rest[rest.index(after: end)...]
        } else {
          read.append(scalar)
          rest = rest.dropFirst()
        }
      }
      #expect(String(read).utf8.elementsEqual(VisibleText.page(text).utf8))
    }
  }

  @Test func aCellOfMarkdownEndsWhereItEnds() {
    for text in Self.texts {
      for cell in [Markdown.text(text), Markdown.cell(text), Markdown.code(text)] {
        var isEscape = false
        for scalar in cell.unicodeScalars {
          #expect(scalar != "|" || isEscape, "\(text.debugDescription): \(cell)")
          isEscape = scalar == "\\" && !isEscape
        }
        #expect(!cell.unicodeScalars.contains(where: Self.acts), "\(text.debugDescription)")
      }
      let text = Markdown.text(text).replacing("@<!-- -->", with: "")
      #expect(!text.contains("<") || text.contains("\\<"))
      let fence = Markdown.fenced(text, language: "sql").split(separator: "\n" as Character)
      let marks = fence[0].prefix { $0 == "`" }
      #expect(!fence.dropFirst().dropLast().contains { $0.hasPrefix(marks) })
    }
    #expect(Markdown.text("- a\n1. b") == "\\- a 1. b")
    #expect(Markdown.text("12) x") == "12\\) x")
    #expect(Markdown.link("x", to: "a) b<\n") == "[x](<a)%20b%3C%0A>)")
  }

  @Test func commandsOfGitHubAreOneLineWithTheirProperties() throws {
    for text in Self.texts {
      let line = GitHubCommand.line("error", [("file", text), ("line", "1")], message: text)
      #expect(line.unicodeScalars.filter { $0 == "\n" || $0 == "\r" }.count == 1)
      let bytes = Array(line.utf8.dropFirst(2))
      let end = try #require(bytes.indices.dropLast().first { bytes[$0] == 58 && bytes[$0 + 1] == 58 })
      #expect(bytes[..<end].count { $0 == UInt8(ascii: ",") } == 1, "\(text.debugDescription)")
      #expect(bytes[..<end].starts(with: "error file=".utf8) && bytes[..<end].reversed().starts(with: "1=enil,".utf8))
      #expect(!line.unicodeScalars.dropLast().contains { Self.acts($0) && $0 != "\t" })
    }
  }

  @Test func fileNamesStayInTheirFolderAndApart() {
    var slugs: [String: String] = [:]
    for text in Self.texts + ["a", "A", "ä0", "\u{e40}", "a/b", "..", String(repeating: "日", count: 63), "A-41-"] {
      let slug = FileName.slug(text)
      // Apart for file systems that do not tell capitals from small letters.
      if let other = slugs.updateValue(text, forKey: slug.lowercased()) {
        #expect(other.utf8.elementsEqual(text.utf8), "\(other.debugDescription) and \(text.debugDescription)")
      }
      for name in [slug, FileName.readable(text)] {
        #expect(!name.contains("/") && !name.contains(".") && !name.isEmpty && name.utf8.count <= 200)
        #expect(!name.unicodeScalars.contains(where: Self.acts))
      }
    }
    #expect(FileName.slug("order_lines2") == "order_lines2")
    #expect(FileName.slug(String(repeating: "A", count: 63)) != FileName.slug(String(repeating: "A", count: 64)))
  }

  @Test func aShellReadsTheWordsThatWereMeant() async throws {
    let texts = Self.texts.filter { !$0.contains("\0") && !$0.isEmpty }
    for start in stride(from: 0, to: texts.count, by: 400) {
      let some = Array(texts[start..<min(start + 400, texts.count)])
      let words = some.map(ShellWord.quoted)
      #expect(!words.contains { $0.unicodeScalars.contains(where: Self.acts) })
      let outcome = try await ChildProcess.run(
        "/bin/bash", ["-c", "LC_ALL=C.UTF-8 printf '%s\\001' \(words.joined(separator: " ")) | od -An -v -tx1"])
      let bytes = outcome.output.split { $0.isWhitespace }.compactMap { UInt8($0, radix: 16) }
      let expected = some.flatMap { text -> [UInt8] in Array(text.utf8) + [1] }
      #expect(bytes == expected)
    }
  }

  @Test func jsonIsTheSameDataInVisibleCharacters() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    let json = JSONText.visible(String(decoding: try encoder.encode(Self.texts), as: UTF8.self))
    #expect(!json.unicodeScalars.contains(where: Self.acts))
    let read = try JSONDecoder().decode([String].self, from: Data(json.utf8))
    #expect(zip(read, Self.texts).allSatisfy { $0.utf8.elementsEqual($1.utf8) } && read.count == Self.texts.count)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/node")))
  func javaScriptReadsTheTextsThatWereMeant() async throws {
    let objects = Self.texts.map { "[\(JavaScript.literal($0)), {\(JavaScript.propertyName($0)): 1}]" }
    let script = """
      const hex = (text) => Buffer.from(text, "utf8").toString("hex")
      console.log([\(objects.joined(separator: ",\n"))].map(([text, object]) => {
        if (Object.keys(object)[0] !== text) throw text
        return hex(text)
      }).join(" "))
      """
    #expect(!script.unicodeScalars.contains { Self.acts($0) && $0 != "\n" })
    let path = "/tmp/dbtool-escaping-\(UInt64.random(in: 0...UInt64.max)).js"
    try script.write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let outcome = try await ChildProcess.run("/usr/bin/node", [path])
    let expected = Self.texts.map { text in
      text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    #expect(
      outcome.output.split(separator: " " as Character, omittingEmptySubsequences: false).map { $0.trimmingEnd }
        == expected)
  }

  @Test func namesInMermaidStayInTheirQuotes() {
    for text in Self.texts {
      let name = Mermaid.name(text)
      #expect(name.unicodeScalars.filter { $0 == "\"" }.count == 2 && !name.unicodeScalars.contains(where: Self.acts))
      #expect(!name.unicodeScalars.contains { "<>&%\\'`".unicodeScalars.contains($0) }, "\(name)")
      #expect(Mermaid.word(text).utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\"") })
      // Read back as Mermaid does: entities by their numbers.
      var read = String(name.dropFirst().dropLast())
      for value in [34, 37, 38, 39, 59, 60, 62, 92, 96] as [UInt32] {
        read = read.replacing("#\(value);", with: Unicode.Scalar(value).map { String($0) } ?? "")
      }
      read = read.replacing("#35;", with: "#")
      let expected = text.unicodeScalars.map { Self.acts($0) ? "_" : String($0) }.joined()
      if !text.unicodeScalars.contains(where: Self.combines) { #expect(read == expected) }
    }
    #expect(Mermaid.name("a<script>&") == "\"a#60;script#62;#38;\"")
  }

  /// What makes one character with what stands before it, which `replacing` passes over.
  private static func combines(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isGraphemeExtend || scalar == "\u{200d}"
  }
}

extension Substring {
  fileprivate var trimmingEnd: String { String(self).trimmedTrailing }
}
