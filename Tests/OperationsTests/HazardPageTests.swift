import FoundationEssentials
import Migrations
import Operations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// The examples of `Documentation/Hazards.md`: the first of each pair has the hazard, the second has not.
@Suite struct HazardPageTests {
  struct Example: Sendable, CustomTestStringConvertible {
    var code: String
    var sql: String
    var hasHazard: Bool
    var testDescription: String { "\(code), \(hasHazard ? "bad" : "good")" }
  }

  private static let page: String = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? String(contentsOf: root.appending(path: "Documentation/Hazards.md"), encoding: .utf8)) ?? ""
  }()

  private static func blocks(_ text: Substring) -> [String] {
    text.split(separator: "```sql\n").dropFirst().compactMap { $0.split(separator: "```").first.map(String.init) }
  }

  private static let sections = page.split(separator: "\n## ")

  static let examples: [Example] = sections.dropFirst().flatMap { section in
    let code = String(section.prefix { $0 != "\n" })
    return zip(blocks(section), [true, false]).map { Example(code: code, sql: $0, hasHazard: $1) }
  }

  @Test(arguments: examples) func anExampleIsWhatThePageSays(_ example: Example) async throws {
    let schema = try #require(Self.sections.first.map(Self.blocks)?.first)
    let before = MigrationFile(version: "20260101000000", name: "before", text: schema)
    let file = MigrationFile(
      version: "", name: "x.sql", text: "BEGIN;\nSET LOCAL lock_timeout = '1s';\n\(example.sql)COMMIT;\n")
    let findings = try await Databases.gate.pass {
      try await Linter(states: States(database: Database("hazards") {})).lint(file, named: "x.sql", after: [before])
    }
    let codes = findings.filter { $0.hazard.severity != .notice }.map(\.hazard.code.rawValue)
    #expect(example.hasHazard ? codes.contains(example.code) : codes.isEmpty, "\(example.sql): \(findings)")
  }

  /// Every hazard is on the page, and nothing that is none.
  @Test func thePageIsWhole() {
    let shown = Set(Self.examples.map(\.code))
    let toldByPlans = Hazard.Code.allCases.filter { Self.page.contains("- `\($0.rawValue)`:") }.map(\.rawValue)
    #expect(shown.union(toldByPlans) == Set(Hazard.Code.allCases.map(\.rawValue)))
    #expect(shown.isDisjoint(with: toldByPlans))
    #expect(Self.examples.count == 2 * shown.count)
  }
}
