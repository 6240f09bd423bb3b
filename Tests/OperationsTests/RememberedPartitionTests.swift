import FoundationEssentials
import Migrations
import Operations
import Postgres
import TestSupport
import Testing

/// What the owner of the history writes into `dbtool.retired` by hand, before a superuser ends what was begun.
@Suite struct RememberedPartitionTests {
  private static let old = "FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')"

  /// Writes that a table was a partition, and that its retirement was begun.
  private static func remember(
    _ table: String, of parent: String, action: String, _ database: ScratchDatabase, as role: String
  ) async throws {
    try await HistoryHoldTests.execute(
      """
      INSERT INTO dbtool.retired (partition_oid, parent, schema_name, partition_name, action, bound)
      SELECT c.oid, \(Quote.literal(parent)), n.nspname, c.relname, \(Quote.literal(action)), \(Quote.literal(old))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = \(Quote.literal(table))
      """, in: database, as: role)
  }

  private static let tables = """
    CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE public.t_now PARTITION OF public.t FOR VALUES FROM ('2020-01-01') TO ('9999-01-01');
    INSERT INTO public.t_now VALUES (1, now());
    """

  /// A plain table of somebody else's, a partition of another table, and one that its window keeps.
  @Test(arguments: ["secret.salaries", "secret.kept_2020"], ["drop", "archive", "detach"])
  func nothingOfOthersGoes(_ table: String, _ action: String) async throws {
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      try await HistoryHoldTests.execute(Self.tables, in: database, as: role)
      try await HistoryHoldTests.execute(
        """
        CREATE SCHEMA secret;
        CREATE TABLE secret.salaries (who text, at date NOT NULL);
        INSERT INTO secret.salaries VALUES ('boss', now());
        CREATE TABLE secret.kept (who text, at date NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE secret.kept_2020 PARTITION OF secret.kept FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
        """, in: database)
      try await Self.remember(table, of: "public.t", action: action, database, as: role)
      let folder = "/tmp/dbtool-test-\(UInt64.random(in: 0...UInt64.max))"
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let manager = PartitionTests.manager(ahead: 0, keep: 1, retire: action)
      let (outcomes, left) = try await Connection.with(database.target.pinned) { connection in
        let outcomes = try await manager.retire(connection, archive: { try DiskFolder(folder) })
        let left = try await connection.query(
          "SELECT to_regclass($1) IS NOT NULL, count(*) FROM pg_inherits WHERE inhrelid = to_regclass($1)", [table])[0]
        return (outcomes, (isThere: try left.bool(0), parents: try left.int(1)))
      }
      let isUntouched = left == (true, table.contains("kept") ? 1 : 0)
      RedTeam.judge(
        "\(table) as a partition, \(action)",
        gotThrough: isUntouched && !FileManager.default.fileExists(atPath: folder) ? nil : "\(left)")
      #expect(
        outcomes.contains { $0.failure?.contains("That table belongs to owner") == true && $0.text.isEmpty },
        "\(outcomes)")
    }
  }

  /// A login that is a member of several roles can do what none of them can do alone.
  @Test func aMemberOfSeveralRolesDropsNothingByTheWordOfOne() async throws {
    let server = try await Databases.server.value
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      let (member, other) = (Quote.identifier("member \(database.name)"), Quote.identifier("other \(database.name)"))
      try await HistoryHoldTests.execute(
        """
        CREATE ROLE \(other);
        CREATE ROLE \(member) LOGIN IN ROLE \(role), \(other);
        CREATE SCHEMA secret AUTHORIZATION \(other);
        """, in: database)
      try await HistoryHoldTests.execute(
        "CREATE TABLE secret.salaries (at date NOT NULL)", in: database, as: other)
      try await HistoryHoldTests.execute(Self.tables, in: database, as: role)
      try await Self.remember("secret.salaries", of: "public.t", action: "drop", database, as: role)
      let login = try ConnectionTarget(
        "host=\(server.directory) dbname=\(database.name) user='member \(database.name)'")
      let outcomes = try await Connection.with(login.pinned) {
        try await PartitionTests.manager(ahead: 0, keep: 1, retire: "drop").retire($0)
      }
      #expect(
        outcomes.contains { $0.failure?.contains("has no right to drop a table of other") == true }, "\(outcomes)")
      let isThere = try await Connection.with(database.target) {
        try await $0.query("SELECT to_regclass('secret.salaries') IS NOT NULL")[0].bool(0)
      }
      RedTeam.judge("a table of another role", gotThrough: isThere ? nil : "\(outcomes)")
      try await HistoryHoldTests.execute(
        "DROP SCHEMA secret CASCADE; DROP OWNED BY \(member), \(other); DROP ROLE \(member); DROP ROLE \(other)",
        in: database)
    }
  }

  /// The parent's name is a text there.
  @Test(arguments: ["public.t ADD CHECK (evil.ran()) --", "public.t OWNER TO PUBLIC; SELECT evil.ran() --"])
  func aNameIsNoStatement(_ parent: String) async throws {
    for isPending in [true, false] {
      try await HistoryHoldTests.withOwnedDatabase { database, role in
        try await HistoryHoldTests.execute(Self.tables, in: database, as: role)
        if isPending {
          // A transaction that still sees the partition keeps the detach from its second half.
          try await Connection.with(database.target) { reader in
            try await reader.execute("BEGIN")
            _ = try await reader.query("SELECT FROM public.t")
            async let detach = Connection.with(database.target, applicationName: "detaches") { owner in
              try await owner.execute("SET ROLE \(role)")
              return await #expect(throws: PostgresError.self) {
                try await owner.execute("ALTER TABLE public.t DETACH PARTITION public.t_now CONCURRENTLY")
              }
            }
            try await Connection.with(database.target) { watch in
              try await Waiting.until("the first half is done") {
                try await watch.query("SELECT inhdetachpending FROM pg_inherits")[0].bool(0)
              }
              try await watch.query(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'detaches'",
                [database.name])
            }
            _ = try await detach
          }
        }
        try await Self.remember("public.t_now", of: parent, action: "detach", database, as: role)
        let manager = PartitionTests.manager(ahead: 0, keep: 1, retire: "detach")
        let (outcomes, ran) = try await Connection.with(database.target.pinned) { connection in
          let pending = try await connection.query("SELECT inhdetachpending FROM pg_inherits")
          #expect(try pending.count == 1 && pending[0].bool(0) == isPending)
          let outcomes = try await manager.retire(connection)
          return (outcomes, try await connection.query("SELECT is_called FROM evil.runs")[0].bool(0))
        }
        RedTeam.judge("a parent's name that is a statement", gotThrough: ran ? "\(outcomes)" : nil)
        let isDetached = try await Connection.with(database.target) {
          try await $0.query("SELECT count(*) FROM pg_inherits")[0].int(0) == 0
        }
        #expect(isDetached == isPending)
      }
    }
  }
}
