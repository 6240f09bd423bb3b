internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The durable embedded server of a project: what `dbtool` uses when no database URL is given. Unlike the scratch
/// server it keeps its data (fsync on) and runs until it is stopped.
package struct ProjectServer: Sendable {
  /// Holds `data`, the log and the socket.
  package let directory: String
  package let databaseName: String
  private let user: ProcessUser
  /// Which things belong in the database before any migration.
  private let provisions: String

  package static let superuser = "postgres"

  /// - Parameters:
  ///   - project: the project's folder; each has a server of its own.
  ///   - databaseName: the database that is made in it.
  ///   - provisions: names what `prepare` makes in it; where that has changed, the server is not ready.
  /// - Throws: `ServerError`.
  package init(project: String, databaseName: String, provisions: String = "") throws {
    self.provisions = provisions
    let base = try ServerFolders.state()
    directory = "\(base)/\(Digest(of: project).short)"
    self.databaseName = databaseName
    user = try ProcessUser.forServers()
  }

  /// The PostgreSQL that runs it: one that fits its data, once there is any.
  ///
  /// - Throws: `ServerError`.
  package func installation() throws -> Installation {
    let version = ServerFolders.smallFile(directory + "/data/PG_VERSION")
    guard let major = version.flatMap({ Int($0.trimmedTrailing) }) else { return try Installation.find() }
    guard let fitting = try? Installation.find(major: major) else {
      throw ServerError.otherMajor(directory: directory, major: "\(major)")
    }
    return fitting
  }

  package var target: ConnectionTarget {
    ConnectionTarget(socketDirectory: directory, user: Self.superuser, database: databaseName)
  }

  /// Beside the server's folder: in it, the server's user could put a link in the log's place.
  package var logFile: String { directory + ".log" }

  package var isRunning: Bool { ServerFolders.ping(directory, Self.superuser) == .accepting }

  /// Whether it runs and has its database: nothing is left to do before it is used.
  package var isReady: Bool {
    (try? String(contentsOfFile: readyFile, encoding: .utf8)) == provisions && isRunning && !isReplaced
  }

  /// Whether PostgreSQL was upgraded under it.
  private var isReplaced: Bool { processID.map { ServerFolders.isReplaced(pid_t($0)) } ?? false }

  /// Starts a server anew whose program was replaced, if nobody is connected.
  private func renew() async throws {
    guard let pid = processID else { return }
    let clients = ServerFolders.clients(of: pid_t(pid))
    guard clients == 0 else {
      WaitNotice.report(
        "PostgreSQL was upgraded while this project's server runs, and it has \(clients) client\(clients == 1 ? "" : "s"): new "
          + "connections may fail until it is started anew (dbtool postgres stop, then start)")
      return
    }
    WaitNotice.report("PostgreSQL was upgraded while this project's server runs; starting it anew")
    _ = try await stop()
  }

  /// Says what belongs in the database, once that is there.
  private var readyFile: String { directory + ".ready" }

  package var processID: Int? { ServerFolders.serverPID(data: directory + "/data").map(Int.init) }

  /// Starts the server unless it runs, and makes the database unless it is there. Safe when two do it at once.
  ///
  /// - Throws: `ServerError`, `PostgresError`.
  package func start() async throws {
    let gate = try await FileLock(directory + ".gate", .exclusive, "starts this project's server")
    defer { _ = gate }
    if isReplaced { try await renew() }
    if ServerFolders.ping(directory, Self.superuser) != .accepting {
      let installation = try installation()
      try ServerFolders.makePrivate(directory, for: user)
      let data = directory + "/data"
      if !FileManager.default.fileExists(atPath: data + "/PG_VERSION") {
        let building = directory + "/building"
        try? FileManager.default.removeItem(atPath: building)
        try ServerFolders.initialise(
          building, installation: installation, user: user, superuser: Self.superuser, arguments: [])
        try FileManager.default.moveItem(atPath: building, toPath: data)
      }
      // Those of a server that is just starting or recovering are waited for, not started twice.
      if ServerFolders.serverPID(data: data) == nil {
        var arguments = ["-D", data, "-k", directory, "-c", "listen_addresses=", "-c", "max_connections=200"]
        let libraries = ["pg_cron", "pg_stat_statements"].filter(installation.hasLibrary)
        arguments += ["-c", "shared_preload_libraries=\(libraries.joined(separator: ","))"]
        if libraries.contains("pg_cron") {
          arguments += [
            "-c", "cron.database_name=\(databaseName)", "-c", "cron.use_background_workers=on",
            "-c", "max_worker_processes=20",
          ]
        }
        try ChildProcess.launch(installation.bin + "/postgres", arguments, as: user, logFile: logFile)
      }
      try await ServerFolders.waitUntilAccepting(directory, Self.superuser, log: logFile)
    }
    try await ensureDatabase()
  }

  private func ensureDatabase() async throws {
    try await Connection.with(target.database("postgres")) { connection in
      let found = try await connection.query("SELECT FROM pg_database WHERE datname = $1", [databaseName])
      if found.isEmpty {
        try await connection.execute("CREATE DATABASE \(Quote.identifier(databaseName))")
      }
    }
  }

  /// Installs what belongs in the database and no migration may make: `pg_cron` where it is loaded, and what `body` makes.
  package func prepare(_ body: @Sendable (Connection) async throws -> Void) async throws {
    // IF NOT EXISTS looks before it makes: two at once would both make it.
    let gate = try await FileLock(directory + ".gate", .exclusive, "prepares this project's server")
    defer { _ = gate }
    try await Connection.with(target) { connection in
      let loaded = try await connection.query(
        "SELECT FROM pg_catalog.pg_settings WHERE name = 'cron.database_name' AND setting = pg_catalog.current_database()"
      )
      if !loaded.isEmpty { try await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_cron") }
      try await body(connection)
    }
    try provisions.write(toFile: readyFile, atomically: true, encoding: .utf8)
  }

  /// Stops the server (fast shutdown); does nothing when it does not run.
  ///
  /// - Returns: whether it ran.
  /// - Throws: `ServerError` when it does not stop within 30 seconds.
  package func stop() async throws -> Bool {
    guard let pid = ServerFolders.serverPID(data: directory + "/data") else { return false }
    kill(pid, SIGINT)
    for _ in 0..<3000 {
      if !ServerFolders.isServer(pid, data: directory + "/data") { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw ServerError.didNotStop(pid: Int(pid))
  }
}
