/// The tables of the schema `dbtool`, in all versions that there were.
///
/// `dbtool.settings` says which version a database has; one without that was made before there were versions. A new version
/// adds its columns here, and says in `upgrades` how they come about.
enum HistoryLayout {
  struct Column {
    var name: String
    /// As PostgreSQL prints it.
    var type: String
    var defaultValue: String?
  }

  struct Table {
    var name: String
    var columns: [Column]
  }

  /// What `dbtool.settings` has the version under.
  static let versionKey = "history_version"
  /// The version that this dbtool makes.
  static let version = upgrades.count

  /// What a table may have; one of an older version lacks some of it.
  static let tables: [Table] = [
    Table(
      name: "migrations",
      columns: [
        Column(name: "version", type: "text"), Column(name: "name", type: "text"),
        Column(name: "checksum", type: "text"), Column(name: "segments", type: "integer"),
        Column(name: "segments_done", type: "integer", defaultValue: "0"),
        Column(name: "started_at", type: instant, defaultValue: "now()"), Column(name: "finished_at", type: instant),
        Column(name: "applied_by", type: "text", defaultValue: "SESSION_USER"),
        Column(name: "attempted", type: "integer"),
      ]),
    Table(
      name: "backfills",
      columns: [
        Column(name: "version", type: "text"), Column(name: "segment", type: "integer"),
        Column(name: "position", type: "text[]"), Column(name: "rows", type: "bigint"),
        Column(name: "started_at", type: instant, defaultValue: "now()"),
        Column(name: "updated_at", type: instant, defaultValue: "now()"),
      ]),
    Table(
      name: "seeds",
      columns: [
        Column(name: "path", type: "text"), Column(name: "environment", type: "text"),
        Column(name: "checksum", type: "text"), Column(name: "rows", type: "bigint", defaultValue: "0"),
        Column(name: "applied_at", type: instant, defaultValue: "now()"),
      ]),
    Table(name: "settings", columns: [Column(name: "key", type: "text"), Column(name: "value", type: "text")]),
    Table(
      name: "retired",
      columns: [
        Column(name: "partition_oid", type: "bigint"), Column(name: "parent", type: "text"),
        Column(name: "schema_name", type: "text"), Column(name: "partition_name", type: "text"),
        Column(name: "action", type: "text"), Column(name: "bound", type: "text"),
        Column(name: "archive", type: "text"), Column(name: "rows", type: "bigint"),
        Column(name: "checksum", type: "text"),
        Column(name: "started_at", type: instant, defaultValue: "now()"), Column(name: "finished_at", type: instant),
      ]),
  ]
  private static let instant = "timestamp with time zone"

  /// The statements that lead from each version to the next; the first also finds what there was before versions.
  static let upgrades: [String] = [
    """
    CREATE TABLE IF NOT EXISTS dbtool.migrations (
      version pg_catalog.text PRIMARY KEY,
      name pg_catalog.text NOT NULL,
      checksum pg_catalog.text NOT NULL,
      segments pg_catalog.int4 NOT NULL,
      segments_done pg_catalog.int4 NOT NULL DEFAULT 0,
      started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      finished_at pg_catalog.timestamptz,
      applied_by pg_catalog.text NOT NULL DEFAULT SESSION_USER);
    -- The part outside of transactions that was begun last: whether it was finished is seen by looking.
    ALTER TABLE dbtool.migrations ADD COLUMN IF NOT EXISTS attempted pg_catalog.int4;
    CREATE TABLE IF NOT EXISTS dbtool.backfills (
      version pg_catalog.text NOT NULL,
      segment pg_catalog.int4 NOT NULL,
      position pg_catalog.text[] NOT NULL,
      rows pg_catalog.int8 NOT NULL,
      started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      updated_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      PRIMARY KEY (version, segment));
    CREATE TABLE IF NOT EXISTS dbtool.seeds (
      path pg_catalog.text NOT NULL,
      environment pg_catalog.text NOT NULL,
      checksum pg_catalog.text NOT NULL,
      rows pg_catalog.int8 NOT NULL DEFAULT 0,
      applied_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      PRIMARY KEY (path, environment));
    CREATE TABLE IF NOT EXISTS dbtool.settings (
      key pg_catalog.text PRIMARY KEY,
      value pg_catalog.text NOT NULL);
    CREATE TABLE IF NOT EXISTS dbtool.retired (
      partition_oid pg_catalog.int8 PRIMARY KEY,
      parent pg_catalog.text NOT NULL,
      schema_name pg_catalog.text NOT NULL,
      partition_name pg_catalog.text NOT NULL,
      action pg_catalog.text NOT NULL,
      bound pg_catalog.text NOT NULL,
      archive pg_catalog.text,
      rows pg_catalog.int8,
      checksum pg_catalog.text,
      started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      finished_at pg_catalog.timestamptz);
    COMMENT ON SCHEMA dbtool IS 'History of dbtool: applied migrations, seeds and settings.';
    """
  ]

  /// Default privileges may have given others rights on what was just made: the history is its owner's alone. Who may read
  /// it still may.
  static let revocation = """
    DO LANGUAGE plpgsql $dbtool$
    DECLARE
      v_revocation pg_catalog.text;
    BEGIN
      FOR v_revocation IN
        SELECT pg_catalog.format(
                 'REVOKE CREATE ON SCHEMA dbtool FROM %s',
                 CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END)
          FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) x
          LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee
         WHERE n.nspname = 'dbtool' AND x.privilege_type = 'CREATE' AND x.grantee <> n.nspowner
        UNION ALL
        SELECT pg_catalog.format(
                 'REVOKE %s ON TABLE dbtool.%I FROM %s', x.privilege_type, c.relname,
                 CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END)
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
               pg_catalog.aclexplode(c.relacl) x
          LEFT JOIN pg_catalog.pg_roles r ON r.oid = x.grantee
         WHERE n.nspname = 'dbtool' AND x.privilege_type <> 'SELECT' AND x.grantee <> c.relowner
      LOOP
        EXECUTE v_revocation || ' CASCADE';
      END LOOP;
    END
    $dbtool$
    """
}
