internal import Catalog
internal import Escaping

/// Workflow commands by which GitHub Actions shows findings at the lines of a pull request
/// (GitHub: "Workflow commands for GitHub Actions", setting a notice, warning or error message).
enum GitHubAnnotations {
  static func text(_ findings: [ReportedFinding]) -> String {
    findings.filter { $0.accepted == nil }.map(line).joined()
  }

  private static func line(_ finding: ReportedFinding) -> String {
    let command =
      switch finding.severity {
      case .error: "error"
      case .warning: "warning"
      case .note: "notice"
      }
    var properties: [(String, String)] = []
    if let place = finding.place { properties += [("file", place.file), ("line", "\(place.line)")] }
    properties.append(("title", finding.code))
    return GitHubCommand.line(command, properties, message: finding.fullMessage)
  }
}
