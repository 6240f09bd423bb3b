internal import ArgumentParser
internal import Catalog
internal import Migrations

struct FingerprintCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fingerprint",
    abstract: "Print one digest of a whole schema: equal digests, equal schemas.",
    discussion: "Roles belong to the server and are not part of it; nor is data.")

  @Argument(help: ArgumentHelp("A database URL or another state (see dbtool diff --help).", valueName: "state"))
  var state: String

  @Option(help: "How to print: text or json.")
  var format: OutputFormat = .text

  @OptionGroup var projectOptions: ProjectOptions

  private struct Output: Encodable {
    var fingerprint: String
    var facts: Int
    var kinds: [String: Int]
  }

  func run() async throws {
    try await reporting {
      let project = try projectOptions.project()
      let catalog = try await StateArgument(state).catalog(project, States(database: project.database))
      // What else there is differs between two servers with one schema.
      let counted = catalog.facts.keys.filter(Catalog.isInFingerprint)
      let counts = Dictionary(counted.map { ($0.kind, 1) }, uniquingKeysWith: +)
      let console = Console.output
      switch format {
      case .json:
        let kinds = Dictionary(uniqueKeysWithValues: counts.map { ($0.key.word, $0.value) })
        console.line(
          try JSON.text(Output(fingerprint: "\(catalog.fingerprint)", facts: counted.count, kinds: kinds)))
      case .text:
        console.line("sha256:\(catalog.fingerprint)")
        var table = TextTable()
        for (kind, count) in counts.sorted(by: { $0.key.rank < $1.key.rank }) { table.add("\(count)", kind.title) }
        table.print(to: console)
        console.line("\(counted.count) facts")
      }
    }
  }
}
