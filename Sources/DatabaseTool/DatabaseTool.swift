internal import ArgumentParser
internal import FoundationEssentials
internal import Migrations
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
  /// Runs the command that the arguments name, and exits with its code: 0 done or nothing to do; 1 error; 2 changes or
  /// drift found; 3 refused because of a hazard that was not allowed; 64 usage.
  public static func main(_ database: Database) async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    hidePasswords()
    await Context.$database.withValue(database) {
      await RootCommand.main(arguments)
    }
  }

  /// A URL on the command line can be seen by everybody on the machine: its password is blotted out where `ps` looks.
  private static func hidePasswords() {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index] else { continue }
      let text = String(cString: argument)
      for range in Secrets.passwordRanges(in: text) {
        for offset in range { argument[offset] = CChar(UInt8(ascii: "x")) }
      }
    }
  }
}

/// Finds passwords in connection strings.
enum Secrets {
  /// Ranges of UTF-8 offsets that hold a password: `//user:PASSWORD@` and `password=PASSWORD`.
  static func passwordRanges(in text: String) -> [Range<Int>] {
    let bytes = Array(text.utf8)
    var ranges: [Range<Int>] = []
    if let scheme = firstIndex(of: Array("://".utf8), in: bytes, from: 0) {
      let start = scheme + 3
      let end = bytes[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? bytes.count
      if let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")),
        let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
      {
        ranges.append((colon + 1)..<at)
      }
    }
    var from = 0
    while let found = firstIndex(of: Array("password=".utf8), in: bytes, from: from) {
      let start = found + 9
      let end = bytes[start...].firstIndex { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "&") } ?? bytes.count
      ranges.append(start..<end)
      from = end
    }
    return ranges
  }

  private static func firstIndex(of needle: [UInt8], in bytes: [UInt8], from: Int) -> Int? {
    guard bytes.count >= needle.count, from <= bytes.count - needle.count else { return nil }
    return (from...(bytes.count - needle.count)).first { bytes[$0..<($0 + needle.count)].elementsEqual(needle) }
  }
}

/// What the commands know without being told on the command line.
enum Context {
  @TaskLocal static var database = Database("unnamed") {}
}

struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dbtool",
    abstract: "Schema as code for PostgreSQL: declare in Swift, plan, prove, apply, check.",
    discussion: """
      Declare tables, policies, functions and jobs in Swift. `dbtool plan` writes the SQL migration that leads there and \
      proves it on a scratch PostgreSQL; `dbtool apply` applies it; `dbtool drift` tells when a database differs.

      Without --database and without DATABASE_URL, commands use the project's own embedded PostgreSQL, which dbtool \
      starts by itself. Exit codes: 0 done, 1 error, 2 changes or drift found, 3 refused because of a hazard, 64 usage.
      """,
    version: "dbtool 0.1.0",
    subcommands: [
      PlanCommand.self, ApplyCommand.self, StatusCommand.self, DriftCommand.self, DiffCommand.self, DumpCommand.self,
      ResetCommand.self, SeedCommand.self, PartitionsCommand.self, PostgresCommand.self,
    ])
}
