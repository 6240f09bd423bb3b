import Postgres
import TestSupport

/// What tests of commands in a project of the platform's declarations have in common.
protocol PlatformSuite: Sendable {}

extension PlatformSuite {
  func withPlatform(_ body: (TestProject) async throws -> Void) async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.copyPlatform()
    try await body(project)
  }

  /// The folder of the socket of the project's own server.
  func socket(_ project: TestProject) async throws -> String {
    let status = try await project.dbtool("postgres", "status")
    let line = status.output.split(separator: "\n").first { $0.contains("folder") } ?? ""
    return String(line.split(separator: " ").last ?? "")
  }

  /// The project's own database.
  func target(_ project: TestProject) async throws -> ConnectionTarget {
    try ConnectionTarget("postgres:///platform?host=\(try await socket(project))&user=postgres")
  }
}
