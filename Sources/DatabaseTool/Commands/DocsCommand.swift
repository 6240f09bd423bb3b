internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Generating
internal import Migrations
internal import Postgres
internal import SchemaDSL

struct DocsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "docs",
    abstract: "Write the schema's documentation: pages with diagrams, Markdown, or Mermaid.",
    discussion: """
      Every object with its comment, columns, constraints, policies, grants and declaring line, and a diagram of each schema's \
      tables. The pages (html) need no server and no network. Of what is declared, or with --database of what is there.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case html, markdown, mermaid }

  @Option(help: "What to write: html, markdown or mermaid.")
  var format = Format.html

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The folder to write into; Mermaid is printed without it.", valueName: "folder"))
  var output: String?

  @Flag(help: "Exit with 2 when the folder is not what would be written; write nothing. For CI.")
  var check = false

  @Option(
    help: ArgumentHelp(
      "An address of the declarations, with {file} and {line} in it, for links.", valueName: "url"))
  var sourceURL: String?

  @Option(
    help: ArgumentHelp("A database instead of what is declared, as a libpq connection string or URL.", valueName: "url")
  )
  var database: String?

  @OptionGroup var source: SourceOptions
  @OptionGroup var projectOptions: ProjectOptions

  func validate() throws {
    if output == nil, format != .mermaid || check { throw ValidationError("Say where to: --output <folder>.") }
  }

  func run() async throws {
    try await reporting(loading: source) {
      let project = try projectOptions.project()
      let document = try await document(project)
      guard let output else {
        Console.output.emit(EntityDiagram.mermaid(document.chapters.map(\.diagram).filter { !$0.nodes.isEmpty }))
        return
      }
      let files = files(document, project)
      let old = leftover(in: output, beside: files)
      if check {
        let stale = files.filter { (try? String(contentsOfFile: "\(output)/\($0.name)", encoding: .utf8)) != $0.text }
        let names = stale.map(\.name) + old
        if names.isEmpty { return }
        Console.error.failure(
          "\(output) is not what the schema is: \(names.sentence). Write it anew, with the same options without --check."
        )
        throw ExitCode(2)
      }
      let folder = output.hasPrefix("/") ? output : "./\(output)"
      for file in files { try Project.write(file.text, to: "\(folder)/\(file.name)") }
      for name in old { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
      Console.output.line(
        "wrote \(countText(files.count, "file")) to \(output)" + (format == .html ? "; open \(output)/index.html" : ""))
    }
  }

  /// Pages of schemas that are gone.
  private func leftover(in folder: String, beside files: [(name: String, text: String)]) -> [String] {
    let names = Set(files.map(\.name))
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { name in
      name.hasPrefix("schema-") && name.hasSuffix(".\(format.fileExtension)") && !names.contains(name)
    }.sorted()
  }

  private func document(_ project: Project) async throws -> SchemaDocument {
    let states = States(database: project.database)
    let model = try await SchemaModel.read(nil, from: database, states)
    guard let database else {
      return SchemaDocument(try await states.declared(), model, name: project.database.name) { states.location(of: $0) }
    }
    let target = try ConnectionTarget(database)
    let windows = try project.lock().catalog.windows
    let live = try await states.live(target).withoutWindowPartitions(of: windows).removing { $0.id.kind == .role }
    return SchemaDocument(live, model, name: target.databaseName ?? project.database.name) { states.location(of: $0) }
  }

  private func files(_ document: SchemaDocument, _ project: Project) -> [(name: String, text: String)] {
    let folders = SourceFiles(root: project.root)
    let source = SourceLinks(sourceURL) { folders.resolved($0) }
    switch format {
    case .html: return HTMLSite(document, source: source).files
    case .markdown: return MarkdownDocument(document, source: source).files
    case .mermaid:
      return document.chapters.filter { !$0.diagram.nodes.isEmpty }.map {
        ("schema-\(FileName.slug($0.title)).mmd", $0.diagram.mermaid)
      }
    }
  }
}

extension DocsCommand.Format {
  fileprivate var fileExtension: String {
    switch self {
    case .html: "html"
    case .markdown: "md"
    case .mermaid: "mmd"
    }
  }
}
