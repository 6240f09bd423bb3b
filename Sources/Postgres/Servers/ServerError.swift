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
  /// A socket's path has at most 107 bytes on Linux, and fewer elsewhere (unix(7)).
  case longDirectory(String)
  case otherMajor(directory: String, major: String)
  case unconfined
  /// Another run on the same scratch server sets parameters of its databases.
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
        "\(path) belongs to another user, or others may write to it. Remove it, take their write permission away "
        + "(chmod go-w), or set \(variable) to another folder."
    case .noDirectory(let path, let variable):
      return "the folder \(path) cannot be created. Set \(variable) to another folder."
    case .relativeDirectory(let path, let variable):
      return "\(variable) is set to the relative path \(path). Set it to an absolute path."
    case .longDirectory(let path):
      return
        "the path of the folder \(path) is too long for a server's socket (at most 107 bytes with the socket's name). "
        + "Set DBTOOL_RUNTIME_DIR or DBTOOL_STATE_DIR to a shorter path."
    case .otherMajor(let directory, let major):
      return "\(directory) was made by PostgreSQL \(major), which is not installed. Install it, or remove the folder."
    case .unconfined:
      return
        "this system cannot confine the scratch server, into which SQL that others wrote would be loaded (Linux with Landlock "
        + "can). Nothing was loaded. If you trust whoever wrote it, pass --trust-source."
    case .changedByOthers:
      return
        "another run on this machine sets parameters of databases on the scratch server that this run uses, so its results "
        + "could be wrong. dbtool no longer uses that server. Run the command again: it starts another one."
    case .system(let call, let code): return "\(call): \(String(cString: strerror(code)))"
    }
  }
}
