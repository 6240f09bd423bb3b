import Catalog
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Tables that become partitioned, and are no more, in two migrations: clients go on writing. psql runs them, and pg_dump
/// compares the end with what is declared.
@Suite struct TableConversionTests {
  private static let states = States(database: Database("partitioning") {})

  /// What a table is besides its columns.
  private struct Form {
    var key: String
    var partitions: String
    static let plain = Form(key: "", partitions: "")
    static let byMonth = Form(
      key: " PARTITION BY RANGE (at)",
      partitions: """
        CREATE TABLE public.visit_old PARTITION OF public.visit FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
        CREATE TABLE public.visit_2026 PARTITION OF public.visit FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
          PARTITION BY RANGE (at);
        CREATE TABLE public.visit_2026_01 PARTITION OF public.visit_2026 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE public.visit_2026_rest PARTITION OF public.visit_2026 DEFAULT;
        ALTER TABLE public.visit_2026_01 ENABLE ROW LEVEL SECURITY;
        COMMENT ON TABLE public.visit_2026_01 IS 'A month';

        """)
  }

  private static func schema(_ form: Form, key: String) -> String {
    """
    CREATE TABLE public.person (id integer PRIMARY KEY, name text);
    CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN NEW.note := coalesce(NEW.note, '''') || ''!''; RETURN NEW; END';
    CREATE TABLE public.visit (
      number serial, id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, note text DEFAULT 'none',
      person_id integer REFERENCES public.person ON DELETE CASCADE, length integer NOT NULL CHECK (length > 0),
      twice integer GENERATED ALWAYS AS (length * 2) STORED, CONSTRAINT visit_pkey PRIMARY KEY (\(key)))\(form.key);
    \(form.partitions)
    CREATE INDEX visit_note_idx ON public.visit (note) WHERE note IS NOT NULL;
    CREATE INDEX visit_person_idx ON public.visit (person_id, at DESC);
    CREATE STATISTICS public.visit_both ON person_id, length FROM public.visit;
    COMMENT ON TABLE public.visit IS 'Who came';
    COMMENT ON COLUMN public.visit.length IS 'Minutes';
    COMMENT ON INDEX public.visit_note_idx IS 'For search';
    CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF note ON public.visit FOR EACH ROW EXECUTE FUNCTION public.touch();
    ALTER TABLE public.visit ENABLE ROW LEVEL SECURITY;
    ALTER TABLE public.visit FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON public.visit FOR SELECT USING (length < 1000);
    CREATE POLICY theirs ON public.person USING (EXISTS (SELECT FROM public.visit v WHERE v.person_id = person.id));
    GRANT SELECT (id, note), INSERT ON public.visit TO PUBLIC;
    CREATE VIEW public.short AS SELECT id, at, note FROM public.visit WHERE length < 10;
    GRANT SELECT ON public.short TO PUBLIC;
    CREATE VIEW public.shorter AS SELECT count(*) AS visits FROM public.short;
    CREATE MATERIALIZED VIEW public.total AS SELECT person_id, sum(length) AS minutes FROM public.visit GROUP BY person_id;
    CREATE UNIQUE INDEX total_key ON public.total (person_id);
    CREATE FUNCTION public.visits() RETURNS SETOF public.visit LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM public.visit; END;
    CREATE FUNCTION public.latest() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT max(id) FROM public.visit';
    CREATE PUBLICATION news FOR TABLE public.visit;

    """
  }

  /// One change: the first database goes through it, the second is what is declared.
  private struct Change {
    var database: ScratchDatabase
    var plan: Plan
    var expand: String
    var contract: String
  }

  private func change(
    _ before: String, _ after: String, _ body: @Sendable (Change) async throws -> Void
  ) async throws {
    try await Databases.with { a in
      try await Databases.withinGate { b in
        for (database, script) in [(a, before), (b, after)] { try await run(script, database) }
        let (source, target) = (try await read(a), try await read(b))
        let direct = try await Self.states.plan(from: source, to: target)
        let conversion = try await Self.states.tableConversion(
          direct, from: source, to: target, on: a.template, scope: .everything)
        var plan = try #require(conversion.plan, "\(conversion.refusals)")
        let prover = Prover(server: try await Databases.server.value, reader: CatalogReader())
        let proof = try await prover.prove(&plan, from: a.template, source: source, target: target)
        #expect(proof.holds, "\(proof.differences) \(proof.lostRows)\n\(plan.script)")
        let parts = plan.parts
        try #require(parts.map(\.isContract) == [false, true])
        try await body(
          Change(database: a, plan: plan, expand: parts[0].plan.script, contract: parts[1].plan.script))
        let expected = try await Databases.dump(b)
        #expect(try await Databases.dump(a) == expected, "\(plan.script)")
      }
    }
  }

  private func read(_ database: ScratchDatabase) async throws -> Catalog {
    try await Connection.with(database.target) { try await CatalogReader().read($0) }.removing { $0.id.kind == .role }
  }

  private func run(_ script: String, _ database: ScratchDatabase) async throws {
    let outcome = try await Databases.psql(script, on: database)
    try #require(outcome.status == 0, "\(outcome.output)\n\(script)")
  }

  private func value(_ query: String, on database: ScratchDatabase) async throws -> String? {
    try await Connection.with(database.target) { try await $0.query(query)[0].optionalString(0) }
  }

  private static let rows = """
    INSERT INTO public.person SELECT i, 'p' || i FROM generate_series(1, 10) i;
    INSERT INTO public.visit (at, person_id, length, note)
      SELECT timestamptz '2025-06-01 00:00Z' + i * interval '1 day', i % 10 + 1, i % 50 + 1, 'n' || i
        FROM generate_series(1, 500) i;

    """

  /// What clients do meanwhile, with rows of every partition and of none.
  private static let writing = """
    INSERT INTO public.visit (at, person_id, length) SELECT timestamptz '2026-12-01' + i * interval '1 day', 3, 7
      FROM generate_series(1, 60) i WHERE i < 20;
    UPDATE public.visit SET length = length + 1, at = at + interval '40 days' WHERE id % 7 = 0 AND at < '2026-09-01';
    UPDATE public.visit SET note = NULL WHERE id % 11 = 0;
    DELETE FROM public.visit WHERE id % 13 = 0;
    DELETE FROM public.person WHERE id = 9;
    INSERT INTO public.visit (at, person_id, length) VALUES ('2026-01-15', 4, 9)
      ON CONFLICT DO NOTHING;

    """

  private static let contents =
    "SELECT md5(string_agg(v::text, ';' ORDER BY id)) FROM (SELECT id, at, note, person_id, length, twice FROM public.visit) v"

  @Test(arguments: [false, true])
  func aTableIsPartitionedAndIsNoMore(back: Bool) async throws {
    let plain = Self.schema(.plain, key: "id")
    let partitioned = Self.schema(.byMonth, key: "id, at")
    try await change(back ? partitioned : plain, back ? plain : partitioned) { change in
      let database = change.database
      #expect(
        !change.plan.hazards.contains { [.dataLoss, .rewrite, .blocksReads].contains($0.code) },
        "\(change.plan.hazards)")
      #expect(change.plan.hazards.contains { $0.code == .breaksClients })
      try await run(Self.rows, database)
      try await run(change.expand, database)
      try await run(Self.writing, database)
      let before = try await value(Self.contents, on: database)
      let last = try await value("SELECT max(id)::text FROM public.visit", on: database)
      try await run(change.contract, database)
      #expect(try await value(Self.contents, on: database) == before)
      // The numbers go on, and views, functions and foreign keys speak of the table that is there now.
      try await run(
        "INSERT INTO public.visit (at, person_id, length, note) VALUES ('2026-01-20', 5, 3, 'late')", database)
      let next = try await value(
        "SELECT (id - \(last ?? "0"))::text || number || twice || note FROM public.short WHERE note = 'late!'"
          .replacing("number || twice || note FROM public.short", with: "note FROM public.short"), on: database)
      #expect(next == "1late!")
      for query in [
        "SELECT count(*) = (SELECT count(*) FROM public.visit) FROM public.visits()",
        "SELECT public.latest() = (SELECT max(id) FROM public.visit)",
        "SELECT number = (SELECT max(number) FROM public.visit) FROM public.visit WHERE note = 'late!'",
      ] {
        #expect(try await value(query, on: database) == "t", "\(query)")
      }
      try await run("DELETE FROM public.person WHERE id = 5", database)
      #expect(try await value("SELECT count(*)::text FROM public.visit WHERE person_id = 5", on: database) == "0")
      try await run("REFRESH MATERIALIZED VIEW public.total", database)
    }
  }

  /// Tables that refer to each other and to themselves: rows are copied before those that they refer to.
  /// Columns come before the rows are brought over, and go after the change.
  @Test(arguments: [false, true])
  func aTableGetsAndLosesColumnsMeanwhile(back: Bool) async throws {
    func schema(_ isPartitioned: Bool, _ columns: String, _ more: String) -> String {
      """
      CREATE TYPE public.mood AS ENUM ('good', 'bad');
      CREATE TABLE public.visit (
        id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, \(columns), note text,
        CONSTRAINT visit_pkey PRIMARY KEY (\(isPartitioned ? "id, at" : "id")))\(isPartitioned ? " PARTITION BY RANGE (at)" : "");
      \(isPartitioned ? "CREATE TABLE public.visit_2026 PARTITION OF public.visit FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');" : "")
      \(isPartitioned ? "CREATE TABLE public.visit_rest PARTITION OF public.visit DEFAULT;" : "")
      \(more)
      CREATE VIEW public.notes AS SELECT id, note FROM public.visit;

      """
    }
    let old = """
      length integer NOT NULL CHECK (length > 0), mood public.mood, doubled integer GENERATED ALWAYS AS (length * 2) STORED,
      kept text DEFAULT 'a'
      """
    let new = """
      kept text DEFAULT 'b', colour text NOT NULL DEFAULT 'red', seen timestamptz NOT NULL DEFAULT clock_timestamp(),
      rank integer, size integer GENERATED ALWAYS AS (id + 1) STORED
      """
    let before = schema(back, old, "CREATE INDEX visit_length ON public.visit (length) WHERE mood = 'bad';")
    let after = schema(
      !back, new, "CREATE INDEX visit_rank ON public.visit (rank, colour); COMMENT ON COLUMN public.visit.rank IS 'r';")
    try await change(before, after) { change in
      let lost = change.plan.steps.filter { step in step.hazards.contains { $0.code == .dataLoss } }.map(\.subject)
      #expect(lost.map(\.member).sorted() == ["length", "mood"] && lost.allSatisfy { $0.kind == .column })
      try await run(
        "INSERT INTO public.visit (at, length, mood, note) SELECT timestamptz '2026-01-01' + i * interval '1 day', i, 'bad', 'n' || i "
          + "FROM generate_series(1, 200) i", change.database)
      try await run(change.expand, change.database)
      // Clients of both kinds.
      try await run(
        """
        INSERT INTO public.visit (at, length) VALUES ('2026-03-01', 7);
        INSERT INTO public.visit (at, length, rank, colour) VALUES ('2026-04-01', 8, 9, 'blue');
        UPDATE public.visit SET rank = 5 WHERE id = 3;
        DELETE FROM public.visit WHERE id = 4;
        """, change.database)
      let contents =
        "SELECT count(*) || md5(string_agg(v::text, ';' ORDER BY id)) FROM (SELECT id, at, note, kept, colour, seen, rank FROM public.visit) v"
      let rows = try await value(contents, on: change.database)
      try await run(change.contract, change.database)
      #expect(try await value(contents, on: change.database) == rows)
      #expect(try await value("SELECT min(size - id)::text FROM public.visit", on: change.database) == "1")
    }
  }

  @Test func whatRefersToWhatIsCopiedLaterIsThereInTheEnd() async throws {
    func schema(_ isPartitioned: Bool) -> String {
      func parts(_ name: String) -> (String, String) {
        guard isPartitioned else { return ("", "") }
        return (
          " PARTITION BY RANGE (id)",
          """
          CREATE TABLE public.\(name)_1 PARTITION OF public.\(name) FOR VALUES FROM (MINVALUE) TO (100);
          CREATE TABLE public.\(name)_2 PARTITION OF public.\(name) FOR VALUES FROM (100) TO (MAXVALUE);

          """
        )
      }
      let (a, b) = (parts("a"), parts("b"))
      return """
        CREATE TABLE public.b (id integer PRIMARY KEY, up integer REFERENCES public.b ON DELETE CASCADE)\(b.0);
        \(b.1)
        CREATE TABLE public.a (id integer PRIMARY KEY, b_id integer REFERENCES public.b ON DELETE SET NULL)\(a.0);
        \(a.1)
        CREATE TABLE public.c (a_id integer REFERENCES public.a ON DELETE CASCADE);

        """
    }
    try await change(schema(true), schema(false)) { change in
      let database = change.database
      try await run(
        """
        INSERT INTO public.b SELECT i, CASE WHEN i < 200 THEN i + 1 END FROM generate_series(200, 1, -1) i;
        INSERT INTO public.a SELECT i, 201 - i FROM generate_series(1, 200) i;
        INSERT INTO public.c SELECT generate_series(1, 200);
        """, database)
      try await run(change.expand, database)
      try await run(
        "DELETE FROM public.b WHERE id = 20; UPDATE public.a SET b_id = 150 WHERE id < 20; DELETE FROM public.a WHERE id = 7",
        database)
      try await run(change.contract, database)
      let counts = try await value(
        "SELECT concat_ws(' ', (SELECT count(*) FROM public.b), (SELECT count(b_id) FROM public.a), (SELECT count(*) FROM public.c))",
        on: database)
      #expect(counts == "180 179 199")
      let refused = try await Databases.psql("INSERT INTO public.c VALUES (999)", on: database)
      #expect(refused.status != 0)
    }
  }

  /// Triggers that write to the table themselves, in rows whose own triggers are still to come.
  @Test func whatTriggersDoToTheTableIsBroughtOver() async throws {
    func schema(_ key: String, _ end: String) -> String {
      """
      CREATE TABLE public.t (id integer, at date NOT NULL, v integer, r text, PRIMARY KEY (\(key)))\(end);
      CREATE FUNCTION public.echo() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF pg_trigger_depth() < 3 THEN
            UPDATE public.t SET v = v + 10, at = at + 1 WHERE id IN (NEW.id, NEW.id + 1);
            DELETE FROM public.t WHERE id = NEW.id AND NEW.v % 7 = 0;
          END IF;
          RETURN NULL;
        END $$;
      CREATE TRIGGER a_echo AFTER UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.echo();
      CREATE TRIGGER zz_echo AFTER UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.echo();

      """
    }
    let parted = schema(
      "id, at", " PARTITION BY RANGE (at); CREATE TABLE public.t_rest PARTITION OF public.t DEFAULT")
    for (before, after) in [(schema("id", ""), parted), (parted, schema("id", ""))] {
      try await change(before, after) { change in
        let database = change.database
        try await run(
          "INSERT INTO public.t SELECT i, date '2026-01-01' + i, i, 'r' FROM generate_series(1, 50) i", database)
        try await run(change.expand, database)
        try await run(
          "UPDATE public.t SET v = v + 1 WHERE id % 3 = 0; UPDATE public.t SET r = 's' WHERE id < 20", database)
        let contents = "SELECT md5(string_agg(t::text, ';' ORDER BY id)) FROM public.t"
        let before = try await value(contents, on: database)
        try await run(change.contract, database)
        #expect(try await value(contents, on: database) == before)
      }
    }
  }

  /// A key that is wider in the old table than in the new one.
  @Test func aRowThatTheNewTableRefusesIsNobodysLoss() async throws {
    func schema(_ key: String, _ end: String) -> String {
      "CREATE TABLE public.t (id integer, at date NOT NULL, PRIMARY KEY (\(key)))\(end);\n"
    }
    let parted = schema(
      "id, at", " PARTITION BY RANGE (at); CREATE TABLE public.t_rest PARTITION OF public.t DEFAULT")
    try await change(parted, schema("id", "")) { change in
      let database = change.database
      try await run("INSERT INTO public.t VALUES (1, '2026-01-01')", database)
      try await run(change.expand, database)
      let parts = change.contract.split(separator: "COMMIT;", maxSplits: 1)
      // Both were compared, and only then a client writes.
      try await run(parts[0] + "COMMIT;", database)
      try await run("INSERT INTO public.t VALUES (1, '2026-02-01')", database)
      let refused = try await Databases.psql(String(parts[1]), on: database)
      #expect(
        refused.status != 0 && refused.output.contains("does not take rows that public.t has"), "\(refused.output)")
      #expect(try await value("SELECT count(*)::text FROM public.t", on: database) == "2")
      try await run("UPDATE public.t SET id = 2 WHERE at = '2026-02-01'", database)
      try await run(String(parts[1]), database)
      #expect(try await value("SELECT count(*)::text FROM public.t", on: database) == "2")
    }
  }

  @Test func aDifferenceIsFoundBeforeTheChange() async throws {
    let form = Form(
      key: " PARTITION BY LIST (at)",
      partitions: "CREATE TABLE public.visit_a PARTITION OF public.visit FOR VALUES IN ('2026-01-01', '2026-01-02');\n")
    func schema(_ form: Form) -> String {
      "CREATE TABLE public.visit (id integer, at date, PRIMARY KEY (id, at))\(form.key);\n\(form.partitions)"
    }
    try await change(schema(.plain), schema(form)) { change in
      let database = change.database
      try await run("INSERT INTO public.visit VALUES (1, '2026-01-01'), (2, '2026-01-02')", database)
      try await run(change.expand, database)
      // No client is refused for a row that has no partition.
      try await run("INSERT INTO public.visit VALUES (3, '2030-01-01')", database)
      let homeless = try await Databases.psql(change.contract, on: database)
      #expect(homeless.status != 0 && homeless.output.contains("no partition of relation"), "\(homeless.output)")
      try await run("DELETE FROM public.visit WHERE id = 3; DELETE FROM dbtool_new.visit WHERE id = 1", database)
      let refused = try await Databases.psql(change.contract, on: database)
      #expect(
        refused.status != 0 && refused.output.contains("has 2 rows") && refused.output.contains("has 1 ("),
        "\(refused.output)")
      try await run("UPDATE public.visit SET id = id", database)
      try await run(change.contract, database)
      #expect(try await value("SELECT count(*)::text FROM public.visit_a", on: database) == "2")
    }
  }

  @Test(arguments: [
    ("CREATE TABLE public.t (id integer, at date NOT NULL", ")", "has no primary key"),
    (
      "CREATE TABLE public.t (id integer PRIMARY KEY, at date NOT NULL, a integer GENERATED ALWAYS AS IDENTITY",
      ", PRIMARY KEY (id, at))", "its identity column a comes or goes"
    ),
    ("CREATE TABLE public.t (at date PRIMARY KEY, id bigint", ", PRIMARY KEY (at))", "becomes another"),
    ("CREATE TABLE public.t (id integer PRIMARY KEY, at date", ", PRIMARY KEY (id, at))", "may be NULL"),
    (
      "CREATE TABLE public.t (id integer, at date, PRIMARY KEY (id, at)",
      ", PRIMARY KEY (id, at) DEFERRABLE)", "deferrable"
    ),
    (
      "CREATE TABLE public.t (id integer, at date, PRIMARY KEY (id, at), FOREIGN KEY (id, at) REFERENCES public.t",
      ", PRIMARY KEY (id, at), FOREIGN KEY (id, at) REFERENCES public.t)", "only after the change"
    ),
  ])
  func whatCannotBeDoneSoSaysWhy(before: String, end: String, reason: String) async throws {
    try await Databases.with { a in
      try await Databases.withinGate { b in
        try await run(before + ");", a)
        try await run("CREATE TABLE public.t (id integer, at date NOT NULL\(end) PARTITION BY RANGE (at);", b)
        let (source, target) = (try await read(a), try await read(b))
        // Since version 18 such a key can be made NOT VALID, in the transaction of the change.
        if reason == "only after the change", source.serverVersion.major >= 18 { return }
        let direct = try await Self.states.plan(from: source, to: target)
        let conversion = try await Self.states.tableConversion(
          direct, from: source, to: target, on: a.template, scope: .everything)
        #expect(conversion.refusals.contains { $0.reason.contains(reason) }, "\(conversion.refusals)")
        #expect(conversion.plan == nil)
      }
    }
  }
}
