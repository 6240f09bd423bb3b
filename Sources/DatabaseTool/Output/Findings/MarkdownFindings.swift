internal import Catalog

/// Findings as a table for a comment on a pull request.
enum MarkdownFindings {
  static func text(_ findings: [ReportedFinding]) -> String {
    guard !findings.isEmpty else { return "Nothing found.\n" }
    var text = "| | finding | what | where |\n| --- | --- | --- | --- |\n"
    for finding in findings {
      let mark =
        finding.accepted != nil
        ? "waived"
        : finding.severity == .error ? "**error**" : finding.severity.rawValue
      let what =
        ([finding.message] + finding.details
          + [finding.help, finding.accepted.map { "Waived: \($0)" }].compactMap { $0 })
      text += "| \(mark) | `\(finding.code)` | \(what.map(cell).joined(separator: "<br>")) | "
      text += finding.place.map { "`\($0.file):\($0.line)`" } ?? ""
      text += " |\n"
    }
    return text
  }

  /// Text that a cell shows as it is.
  private static func cell(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case _ where character.isNewline: escaped += "<br>"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "|", "*", "_", "`", "\\", "[", "]", "#", "~": escaped += "\\\(character)"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
