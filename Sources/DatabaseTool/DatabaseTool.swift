internal import ArgumentParser
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Postgres
public import SchemaDSL

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The command-line tool for one declared database. A package becomes its own `dbtool` with
///
///     import DatabaseTool
///     @main struct Main {
///       static func main() async { await DatabaseTool.main(myDatabase) }
///     }
public enum DatabaseTool {
  static let version = "0.1.0"

  /// Runs the command that the arguments name, and exits with its code: 0 done or nothing to do; 1 error; 2 changes or
  /// drift found; 3 refused because of a hazard that was not allowed; 4 the plan is stale; 64 usage.
  public static func main(_ database: Database) async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    hidePasswords()
    Interruption.cancelBeforeTheEnd()
    let url = ProcessInfo.processInfo.environment["DATABASE_URL"].map { [$0] } ?? []
    await WaitNotice.$listener.withValue(WaitNotice { Console.error.note("\($0)") }) {
      await Context.$database.withValue(database) {
        await Context.$typed.withValue(arguments + url) { await run(arguments) }
      }
    }
  }

  private static func run(_ arguments: [String]) async {
    let parsed: any ParsableCommand
    do { parsed = try RootCommand.parseAsRoot(arguments) } catch {
      let code = RootCommand.exitCode(for: error)
      guard code != .success else { RootCommand.exit(withError: error) }
      // The message repeats the arguments, and one of them may be a URL.
      let message = Secrets.hidden(in: RootCommand.fullMessage(for: error), repeating: Context.typed)
      Console.error.line("\(lines: message)")
      exit(code.rawValue)
    }
    do {
      var command = parsed
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch { RootCommand.exit(withError: error) }
  }

  /// A URL on the command line can be seen by everybody on the machine: its password is blotted out where `ps` looks.
  private static func hidePasswords() {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index] else { continue }
      let text = String(cString: argument)
      for range in Secrets.passwordRanges(inArgument: text) {
        for offset in range { argument[offset] = CChar(UInt8(ascii: "x")) }
      }
    }
  }
}

/// What the commands know without being told on the command line.
enum Context {
  @TaskLocal static var database = Database("unnamed") {}
  /// What was typed, of which errors may repeat a part: arguments, and the database's URL.
  @TaskLocal static var typed: [String] = []
}

struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dbtool",
    abstract: "Schema as code for PostgreSQL: declare in Swift, plan, prove, apply, check.",
    discussion: """
      Declare tables, policies, functions and jobs in Swift. `dbtool plan` writes the SQL migration that leads there and \
      proves it on a scratch PostgreSQL; `dbtool apply` applies it; `dbtool drift` tells when a database differs.

      Without --database and without DATABASE_URL, commands use the project's own embedded PostgreSQL, which dbtool \
      starts by itself. Exit codes: 0 done, 1 error, 2 changes or drift found, 3 refused because of a hazard, 4 the \
      plan is stale, 64 usage.
      """,
    version: "dbtool \(DatabaseTool.version)",
    subcommands: [
      PlanCommand.self, LintCommand.self, ApplyCommand.self, RevertCommand.self, StatusCommand.self, DriftCommand.self,
      DiffCommand.self, InitCommand.self, ImportCommand.self,
      DumpCommand.self, FingerprintCommand.self, TypesCommand.self, DocsCommand.self, RebaseCommand.self,
      RepairCommand.self,
      SquashCommand.self,
      ResetCommand.self, SeedCommand.self, MarkCommand.self,
      PartitionsCommand.self, PostgresCommand.self,
    ])
}
