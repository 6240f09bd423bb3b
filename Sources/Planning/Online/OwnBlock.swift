internal import Postgres

/// A `DO` block of dbtool's own in a migration.
///
/// A migration finds names as its session does, and what somebody may create in a schema of that `search_path` can fit a call
/// better than what is PostgreSQL's: `format(text, regclass)` does, and PostgreSQL prefers it wherever it stands. So such a block
/// looks into `pg_catalog` alone, and leaves the path as it found it.
enum OwnBlock {
  /// - Parameter body: a block of PL/pgSQL without the semicolon at its end. Names that are not PostgreSQL's have schemas.
  static func sql(_ body: String) -> String {
    let block = """
      DECLARE
        v_path pg_catalog.text := pg_catalog.current_setting('search_path');
      BEGIN
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      \(body);
        PERFORM pg_catalog.set_config('search_path', v_path, true);
      END
      """
    return "DO \(Quote.literal(block))"
  }
}
