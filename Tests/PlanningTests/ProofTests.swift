import Catalog
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Plans are proved on data, and what PostgreSQL does meanwhile is observed.
@Suite struct ProofTests {
  private static let states = States(database: Database("proofs") {})

  private func prove(_ before: String, _ after: String) async throws -> (Plan, Proof) {
    let server = try await Databases.server.value
    let base = try await ScratchBase.template(server)
    let reader = CatalogReader()
    return try await Databases.gate.pass {
      let template = try await server.template(for: Digest(of: before), from: base) { try await $0.execute(before) }
      let source = try await server.withDatabase(from: template) { database in
        try await Connection.with(database.target) { try await reader.read($0).removing { $0.id.kind == .role } }
      }
      let target = try await server.withDatabase(from: base) { database in
        try await Connection.with(database.target) { connection in
          try await connection.execute(after)
          return try await reader.read(connection).removing { $0.id.kind == .role }
        }
      }
      var plan = try Planner.plan(
        from: source, to: target, conversions: try await Self.states.conversions(from: source, to: target))
      let proof = try await Prover(server: server, reader: reader).prove(
        &plan, from: template, source: source, target: target)
      return (plan, proof)
    }
  }

  @Test func rowsAreKeptAndRewritesAreSeen() async throws {
    let (plan, proof) = try await prove(
      "CREATE TABLE p (id int PRIMARY KEY, note text); CREATE TABLE c (id int PRIMARY KEY, p_id int NOT NULL REFERENCES p)",
      "CREATE TABLE p (id bigint PRIMARY KEY, note text); CREATE TABLE c (id int PRIMARY KEY, p_id bigint NOT NULL REFERENCES p)"
    )
    #expect(proof.holds)
    #expect(proof.rows == 6)
    #expect(proof.tables == 2)
    #expect(plan.hazards.contains { $0.code == .rewrite && $0.message.contains("public.p") })
  }

  @Test func aForeignKeyToATableWithoutPartitionsStays() async throws {
    // The proof gives such a table a partition for its rows; taking it away must not take the foreign key along.
    let tables = """
      CREATE TABLE e (id int, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE r (id int PRIMARY KEY, e int, at timestamptz, FOREIGN KEY (e, at) REFERENCES e)
      """
    let (_, proof) = try await prove(tables, tables + "; CREATE TABLE other (id int PRIMARY KEY)")
    #expect(proof.holds, "\(proof.differences)")
    #expect(proof.rows > 0)
  }

  /// Another partition key makes the table anew: that its partitions' rows go with it is said, and no surprise.
  @Test func partitionsGoWithAParentThatIsMadeAnew() async throws {
    let (plan, proof) = try await prove(
      """
      CREATE TABLE l (k text) PARTITION BY LIST (k); CREATE TABLE l_a PARTITION OF l FOR VALUES IN ('a');
      CREATE TABLE l_rest PARTITION OF l DEFAULT
      """,
      "CREATE TABLE l (k text) PARTITION BY LIST (lower(k)); CREATE TABLE l_rest PARTITION OF l DEFAULT")
    #expect(proof.holds, "\(proof.lostRows)")
    #expect(plan.hazards.contains { $0.code == .dataLoss })
  }

  @Test func aWideningThatRewritesNothingIsNotCalledARewrite() async throws {
    // A rule that says "a change of type rewrites the table" would be wrong here.
    let (plan, proof) = try await prove("CREATE TABLE t (a varchar(10))", "CREATE TABLE t (a varchar(20))")
    #expect(proof.holds)
    #expect(!plan.hazards.contains { $0.code == .rewrite })
    #expect(plan.steps[0].locks.map(\.description) == ["ACCESS EXCLUSIVE on public.t"])
  }

  /// The scale stays, and there are more digits before the point: PostgreSQL changes nothing but the catalog.
  @Test func aNumberWithMoreDigitsIsWidenedInPlace() async throws {
    let (plan, proof) = try await prove("CREATE TABLE t (a numeric(10,2))", "CREATE TABLE t (a numeric(12,2))")
    #expect(proof.holds)
    #expect(plan.hazards.isEmpty, "\(plan.hazards)")
    #expect(plan.steps.flatMap(\.statements) == ["ALTER TABLE public.t ALTER COLUMN a TYPE numeric(12,2)"])
  }

  @Test func aScanUnderAStrongLockIsSeen() async throws {
    let (plan, _) = try await prove("CREATE TABLE t (a int)", "CREATE TABLE t (a int NOT NULL)")
    #expect(plan.hazards.map(\.code) == [.blocksReads])
    // PostgreSQL needs no scan where a check says so already; a rule would not know.
    let check = "CREATE TABLE t (a int, CONSTRAINT c CHECK (a IS NOT NULL))"
    let (proved, _) = try await prove(check, "CREATE TABLE t (a int NOT NULL, CONSTRAINT c CHECK (a IS NOT NULL))")
    #expect(proved.hazards.isEmpty, "\(proved.hazards)")
  }

  @Test func aPlanThatRowsRefuseFails() async throws {
    await #expect(throws: ProofFailure.self) {
      _ = try await prove("CREATE TABLE t (a int)", "CREATE TABLE t (a int, b int NOT NULL)")
    }
  }

  @Test func partitionedTablesHaveRowsToo() async throws {
    let before = "CREATE TABLE t (a int, at date NOT NULL) PARTITION BY RANGE (at)"
    let (_, proof) = try await prove(before, "CREATE TABLE t (a bigint, at date NOT NULL) PARTITION BY RANGE (at)")
    #expect(proof.holds)
    #expect(proof.rows == 3)
  }

  @Test func rowsFitWhatChecksAsk() async throws {
    let before = """
      CREATE TABLE t (
        id int PRIMARY KEY CHECK (id < 100), headers jsonb NOT NULL CHECK (jsonb_typeof(headers) = 'array'),
        hash text NOT NULL CHECK (hash LIKE '$2_$%'), state text NOT NULL CHECK (state IN ('open', 'closed')),
        mail text NOT NULL CHECK (mail ~ '^[^@]+@[^@]+$'), debt int NOT NULL CHECK (debt <= 0))
      """
    let (_, proof) = try await prove(before, String(before.dropLast()) + ", note text)")
    #expect(proof.holds)
    #expect(proof.rows == 3 && proof.emptyTables.isEmpty)
    await #expect(throws: ProofFailure.self) {
      _ = try await prove(before, String(before.dropLast()) + ", note text NOT NULL)")
    }
  }

  /// What checks ask of several columns, of domains and of texts' forms.
  @Test func rowsAreFoundForOrdinarySchemas() async throws {
    let before = """
      CREATE EXTENSION btree_gist;
      CREATE DOMAIN email AS text CHECK (value ~ '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$');
      CREATE DOMAIN slug AS text CHECK (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$');
      CREATE DOMAIN share AS numeric(5,2) CHECK (value BETWEEN 0 AND 100);
      CREATE DOMAIN account AS text CHECK (value ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$');
      CREATE TABLE mails (id bigint PRIMARY KEY, mail email NOT NULL);
      CREATE TABLE slugs (id bigint PRIMARY KEY, s slug NOT NULL UNIQUE);
      CREATE TABLE spans (id bigint PRIMARY KEY, during tstzrange NOT NULL, CHECK (NOT isempty(during)));
      CREATE TABLE rooms (id bigint PRIMARY KEY, room int NOT NULL, during tsrange NOT NULL CHECK (NOT isempty(during)),
        EXCLUDE USING gist (room WITH =, during WITH &&));
      CREATE TABLE orders (id bigint PRIMARY KEY, a int NOT NULL, b int NOT NULL, CHECK (a < b), CHECK (a + b < 100));
      CREATE TABLE prices (id bigint PRIMARY KEY, price numeric(10,2) NOT NULL CHECK (price > 0), discount numeric(10,2) NOT NULL,
        CHECK (discount <= price), CHECK (discount >= 0));
      CREATE TABLE codes (id bigint PRIMARY KEY, code text NOT NULL CHECK (char_length(code) = 8 AND code = upper(code)));
      CREATE TABLE tickets (id bigint PRIMARY KEY, status text NOT NULL CHECK (status IN ('open', 'closed')), closed_at timestamptz,
        CHECK ((status = 'closed') = (closed_at IS NOT NULL)));
      CREATE TABLE either (id bigint PRIMARY KEY, a bigint REFERENCES mails, b bigint REFERENCES slugs, CHECK (num_nonnulls(a, b) = 1));
      CREATE TABLE documents (id bigint PRIMARY KEY, j jsonb NOT NULL CHECK (jsonb_typeof(j) = 'object' AND j ? 'kind'));
      CREATE TABLE tagged (id bigint PRIMARY KEY, tags text[] NOT NULL CHECK (cardinality(tags) BETWEEN 1 AND 5));
      CREATE TABLE shares (id bigint PRIMARY KEY, p share NOT NULL, q share NOT NULL, CHECK (p + q = 100));
      CREATE TABLE accounts (id bigint PRIMARY KEY, i account NOT NULL);
      CREATE TABLE stays (id bigint PRIMARY KEY, d1 date NOT NULL, d2 date NOT NULL, CHECK (d2 >= d1 + 1));
      CREATE TABLE phones (id bigint PRIMARY KEY, phone text NOT NULL CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'));
      CREATE TABLE refers (id bigint PRIMARY KEY, t bigint NOT NULL REFERENCES orders, c text NOT NULL CHECK (c LIKE 'X-%'));
      CREATE TABLE ranges (id bigint PRIMARY KEY, r int4range NOT NULL, n int NOT NULL, CHECK (r @> n));
      CREATE TABLE nets (id bigint PRIMARY KEY, ip inet NOT NULL CHECK (family(ip) = 4 AND masklen(ip) = 24));
      CREATE TABLE currencies (code char(3) PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'), digits smallint NOT NULL CHECK (digits IN (0, 2, 3)));
      CREATE TABLE sums (id bigint PRIMARY KEY, cur char(3) NOT NULL REFERENCES currencies, net numeric NOT NULL, vat numeric NOT NULL,
        gross numeric NOT NULL, CHECK (gross = net + vat), CHECK (net > 0))
      """
    let (_, proof) = try await prove(before, before + "; CREATE TABLE other (id int)")
    #expect(proof.holds, "\(proof.differences)")
    #expect(proof.emptyTables.isEmpty, "\(proof.emptyTables) \(proof.reasons)")
    // Where there can be none, it is said why.
    let never = "CREATE TABLE never (id int PRIMARY KEY, CONSTRAINT impossible CHECK (id IS NULL))"
    let (_, without) = try await prove(never, never + "; CREATE TABLE other (id int)")
    #expect(
      without.reasons[FactID(.table, schema: "public", name: "never")]?.contains("impossible") == true,
      "\(without.reasons)")
  }

  /// The proof's own rows, and its own default partition, are in nobody's way; that somebody's rows may be is said.
  @Test(arguments: [
    ("CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)", "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2, 3)", 1),
    (
      "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2, 3)", "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (3, 4)", 0
    ),
    (
      "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE pd PARTITION OF p DEFAULT",
      """
      CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
      CREATE TABLE pd PARTITION OF p DEFAULT
      """, 1
    ),
    ("CREATE TABLE pd PARTITION OF p DEFAULT", "CREATE TABLE pd PARTITION OF p FOR VALUES IN (1)", 0),
  ])
  func boundsChangeBesideRows(before: String, after: String, rows: Int) async throws {
    let parent = "CREATE TABLE p (k integer) PARTITION BY LIST (k); "
    let (plan, proof) = try await prove(parent + before, parent + after)
    #expect(proof.holds, "\(proof.differences)")
    #expect(proof.rows == rows)
    #expect(plan.hazards.contains { $0.code == .refusesValues }, "\(plan.hazards)")
  }

  /// What is published for deletes needs a replica identity, which tables of the proof's own have not.
  @Test func allTablesArePublished() async throws {
    let before = "CREATE TABLE a (id integer); CREATE PUBLICATION q FOR ALL TABLES"
    let (_, proof) = try await prove(before, "CREATE TABLE a (id bigint); CREATE PUBLICATION q FOR ALL TABLES")
    #expect(proof.holds && proof.rows == 3)
  }
}
