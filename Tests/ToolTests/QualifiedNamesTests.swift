import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// What dbtool runs on a live server names the schemas of its relations and functions, as `Documentation/Security.md` says. The
/// server itself tells what was run, and PostgreSQL's grammar what is in it.
@Suite struct QualifiedNamesTests {
  private static let mark = "@@dbtool@@"

  @Test func dbtoolsOwnStatementsNameTheirSchemas() async throws {
    let project = try TestProject()
    defer { project.remove() }
    try project.copyPlatform()
    let start = try await project.dbtool("postgres", "start")
    try #require(start.status == 0, "\(start.output)")
    for setting in ["log_line_prefix = '\(Self.mark)%a '", "log_statement = 'all'"] {
      let set = try await project.dbtool("postgres", "psql", "--", "-c", "ALTER SYSTEM SET \(setting)")
      try #require(set.status == 0, "\(set.output)")
    }
    let reload = try await project.dbtool("postgres", "psql", "--", "-c", "SELECT pg_reload_conf()")
    try #require(reload.status == 0, "\(reload.output)")
    try await Waiting.until("the server writes down what is run") {
      _ = try await project.dbtool("status")
      return try !statements(of: project).isEmpty
    }
    let url = "postgres:///platform?host=\(try await CommandTests().socket(project))&user=postgres"
    for arguments in [
      ["apply"], ["seed"], ["status"], ["drift"], ["partitions", "plan"], ["partitions", "status"],
      ["partitions", "apply"],
      ["plan", "--database", url], ["fingerprint", url], ["dump", url],
      ["docs", "--format", "mermaid", "--database", url],
      ["types", "--language", "swift", "--database", url], ["repair", "--dry-run"], ["apply", "--dry-run"],
      ["mark", "--from", "development", "--to", "test"], ["reset", "--drop-database", "platform"],
    ] {
      _ = try await project.dbtool(arguments)
    }
    let own = try texts(in: project)
    var (count, found) = (0, Set<String>())
    for statement in try statements(of: project) where !own.contains(statement) {
      guard let tree = ParseTree(parsing: statement) else { continue }
      count += 1
      var names = Names()
      names.look(at: tree)
      for name in names.unqualified { found.insert("\(name) in: \(statement.prefix(300))") }
    }
    #expect(count > 100)
    #expect(found.isEmpty, "\(found.sorted().joined(separator: "\n\n"))")
  }

  /// The names of a statement that stand there without a schema.
  private struct Names {
    private var relations: Set<String> = []
    private var functions: Set<String> = []
    /// Those of WITH, which are the statement's own.
    private var local: Set<String> = []

    var unqualified: [String] { (relations.subtracting(local).union(functions.map { "\($0)()" })).sorted() }

    mutating func look(at tree: ParseTree) {
      switch tree {
      case .object(let members):
        if let relation = tree["RangeVar"], relation["schemaname"] == nil, let name = relation["relname"]?.text {
          relations.insert(name)
        }
        if let names = tree["FuncCall"]?["funcname"]?.names, names.count == 1 { functions.insert(names[0]) }
        if let name = tree["CommonTableExpr"]?["ctename"]?.text { local.insert(name) }
        for member in members.values { look(at: member) }
      case .list(let elements): for element in elements { look(at: element) }
      case .text, .number, .flag: break
      }
    }
  }

  /// What sessions of dbtool's have run, by the server's log.
  private func statements(of project: TestProject) throws -> [String] {
    let states = project.home + "/state"
    let folder = try #require(
      try FileManager.default.contentsOfDirectory(atPath: states).first {
        FileManager.default.fileExists(atPath: "\(states)/\($0)/data/PG_VERSION")
      })
    let log = try String(contentsOfFile: "\(states)/\(folder).log", encoding: .utf8)
    var statements: [String] = []
    for entry in log.split(separator: Self.mark) where entry.hasPrefix("dbtool") {
      guard let start = entry.firstRange(of: "LOG:  ") else { continue }
      // Lines that follow begin with a tab.
      let text = entry[start.upperBound...].split(separator: "\n\t", omittingEmptySubsequences: false)
        .joined(separator: "\n")
      for kind in ["statement: ", "execute <unnamed>: "] where text.hasPrefix(kind) {
        // Rows by COPY are one statement.
        let text = String(text.dropFirst(kind.count))
        statements += (try? Script.split(text))?.map(\.sql) ?? [text]
      }
    }
    return statements
  }

  /// What the project itself says: migrations and seeds.
  private func texts(in project: TestProject) throws -> Set<String> {
    var texts: Set<String> = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: project.root) where name.hasSuffix(".sql") {
      for statement in try Script.split(try project.read(name)) { texts.insert(statement.sql) }
    }
    return texts
  }
}
