import Catalog
import Introspection
import Migrations
import Operations
import Postgres
import SchemaDSL
import TestSupport
import Testing

/// Drift that is seeded on purpose, of every kind and every attribute, is found each time; `pg_dump` says that there is some.
@Suite struct SeededDriftTests {
  private static let states = States(database: Database("somebodys") {})

  /// A template with the database, its catalog, and what `pg_dump` says of it.
  private static let base = Task { () -> (template: ScratchTemplate, catalog: Catalog) in
    let server = try await Databases.server.value
    try await Connection.with(server.target(database: "postgres")) { connection in
      for role in SchemaGenerator.roles { _ = try? await connection.execute("CREATE ROLE \(Quote.identifier(role))") }
    }
    let empty = try await ScratchBase.template(server)
    let template = try await server.template(for: Digest(of: somebodysDatabase), from: empty) { connection in
      for statement in try Script.split(somebodysDatabase) { try await connection.execute(statement.sql) }
    }
    let catalog = try await server.withDatabase(from: template) { database in
      try await Connection.with(database.target) { try await CatalogReader().read($0) }
    }
    // The server's other roles come and go with other tests.
    return (template, catalog.removing { $0.id.kind == .role })
  }

  private static func report(after change: String) async throws -> (DriftReport, dump: [String]) {
    let base = try await base.value
    let server = try await Databases.server.value
    return try await Databases.gate.pass {
      try await server.withDatabase(from: base.template) { database in
        let report = try await Connection.with(database.target) { connection in
          if !change.isEmpty { try await connection.execute(change) }
          return try await DriftReport.make(states: states, expected: base.catalog, connection)
        }
        return (report, try await Databases.dump(database))
      }
    }
  }

  @Test func withoutAChangeThereIsNone() async throws {
    let (report, _) = try await Self.report(after: "")
    #expect(!report.hasFindings(), "\(report.findings.map(\.message))")
    #expect(report.unmodeled.isEmpty)
  }

  @Test func eachIsFoundAndTheDumpAgrees() async throws {
    let dump = try await Self.report(after: "").dump
    let outcomes: [(Seed, DriftReport, [String])] = try await withThrowingTaskGroup(
      of: (Seed, DriftReport, [String])?.self
    ) { group in
      for seed in Self.seeds {
        group.addTask {
          do {
            let (report, dump) = try await Self.report(after: seed.sql)
            return (seed, report, dump)
          } catch {
            Issue.record("\(seed.sql): \(error)")
            return nil
          }
        }
      }
      return try await group.reduce(into: []) { if let outcome = $1 { $0.append(outcome) } }
    }
    var found: Set<String> = []
    for (seed, report, after) in outcomes {
      let findings = report.findings.filter { $0.severity != .note }
      #expect((after != dump) == seed.isDumped, "pg_dump sees no change in: \(seed.sql)")
      #expect(!findings.isEmpty, "not found: \(seed.sql)")
      #expect(
        findings.contains { $0.code == seed.code && $0.severity == seed.severity },
        "\(seed.sql)\n\(findings.map { "\($0.severity) \($0.code): \($0.message)" })")
      for finding in findings {
        guard let difference = finding.difference else { continue }
        found.insert(difference.id.kind.word)
        for change in difference.attributes { found.insert("\(difference.id.kind.word).\(change.key.word)") }
      }
    }
    // Whatever the database has is among what was found.
    let catalog = try await Self.base.value.catalog
    var present: Set<String> = []
    for fact in catalog.facts.values {
      present.insert(fact.id.kind.word)
      for attribute in fact.attributes { present.insert("\(fact.id.kind.word).\(attribute.key.word)") }
    }
    let unseeded = present.subtracting(found).subtracting(Self.fixed)
    #expect(unseeded.isEmpty, "not seeded: \(unseeded.sorted())")
  }

  /// What no statement changes while the object stays.
  private static let fixed: Set<String> = [
    // An extension's schema can only be another one's; a column's sequence goes where its table goes.
    "extension.schema", "column.sequence",
    // A server of another wrapper is another server.
    "foreign_server.wrapper",
    // What a server's packages bring is no difference, unless a version is declared.
    "extension.version",
    // A routine that gives back something else, or takes other parameters, is dropped and made.
    "function.routine", "function.result",
    // The statement that makes them names them all.
    "range.definition", "collation.definition", "operator.definition", "text_search_configuration.definition",
    "composite_type.columns", "table.partition_key", "table.bound", "table.partition_of", "foreign_table.server",
    "view.columns", "materialized_view.columns",
    // Only what the row says in another attribute as well.
    "constraint.type", "constraint.foreign", "column.identity",
  ]

  private struct Seed: Sendable {
    var sql: String
    var code: String
    var severity: Diagnostic.Severity
    /// Whether `pg_dump --schema-only` tells of it.
    var isDumped: Bool
    init(_ sql: String, _ code: String, _ severity: Diagnostic.Severity = .error, dumped: Bool = true) {
      isDumped = dumped
      self.sql = sql
      self.code = code
      self.severity = severity
    }
  }

  private static let seeds: [Seed] = [
    // Who may do what.
    Seed("DROP POLICY members ON public.tenants", "missing-policy"),
    Seed("CREATE POLICY more ON public.tenants USING (true)", "extra-policy"),
    Seed("ALTER POLICY members ON public.tenants TO PUBLIC", "different-policy"),
    Seed("ALTER POLICY members ON public.tenants USING (true)", "different-policy"),
    Seed("ALTER POLICY \"never bad\" ON public.tenants WITH CHECK (name > '')", "different-policy"),
    Seed(
      "DROP POLICY \"never bad\" ON public.tenants; CREATE POLICY \"never bad\" ON public.tenants USING (mood <> 'very bad') WITH CHECK (true)",
      "different-policy"),
    Seed(
      "DROP POLICY own ON public.users; CREATE POLICY own ON public.users FOR DELETE TO dbtool_reader, \"dbtool Writer\" USING (email = current_user::text)",
      "different-policy"),
    Seed("ALTER TABLE public.users DISABLE ROW LEVEL SECURITY", "row-security-off"),
    Seed("ALTER TABLE public.tenants NO FORCE ROW LEVEL SECURITY", "row-security-off"),
    Seed("GRANT DELETE ON public.users TO dbtool_reader", "widened-grant"),
    Seed("GRANT SELECT ON public.scratch TO PUBLIC", "widened-grant"),
    Seed("GRANT SELECT (email) ON public.users TO PUBLIC", "widened-grant"),
    Seed("GRANT SELECT ON public.users TO dbtool_reader WITH GRANT OPTION", "widened-grant"),
    Seed("REVOKE INSERT ON public.users FROM dbtool_reader", "narrowed-grant"),
    Seed("REVOKE ALL ON FUNCTION public.touch() FROM PUBLIC", "narrowed-grant"),
    Seed("GRANT EXECUTE ON FUNCTION billing.listed(bigint[]) TO PUBLIC", "widened-grant"),
    Seed("REVOKE DELETE ON public.parent FROM CURRENT_USER", "narrowed-grant"),
    Seed("REVOKE USAGE ON SCHEMA billing FROM dbtool_reader", "narrowed-grant"),
    Seed("GRANT CREATE ON SCHEMA billing TO dbtool_reader", "widened-grant"),
    Seed("ALTER DEFAULT PRIVILEGES IN SCHEMA billing GRANT INSERT ON TABLES TO dbtool_reader", "default-widened-grant"),
    Seed("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC", "default-widened-grant"),
    Seed(
      "ALTER DEFAULT PRIVILEGES IN SCHEMA billing REVOKE SELECT ON TABLES FROM dbtool_reader", "default-narrowed-grant"),
    Seed("ALTER TABLE public.parent OWNER TO dbtool_reader", "extra-owner"),
    Seed("ALTER TABLE public.scratch OWNER TO \"dbtool Writer\"", "different-owner"),
    Seed("ALTER VIEW public.active_users SET (security_invoker = false)", "security-invoker"),
    Seed("ALTER FUNCTION public.unsafe() SECURITY INVOKER", "different-function"),
    Seed("ALTER FUNCTION billing.listed(bigint[]) RESET search_path", "different-function"),
    // Tables and their parts.
    Seed("DROP TABLE public.child", "missing-table"),
    Seed("CREATE TABLE public.stray (a integer)", "extra-table", .warning),
    Seed("ALTER TABLE public.child NO INHERIT public.parent", "different-table"),
    Seed("ALTER TABLE billing.\"table\" SET (fillfactor = 80)", "different-table", .warning),
    Seed("ALTER TABLE public.scratch SET LOGGED", "different-table"),
    Seed("ALTER TABLE public.users REPLICA IDENTITY FULL", "different-table"),
    Seed("ALTER TABLE public.users ADD extra integer", "extra-column", .warning),
    Seed("ALTER TABLE public.users DROP weight CASCADE", "missing-column"),
    Seed("ALTER TABLE billing.invoices ALTER \"Total\" TYPE integer", "different-column"),
    Seed("ALTER TABLE public.users ALTER height SET NOT NULL", "different-column"),
    Seed(
      "DROP TRIGGER touch ON public.tenants; DROP VIEW public.active_users; DROP PUBLICATION changes; ALTER TABLE public.tenants ALTER name TYPE text COLLATE \"default\"",
      "different-column"),
    Seed("ALTER TABLE public.users ALTER email SET STORAGE MAIN", "different-column", .warning),
    Seed("ALTER TABLE public.users ALTER email SET STATISTICS 7", "different-column", .warning),
    Seed("ALTER TABLE public.users ALTER email SET COMPRESSION pglz", "different-column", .warning),
    Seed("ALTER TABLE public.users ALTER email SET (n_distinct = 5)", "different-column", .warning),
    Seed("ALTER TABLE public.users ALTER full_text DROP EXPRESSION", "different-column"),
    Seed("ALTER TABLE public.users ALTER id SET GENERATED BY DEFAULT", "different-column"),
    Seed("ALTER TABLE public.users ALTER id SET INCREMENT BY 5", "different-column"),
    Seed("ALTER FOREIGN TABLE public.far_items ALTER id OPTIONS (SET column_name 'other')", "different-column"),
    Seed("ALTER TABLE public.users ALTER score SET DEFAULT 2.5", "different-default"),
    Seed("ALTER TABLE public.users ALTER score DROP DEFAULT", "missing-default"),
    Seed("ALTER TABLE public.users DROP CONSTRAINT users_email_check", "missing-constraint"),
    Seed("ALTER TABLE public.users ADD CHECK (weight > 0)", "extra-constraint", .warning),
    Seed(
      "ALTER TABLE public.users DROP CONSTRAINT users_email_check, ADD CONSTRAINT users_email_check CHECK (email LIKE '%@%')",
      "different-constraint"),
    Seed("ALTER TABLE public.users ALTER CONSTRAINT users_manager_id_fkey NOT DEFERRABLE", "different-constraint"),
    Seed("ALTER TABLE billing.invoices VALIDATE CONSTRAINT narrow", "unvalidated-constraint", .warning),
    Seed("ALTER TABLE public.tenants CLUSTER ON tenants_pkey", "different-constraint", .warning),
    Seed("DROP INDEX public.users_id_idx", "missing-index", .warning),
    Seed("DROP INDEX public.users_lower", "missing-index"),
    Seed("CREATE INDEX more ON public.users (born)", "extra-index", .warning),
    Seed(
      "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = 'public.users_lower'::regclass",
      "invalid-index"),
    Seed(
      "DROP INDEX public.users_lower; CREATE INDEX users_lower ON public.users (lower(email), tenant_id DESC NULLS LAST) INCLUDE (active)",
      "different-index"),
    Seed(
      "DROP INDEX public.users_id_idx; CREATE INDEX users_id_idx ON public.users USING brin (id)", "different-index",
      .warning),
    Seed("ALTER INDEX public.measures_2026_value_idx RENAME TO another", "extra-partition-index", .warning),
    Seed("DROP STATISTICS public.users_stats", "missing-statistics", .warning),
    Seed(
      "DROP STATISTICS public.users_stats; CREATE STATISTICS public.users_stats (ndistinct) ON tenant_id, active FROM public.users",
      "different-statistics", .warning),
    Seed("ALTER STATISTICS public.users_stats SET STATISTICS 9", "different-statistics", .warning),
    Seed("DROP TRIGGER touch ON public.tenants", "missing-trigger"),
    Seed("ALTER TABLE public.tenants DISABLE TRIGGER touch", "disabled-trigger"),
    Seed("ALTER TABLE public.users ENABLE ALWAYS TRIGGER off", "disabled-trigger"),
    Seed("ALTER TABLE public.measures_2026 DISABLE TRIGGER measured", "extra-trigger-state", .warning),
    Seed(
      "DROP TRIGGER off ON public.users; CREATE TRIGGER off AFTER TRUNCATE ON public.users EXECUTE FUNCTION public.touch('x'); ALTER TABLE public.users DISABLE TRIGGER off",
      "different-trigger"),
    Seed("DROP RULE quiet ON public.scratch", "missing-rule"),
    Seed("ALTER TABLE public.scratch DISABLE RULE quiet", "disabled-rule"),
    Seed("CREATE OR REPLACE RULE quiet AS ON DELETE TO public.scratch DO ALSO NOTHING", "different-rule"),
    // Everything else.
    Seed("CREATE SCHEMA more", "extra-schema", .warning),
    Seed("DROP EXTENSION pg_trgm CASCADE", "missing-extension"),
    Seed("ALTER TYPE public.mood ADD VALUE 'worse'", "different-enum"),
    Seed("ALTER DOMAIN public.positive DROP CONSTRAINT positive_check", "missing-domain-constraint"),
    Seed("ALTER DOMAIN public.positive SET NOT NULL", "different-domain"),
    Seed("ALTER DOMAIN public.positive ADD CHECK (VALUE < 9)", "extra-domain-constraint", .warning),
    Seed(
      "ALTER DOMAIN public.positive DROP CONSTRAINT positive_check; ALTER DOMAIN public.positive ADD CHECK (VALUE > 1)",
      "different-domain-constraint"),
    Seed(
      "DROP DOMAIN public.positive CASCADE; CREATE DOMAIN public.positive AS bigint CHECK (VALUE > 0)",
      "different-domain"),
    Seed("ALTER TYPE public.address ADD ATTRIBUTE more text", "different-composite-type"),
    Seed("DROP TYPE public.span", "missing-range"),
    Seed("DROP COLLATION public.plain_order", "missing-collation"),
    Seed("DROP OPERATOR public.=== (text, text)", "missing-operator"),
    Seed(
      "ALTER TEXT SEARCH CONFIGURATION public.plain_search DROP MAPPING FOR word", "different-text-search-configuration"
    ),
    Seed("DROP TEXT SEARCH CONFIGURATION public.plain_search", "missing-text-search-configuration"),
    Seed("ALTER SEQUENCE billing.invoice_numbers CYCLE", "different-sequence", .warning),
    Seed("ALTER SEQUENCE public.users_serial_number_seq AS bigint", "different-sequence"),
    Seed("ALTER SEQUENCE public.users_serial_number_seq OWNED BY NONE", "missing-sequence-owner"),
    Seed(
      "ALTER SEQUENCE public.users_serial_number_seq OWNED BY public.users.height", "different-sequence-owner"),
    Seed(
      "CREATE OR REPLACE FUNCTION public.double(t text) RETURNS text LANGUAGE sql STABLE AS 'SELECT t'",
      "different-function"),
    Seed(
      "CREATE OR REPLACE FUNCTION public.double(n integer, more integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT n * 2 + more'",
      "different-function"),
    Seed("DROP FUNCTION public.told() CASCADE", "missing-event-trigger"),
    Seed("ALTER EVENT TRIGGER somebodys_watch DISABLE", "disabled-trigger"),
    Seed("DROP AGGREGATE public.total(integer)", "missing-function"),
    Seed(
      "DROP EVENT TRIGGER somebodys_watch; CREATE EVENT TRIGGER somebodys_watch ON ddl_command_end EXECUTE FUNCTION public.told()",
      "different-event-trigger"),
    Seed("CREATE OR REPLACE VIEW public.plain AS SELECT 2 AS one, E'a\\\\b\"c' AS text", "different-view"),
    Seed("ALTER VIEW public.checked RESET (security_barrier)", "view-protection", .error),
    Seed("DROP VIEW public.plain", "missing-view"),
    Seed(
      "DROP MATERIALIZED VIEW billing.totals; CREATE MATERIALIZED VIEW billing.totals AS SELECT tenant, count(*) + 1 AS invoices FROM billing.invoices GROUP BY 1; CREATE UNIQUE INDEX totals_tenant ON billing.totals (tenant)",
      "different-materialized-view"),
    Seed(
      "REFRESH MATERIALIZED VIEW billing.totals WITH NO DATA", "different-materialized-view", .error, dumped: false),
    Seed("ALTER SERVER far OPTIONS (SET host 'near')", "different-foreign-server"),
    Seed("ALTER USER MAPPING FOR dbtool_reader SERVER far OPTIONS (SET user 'you')", "different-user-mapping"),
    Seed("ALTER FOREIGN TABLE public.far_items OPTIONS (SET table_name 'others')", "different-foreign-table"),
    Seed("ALTER PUBLICATION changes SET (publish = 'insert')", "different-publication"),
    Seed("ALTER PUBLICATION changes DROP TABLE public.tenants", "missing-publication-table"),
    Seed("ALTER PUBLICATION changes SET TABLE public.users, public.tenants", "different-publication-table"),
    Seed("COMMENT ON TYPE public.mood IS 'Other.'", "different-comment", .warning),
    Seed("COMMENT ON TABLE public.users IS 'New.'", "extra-comment", .warning),
    Seed("COMMENT ON VIEW public.plain IS NULL", "missing-comment", .warning),
  ]
}
