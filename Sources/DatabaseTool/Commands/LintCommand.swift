internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Operations
internal import Planning
internal import Postgres

struct LintCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Tell what SQL would do to a live database.",
    discussion: """
      Runs each file on a scratch copy of what the migrations before it lead to, with rows in it, and watches what every \
      statement locks, rewrites, reads and removes. A file that is not in migrations/ comes after all of them. Without files, the \
      migrations that schema.lock does not list yet. A comment before a statement, `-- dbtool:allow CODE reason`, says \
      that something is meant. Exit 2 when there is a warning or an error that is not allowed.
      """)

  @Argument(help: ArgumentHelp("SQL files.", valueName: "file"))
  var files: [String] = []

  @Option(help: "How to print: text, json, github (annotations), sarif or markdown.")
  var format: FindingFormat = .text

  @OptionGroup var source: SourceOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    for file in files where !FileManager.default.fileExists(atPath: file) {
      throw ValidationError("There is no file \(file).")
    }
  }

  struct Line: Encodable {
    var file: String
    var line: Int
    var code: String
    var severity: String
    var message: String
    var lock: String?
    var table: String?
    var advice: String
    var allowed: String?
  }

  func run() async throws {
    try await reporting(loading: source) {
      let project = try projectOptions.project()
      let migrations = try project.migrations()
      let linter = Linter(states: States(database: project.database))
      var findings: [Linter.Finding] = []
      let targets = try files.isEmpty ? unlisted(migrations, project) : files.map { try target($0, migrations) }
      for (name, file, earlier) in targets { findings += try await linter.lint(file, named: name, after: earlier) }
      let console = Console.output
      switch format {
      case .json: console.emit(try JSON.text(findings.map(line)) + "\n")
      case .text: show(findings, files: targets.count, console)
      case .github: console.emit(GitHubAnnotations.text(reported(findings, project)))
      case .markdown: console.emit(MarkdownFindings.text(reported(findings, project)))
      case .sarif:
        let run = (name: String?.some("lint/"), findings: reported(findings, project))
        console.emit(try JSON.text(SARIF([run], toolVersion: DatabaseTool.version, fallback: "migrations")) + "\n")
      }
      if findings.contains(where: { $0.allowed == nil && $0.hazard.severity != .notice }) { throw ExitCode(2) }
    }
  }

  private typealias Target = (name: String, file: MigrationFile, earlier: [MigrationFile])

  private func unlisted(_ migrations: [MigrationFile], _ project: Project) throws -> [Target] {
    let unlisted = Set(try MigrationFile.verify(migrations, against: try project.lock()).map(\.version))
    return migrations.enumerated().filter { unlisted.contains($0.element.version) }.map { index, file in
      ("migrations/\(file.fileName)", file, Array(migrations.prefix(index)))
    }
  }

  private func target(_ path: String, _ migrations: [MigrationFile]) throws -> Target {
    let source = SourceText(try SQLSource.read(path))
    let name = String(path.split(separator: "/").last ?? "")
    if let index = migrations.firstIndex(where: { $0.fileName == name && $0.digest == source.digest }) {
      return (path, migrations[index], Array(migrations.prefix(index)))
    }
    let file = MigrationFile(version: "", name: path, text: source.text)
    do { _ = try file.segments() } catch MigrationError.splitFailed(_, let error) {
      throw ToolError("\(path), \(error)")
    } catch MigrationError.unbalanced(_, let line) {
      throw ToolError("\(path), line \(line): BEGIN and COMMIT do not pair up")
    } catch MigrationError.transaction(_, let line, let reason) {
      throw ToolError("\(path), line \(line): \(reason)")
    }
    return (path, file, migrations)
  }

  private func line(_ finding: Linter.Finding) -> Line {
    Line(
      file: finding.file, line: finding.line, code: finding.hazard.code.rawValue,
      severity: finding.hazard.severity.rawValue, message: finding.hazard.message, lock: finding.hazard.lock,
      table: finding.hazard.table, advice: finding.hazard.advice, allowed: finding.allowed)
  }

  private func reported(_ findings: [Linter.Finding], _ project: Project) -> [ReportedFinding] {
    let sources = SourceFiles(root: project.root)
    return findings.map { finding in
      let hazard = finding.hazard
      let severity: Diagnostic.Severity =
        switch hazard.severity {
        case .error: .error
        case .warning: .warning
        case .notice: .note
        }
      return ReportedFinding(
        severity: severity, code: hazard.code.rawValue, object: hazard.table ?? finding.file, message: hazard.message,
        help: hazard.advice, place: sources.resolved(SourceLocation(file: finding.file, line: finding.line)),
        accepted: finding.allowed)
    }
  }

  private func show(_ findings: [Linter.Finding], files: Int, _ console: Console) {
    for finding in findings {
      let hazard = finding.hazard
      let style: Console.Style = hazard.severity == .error ? .red : .yellow
      let word = finding.allowed == nil ? hazard.severity.rawValue : "allowed"
      console.write(
        "\(finding.file):\(finding.line): " + console.styled("\(word) \(hazard.code.rawValue): ", style)
          + "\(hazard.message)\n")
      console.note(finding.allowed.map { "  allowed: \($0)" } ?? "  safer: \(hazard.advice)")
    }
    let counts = [Hazard.Severity.error, .warning, .notice].map { severity in
      countText(findings.count { $0.allowed == nil && $0.hazard.severity == severity }, severity.rawValue)
    }
    console.line(
      "\(countText(files, "file")): \(counts.joined(separator: ", "))"
        + ", \(findings.count { $0.allowed != nil }) allowed")
  }
}
