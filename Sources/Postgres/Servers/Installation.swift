internal import FoundationEssentials

/// A PostgreSQL server installation on this machine.
package struct Installation: Sendable, Hashable {
  /// The folder that holds `initdb` and `postgres`.
  package let bin: String
  package let version: ServerVersion

  /// Finds the server to embed: `PG_BIN`, then `pg_config --bindir`, then the usual install folders, newest first.
  ///
  /// - Parameter major: when given, only that major will do (a data directory fits one major only).
  /// - Throws: `ServerError.notInstalled`, or `.tooOld` when the only one is too old.
  package static func find(
    major: Int? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> Installation {
    var searched: [String] = []
    var tooOld: ServerError?
    for bin in candidates(environment, &searched) {
      guard FileManager.default.isExecutableFile(atPath: bin + "/postgres"),
        FileManager.default.isExecutableFile(atPath: bin + "/initdb")
      else {
        // PG_BIN is a decision; a wrong one is not silently replaced by something else.
        if bin == environment["PG_BIN"] { throw ServerError.notInstalled(searched: ["PG_BIN=\(bin)"]) }
        continue
      }
      let version = try version(of: bin)
      guard version.major >= ServerVersion.oldestMajor else {
        tooOld = .tooOld(version: "\(version)", path: bin)
        if bin == environment["PG_BIN"] { break }
        continue
      }
      if let major, version.major != major { continue }
      return Installation(bin: bin, version: version)
    }
    throw tooOld ?? ServerError.notInstalled(searched: searched)
  }

  private static func candidates(_ environment: [String: String], _ searched: inout [String]) -> [String] {
    var found: [String] = []
    if let bin = environment["PG_BIN"], !bin.isEmpty {
      searched.append("PG_BIN")
      found.append(bin)
    } else {
      searched.append("PG_BIN (not set)")
    }
    searched.append("pg_config on PATH")
    for folder in (environment["PATH"] ?? "").split(separator: ":") {
      let tool = "\(folder)/pg_config"
      guard FileManager.default.isExecutableFile(atPath: tool),
        let outcome = try? ChildProcess.run(tool, ["--bindir"]), outcome.status == 0
      else { continue }
      found.append(outcome.output.trimmedTrailing)
      break
    }
    for base in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
      searched.append(base)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
      let majors = names.compactMap { name in
        Int(name.hasPrefix("postgresql@") ? String(name.dropFirst(11)) : name).map { (major: $0, name: name) }
      }
      found += majors.sorted { $0.major > $1.major }.map { "\(base)/\($0.name)/bin" }
    }
    for folder in ["/usr/local/pgsql/bin", "/usr/pgsql/bin"] {
      searched.append(folder)
      found.append(folder)
    }
    return found
  }

  /// Reads `postgres --version`: "postgres (PostgreSQL) 15.18 (Debian …)".
  private static func version(of bin: String) throws -> ServerVersion {
    let outcome = try ChildProcess.run(bin + "/postgres", ["--version"])
    for word in outcome.output.split(whereSeparator: \.isWhitespace) {
      let digits = word.prefix { $0.isNumber || $0 == "." }.split(separator: ".")
      guard let first = digits.first, let major = Int(first) else { continue }
      let minor = digits.count > 1 ? Int(digits[1]) ?? 0 : 0
      return ServerVersion(number: major * 10000 + minor)
    }
    throw ServerError.badVersion(path: bin, output: outcome.output.trimmedTrailing)
  }

  /// The file of `postgres` itself: another one after an upgrade, also to a build of the same version.
  var program: String {
    guard let file = try? FileManager.default.attributesOfItem(atPath: bin + "/postgres") else { return "" }
    let changed = (file[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return "\(file[.systemFileNumber] ?? 0) \(file[.size] ?? 0) \(changed)"
  }

  /// The folders that its server reads (`pg_config`).
  var folders: [String] {
    let prefix = String(bin[..<(bin.lastIndex(of: "/") ?? bin.startIndex)])
    var folders = prefix.split(separator: "/").count > 1 ? [prefix] : [bin]
    let asked = ["--sharedir", "--pkglibdir", "--libdir", "--localedir"]
    if let outcome = try? ChildProcess.run(bin + "/pg_config", asked), outcome.status == 0 {
      folders += outcome.output.split(separator: "\n").map(String.init).filter { $0.hasPrefix("/") }
    }
    return folders
  }

  /// Whether a loadable module of this name is installed, for example `pg_cron`.
  package func hasLibrary(_ name: String) -> Bool {
    guard let outcome = try? ChildProcess.run(bin + "/pg_config", ["--pkglibdir"]), outcome.status == 0 else {
      return false
    }
    let folder = outcome.output.trimmedTrailing
    return ["so", "dylib"].contains { FileManager.default.fileExists(atPath: "\(folder)/\(name).\($0)") }
  }
}
