import Migrations
import Operations
import Postgres
import Synchronization
import TestSupport
import Testing

/// Somebody owns a table around a superuser's partitions, or may make one, and nothing that he wrote runs with more than his rights; where he
/// could do nothing, he is in nobody's way.
@Suite struct StrangersPartitionTests {
  /// What refers to the default partition itself does not refer to where its rows go.
  @Test func rowsThatAreReferredToStayInTheDefaultPartition() async throws {
    try await PartitionRaceTests.withTables { database, role in
      try await HistoryHoldTests.execute(
        """
        ALTER TABLE m.t_default ADD PRIMARY KEY (id);
        CREATE TABLE m.ref (id integer REFERENCES m.t_default);
        INSERT INTO m.ref VALUES (1);
        """, in: database, as: role)
      let outcomes = try await PartitionRaceTests.asSuperuser(database) {
        try await PartitionRaceTests.manager("detach").create($0)
      }
      #expect(
        outcomes.contains { $0.failure?.contains("foreign keys refer to that") == true }
          && outcomes.contains { $0.failure == nil }, "\(outcomes)")
      let rows = try await Connection.with(database.target) {
        try await $0.query("SELECT count(*) FROM m.t_default")[0].int(0)
      }
      #expect(rows == 1)
    }
  }

  /// A table of the superuser's own refers to one of somebody else's.
  @Test func aLargeDefaultPartitionThatRefersToAStrangersTableIsNotDivided() async throws {
    try await PartitionRaceTests.withTables { database, role in
      try await HistoryHoldTests.execute(
        """
        CREATE TABLE public.own (id integer REFERENCES m.q, at date NOT NULL, n integer, PRIMARY KEY (n, at)) PARTITION BY RANGE (at);
        CREATE TABLE public.own_default PARTITION OF public.own DEFAULT;
        INSERT INTO public.own SELECT 1, '2026-02-10', n FROM generate_series(2, 10002) n;
        """, in: database)
      try await HistoryHoldTests.execute("CREATE INDEX ON m.q ((m.f(1)))", in: database, as: role)
      let outcomes = try await PartitionRaceTests.asSuperuser(database) {
        try await PartitionTests.manager("own", ahead: 0, keep: 0).create($0)
      }
      #expect(
        outcomes.count == 1 && outcomes[0].failure?.contains("one that it refers to, or the schema") == true,
        "\(outcomes)")
      RedTeam.judge(
        "a division beside a table", gotThrough: try await PartitionRaceTests.ran(database) ? "it ran" : nil)
    }
  }

  /// No superuser, and as good as one: the owner of tables does not get its rights.
  @Test func aPrivilegedLoginDoesNotRunWhatAnOwnerWrote() async throws {
    let server = try await Databases.server.value
    let isNew = server.installation.version.major >= 16
    let rights =
      ["GRANT pg_execute_server_program TO %@", "GRANT pg_write_all_data TO %@", "ALTER ROLE %@ BYPASSRLS"]
      + (isNew ? ["GRANT pg_write_server_files TO %@ WITH INHERIT TRUE, SET FALSE"] : ["ALTER ROLE %@ CREATEROLE"])
    for right in rights + [""] {
      try await PartitionRaceTests.withTables { database, role in
        let login = Quote.identifier("login \(database.name)")
        try await HistoryHoldTests.execute("CREATE INDEX ON m.t ((m.f(1)))", in: database, as: role)
        try await HistoryHoldTests.execute(
          "CREATE ROLE \(login) LOGIN IN ROLE \(role); \(right.replacing("%@", with: login))", in: database)
        let target = try ConnectionTarget(
          "host=\(server.directory) dbname=\(database.name) user='login \(database.name)'")
        let outcomes = try await Connection.with(target.pinned) { connection in
          try await PartitionTests.set("2026-02-15", connection)
          return try await PartitionRaceTests.manager("detach").create(connection)
        }
        let ran = try await PartitionRaceTests.ran(database)
        if right.isEmpty {
          // A plain member of the owner's role works for it.
          #expect(!outcomes.isEmpty && outcomes.allSatisfy { $0.failure == nil }, "\(outcomes)")
        } else {
          #expect(
            !outcomes.isEmpty && outcomes.allSatisfy { $0.failure?.contains("the function m.f") == true },
            "\(right): \(outcomes)")
          RedTeam.judge("an owner's index for a login with: \(right)", gotThrough: ran ? "it ran" : nil)
        }
        try await HistoryHoldTests.execute("DROP OWNED BY \(login); DROP ROLE \(login)", in: database)
      }
    }
  }

  /// Numbers of the table's own sequence are nobody else's.
  @Test func aTableThatCountsComesBack() async throws {
    try await PartitionRaceTests.withTables { database, role in
      let folder = ForgetfulFolder()
      _ = try await PartitionRaceTests.asSuperuser(database) {
        try await PartitionRaceTests.manager("archive").retire($0, archive: { folder })
      }
      try await HistoryHoldTests.execute("ALTER TABLE m.t ADD COLUMN n serial", in: database, as: role)
      let file = try #require(folder.contents().keys.filter { $0.hasSuffix(".copy") }.first)
      let restored = try await PartitionRaceTests.asSuperuser(database) {
        try await PartitionRestore(folder, file).run($0, attach: true)
      }
      #expect(restored.rows == 1 && restored.isAttached)
    }
  }

  /// Platforms grant all there is to roles that cannot make a table: a partition leaves beside its clients all the same.
  @Test(arguments: [true, false])
  func whoCanMakeNoTableIsNoStranger(mayCreate: Bool) async throws {
    try await Databases.with { database in
      let role = Quote.identifier("reader \(database.name)")
      try await HistoryHoldTests.execute(
        """
        CREATE ROLE \(role);
        CREATE TABLE public.t (id integer, at date NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE public.t_2024 PARTITION OF public.t FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        GRANT ALL ON public.t TO \(role);
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        \(mayCreate ? "GRANT CREATE ON SCHEMA public TO \(role)" : "SELECT 1");
        """, in: database)
      try await Connection.with(database.target) { client in
        // Who reads is in the way of a lock on the table, and of the second half of a detach.
        try await client.execute("BEGIN")
        _ = try await client.query("SELECT FROM public.t")
        async let work = PartitionRaceTests.asSuperuser(database) {
          try await PartitionTests.manager(ahead: 0, keep: 1, retire: "detach").retire($0)
        }
        try await Connection.with(database.target) { watch in
          try await Waiting.until("it waits") {
            try await watch.query(
              """
              SELECT EXISTS (SELECT FROM pg_stat_activity
                              WHERE datname = $1 AND application_name = 'superuser' AND wait_event_type = 'Lock'
                                AND query LIKE $2)
              """, [database.name, mayCreate ? "LOCK TABLE ONLY public.t IN ACCESS EXCLUSIVE%" : "%CONCURRENTLY"])[0]
              .bool(0)
          }
        }
        try await client.execute("COMMIT")
        let outcomes = try await work
        #expect(outcomes.count == 1 && outcomes[0].failure == nil, "\(outcomes)")
      }
      try await HistoryHoldTests.execute("DROP OWNED BY \(role); DROP ROLE \(role)", in: database)
    }
  }

  /// A generated column that somebody has added since the rows were archived.
  @Test func whatATableGeneratesDoesNotRunWhenItsRowsComeBack() async throws {
    try await PartitionRaceTests.withTables { database, role in
      let folder = ForgetfulFolder()
      _ = try await PartitionRaceTests.asSuperuser(database) {
        try await PartitionRaceTests.manager("archive").retire($0, archive: { folder })
      }
      try await HistoryHoldTests.execute(
        "ALTER TABLE m.t ADD COLUMN g text GENERATED ALWAYS AS (m.f(1)) STORED", in: database, as: role)
      let file = try #require(folder.contents().keys.filter { $0.hasSuffix(".copy") }.first)
      for attach in [true, false] {
        await #expect(throws: ArchiveError.self) {
          try await PartitionRaceTests.asSuperuser(database) {
            try await PartitionRestore(folder, file).run($0, into: "m.back", attach: attach)
          }
        }
      }
      RedTeam.judge(
        "a generated column of a table that is copied",
        gotThrough: try await PartitionRaceTests.ran(database) ? "it ran" : nil)
    }
  }
}
