import FoundationEssentials
import Postgres
import Testing

/// The migration as another tool's linter reads it. `SQUAWK` names squawk's program, where it is installed.
@Suite struct LinterTests {
  private static let program = ProcessInfo.processInfo.environment["SQUAWK"] ?? "/usr/local/bin/squawk"

  @Test(.enabled(if: FileManager.default.fileExists(atPath: program)))
  func squawkHasNothingToSay() async throws {
    let migration = try await MixedMigration()
    let path = "/tmp/dbtool-squawk-\(UInt64.random(in: 0...UInt64.max)).sql"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for file in migration.files {
      try file.text.write(toFile: path, atomically: false, encoding: .utf8)
      let outcome = try await ChildProcess.run(Self.program, ["--pg-version", "15.0", path])
      #expect(outcome.status == 0, "\(outcome.output)\n\(file.text)")
    }
    // It does have something to say to the direct way.
    try migration.direct.write(toFile: path, atomically: false, encoding: .utf8)
    #expect(try await ChildProcess.run(Self.program, ["--pg-version", "15.0", path]).status != 0)
  }
}
