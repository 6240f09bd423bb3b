import FoundationEssentials
import TestSupport
import Testing

/// No test waits for a time and hopes, or takes a port that another may have: what is waited for is a condition.
@Suite struct LuckTests {
  /// What is not written in a test, and what is.
  private struct Rule: Sendable {
    let what: String
    let instead: String
    /// Whether a line has one of these words, and all of those.
    let any: [String]
    var all: [String] = []

    func isBroken(_ line: Substring) -> Bool {
      any.contains { line.contains($0) } && all.allSatisfy { line.contains($0) }
    }
  }

  private static let digits = (0...9).map(String.init)

  private static let rules = [
    Rule(
      what: "a sleep", instead: "Waiting.until",
      any: ["Task.sleep", "Thread.sleep", "Clock.sleep", "clock.sleep", "usleep(", "nanosleep(", " sleep("]),
    Rule(what: "a sleep in a shell", instead: "TestProject.start", any: digits.map { "sleep \($0)" }),
    // One that lasts as long as the cap is no race: it stands for a statement that never ends.
    Rule(
      what: "a sleep in SQL", instead: "an Obstacle, or pg_sleep(600)",
      any: digits.filter { $0 != "6" }.map { "pg_sleep(\($0)" } + [
        "pg_sleep(6)", "pg_sleep(60)", "pg_sleep_for(", "pg_sleep_until(",
      ]),
    Rule(what: "a deadline", instead: "Waiting.until", any: ["Clock.now", "clock.now", "Clock()"]),
    Rule(
      what: "a time limit that a statement has to hit", instead: "pg_cancel_backend",
      any: digits.filter { $0 != "0" }.map { "SET statement_timeout = \($0)" } + [
        "SET statement_timeout = '", "SET statement_timeout TO",
      ]),
    Rule(
      what: "a port by chance", instead: "a Unix socket in a folder of its own, or port 0", any: ["port ", "Port "],
      all: ["random("]),
  ]

  @Test func noTestWaitsForATimeAndHopes() throws {
    let folder = TestProject.repository + "/Tests"
    var found: [String] = []
    var count = 0
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    where name.hasSuffix(".swift") && !["TestSupport/Waiting.swift", "PostgresTests/LuckTests.swift"].contains(name) {
      count += 1
      let lines = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() {
        for rule in Self.rules where rule.isBroken(line) {
          found.append("Tests/\(name):\(index + 1): \(rule.what); use \(rule.instead)")
        }
      }
    }
    #expect(count > 50)
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  /// The guard sees what it is there for.
  @Test(arguments: [
    "try await Task.sleep(for: .seconds(1))", "usleep(100)", "\"'dbtool' apply & sleep 1; kill $!\"",
    "SELECT pg_sleep(2);", "let port = 20_000 + Int.random(in: 0..<20_000)",
    "let end = ContinuousClock.now + .seconds(3)",
    "SET statement_timeout = '300ms'",
  ])
  func whatHopesIsSeen(line: String) {
    #expect(Self.rules.contains { $0.isBroken(line[...]) })
  }
}
