internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Why an embedded server could not be had.
package enum ServerError: Error, Sendable, CustomStringConvertible {
  case notInstalled(searched: [String])
  case tooOld(version: String, path: String)
  case badVersion(path: String, output: String)
  case noUser
  case initdbFailed(output: String)
  case didNotStart(log: String)
  case didNotStop(pid: Int)
  /// A folder that others own, or may write to. `variable` names another one in the environment.
  case unsafeDirectory(String, variable: String)
  case noDirectory(String, variable: String)
  case relativeDirectory(String, variable: String)
  /// PostgreSQL's socket has a path of at most some 100 bytes.
  case longDirectory(String)
  case otherMajor(directory: String, major: String)
  case unconfined
  /// Somebody who uses the same scratch server at the moment sets parameters of its databases.
  case changedByOthers
  case system(String, Int32)

  package var description: String {
    switch self {
    case .notInstalled(let searched):
      return "no PostgreSQL server was found. Looked in: \(searched.joined(separator: ", ")).\n"
        + "Install one (Debian: apt-get install postgresql-15) or set PG_BIN to the folder that holds initdb and postgres."
    case .tooOld(let version, let path):
      return "the PostgreSQL in \(path) is version \(version); dbtool needs \(ServerVersion.oldestMajor) or newer. "
        + "Set PG_BIN to the bin folder of a newer one."
    case .badVersion(let path, let output):
      return "\(path)/postgres --version printed something unexpected: \(output). Set PG_BIN to another installation."
    case .noUser:
      return "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody. "
        + "Run dbtool as an ordinary user."
    case .initdbFailed(let output): return "initdb failed:\n\(output)"
    case .didNotStart(let log): return "the embedded PostgreSQL did not start. The end of its log:\n\(log)"
    case .didNotStop(let pid):
      return
        "the embedded PostgreSQL (process \(pid)) did not stop within 30 seconds; it waits for its clients to be done."
    case .unsafeDirectory(let path, let variable):
      return
        "\(path) exists, but belongs to another user, or others may write to it. Remove it, take their right to write "
        + "(chmod go-w), or set \(variable) to another folder."
    case .noDirectory(let path, let variable):
      return "the folder \(path) cannot be made. Set \(variable) to one that can."
    case .relativeDirectory(let path, let variable):
      return "\(variable) is \(path), which means another folder wherever a program runs. Set it to an absolute path."
    case .longDirectory(let path):
      return "the folder \(path) has too long a path for a server's socket (at most 107 bytes with the socket's name). "
        + "Set DBTOOL_RUNTIME_DIR or DBTOOL_STATE_DIR to a shorter one."
    case .otherMajor(let directory, let major):
      return "\(directory) was made by PostgreSQL \(major), which is not installed. Install it, or remove the folder."
    case .unconfined:
      return
        "this system cannot confine the scratch server, into which SQL that others wrote would be loaded (Linux with Landlock "
        + "can). Nothing was loaded. If you trust whoever wrote it, pass --trust-source."
    case .changedByOthers:
      return
        "another run on this machine loads SQL that sets parameters of databases on the scratch server in use, so that nothing "
        + "found there can be relied on. That server is used no more. Run the command again; it starts another."
    case .system(let call, let code): return "\(call): \(String(cString: strerror(code)))"
    }
  }
}
