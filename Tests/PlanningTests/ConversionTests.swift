import Catalog
import Introspection
import Migrations
import Planning
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Types that change in two migrations: the first prepares beside the clients, who go on writing; the second changes
/// over. psql runs them, and pg_dump compares the end with that of the direct way.
@Suite struct ConversionTests {
  private static let states = States(database: Database("conversion") {})

  /// The databases of one change, and its plan.
  private struct Change {
    /// Changed in two migrations.
    var careful: ScratchDatabase
    /// Changed directly.
    var direct: ScratchDatabase
    var plan: Plan
    var expand: String
    var contract: String
  }

  private func change(
    _ before: String, _ after: String, _ body: @Sendable (Change) async throws -> Void
  ) async throws {
    try await Databases.with { a in
      try await Databases.withinGate { b in
        try await Databases.withinGate { c in
          for (database, script) in [(a, before), (b, before), (c, after)] {
            let loaded = try await Databases.psql(script, on: database)
            try #require(loaded.status == 0, "\(loaded.output)")
          }
          let (source, target) = (try await read(a), try await read(c))
          var direct = try await Self.states.plan(from: source, to: target)
          let prover = Prover(server: try await Databases.server.value, reader: CatalogReader())
          _ = try await prover.prove(&direct, from: a.template, source: source, target: target)
          var plan = try #require(
            try await Self.states.expandAndContract(
              direct, from: source, to: target, on: a.template, scope: .everything, filled: []
            ).plan)
          let proof = try await prover.prove(&plan, from: a.template, source: source, target: target)
          #expect(proof.holds, "\(proof.differences) \(proof.lostRows)\n\(plan.script)")
          let parts = plan.parts
          try #require(parts.map(\.isContract) == [false, true])
          try await body(
            Change(
              careful: a, direct: b, plan: plan, expand: parts[0].plan.script, contract: parts[1].plan.script))
          // What is left is what the direct way leaves.
          try await run(direct.script, b)
          let expected = try await Databases.dump(c)
          #expect(try await Databases.dump(b) == expected, "\(direct.script)")
          #expect(try await Databases.dump(a) == expected, "\(plan.script)")
        }
      }
    }
  }

  private func read(_ database: ScratchDatabase) async throws -> Catalog {
    try await Connection.with(database.target) { try await CatalogReader().read($0) }.removing { $0.id.kind == .role }
  }

  private func run(_ script: String, _ databases: ScratchDatabase...) async throws {
    for database in databases {
      let outcome = try await Databases.psql(script, on: database)
      try #require(outcome.status == 0, "\(outcome.output)\n\(script)")
    }
  }

  private func rows(_ query: String, on database: ScratchDatabase) async throws -> [String] {
    try await Connection.with(database.target) { try await $0.query(query).map { try $0.string(0) } }
  }

  @Test func keysAndAllThatRefersToThemBecomeWider() async throws {
    func schema(_ type: String) -> String {
      """
      CREATE TABLE public.p (name text, id \(type) GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
      CREATE TABLE public.c (
        n serial PRIMARY KEY, note text, p_id \(type) NOT NULL DEFAULT 1 REFERENCES public.p ON DELETE CASCADE,
        amount \(type) CHECK (amount > 0), UNIQUE (p_id, note));
      CREATE INDEX c_amount ON public.c (amount DESC, note) INCLUDE (p_id) WHERE amount > 5;
      CREATE INDEX c_note ON public.c (note);
      CREATE STATISTICS public.c_both ON amount, p_id FROM public.c;
      CREATE VIEW public.v AS SELECT p.id, c.amount, c.amount + 1 AS next FROM public.p JOIN public.c ON c.p_id = p.id;
      CREATE VIEW public.w AS SELECT sum(next) AS total FROM public.v;
      GRANT SELECT (p_id), UPDATE (amount) ON public.c TO PUBLIC;
      GRANT SELECT ON public.v TO PUBLIC;
      COMMENT ON COLUMN public.c.amount IS 'How much';
      COMMENT ON VIEW public.w IS 'All of it';
      ALTER TABLE public.c ENABLE ROW LEVEL SECURITY;
      CREATE POLICY seen ON public.c FOR SELECT USING (amount > 0 AND p_id > 0);
      CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.note := NEW.note || NEW.amount; RETURN NEW; END';
      CREATE TRIGGER touch BEFORE UPDATE OF amount ON public.c FOR EACH ROW WHEN (NEW.amount > 3)
        EXECUTE FUNCTION public.touch();

      """
    }
    try await change(schema("integer"), schema("bigint")) { change in
      try await run(
        """
        INSERT INTO public.p (name) SELECT 'p' || i FROM generate_series(1, 50) i;
        INSERT INTO public.c (note, p_id, amount) SELECT 'c' || i, i % 50 + 1, i FROM generate_series(1, 500) i;
        """, change.careful, change.direct)
      let expand = change.plan.parts[0].plan
      #expect(expand.hazards.map(\.code) == [.firesTriggers])
      #expect(!change.plan.hazards.contains { [.rewrite, .blocksReads, .dataLoss].contains($0.code) })
      try await run(change.expand, change.careful)
      // Clients know nothing of it.
      try await run(
        """
        INSERT INTO public.p (name) VALUES ('late');
        INSERT INTO public.c (note, p_id, amount) SELECT 'd' || i, 51, i FROM generate_series(1, 5) i;
        UPDATE public.c SET amount = amount + 1000, p_id = 51 WHERE n % 7 = 0;
        DELETE FROM public.c WHERE n % 11 = 0;
        UPDATE public.c SET amount = NULL WHERE n % 13 = 0;
        """, change.careful, change.direct)
      try await run(change.contract, change.careful)
      // The numbers go on.
      try await run("INSERT INTO public.p (name) VALUES ('later')", change.careful)
      let last = try await rows("SELECT id::text FROM public.p WHERE name = 'later'", on: change.careful)
      #expect(last == ["52"])
      try await run("DELETE FROM public.p WHERE name = 'later'", change.careful)
      for query in [
        "SELECT md5(string_agg(p::text, ';' ORDER BY id)) FROM (SELECT id, name FROM public.p) p",
        "SELECT md5(string_agg(c::text, ';' ORDER BY n)) FROM (SELECT n, p_id, amount FROM public.c) c",
      ] {
        let expected = try await rows(query, on: change.direct)
        #expect(try await rows(query, on: change.careful) == expected)
      }
    }
  }

  @Test func enumsLoseLabelsAndOrderThemAnew() async throws {
    func schema(_ labels: String) -> String {
      """
      CREATE TYPE public.state AS ENUM (\(labels));
      CREATE TABLE public.t (
        id bigint PRIMARY KEY, states public.state[], state public.state NOT NULL DEFAULT 'open');
      CREATE INDEX t_open ON public.t (state) WHERE state = 'open';
      CREATE FUNCTION public.is_open(s public.state) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s = 'open';
      CREATE VIEW public.o AS SELECT id, state FROM public.t WHERE public.is_open(state);
      COMMENT ON TYPE public.state IS 'How it stands';

      """
    }
    try await change(schema("'open', 'lost', 'done'"), schema("'done', 'open'")) { change in
      try await run(
        """
        INSERT INTO public.t SELECT i, ARRAY['open', 'done']::public.state[],
          CASE WHEN i % 2 = 0 THEN 'open' ELSE 'done' END::public.state FROM generate_series(1, 100) i
        """, change.careful, change.direct)
      #expect(change.plan.refusedHazards.map(\.code) == [.dataLoss])
      try await run(change.expand, change.careful)
      // Old labels are still labels.
      try await run("INSERT INTO public.t VALUES (101, '{lost}', 'lost'), (102, NULL, 'open')", change.careful)
      let refused = try await Databases.psql(change.contract, on: change.careful)
      #expect(refused.status != 0 && refused.output.contains("_converted"), "\(refused.output)")
      try await run(
        "UPDATE public.t SET state = 'done', states = '{}' WHERE state = 'lost'; "
          + "ALTER TABLE public.t DROP CONSTRAINT IF EXISTS t_state_converted, DROP CONSTRAINT IF EXISTS t_states_converted",
        change.careful)
      try await run("INSERT INTO public.t VALUES (101, '{}', 'done'), (102, NULL, 'open')", change.direct)
      try await run(change.contract, change.careful)
      let query = "SELECT string_agg(t::text, ';' ORDER BY id) FROM (SELECT id, state, states FROM public.t) t"
      try await run(
        "DO $$ BEGIN IF (SELECT min(state)::text FROM public.t) <> 'done' THEN RAISE 'order'; END IF; END $$",
        change.careful)
      let expected = try await rows(query, on: change.direct)
      #expect(try await rows(query, on: change.careful) == expected)
    }
  }

  @Test func aValueThatCannotBeConvertedIsNobodysError() async throws {
    let table = "CREATE TABLE public.t (id bigint PRIMARY KEY, a"
    try await change(table + " text UNIQUE);", table + " integer UNIQUE NOT NULL);") { change in
      try await run("INSERT INTO public.t SELECT i, i FROM generate_series(1, 9) i", change.careful, change.direct)
      try await run(change.expand, change.careful)
      try await run("INSERT INTO public.t VALUES (10, 'ten'), (11, NULL), (12, ' 12 ')", change.careful)
      let refused = try await Databases.psql(change.contract, on: change.careful)
      #expect(refused.status != 0 && refused.output.contains("t_a_converted"), "\(refused.output)")
      try await run(
        "UPDATE public.t SET a = id WHERE id IN (10, 11); ALTER TABLE public.t DROP CONSTRAINT t_a_converted",
        change.careful)
      try await run(change.contract, change.careful)
      let sum = try await rows("SELECT sum(a)::text FROM public.t", on: change.careful)
      #expect(sum == ["78"])
    }
  }

  /// Whatever a client has set: 1 February is the first of February for everybody, in batches too.
  @Test func aSettingOfAClientDecidesNothing() async throws {
    func schema(_ date: String, _ text: String) -> String {
      "CREATE TABLE public.t (id bigint PRIMARY KEY, a \(date), b \(text));\n"
    }
    try await change(schema("text", "timestamptz"), schema("date", "text")) { change in
      #expect(change.plan.parts[0].plan.hazards.filter { $0.code == .dependsOnSettings }.count == 2)
      #expect(change.expand.contains("SET DateStyle = 'ISO, MDY'") && change.expand.contains("SET TimeZone = 'UTC'"))
      let odd = "SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Tokyo';\n"
      let usual = "SET DateStyle = 'ISO, MDY'; SET TimeZone = 'America/New_York';\n"
      let value = "'02/01/2026', '2026-07-01 12:00:00+00'"
      try await run("INSERT INTO public.t VALUES (1, \(value)), (2, \(value));", change.careful, change.direct)
      // The batches of psql are one UPDATE, in a session of its own.
      try await run(odd + change.expand, change.careful)
      try await run(
        odd + "INSERT INTO public.t VALUES (3, \(value)); UPDATE public.t SET id = 4 WHERE id = 2", change.careful)
      try await run(usual + "INSERT INTO public.t VALUES (5, \(value))", change.careful)
      try await run(odd + change.contract, change.careful)
      let values = try await rows(
        "SELECT DISTINCT to_char(a, 'YYYY-MM-DD') || ' ' || b FROM public.t", on: change.careful)
      #expect(values == ["2026-02-01 2026-07-01 12:00:00+00"])
    }
  }

  @Test func aSettingOfTheSessionDecidesNothingWhereItIsDoneDirectly() async throws {
    try await Databases.with { a in
      try await Databases.withinGate { b in
        try await run(
          "CREATE TABLE public.t (a text, b timestamp); INSERT INTO public.t VALUES ('02/01/2026', '2026-07-01 12:00');",
          a)
        try await run("CREATE TABLE public.t (a date, b timestamptz);", b)
        let plan = try await Self.states.plan(from: try await read(a), to: try await read(b))
        try await run("SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Tokyo';\n" + plan.script, a)
        let values = try await rows(
          "SELECT to_char(a, 'YYYY-MM-DD') || to_char(b AT TIME ZONE 'UTC', ' HH24') FROM public.t", on: a)
        #expect(values == ["2026-02-01 12"])
      }
    }
  }

  @Test func clientsMayWriteWhatJSONBDoesNotTake() async throws {
    let table = "CREATE TABLE public.t (id bigint PRIMARY KEY, a"
    try await change(table + " json);", table + " jsonb);") { change in
      // The second of two keys alone would be left.
      #expect(change.plan.refusedHazards.map(\.code) == [.dataLoss])
      try await run("INSERT INTO public.t VALUES (1, '{\"a\": 1}')", change.careful, change.direct)
      try await run(change.expand, change.careful)
      try await run(#"INSERT INTO public.t VALUES (2, '{"a": "\u0000"}')"#, change.careful)
      let refused = try await Databases.psql(change.contract, on: change.careful)
      #expect(refused.status != 0 && refused.output.contains("t_a_converted"), "\(refused.output)")
      try await run(
        "DELETE FROM public.t WHERE id = 2; ALTER TABLE public.t DROP CONSTRAINT t_a_converted", change.careful)
      try await run(change.contract, change.careful)
    }
  }

  @Test func whatIsTooLongIsFoundAndNotCut() async throws {
    let table = "CREATE TABLE public.t (id bigint PRIMARY KEY, a"
    try await change(table + " text);", table + " varchar(5));") { change in
      #expect(change.plan.refusedHazards.isEmpty && change.plan.hazards.contains { $0.code == .refusesValues })
      try await run("INSERT INTO public.t VALUES (1, 'short')", change.careful, change.direct)
      try await run(change.expand, change.careful)
      try await run("INSERT INTO public.t VALUES (2, 'too long')", change.careful)
      let refused = try await Databases.psql(change.contract, on: change.careful)
      #expect(refused.status != 0 && refused.output.contains("t_a_converted"), "\(refused.output)")
      try await run(
        "UPDATE public.t SET a = 'cut' WHERE id = 2; ALTER TABLE public.t DROP CONSTRAINT t_a_converted", change.careful
      )
      try await run(change.contract, change.careful)
      let values = try await rows("SELECT a FROM public.t ORDER BY id", on: change.careful)
      #expect(values == ["short", "cut"])
    }
  }

  /// Whatever is called like what is made for a while, and however long and alike names are.
  @Test func namesThatAreTakenOrLongAreInNobodysWay() async throws {
    let long = String(repeating: "é", count: 29)
    func schema(_ type: String) -> String {
      let columns = ["a", "a_new", "a_old", "\(long)_1", "\(long)_2", "\(long)_1_n"]
      return """
        CREATE TABLE public.t (id bigint PRIMARY KEY,
          \(columns.map { "\"\($0)\" \(type) NOT NULL DEFAULT 1" }.joined(separator: ",\n  ")),
          CONSTRAINT t_a_converted CHECK (a > 0), CONSTRAINT t_a_not_null_check CHECK (a < 1000));
        CREATE INDEX i ON public.t (a);
        CREATE INDEX i_new ON public.t (a_new);
        CREATE INDEX i_old ON public.t ("\(long)_1");
        CREATE UNIQUE INDEX "\(long)_i1" ON public.t (id, "\(long)_1");
        CREATE UNIQUE INDEX "\(long)_i2" ON public.t (id, "\(long)_2");
        ALTER TABLE public.t ADD CONSTRAINT k UNIQUE (a, id);
        CREATE SEQUENCE public.k_new;
        CREATE FUNCTION public.t_a_convert() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER "~a_convert" BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.t_a_convert();
        CREATE TABLE public.t_a (id bigint PRIMARY KEY, new \(type));

        """
    }
    try await change(schema("integer"), schema("bigint")) { change in
      try await run("INSERT INTO public.t (id) SELECT generate_series(1, 9)", change.careful, change.direct)
      try await run(change.expand, change.careful)
      try await run("INSERT INTO public.t (id) SELECT generate_series(10, 19)", change.careful, change.direct)
      try await run(change.contract, change.careful)
      let sum = try await rows(
        "SELECT sum(a + a_new + a_old + \"\(long)_1\" + \"\(long)_2\")::text FROM public.t", on: change.careful)
      #expect(sum == ["95"])
    }
  }

  @Test func oneColumnThatIsRefusedDoesNotKeepOthersFromIt() async throws {
    func schema(_ type: String) -> String {
      """
      CREATE TABLE public.t (id bigint PRIMARY KEY, a \(type), b \(type));
      CREATE TABLE public.u (b \(type));
      CREATE MATERIALIZED VIEW public.m AS SELECT a FROM public.t;

      """
    }
    try await change(schema("integer"), schema("bigint")) { change in
      let contract = change.plan.parts[1].plan
      #expect(contract.steps.contains { $0.subject.path == "public.t.b" })
      #expect(!contract.steps.contains { $0.subject.path == "public.t.a" || $0.subject.path == "public.u.b" })
      try await run(
        "INSERT INTO public.t VALUES (1, 2, 3); INSERT INTO public.u VALUES (4)", change.careful, change.direct)
      try await run(change.expand, change.careful)
      try await run(
        "INSERT INTO public.t VALUES (2, 3, 4); INSERT INTO public.u VALUES (5)", change.careful, change.direct)
      try await run(change.contract, change.careful)
      let sum = try await rows("SELECT (sum(a) + sum(b))::text FROM public.t", on: change.careful)
      #expect(sum == ["12"])
    }
  }

  @Test(arguments: [
    (
      "CREATE TABLE public.t (id bigint PRIMARY KEY, a integer, b integer GENERATED ALWAYS AS (1 + a) STORED);",
      "is generated from it"
    ),
    ("CREATE TABLE public.t (a integer);", "has no primary key"),
    (
      "CREATE TABLE public.t (id bigint PRIMARY KEY, a integer); CREATE MATERIALIZED VIEW public.m AS SELECT a FROM public.t;",
      "would have to be filled"
    ),
    ("CREATE TABLE public.t (id bigint PRIMARY KEY, a integer) PARTITION BY RANGE (id);", "has partitions"),
    (
      "CREATE TABLE public.t (id bigint PRIMARY KEY, a integer, EXCLUDE USING btree (a WITH =));",
      "is an exclusion constraint"
    ),
  ])
  func whatCannotBeDoneSoSaysWhy(schema: String, reason: String) async throws {
    try await Databases.with { a in
      try await Databases.withinGate { b in
        try await run(schema, a)
        let wider = schema.replacing("a integer", with: "a bigint").replacing("b integer", with: "b bigint")
        try await run(wider, b)
        let (source, target) = (try await read(a), try await read(b))
        var direct = try await Self.states.plan(from: source, to: target)
        for index in direct.steps.indices {
          direct.steps[index].hazards.append(Hazard(.rewrite, "rewrites"))
        }
        let conversion = try await Self.states.expandAndContract(
          direct, from: source, to: target, on: a.template, scope: .everything, filled: [])
        #expect(conversion.refusals.contains { $0.reason.contains(reason) }, "\(conversion.refusals)")
        #expect(conversion.plan == nil)
      }
    }
  }
}
