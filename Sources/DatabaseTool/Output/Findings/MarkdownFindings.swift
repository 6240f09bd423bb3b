internal import Catalog
internal import Escaping

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
      text += "| \(mark) | `\(finding.code)` | \(what.map(Markdown.cell).joined(separator: "<br>")) | "
      text += finding.place.map { Markdown.code("\($0.file):\($0.line)") } ?? ""
      text += " |\n"
    }
    return text
  }
}
