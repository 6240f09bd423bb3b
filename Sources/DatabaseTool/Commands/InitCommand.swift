internal import ArgumentParser
internal import Escaping
internal import FoundationEssentials
internal import Importing
internal import Migrations
internal import Postgres

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a package of one's own: declarations, and the dbtool that knows them.",
    discussion: """
      Writes a folder with a Swift package: an executable, which is dbtool with this package's database, and its declarations in \
      Sources/<name>/Schema. With --import these come from a database that is there (see dbtool import); otherwise there is one \
      table to begin with.
      """)

  @Argument(help: ArgumentHelp("The package's name, and the folder's.", valueName: "name"))
  var name: String

  @Option(
    name: .customLong("dbtool"),
    help: ArgumentHelp(
      "Where dbtool's own package is: a folder, or the URL of its repository.",
      discussion: "Default: where this dbtool was built, if it is still there.", valueName: "folder or url"))
  var dependency: String?

  @Option(
    name: .customLong("import"), help: ArgumentHelp("A database whose declarations to begin with.", valueName: "url"))
  var imported: String?

  func validate() throws {
    guard MigrationFile.isName(name), name.first?.isLetter == true else {
      throw ValidationError("A package's name has letters, digits, _ and -, for example shop.")
    }
    if dependency == nil, Self.source == nil {
      throw ValidationError("Say where dbtool's package is: --dbtool <folder or url>.")
    }
  }

  @OptionGroup var source: SourceOptions

  func run() async throws {
    try await reporting(loading: source) {
      let root = "\(FileManager.default.currentDirectoryPath)/\(name)"
      guard !FileManager.default.fileExists(atPath: root) else { throw ToolError("\(name) is there already") }
      let files = [
        "Package.swift": manifest, "Sources/\(name)/Main.swift": Self.main, ".gitignore": ".build/\n",
        ".gitattributes": Self.attributes,
      ]
      do {
        for (path, text) in files { try Project.write(text, to: "\(root)/\(path)") }
        if let imported {
          try await ImportWork(
            project: Project(database: Context.database, root: root), source: try StateArgument(imported),
            folder: "Sources/\(name)/Schema"
          ).run()
        } else {
          try Project.write(sample, to: "\(root)/Sources/\(name)/Schema/Database.swift")
        }
      } catch {
        // Half a package helps nobody.
        try? FileManager.default.removeItem(atPath: root)
        throw error
      }
      Console.output.line("wrote the package \(name); next:")
      let steps =
        imported == nil
        ? ["swift run \(name) plan --name first", "swift run \(name) apply", "swift run \(name) drift"]
        : ["swift run \(name) plan"]
      for step in ["cd \(name)"] + steps { Console.output.line("  \(step)") }
    }
  }

  /// What git is to know of the files that dbtool vouches for.
  private static let attributes = """
    # One file, one text, on every machine. dbtool takes CRLF for LF.
    migrations/*.sql text eol=lf
    seeds/**/*.sql text eol=lf
    seeds/**/*.csv text eol=lf
    drift-waivers.jsonl text eol=lf
    # A line for each fact: both sides of a merge are kept.
    schema.lock text eol=lf merge=union

    """

  /// The folder of dbtool's own package, from which this was built.
  private static let source: String? = {
    var folder = #filePath
    for _ in 0..<4 { folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]) }
    return FileManager.default.fileExists(atPath: "\(folder)/Package.swift") ? folder : nil
  }()

  private var manifest: String {
    let place = dependency ?? Self.source ?? ""
    let isFolder = FileManager.default.fileExists(atPath: place)
    let path =
      place.hasPrefix("/") ? place : "\(FileManager.default.currentDirectoryPath)/\(place)"
    let package =
      isFolder
      ? ".package(name: \"dbtool\", path: \(SwiftText.literal(path)))"
      : ".package(url: \(SwiftText.literal(place)), branch: \"main\")"
    let identity = isFolder ? "dbtool" : Self.identity(place)
    return """
      // swift-tools-version: 6.1
      import PackageDescription

      let package = Package(
        name: \(SwiftText.literal(name)),
        platforms: [.macOS(.v15)],
        dependencies: [\(package)],
        targets: [
          .executableTarget(
            name: \(SwiftText.literal(name)), dependencies: [.product(name: "DatabaseTool", package: \(SwiftText.literal(identity)))],
            swiftSettings: [.swiftLanguageMode(.v6)])
        ]
      )

      """
  }

  /// How the package manager calls what a URL leads to.
  private static func identity(_ url: String) -> String {
    let last = url.split(separator: "/").last.map(String.init) ?? "dbtool"
    return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
  }

  private static let main = """
    import DatabaseTool

    @main struct Main {
      static func main() async { await DatabaseTool.main(database) }
    }

    """

  private var sample: String {
    """
    import SchemaDSL

    /// The database, by the name that a database of one's own has on the embedded server.
    let database = Database(\(SwiftText.literal(name))) {
      Notes.self
    }

    struct Notes: Table {
      static let name = RelationName("notes", in: .public)

      let id = Column("id", .bigint, identity: .always)
      let text = Column("text", .text)
      let createdAt = Column("created_at", .timestamptz, default: .now)

      var body: TableBody {
        Comment("Something to begin with.")
        PrimaryKey(id)
        Check("notes_text_check", "\\(text) <> ''")
        Index("notes_created_at_idx", on: createdAt.descending)
      }
    }

    """
  }
}
