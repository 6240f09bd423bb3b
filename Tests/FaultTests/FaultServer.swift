import FoundationEssentials
import Postgres
import TestSupport

#if canImport(Glibc)
  import Glibc
#endif

/// A durable server that can be killed, with a pooler in front of it that can be killed too.
struct FaultServer: Sendable {
  let server: ProjectServer
  private let folder: String
  private let user: ProcessUser

  init() async throws {
    let name = "/tmp/dbtool-faults-\(UInt64.random(in: 0...UInt64.max))"
    server = try ProjectServer(project: name, databaseName: "home")
    user = try ProcessUser.forServers()
    folder = name
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    _ = chown(folder, uid_t(user.uid), gid_t(user.gid))
    try await server.start()
    // Not the server's own database, in which pg_cron has a session.
    try await execute("CREATE DATABASE base", in: "postgres")
  }

  func remove() async {
    killPooler()
    _ = try? await server.stop()
    try? FileManager.default.removeItem(atPath: server.directory)
    try? FileManager.default.removeItem(atPath: server.directory + ".gate")
    try? FileManager.default.removeItem(atPath: folder)
  }

  func target(_ database: String) -> ConnectionTarget { server.target.database(database) }

  /// A relay to the server, or to its pooler.
  func relay(pooled: Bool) throws -> Relay {
    let place = folder + (pooled ? "/relay_pooled" : "/relay")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    return try Relay(
      in: place, to: pooled ? folder + "/.s.PGSQL.6432" : server.directory + "/.s.PGSQL.5432")
  }

  func url(_ database: String, pooled: Bool) -> String {
    "host=\(pooled ? folder : server.directory) port=\(pooled ? 6432 : 5432) user=postgres dbname=\(database)"
  }

  func execute(_ script: String, in database: String) async throws {
    try await Connection.with(target(database)) { connection in
      for statement in try Script.split(script) { try await connection.execute(statement.sql) }
    }
  }

  /// A copy of the database in the first state; autovacuum may be at work in it.
  func copyBase(to name: String) async throws {
    try await Waiting.until("nobody is in the database that is copied") {
      do {
        try await execute("CREATE DATABASE \(name) TEMPLATE base", in: "postgres")
        return true
      } catch let error as PostgresError where error.sqlState == .objectInUse { return false }
    }
  }

  /// Stops the server as a power cut does, and starts it again, which recovers from the log.
  func crash() async throws {
    quit()
    try await recover()
  }

  func quit() { if let pid = server.processID { kill(pid_t(pid), SIGQUIT) } }

  /// Waits until a server that was stopped is gone, and starts it again.
  func recover() async throws {
    try await Waiting.until("the server is gone") { server.processID == nil }
    try await server.start()
  }

  // MARK: The pooler

  static let poolerPath = "/usr/sbin/pgbouncer"

  /// - Parameters:
  ///   - poolSize: how many of the server's connections it uses for one database.
  ///   - queryWait: how many seconds a client waits for one of them before the pooler ends it.
  func startPooler(poolSize: Int = 20, queryWait: Int = 3) async throws {
    let configuration = """
      [databases]
      * = host=\(server.directory) port=5432 user=postgres
      [pgbouncer]
      listen_addr =
      unix_socket_dir = \(folder)
      listen_port = 6432
      auth_type = any
      pool_mode = transaction
      server_login_retry = 0
      default_pool_size = \(poolSize)
      query_wait_timeout = \(queryWait)
      pidfile = \(folder)/pid
      logfile = \(folder)/log
      """
    try configuration.write(toFile: folder + "/pgbouncer.ini", atomically: true, encoding: .utf8)
    try? FileManager.default.removeItem(atPath: folder + "/.s.PGSQL.6432")
    try? FileManager.default.removeItem(atPath: folder + "/pid")
    try ChildProcess.launch(Self.poolerPath, ["-q", folder + "/pgbouncer.ini"], as: user, logFile: folder + "/output")
    try await Waiting.until("the pooler listens") {
      FileManager.default.fileExists(atPath: folder + "/.s.PGSQL.6432")
    }
  }

  /// Waits until a connection that goes the same way is served.
  func answers(_ database: String, pooled: Bool) async throws {
    try await Waiting.until("\(database) is served") {
      do {
        let way = try ConnectionTarget(url(database, pooled: pooled))
        _ = try await Connection.with(way) { try await $0.execute("SELECT 1") }
        return true
      } catch is PostgresError { return false }
    }
  }

  func killPooler() {
    guard let text = try? String(contentsOfFile: folder + "/pid", encoding: .utf8),
      let pid = pid_t(text.filter(\.isNumber)), pid > 1
    else { return }
    kill(pid, SIGKILL)
    try? FileManager.default.removeItem(atPath: folder + "/pid")
  }
}
