internal import FoundationEssentials
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A PostgreSQL that nobody has to set up: started on first use, shared by every process of this user, stopped when it
/// has been idle for a while (`DBTOOL_SCRATCH_IDLE_SECONDS`, 300), and cleaned up after even when its users are killed.
///
/// It keeps nothing: fsync is off, and its files are in memory where there is enough. It listens on a Unix socket in a
/// folder that only its user (and root) may enter.
package actor ScratchServer {
  package nonisolated let installation: Installation
  package nonisolated let directory: String
  /// Held for as long as this process uses the server.
  private let usersLock: FileLock
  private let admin: Connection
  private var counter = 0
  /// Templates that this process is making, or has.
  private var templates: [Digest: Task<String, any Error>] = [:]

  package static let superuser = "dbtool"

  private init(installation: Installation, directory: String, usersLock: FileLock, admin: Connection) {
    self.installation = installation
    self.directory = directory
    self.usersLock = usersLock
    self.admin = admin
  }

  private static let settings = [
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
    "shared_buffers=64MB", "max_connections=200", "max_locks_per_transaction=4096", "wal_level=logical",
    "max_wal_size=256MB", "log_min_messages=fatal", "log_min_error_statement=panic", "timezone=UTC",
    "max_prepared_transactions=10", "jit=off",
    // A subscription that somebody enables must not take what another server waits for.
    "max_logical_replication_workers=0",
  ]

  /// The settings for an installation. The view of pg_stat_statements can be asked only where its library was loaded at
  /// the start; it counts nothing here.
  private static func settings(for installation: Installation) -> [String] {
    let library = "pg_stat_statements"
    return installation.hasLibrary(library)
      ? settings + ["shared_preload_libraries=\(library)", "\(library).track=none", "\(library).save=off"] : settings
  }

  /// Finds the running scratch server or starts one.
  ///
  /// - Throws: `ServerError`.
  package static func acquire(installation chosen: Installation? = nil) async throws -> ScratchServer {
    let installation = try chosen ?? Installation.find()
    let user = try ProcessUser.forServers()
    let settings = settings(for: installation)
    let key = Digest(of: installation.bin + "\(installation.version)" + settings.joined()).short
    let base = try ServerFolders.runtime()
    let directory = "\(base)/scratch-\(key)"
    let gatePath = directory + ".gate"
    let usersPath = directory + ".users"

    // Whoever holds the gate may start the server or let it go; nobody else meanwhile.
    let gate = try await FileLock(gatePath, .exclusive)
    let usersLock = try await FileLock(usersPath, .shared)
    let log = directory + ".log"
    if ServerFolders.ping(directory) != .accepting {
      try removeRemains(directory)
      try await start(
        installation, user, settings, directory: directory, log: log, usersPath: usersPath, gatePath: gatePath)
    }
    _ = consume gate
    let target = ConnectionTarget(socketDirectory: directory, user: superuser, database: "postgres")
    let admin = try await Connection.open(target, applicationName: "dbtool scratch")
    let server = ScratchServer(
      installation: installation, directory: directory, usersLock: usersLock, admin: admin)
    try await server.sweep()
    return server
  }

  /// What is left of a server that was killed together with its supervisor.
  private static func removeRemains(_ directory: String) throws {
    let data = directory + "/data"
    if let pid = ServerFolders.serverPID(data: data) {
      kill(pid, SIGQUIT)
      // At once; what hangs in the kernel for longer than 10 seconds is left to it.
      for _ in 0..<2000 where ServerFolders.isServer(pid, data: data) { usleep(5_000) }
    }
    try? FileManager.default.removeItem(atPath: directory)
  }

  private static func start(
    _ installation: Installation, _ user: ProcessUser, _ settings: [String], directory: String, log: String,
    usersPath: String, gatePath: String
  ) async throws {
    let cluster = try emptyCluster(installation, user)
    try ServerFolders.makePrivate(directory, for: user)
    let copy = try await ChildProcess.run("/bin/cp", ["-a", "--reflink=auto", cluster, directory + "/data"])
    guard copy.status == 0 else { throw ServerError.initdbFailed(output: copy.output) }
    let idle = ProcessInfo.processInfo.environment["DBTOOL_SCRATCH_IDLE_SECONDS"].flatMap(Int.init) ?? 300
    try? FileManager.default.removeItem(atPath: log)
    try ChildProcess.supervise(
      installation.bin + "/postgres",
      ["-D", directory + "/data", "-k", directory] + settings.flatMap { ["-c", $0] },
      as: user, logFile: log, directory: directory, usersLock: usersPath, gateLock: gatePath, idleSeconds: idle)
    try await ServerFolders.waitUntilAccepting(directory, log: log)
  }

  /// A cluster fresh from `initdb`, made once for each installation.
  private static func emptyCluster(_ installation: Installation, _ user: ProcessUser) throws -> String {
    let base = try ServerFolders.cache()
    let key = Digest(of: installation.bin + "\(installation.version)").short
    let cluster = "\(base)/cluster-\(installation.version)-\(key)"
    if FileManager.default.fileExists(atPath: cluster + "/PG_VERSION") { return cluster }
    let building = "\(cluster).\(getpid())"
    try? FileManager.default.removeItem(atPath: building)
    try ServerFolders.makePrivate(building, for: user)
    do {
      try ServerFolders.initialise(
        building, installation: installation, user: user, superuser: superuser,
        arguments: ["-N", "--wal-segsize=1"])
      // Moving fails where another process has put one meanwhile, which may be in use already.
      try FileManager.default.moveItem(atPath: building, toPath: cluster)
    } catch {
      try? FileManager.default.removeItem(atPath: building)
      // Another process was faster.
      guard FileManager.default.fileExists(atPath: cluster + "/PG_VERSION") else { throw error }
    }
    return cluster
  }

  /// Drops the databases of processes that no longer live.
  private func sweep() async throws {
    let rows = try await admin.query(
      "SELECT datname FROM pg_database WHERE datname ~ '^scratch_[0-9]+_'")
    for row in rows {
      let name = try row.string(0)
      let parts = name.split(separator: "_")
      guard parts.count > 2, let pid = pid_t(parts[1]), kill(pid, 0) != 0, errno == ESRCH else { continue }
      // Somebody else may be dropping it at the same moment.
      try? await SharedCatalogs.drop(database: name, admin)
    }
  }

  package nonisolated func target(database: String) -> ConnectionTarget {
    ConnectionTarget(socketDirectory: directory, user: Self.superuser, database: database)
  }

  private func freshName() -> String {
    counter += 1
    return "scratch_\(getpid())_\(counter)_\(UInt32.random(in: 0...UInt32.max))"
  }

  /// Makes a database of its own: empty, or a copy of `template`.
  package func makeDatabase(from template: String? = nil) async throws -> ScratchDatabase {
    let name = freshName()
    // Old majors copy file by file and know no STRATEGY; the WAL-logged copy of newer ones is slower here.
    let strategy = installation.version.major >= 15 ? " STRATEGY file_copy" : ""
    try await admin.execute(
      "CREATE DATABASE \(Quote.identifier(name)) TEMPLATE \(Quote.identifier(template ?? "template0"))\(strategy)")
    if let template { try await SharedCatalogs.copy(from: template, to: name, admin, target(database: name)) }
    return ScratchDatabase(name: name, target: target(database: name), server: self)
  }

  func drop(_ name: String) async throws { try await SharedCatalogs.drop(database: name, admin) }

  /// The template database for `key`, built by `build` when there is none yet.
  ///
  /// Two processes that build the same at once both do the work; the first to finish keeps its result. Within a process
  /// it is done once.
  package func template(
    for key: Digest, from base: String? = nil, build: @escaping @Sendable (Connection) async throws -> Void
  ) async throws -> String {
    if let task = templates[key] { return try await task.value }
    let task = Task { try await makeTemplate("template_" + key.short, from: base, build) }
    templates[key] = task
    do { return try await task.value } catch {
      // What failed may succeed another time.
      templates[key] = nil
      throw error
    }
  }

  private func makeTemplate(
    _ name: String, from base: String?, _ build: @Sendable (Connection) async throws -> Void
  ) async throws -> String {
    let existing = try await admin.query("SELECT FROM pg_database WHERE datname = $1", [name])
    if !existing.isEmpty { return name }
    let database = try await makeDatabase(from: base)
    do {
      try await Connection.with(database.target, build)
      try await admin.execute("ALTER DATABASE \(Quote.identifier(database.name)) RENAME TO \(Quote.identifier(name))")
    } catch let error as PostgresError
      where error.sqlState == .duplicateDatabase
      || error.sqlState == .uniqueViolation && error.statement?.contains(" RENAME TO ") == true
    {
      // Somebody else was faster; at the same instant the catalog's own index is what says so.
      try await database.drop()
    } catch {
      try? await database.drop()
      throw error
    }
    return name
  }

  /// Makes a database, hands it to `body`, and drops it however `body` ends.
  package nonisolated func withDatabase<Result: Sendable>(
    from template: String? = nil, _ body: (ScratchDatabase) async throws -> Result
  ) async throws -> Result {
    let database = try await makeDatabase(from: template)
    do {
      let result = try await body(database)
      try await database.drop()
      return result
    } catch {
      try? await database.drop()
      throw error
    }
  }
}

/// A database on the scratch server that belongs to whoever made it.
package struct ScratchDatabase: Sendable {
  package let name: String
  package let target: ConnectionTarget
  fileprivate let server: ScratchServer

  /// Drops it, and every connection to it.
  package func drop() async throws { try await server.drop(name) }
}
