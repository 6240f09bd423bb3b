internal import ArgumentParser
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Postgres
internal import SchemaDSL

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

struct PostgresCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postgres",
    abstract: "The project's embedded PostgreSQL: start, stop, status, psql.",
    subcommands: [Start.self, Stop.self, Status.self, Psql.self], defaultSubcommand: Status.self)

  private static func server(_ options: ProjectOptions) throws -> ProjectServer {
    try options.project(.folder).server()
  }

  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start it, and make its database.")
    @OptionGroup var projectOptions: ProjectOptions
    func run() async throws {
      try await reporting {
        let project = try projectOptions.project(.migrations)
        let server = try project.server()
        try await server.start()
        try await project.prepare(server)
        Console.output.line("PostgreSQL \(try server.installation().version) is running: \(server.target)")
      }
    }
  }

  struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Stop it; its data stays.")
    @OptionGroup var projectOptions: ProjectOptions
    func run() async throws {
      try await reporting {
        let stopped = try await PostgresCommand.server(projectOptions).stop()
        Console.output.line(stopped ? "stopped" : "it was not running")
      }
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tell whether it runs, and where.")
    @OptionGroup var projectOptions: ProjectOptions
    func run() async throws {
      try await reporting {
        let server = try PostgresCommand.server(projectOptions)
        let console = Console.output
        var table = TextTable()
        table.add("state", server.isRunning ? "running" : "stopped")
        if let pid = server.processID { table.add("process", "\(pid)") }
        let installation = try server.installation()
        table.add("version", "\(installation.version)")
        table.add("programs", installation.bin)
        table.add("folder", server.directory)
        table.add("log", server.logFile)
        table.add("database", "\(server.target)")
        table.add("url", "postgres:///\(server.databaseName)?host=\(server.directory)&user=\(ProjectServer.superuser)")
        table.print(to: console)
      }
    }
  }

  struct Psql: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Open psql on it, starting it first.",
      discussion: "Arguments after -- go to psql: dbtool postgres psql -- -c 'SELECT 1'")
    @OptionGroup var projectOptions: ProjectOptions
    @Argument(parsing: .captureForPassthrough, help: "Arguments for psql.")
    var arguments: [String] = []
    func run() async throws {
      try await reporting {
        let server = try projectOptions.project().server()
        if !server.isReady { try await server.start() }
        let path = try server.installation().bin + "/psql"
        let given = arguments.first == "--" ? Array(arguments.dropFirst()) : arguments
        let words = [path, "-h", server.directory, "-U", ProjectServer.superuser, "-d", server.databaseName] + given
        // A server of dbtool's own asks for no password, and what has come to its place is told none.
        unsetenv("PGPASSWORD")
        setenv("PGPASSFILE", ConnectionTarget.noPasswordFile, 1)
        // psql takes this process's place, so that the terminal is its own.
        let pointers = words.map { strdup($0) } + [nil]
        execv(path, pointers)
        throw ToolError("\(path) cannot be run: \(String(cString: strerror(errno)))")
      }
    }
  }
}
