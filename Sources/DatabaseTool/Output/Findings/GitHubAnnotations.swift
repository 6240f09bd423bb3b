internal import Catalog

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
    var properties: [String] = []
    if let place = finding.place {
      properties += ["file=\(escaped(place.file, isProperty: true))", "line=\(place.line)"]
    }
    properties.append("title=\(escaped(finding.code, isProperty: true))")
    return "::\(command) \(properties.joined(separator: ","))::\(escaped(finding.fullMessage, isProperty: false))\n"
  }

  /// The runner splits commands at line ends, and properties at commas and colons too.
  private static func escaped(_ text: String, isProperty: Bool) -> String {
    // By scalars: CR and LF are one character together.
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "%": "%25"
      case "\r": "%0D"
      case "\n": "%0A"
      case ":" where isProperty: "%3A"
      case "," where isProperty: "%2C"
      default: String(scalar)
      }
    }.joined()
  }
}
