import Catalog
import Planning
import Postgres
import TestSupport
import Testing

/// A table of somebody else's is copied beside its clients, by a superuser: whatever the owner does to it meanwhile, the function that
/// keeps the copy the same has no more rights than he.
@Suite struct StrangersCopyTests {
  @Test(arguments: [true, false])
  func theCopyIsKeptWithTheOwnersRights(isCertain: Bool) async throws {
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      try await HistoryHoldTests.execute(
        """
        CREATE SCHEMA m;
        CREATE TABLE m.t (id integer PRIMARY KEY, n text);
        CREATE FUNCTION m.f(integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
          BEGIN IF quote_ident(current_user) <> \(Quote.literal(role)) THEN PERFORM evil.ran(); END IF; RETURN ''; END $$;
        """, in: database, as: role)
      let replica = TableReplica(
        table: FactID(.table, schema: "m", name: "t"), columns: ["id", "n"], key: [.init(name: "id")], searchPath: [],
        isCertain: isCertain)
      try await Connection.with(database.target) { connection in
        try await connection.transaction { connection in
          for sql in replica.schemas + ["CREATE TABLE \(replica.new) (LIKE m.t INCLUDING ALL)"] + replica.follow {
            try await connection.query(sql)
          }
        }
      }
      try await HistoryHoldTests.execute(
        """
        CREATE STATISTICS m.s ON (m.f(1) || n), id FROM m.t;
        CREATE INDEX ON m.t ((m.f(2) || n));
        INSERT INTO m.t VALUES (1, 'a'), (2, 'b'), (3, 'c');
        UPDATE m.t SET n = 'd', id = 4 WHERE id = 3;
        DELETE FROM m.t WHERE id = 2;
        """, in: database, as: role)
      try await Connection.with(database.target) { connection in
        let ran = try await connection.query("SELECT is_called FROM evil.runs")[0].bool(0)
        RedTeam.judge("the function that keeps a copy the same", gotThrough: ran ? "it ran" : nil)
        let rows = try await connection.query(
          "SELECT string_agg(id || n, ' ' ORDER BY id) FROM \(replica.new)")[0].string(0)
        #expect(rows == "1a 4d")
        // What is dropped goes without trouble.
        for sql in replica.unfollow { try await connection.query(sql) }
      }
    }
  }

  private static let replica = TableReplica(
    table: FactID(.table, schema: "m", name: "t"), columns: ["id", "n"], key: [.init(name: "id")], searchPath: [],
    isCertain: true)

  /// Carries out what makes a copy and keeps it the same.
  private static func follow(_ connection: Connection, _ replica: TableReplica = replica) async throws {
    try await connection.transaction { connection in
      for sql in replica.schemas + ["CREATE TABLE \(replica.new) (LIKE m.t INCLUDING ALL)"] + replica.follow {
        try await connection.query(sql)
      }
    }
  }

  /// Others may be members of the table's role, and not of the one that applies this.
  @Test func aMembersFunctionIsTheRolesOfTheTable() async throws {
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      let team = Quote.identifier("team \(database.name)")
      try await HistoryHoldTests.execute(
        """
        CREATE ROLE \(team); GRANT \(team) TO \(role);
        CREATE SCHEMA m AUTHORIZATION \(team);
        CREATE TABLE m.t (id integer PRIMARY KEY, n text);
        ALTER TABLE m.t OWNER TO \(team);
        """, in: database)
      try await Connection.with(database.target) { connection in
        try await connection.execute("SET SESSION AUTHORIZATION \(role)")
        try await Self.follow(connection)
        let owner = try await connection.query(
          "SELECT pg_catalog.quote_ident(pg_get_userbyid(proowner)) FROM pg_proc WHERE pronamespace = 'dbtool_new'::regnamespace"
        )[0].string(0)
        RedTeam.judge("a function of a member of the table's role", gotThrough: owner == team ? nil : owner)
        try await connection.execute("SET ROLE \(team)")
        try await connection.execute("INSERT INTO m.t VALUES (1, 'a')")
        try await connection.execute("RESET ROLE")
        #expect(try await connection.query("SELECT n FROM \(Self.replica.new)")[0].string(0) == "a")
        for sql in Self.replica.unfollow + ["DROP TABLE \(Self.replica.new)"] { try await connection.query(sql) }
      }
      try await HistoryHoldTests.execute("DROP OWNED BY \(team); DROP ROLE \(team)", in: database)
    }
  }

  /// The function names what the key's type and operators are called.
  @Test func aKeyOfATypeInAStrangersSchemaIsNotFollowed() async throws {
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      try await HistoryHoldTests.execute(
        """
        CREATE SCHEMA m; CREATE SCHEMA types; CREATE DOMAIN types.code AS integer;
        CREATE TABLE m.t (id types.code PRIMARY KEY, n text);
        ALTER SCHEMA types OWNER TO \(role)
        """, in: database)
      let error = await #expect(throws: PostgresError.self) {
        try await Connection.with(database.target) { try await Self.follow($0) }
      }
      let isTold = error?.message.contains("the schema types belongs to ") == true
      RedTeam.judge("a copy with a key of a type in a stranger's schema", gotThrough: isTold ? nil : "\(error as Any)")
    }
  }

  /// Whoever may create something in a schema where the function looks for names, or owns it, could have it call what he wrote.
  @Test(arguments: [
    "ALTER SCHEMA names OWNER TO $role", "ALTER SCHEMA names OWNER TO pg_database_owner",
    "GRANT CREATE ON SCHEMA names TO $role", "GRANT CREATE ON SCHEMA names TO PUBLIC",
  ])
  func aPathThroughAStrangersSchemaIsRefused(right: String) async throws {
    let replica = TableReplica(
      table: FactID(.table, schema: "m", name: "t"), columns: ["id", "n"], key: [.init(name: "id")],
      searchPath: ["names"], isCertain: true)
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      try await HistoryHoldTests.execute(
        """
        CREATE SCHEMA m; CREATE TABLE m.t (id integer PRIMARY KEY, n text); CREATE SCHEMA names;
        \(right.replacing("$role", with: role))
        """, in: database)
      let error = await #expect(throws: PostgresError.self) {
        try await Connection.with(database.target) { try await Self.follow($0, replica) }
      }
      let isTold = error?.message.contains("may create objects in the schema names") == true
      RedTeam.judge("a path through a stranger's schema: \(right)", gotThrough: isTold ? nil : "\(error as Any)")
      // The owner of the table has no more rights than he has.
      try await HistoryHoldTests.execute(
        "ALTER TABLE m.t OWNER TO \(role); ALTER SCHEMA m OWNER TO \(role); REVOKE CREATE ON SCHEMA names FROM PUBLIC",
        in: database)
      try await Connection.with(database.target) { try await Self.follow($0, replica) }
    }
  }

  /// The schema's owner could give it another name, and make a table of his own where the superuser's was.
  @Test(arguments: [false, true])
  func aTableInAStrangersSchemaIsNotFollowed(isOfTheDatabasesOwner: Bool) async throws {
    try await HistoryHoldTests.withOwnedDatabase { database, role in
      try await HistoryHoldTests.execute(
        """
        CREATE SCHEMA m; CREATE TABLE m.t (id integer PRIMARY KEY, n text);
        ALTER SCHEMA m OWNER TO \(isOfTheDatabasesOwner ? "pg_database_owner" : role)
        """, in: database)
      let error = await #expect(throws: PostgresError.self) {
        try await Connection.with(database.target) { try await Self.follow($0) }
      }
      let isTold = error?.message.contains("the schema m belongs to ") == true
      RedTeam.judge("a copy of a table in a stranger's schema", gotThrough: isTold ? nil : "\(error as Any)")
    }
  }
}
