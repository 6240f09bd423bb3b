internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import Migrations

struct FingerprintCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fingerprint",
    abstract: "Print one digest of a whole schema: equal digests, equal schemas.",
    discussion: """
      Roles belong to the server and are not part of it; nor is data. The digest is of what the server prints. PostgreSQL may print \
      one expression in several ways, depending on how it was written, and on its version; with --settled it is of what the scratch \
      server prints when it has read all of it anew, which is the same wherever dbtool diff finds no difference.
      """)

  @Argument(help: ArgumentHelp("A database URL or another state (see dbtool diff --help).", valueName: "state"))
  var state: String

  @Option(help: "How to print: text or json.")
  var format: OutputFormat = .text

  @Flag(help: "Rebuild the schema on the scratch server, and digest what that prints.")
  var settled = false

  @Flag(help: "Tell on standard error how long reading and digesting took.")
  var timing = false

  @OptionGroup var source: SourceOptions
  @OptionGroup var projectOptions: ProjectOptions

  private struct Output: Encodable {
    var fingerprint: String
    var facts: Int
    var kinds: [String: Int]
    var leftOut: [String]?
  }

  func run() async throws {
    try await reporting(loading: source) {
      let project = try projectOptions.project(.folder)
      let clock = ContinuousClock()
      let start = clock.now
      let argument = try StateArgument(state)
      let states = States(database: project.database)
      var catalog = try await argument.catalog(project, states)
      if settled {
        // What only declarations know is no server's.
        let leftOut = catalog.leftOut
        catalog = try await states.settled(catalog.removing { $0.id.kind.isDeclaredOnly || $0.id.kind == .role })
        catalog.leftOut = leftOut
      }
      let read = clock.now
      let fingerprint = "\(catalog.fingerprint)"
      if timing {
        Console.error.line("read in \(milliseconds(read - start)) ms, digested in \(milliseconds(clock.now - read)) ms")
      }
      // What else there is differs between two servers with one schema.
      var counts: [FactKind: Int] = [:]
      for id in catalog.facts.keys where Catalog.isInFingerprint(id) { counts[id.kind, default: 0] += 1 }
      let total = counts.values.reduce(0, +)
      let console = Console.output
      switch format {
      case .json:
        let kinds = Dictionary(uniqueKeysWithValues: counts.map { ($0.key.word, $0.value) })
        let leftOut = catalog.leftOutText(of: argument) == nil ? nil : catalog.leftOut
        let output = Output(fingerprint: fingerprint, facts: total, kinds: kinds, leftOut: leftOut)
        console.emit(try JSON.text(output) + "\n")
      case .text:
        console.line("sha256:\(fingerprint)")
        var table = TextTable()
        for (kind, count) in counts.sorted(by: { $0.key.rank < $1.key.rank }) { table.add("\(count)", kind.title) }
        table.print(to: console)
        console.line("\(countText(total, "fact"))")
        if let text = catalog.leftOutText(of: argument) { Console.error.note(text) }
      }
    }
  }
  private func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}
