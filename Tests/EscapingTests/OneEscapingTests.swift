import FoundationEssentials
import TestSupport
import Testing

/// Text is escaped in one place for each medium, and by scalars: the standard library's `replacing` goes by characters, and passes
/// over a quote with a combining mark behind it, or a CR and an LF together.
@Suite struct OneEscapingTests {
  private struct Rule {
    var pattern: String
    /// Files that may have it, with what for.
    var allowed: [String] = []
  }

  private static let rules = [
    // By characters, of what has a meaning in some medium.
    Rule(
      pattern: ".replacing(\"\\n\", with",
      allowed: [
        // dbtool's own text.
        "SchemaDSL/PartitionRunner.swift", "Migrations/Prover.swift",
        // Queries of others, on one line; the console shows the rest.
        "Postgres/Blocker.swift",
      ]),
    Rule(pattern: ".replacing(\"'\""), Rule(pattern: ".replacing(\"\\\"\"", allowed: ["Operations/SeedRunner.swift"]),
    Rule(pattern: ".replacing(\"\\\\\""),
    Rule(pattern: ".replacing(\"%\"", allowed: ["Postgres/Quoting.swift"]), Rule(pattern: ".replacing(\"<\""),
    Rule(pattern: ".replacing(\"&\""), Rule(pattern: ".replacing(\"|\""), Rule(pattern: "replacingOccurrences"),
    // A medium's escapes.
    Rule(pattern: "&lt;", allowed: ["Escaping/HTML.swift", "Escaping/Markdown.swift"]),
    Rule(pattern: "%0A", allowed: ["Escaping/GitHubCommand.swift"]),
    Rule(pattern: "u{1B}", allowed: ["Escaping/TerminalText.swift"]),
    Rule(pattern: "u{1b}", allowed: ["Escaping/VisibleText.swift", "Catalog/LockFormat.swift"]),
    // Comments in SQL that are made here; statements that dbtool runs have some of their own.
    Rule(pattern: "\"-- \\(", allowed: ["Migrations/MigrationFile.swift", "Escaping/SQLComment.swift"]),
    Rule(pattern: "\\n-- \\("), Rule(pattern: "/// \\(", allowed: ["Importing/SwiftText.swift"]),
    // Text that was not written in the source is none of dbtool's own.
    Rule(
      pattern: "stringLiteral:",
      allowed: ["Escaping/TerminalText.swift", "Postgres/PostgresError.swift", "SchemaDSL/DataTypes.swift"]),
    // Standard output and error, past the console.
    Rule(pattern: " print("), Rule(pattern: "FileHandle.standard"), Rule(pattern: "fputs("),
    // Directives are read in one place.
    Rule(pattern: "\"-- dbtool:", allowed: ["Planning/Hazard.swift"]),
  ]

  @Test func nothingIsEscapedByHand() throws {
    var count = 0
    for (path, text) in try Self.sources() {
      count += 1
      for (number, line) in text.split(separator: "\n" as Character, omittingEmptySubsequences: false).enumerated() {
        let code = line.drop { $0 == " " }
        if code.hasPrefix("//") || code.contains("func print(") { continue }
        for rule in Self.rules where code.contains(rule.pattern) && !rule.allowed.contains(path) {
          Issue.record("Sources/\(path):\(number + 1) has \(rule.pattern): \(code)")
        }
      }
    }
    #expect(count > 150)
  }

  /// Everything but the platform, whose SQL is its own.
  private static func sources() throws -> [(path: String, text: String)] {
    let root = "\(TestProject.repository)/Sources"
    var found: [(String, String)] = []
    var waiting = [""]
    while let folder = waiting.popLast() {
      for name in try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)") {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        if name.hasSuffix(".swift") {
          found.append((path, try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)))
        } else if !name.contains("."), path != "Subsystems" {
          waiting.append(path)
        }
      }
    }
    return found
  }
}
