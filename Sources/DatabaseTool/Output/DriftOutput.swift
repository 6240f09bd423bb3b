internal import Catalog
internal import Escaping
internal import Operations
internal import Postgres

/// Drift of one database or several, as people and machines read it.
struct DriftOutput {
  struct Result {
    var target: ConnectionTarget
    var outcome: Swift.Result<DriftReport, any Error>

    var report: DriftReport? { try? outcome.get() }
    var isFailure: Bool { report == nil }
    var failure: (any Error)? { if case .failure(let error) = outcome { error } else { nil } }
  }

  let results: [Result]
  /// The least that counts as drift.
  let threshold: Diagnostic.Severity
  let sources: SourceFiles

  var isDrift: Bool { results.contains { $0.report?.hasFindings(from: threshold) == true } }

  func write(_ format: FindingFormat, to console: Console) throws {
    switch format {
    case .text: console.write(text(console))
    case .json: console.emit(try JSON.text(machine) + "\n")
    case .github:
      console.emit(results.map { GitHubAnnotations.text(reported($0)) }.joined())
      console.write(summary().joined())
    case .sarif:
      console.emit(
        try JSON.text(
          SARIF(
            results.map { (name: results.count > 1 ? "drift/\($0.target)/" : "drift/", findings: reported($0)) },
            toolVersion: DatabaseTool.version, fallback: "schema.lock")) + "\n")
    case .markdown: console.emit(markdown)
    }
  }

  // MARK: People

  private func text(_ console: Console) -> TerminalText {
    var text: TerminalText = ""
    for result in results {
      if results.count > 1 { text += "\(result.target, .bold)\n" }
      if let report = result.report { text += Self.text(report, threshold, console) }
      if let failure = result.failure {
        text +=
          console.styled("error: ", .red)
          + "\(lines: Secrets.hidden(in: "\(failure)", repeating: Context.typed), continuation: "  ")\n"
      }
    }
    if results.count > 1 { text += "\n" + summary().joined() }
    return text
  }

  /// A line for each database.
  private func summary() -> [TerminalText] {
    results.map { result in
      guard let report = result.report else { return "\(result.target): could not be read\n" }
      return "\(result.target): \(Self.verdict(report, threshold))\n"
    }
  }

  private static func text(
    _ report: DriftReport, _ threshold: Diagnostic.Severity, _ console: Console
  ) -> TerminalText {
    var text: TerminalText = ""
    for finding in report.findings where finding.waiver == nil && finding.severity != .note {
      text += describe(finding, console)
    }
    for finding in report.findings {
      guard let waiver = finding.waiver else { continue }
      text += console.styled(
        "waived: \(finding.message) until \(waiver.expires) (\(waiver.owner)): \(waiver.reason)\n", .dim)
    }
    for finding in report.findings where finding.waiver == nil && finding.severity == .note {
      text += console.styled("note: \(finding.message)\n", .dim)
    }
    for note in report.notes { text += console.styled("note: \(note)\n", .dim) }
    if !report.unmodeled.isEmpty {
      text += console.styled(
        "note: not modelled, so not compared: "
          + "\(report.unmodeled.map { "\($0.kind) \($0.name)" }.joined(separator: ", "))\n", .dim)
    }
    return text + "\(verdict(report, threshold))\n"
  }

  /// How many findings there are, for example `3 differences: 1 error, 2 warnings, 1 waived`.
  private static func verdict(_ report: DriftReport, _ threshold: Diagnostic.Severity) -> String {
    let counted = report.findings.filter { $0.waiver == nil && $0.severity >= min(threshold, .warning) }
    let waived = report.findings.count { $0.waiver != nil }
    var parts = [Diagnostic.Severity.error, .warning, .note].compactMap { severity -> String? in
      let count = counted.count { $0.severity == severity }
      return count == 0 ? nil : countText(count, severity.rawValue)
    }
    if waived > 0 { parts.append("\(waived) waived") }
    let list = parts.joined(separator: ", ")
    guard !counted.isEmpty else { return "no drift" + (list.isEmpty ? "" : " (\(list))") }
    return "\(countText(counted.count, "difference")): \(list)"
  }

  private static func describe(_ finding: DriftFinding, _ console: Console) -> TerminalText {
    let style: Console.Style = finding.severity == .error ? .red : .yellow
    var text = console.styled("\(finding.severity.rawValue): ", style) + "\(finding.message)"
    if let location = finding.location { text += "  \(location, .dim)" }
    text += console.styled("  [\(finding.code)]\n", .dim)
    for detail in details(finding) { text += "    \(lines: detail)\n" }
    if let help = finding.help { text += "    \(lines: help, continuation: "    ")\n" }
    return text
  }

  private static func details(_ finding: DriftFinding) -> [String] {
    finding.difference?.attributes.map(\.inWords) ?? []
  }

  // MARK: Machines

  private func reported(_ result: Result) -> [ReportedFinding] {
    if let failure = result.failure {
      return [
        ReportedFinding(
          severity: .error, code: "unreadable-database", object: "\(result.target)",
          message: "\(result.target) could not be read: \(Secrets.hidden(in: "\(failure)", repeating: Context.typed))")
      ]
    }
    let prefix = results.count > 1 ? "\(result.target): " : ""
    let unmodeled = (result.report?.unmodeled ?? []).map { "\($0.kind) \($0.name)" }
    let notes =
      (result.report?.notes ?? [])
      + (unmodeled.isEmpty ? [] : ["not modelled, so not compared: \(unmodeled.joined(separator: ", "))"])
    return (result.report?.findings ?? []).map { finding in
      ReportedFinding(
        severity: finding.severity, code: finding.code, object: finding.object, message: prefix + finding.message,
        details: Self.details(finding), help: finding.help, place: finding.location.map(sources.resolved),
        accepted: finding.waiver.map { "\($0.reason) (\($0.owner), until \($0.expires))" })
    }
      + notes.map {
        ReportedFinding(severity: .note, code: "not-compared", object: "\(result.target)", message: prefix + $0)
      }
  }

  private var markdown: String {
    results.map { result in
      let title = results.count > 1 ? "### \(Markdown.text("\(result.target)"))\n\n" : ""
      let verdict = result.report.map { Self.verdict($0, threshold) } ?? "could not be read"
      return title + verdict + "\n\n" + MarkdownFindings.text(reported(result))
    }.joined(separator: "\n")
  }

  private var machine: Machine {
    Machine(
      drift: isDrift,
      databases: results.map { result in
        Machine.Database(
          database: "\(result.target)", drift: result.report.map { $0.hasFindings(from: threshold) },
          error: result.failure.map { Secrets.hidden(in: "\($0)", repeating: Context.typed) },
          findings: result.report?.findings.map(Machine.Finding.init) ?? [], notes: result.report?.notes ?? [],
          unmodeled: result.report?.unmodeled.map { Machine.Unmodeled(kind: $0.kind, name: $0.name) } ?? [])
      })
  }

  struct Machine: Encodable {
    struct Database: Encodable {
      var database: String
      var drift: Bool?
      var error: String?
      var findings: [Finding]
      var notes: [String]
      var unmodeled: [Unmodeled]
    }
    struct Finding: Encodable {
      var code: String
      var severity: String
      var object: String
      var message: String
      /// `missing`, `extra` or `different`.
      var difference: String?
      var kind: String?
      var changes: [DifferenceOutput.Change]?
      var file: String?
      var line: Int?
      var help: String?
      var waiver: Waived?

      init(_ finding: DriftFinding) {
        code = finding.code
        severity = finding.severity.rawValue
        object = finding.object
        message = finding.message
        difference = finding.difference?.kind.rawValue
        kind = finding.difference?.id.kind.word
        changes = finding.difference.map(DifferenceOutput.changes)
        file = finding.location?.file
        line = finding.location?.line
        help = finding.help
        waiver = finding.waiver.map { Waived(owner: $0.owner, reason: $0.reason, expires: $0.expires) }
      }
    }
    struct Waived: Encodable {
      var owner: String
      var reason: String
      var expires: String
    }
    struct Unmodeled: Encodable {
      var kind: String
      var name: String
    }
    var drift: Bool
    var databases: [Database]
  }
}
