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
/// folder that only its user (and root) may enter. The operating system confines it (`Confinement`), and what is loaded into
/// it has no superuser's rights (`ScratchRights`): it may have been written by anybody.
package actor ScratchServer {
  package nonisolated let installation: Installation
  package nonisolated let directory: String
  /// Whether the operating system keeps it within its folder.
  package nonisolated let isConfined: Bool
  /// Held for as long as this process uses the server.
  private let usersLock: FileLock
  let admin: Connection
  let generation: ScratchGeneration
  /// Whether one run alone uses it, and nobody after that.
  nonisolated let isAlone: Bool
  /// Whether what others wrote is loaded into it.
  private nonisolated let isForOthers: Bool
  /// Whether those whose SQL is loaded into it are strangers to each other: what others wrote, and not one text alone.
  nonisolated let isForStrangers: Bool
  private nonisolated let secret: String
  private var counter = 0
  /// Templates that this process is making, or has, by what was left out of them: a template would keep its server.
  private var templates: [Digest: Task<[LeftOut], any Error>] = [:]
  /// Databases that have a role for loading.
  private var roles: Set<String> = []

  package static let superuser = "dbtool"

  private init(
    installation: Installation, directory: String, isConfined: Bool, usersLock: FileLock, admin: Connection,
    generation: ScratchGeneration, secret: String, isAlone: Bool, isForOthers: Bool, isForStrangers: Bool
  ) {
    self.installation = installation
    self.directory = directory
    self.isConfined = isConfined
    self.usersLock = usersLock
    self.admin = admin
    self.generation = generation
    self.secret = secret
    self.isAlone = isAlone
    self.isForOthers = isForOthers
    self.isForStrangers = isForStrangers
  }

  private static let settings = [
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
    "shared_buffers=64MB", "max_connections=200", "max_locks_per_transaction=4096", "wal_level=logical",
    "max_wal_size=256MB", "log_min_messages=fatal", "log_min_error_statement=panic", "timezone=UTC",
    // One that was prepared would outlive its session, and hold its locks.
    "max_prepared_transactions=0", "jit=off",
    // Its folder is in memory already, and all that it may write to.
    "dynamic_shared_memory_type=mmap",
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

  /// Finds the running scratch server or starts one. What others wrote (`SourceTrust`) never shares a server with the user's own
  /// projects.
  ///
  /// - Parameters:
  ///   - universe: what its roles and settings come from, where they are not those of a fresh cluster. Each has a server of
  ///     its own, since databases of one server share them.
  ///   - isAlone: whether it is for this process alone, and ends with it.
  ///   - confined: whether the operating system has to keep it within its folder.
  ///   - standIns: the roles that stand in on it for others, whom nobody else is to find.
  ///   - idleSeconds: how long it stays when nobody uses it; less for one that few will use.
  /// - Throws: `ServerError`.
  package static func acquire(
    installation chosen: Installation? = nil, universe: String = "", standIns: [String] = [], isAlone: Bool = false,
    confined: Bool = Confinement.isAvailable, idleSeconds: Int? = nil
  ) async throws -> ScratchServer {
    try await SourceTrust.check(confined)
    let installation = try chosen ?? Installation.find()
    let user = try ProcessUser.forServers()
    let settings = settings(for: installation)
    let cluster = try await ScratchCluster.find(installation, user)
    let isForOthers = SourceTrust.current != .own
    let words =
      [
        cluster.path, installation.bin, "\(installation.version)", installation.program, universe,
        // Those of another way to lock would not see that a lock's file was removed.
        confined ? "confined" : "", "locks 3", isForOthers ? "others" : "own",
        isAlone ? "\(getpid()) \(UInt64.random(in: 0...UInt64.max))" : "", "\(standIns)",
      ] + settings
    let base = try ServerFolders.runtime()
    let generation = ScratchGeneration(path: "\(base)/scratch-\(Digest(of: words.joined(separator: "\u{0}")).short)")
    let directory = generation.directory
    let gatePath = directory + ".gate"
    let usersPath = directory + ".users"

    // Whoever holds the gate may start the server or let it go; nobody else meanwhile.
    let gate = try await FileLock(gatePath, .exclusive, "starts or stops the scratch server")
    let usersLock = try await FileLock(usersPath, .shared, "stops the scratch server")
    let isStarted = ServerFolders.ping(directory, superuser) != .accepting
    if isStarted {
      try removeRemains(directory)
      try await ScratchCluster.start(
        cluster, installation, user, settings, confined: confined, directory: directory, usersPath: usersPath,
        gatePath: gatePath,
        idleSeconds: isAlone
          ? 0 : ScratchCluster.idleSeconds(idleSeconds ?? (standIns.isEmpty ? universe.isEmpty ? 300 : 120 : 20)))
    }
    let admin = try await Connection.open(
      Self.pinned(ConnectionTarget(socketDirectory: directory, user: superuser, database: "postgres"), installation),
      applicationName: "dbtool scratch")
    let secret = try await ScratchRights.secret(of: admin, isOwn: !universe.isEmpty)
    _ = consume gate
    // Where a server was started, time has been spent already.
    if isStarted {
      ScratchSweep.run(in: base, except: generation.name, user: user)
      ScratchSweep.removeClusters(in: try ServerFolders.cache(), except: cluster.path, user: user)
    }
    _ = consume cluster
    let server = ScratchServer(
      installation: installation, directory: directory, isConfined: confined, usersLock: usersLock, admin: admin,
      generation: generation, secret: secret, isAlone: isAlone, isForOthers: isForOthers,
      isForStrangers: isForOthers && universe.isEmpty && !isAlone)
    try await server.sweep()
    return server
  }

  /// What is left of a server that was killed together with its supervisor.
  private static func removeRemains(_ directory: String) throws {
    let data = directory + "/data"
    ScratchSweep.end(directory)
    // Two on one folder would each remove what the other needs.
    for pid in ServerFolders.serverPIDs(data: data) {
      kill(pid, SIGQUIT)
      // At once; what hangs in the kernel for longer than 10 seconds is left to it.
      for _ in 0..<2000 where ServerFolders.isServer(pid, data: data) { usleep(5_000) }
    }
    ServerFolders.removeTree(directory)
  }

  /// Drops the databases, and the roles, of processes that no longer live.
  package func sweep() async throws {
    let results = try await admin.pipeline([
      Statement("SELECT datname FROM pg_database WHERE datname ~ '^scratch_[0-9]+_'"),
      Statement(
        """
        SELECT rolname FROM pg_roles WHERE rolname ~ '^scratch_[0-9]+_'
           AND NOT EXISTS (SELECT FROM pg_database WHERE datname = rolname)
        """),
    ])
    for name in try results[0].get().map({ try $0.string(0) }) where Self.isDead(name) {
      // Somebody else may be dropping it at the same moment.
      try? await SharedCatalogs.drop(database: name, admin)
      _ = try? await admin.execute("DROP ROLE IF EXISTS \(Quote.identifier(name))")
    }
    for name in try results[1].get().map({ try $0.string(0) }) where Self.isDead(name) {
      _ = try? await admin.execute("DROP ROLE IF EXISTS \(Quote.identifier(name))")
    }
  }

  private static func isDead(_ name: String) -> Bool {
    let parts = name.split(separator: "_")
    guard parts.count > 2, let pid = pid_t(parts[1]) else { return false }
    return kill(pid, 0) != 0 && errno == ESRCH
  }

  /// As the superuser, with the session's own settings.
  package nonisolated func target(database: String) -> ConnectionTarget {
    ConnectionTarget(socketDirectory: directory, user: Self.superuser, database: database)
  }

  /// As the superuser, whatever was set on database and role: nothing that was loaded is found by its name, or fires.
  nonisolated func reading(database: String) -> ConnectionTarget {
    Self.pinned(target(database: database), installation)
  }

  private static func pinned(_ target: ConnectionTarget, _ installation: Installation) -> ConnectionTarget {
    var options = [
      "role=none", "search_path=pg_catalog", "session_preload_libraries=", "local_preload_libraries=",
      "statement_timeout=0", "lock_timeout=0", "idle_in_transaction_session_timeout=0",
      "default_transaction_read_only=off",
      "default_transaction_isolation=read\\ committed", "row_security=on",
    ]
    if installation.version.major >= 17 { options.append("event_triggers=off") }
    return target.setting("options", options.map { "-c \($0)" }.joined(separator: " "))
  }

  /// As a role of the database's own, without a superuser's rights.
  func loading(_ name: String) async throws -> ConnectionTarget {
    if !roles.contains(name) {
      let role = Quote.identifier(name)
      try await admin.execute("CREATE ROLE \(role) LOGIN IN ROLE \(ScratchRights.owner)")
      roles.insert(name)
    }
    return ConnectionTarget(socketDirectory: directory, user: name, database: name)
      .setting("options", "-c role=\(ScratchRights.owner)")
  }

  /// Opens a session that loads what others wrote, hands it to `body`, and closes it however `body` ends.
  nonisolated func withLoading<Result: Sendable>(
    _ name: String, _ body: (LoadingSession) async throws -> Result
  ) async throws -> Result {
    let watch = isForOthers && !isAlone ? LoadingWatch(of: generation) : nil
    let (result, isAsleep) = try await Connection.with(try await loading(name)) {
      [secret, isConfined, installation] connection in
      try await refuseSettingsOfOthers(connection)
      let before = try await connection.query("SELECT pg_catalog.dbtool_sleep()")[0].bool(0)
      let result = try await body(
        LoadingSession(
          connection, database: name, secret: secret, isConfined: isConfined, version: installation.version,
          watch: watch))
      // Event triggers that came meanwhile sleep since they were made.
      let triggers = "SELECT EXISTS (SELECT FROM pg_catalog.pg_event_trigger)"
      return (result, before ? true : try await connection.query(triggers)[0].bool(0))
    }
    if isAsleep { try await Connection.with(reading(database: name)) { _ = try await $0.execute(ScratchRights.wake) } }
    return result
  }

  private func freshName() -> String {
    counter += 1
    return "scratch_\(getpid())_\(counter)_\(UInt32.random(in: 0...UInt32.max))"
  }

  /// Makes a database of its own: empty, or a copy of `template`.
  package func makeDatabase(from template: ScratchTemplate? = nil) async throws -> ScratchDatabase {
    try await makeDatabase(from: template, isLoaded: template?.isLoaded ?? false)
  }

  /// - Parameters:
  ///   - isLoaded: whether it is for the role that loads what others wrote.
  ///   - isOpen: whether it belongs to that role.
  private func makeDatabase(
    from template: ScratchTemplate?, isLoaded: Bool, isOpen: Bool = true
  ) async throws -> ScratchDatabase {
    if let template, template.server !== self {
      return try await template.server.makeDatabase(from: template, isLoaded: isLoaded, isOpen: isOpen)
    }
    let name = freshName()
    // Old majors copy file by file and know no STRATEGY; the WAL-logged copy of newer ones is slower here.
    let strategy = installation.version.major >= 15 ? " STRATEGY file_copy" : ""
    let owner = isLoaded && isOpen ? ScratchRights.owner : Self.superuser
    try await admin.execute(
      "CREATE DATABASE \(Quote.identifier(name)) OWNER \(owner) "
        + "TEMPLATE \(Quote.identifier(template?.name ?? "template0"))\(strategy)")
    if let template { try await SharedCatalogs.copy(from: template.name, to: name, admin, reading(database: name)) }
    return ScratchDatabase(
      name: name, target: target(database: name), reading: reading(database: name), isLoaded: isLoaded, server: self)
  }

  func drop(_ name: String) async throws {
    do { try await SharedCatalogs.drop(database: name, admin) } catch let error as PostgresError
      where error.sqlState == .objectInUse
    {
      try await rollBackPrepared(name)
      try await SharedCatalogs.drop(database: name, admin)
    }
    if roles.remove(name) != nil { try await admin.execute("DROP ROLE IF EXISTS \(Quote.identifier(name))") }
  }

  /// A transaction that was prepared outlives its session, and keeps its database from being dropped.
  private func rollBackPrepared(_ name: String) async throws {
    let prepared = try await admin.query("SELECT gid FROM pg_prepared_xacts WHERE database = $1", [name])
    if prepared.isEmpty { return }
    try await Connection.with(reading(database: name)) { connection in
      for row in prepared { try await connection.execute("ROLLBACK PREPARED \(Quote.literal(try row.string(0)))") }
    }
  }

  /// The template database for `key`, built by a superuser when there is none yet.
  ///
  /// Two processes that build the same at once both do the work; the first to finish keeps its result. Within a process
  /// it is done once.
  package func template(
    for key: Digest, from base: ScratchTemplate? = nil, build: @escaping @Sendable (Connection) async throws -> Void
  ) async throws -> ScratchTemplate {
    if let base, base.server !== self { return try await base.server.template(for: key, from: base, build: build) }
    let isLoaded = base?.isLoaded ?? false
    return try await once(key, from: base, isLoaded: isLoaded, isLoading: false) {
      try await Connection.with($0.target, build)
      return []
    }
  }

  /// The template database for `key`, loaded without a superuser's rights when there is none yet.
  package func loadedTemplate(
    for key: Digest, from base: ScratchTemplate? = nil,
    build: @escaping @Sendable (LoadingSession) async throws -> Void
  ) async throws -> ScratchTemplate {
    try await notedTemplate(for: key, from: base) {
      try await build($0)
      return []
    }
  }

  /// The same for what may have left nothing: that is kept with the template, for those who find it later.
  package func notedTemplate(
    for key: Digest, from base: ScratchTemplate? = nil,
    build: @escaping @Sendable (LoadingSession) async throws -> [LeftOut]
  ) async throws -> ScratchTemplate {
    if let base, base.server !== self {
      return try await base.server.notedTemplate(for: key, from: base, build: build)
    }
    return try await once(key, from: base, isLoaded: true, isLoading: true) { try await $0.withLoading(build) }
  }

  private func once(
    _ key: Digest, from base: ScratchTemplate?, isLoaded: Bool, isLoading: Bool,
    _ build: @escaping @Sendable (ScratchDatabase) async throws -> [LeftOut]
  ) async throws -> ScratchTemplate {
    let name = "template_" + key.short
    func template(_ leftOut: [LeftOut]) -> ScratchTemplate {
      ScratchTemplate(server: self, name: name, isLoaded: isLoaded, leftOut: leftOut)
    }
    if let task = templates[key] { return template(try await task.value) }
    let task = Task { try await makeTemplate(name, from: base, isLoaded: isLoaded, isLoading: isLoading, build) }
    templates[key] = task
    do { return template(try await task.value) } catch {
      // What failed may succeed another time.
      templates[key] = nil
      throw error
    }
  }

  /// - Parameter isLoading: whether it is the role that loads what others wrote that makes it.
  /// - Returns: what was left out of it.
  private func makeTemplate(
    _ name: String, from base: ScratchTemplate?, isLoaded: Bool, isLoading: Bool,
    _ build: @Sendable (ScratchDatabase) async throws -> [LeftOut]
  ) async throws -> [LeftOut] {
    if let existing = try await admin.query(
      "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1", [name]
    ).first {
      return LeftOut.decode(try existing.string(0))
    }
    var leftOut: [LeftOut] = []
    // What a superuser makes is nobody else's meanwhile where strangers are: it keeps its settings.
    let database = try await makeDatabase(from: base, isLoaded: isLoaded, isOpen: isLoading || !isForStrangers)
    do {
      leftOut = try await build(database)
      try await release(database)
      try await close(database.name)
      if isLoading, isForStrangers { try await removeSettings(of: database.name, but: base) }
      // Also where there is nothing to say: somebody may have said something before.
      let notes = leftOut.isEmpty ? "NULL" : Quote.literal(LeftOut.encode(leftOut))
      try await admin.execute("COMMENT ON DATABASE \(Quote.identifier(database.name)) IS \(notes)")
      if try await !rename(database.name, to: name) { try await database.drop() }
    } catch {
      try? await database.drop()
      throw error
    }
    return leftOut
  }

  /// - Returns: false where somebody else was faster; at the same instant the catalog's own index is what says so.
  private func rename(_ database: String, to name: String) async throws -> Bool {
    do {
      try await admin.execute("ALTER DATABASE \(Quote.identifier(database)) RENAME TO \(Quote.identifier(name))")
      return true
    } catch let error as PostgresError where [.duplicateDatabase, .uniqueViolation].contains(error.sqlState) {
      return false
    }
  }

  /// Takes a database's role for loading away; what it has made for itself is the owner's.
  private func release(_ database: ScratchDatabase) async throws {
    guard roles.contains(database.name) else { return }
    let role = Quote.identifier(database.name)
    do { try await admin.execute("DROP ROLE \(role)") } catch let error as PostgresError where error.sqlState == "2BP01"
    {
      try await Connection.with(database.reading) {
        _ = try await $0.execute(
          """
          BEGIN; SELECT pg_catalog.dbtool_sleep();
          REASSIGN OWNED BY \(role) TO \(ScratchRights.owner); DROP OWNED BY \(role);
          \(ScratchRights.wake); COMMIT
          """)
      }
      try await admin.execute("DROP ROLE \(role)")
    }
    roles.remove(database.name)
  }

  /// Makes a database, hands it to `body`, and drops it however `body` ends.
  package nonisolated func withDatabase<Result: Sendable>(
    from template: ScratchTemplate? = nil, _ body: (ScratchDatabase) async throws -> Result
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

  /// Makes roles that a catalog speaks of, where they are missing, so that it can be loaded: what they may do is of no matter
  /// here.
  package func provide(roles names: some Collection<String>) async throws {
    if names.isEmpty { return }
    try await admin.execute(
      """
      BEGIN;
      LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE;
      DO $dbtool$
      DECLARE
        name text;
      BEGIN
        FOREACH name IN ARRAY \(Quote.literal(ArrayText.encode(names.sorted())))::text[] LOOP
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I', name);
            EXECUTE format('COMMENT ON ROLE %I IS %L', name, '\(Self.standIn)');
            EXECUTE format('GRANT %I TO \(ScratchRights.owner)', name);
          END IF;
        END LOOP;
      END
      $dbtool$;
      COMMIT
      """)
  }

  /// What is said about such a role.
  static let standIn = "stands in for a role of a database that was read"

}
