package import Catalog
package import Postgres

/// Reads a database's catalog in one snapshot: one transaction, four round trips, however large the database is.
package struct CatalogReader: Sendable {
  /// Schemas that are known but not managed: a hosting platform's own, and dbtool's history.
  package var excludedSchemas: Set<String>

  package init(excludedSchemas: Set<String> = []) {
    self.excludedSchemas = excludedSchemas.union(["dbtool", "cron"])
  }

  /// Reads the whole catalog, read only.
  ///
  /// - Throws: `PostgresError`.
  package func read(_ connection: Connection) async throws -> Catalog {
    let version = await connection.serverVersion
    // The extension's table exists or does not; a statement that names it cannot ask.
    let begun = try await connection.pipeline([
      Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
      // With an empty search_path PostgreSQL qualifies every name it prints; the other settings decide how it prints
      // constants. Compiling these queries takes longer than running them.
      Statement(
        """
        SELECT set_config('search_path', '', true), set_config('jit', 'off', true),
               set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
               set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '3', true),
               set_config('bytea_output', 'hex', true), set_config('xmloption', 'content', true),
               set_config('quote_all_identifiers', 'off', true)
        """),
      Statement("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"),
      Statement(
        "SELECT to_regclass('cron.job') IS NOT NULL AND has_table_privilege(to_regclass('cron.job'), 'SELECT')"),
    ])
    do {
      let databaseOwner = try begun[2].get()[0].string(0)
      let hasCron = try begun[3].get()[0].optionalString(0) == "t"
      var builder = CatalogBuilder(version: version, databaseOwner: databaseOwner)
      var queries: [any CatalogQuery.Type] = [
        RoleQuery.self, SchemaQuery.self, ExtensionQuery.self, LanguageQuery.self, CollationQuery.self, EnumQuery.self,
        DomainQuery.self, CompositeTypeQuery.self, RangeTypeQuery.self, BaseTypeQuery.self,
        ForeignDataWrapperQuery.self,
        ForeignServerQuery.self, UserMappingQuery.self, RelationQuery.self, SequenceQuery.self, ColumnQuery.self,
        PartitionDefaultQuery.self, ConstraintQuery.self, DomainConstraintQuery.self, IndexQuery.self,
        FunctionQuery.self, AggregateQuery.self, OperatorQuery.self, AccessMethodQuery.self, OperatorFamilyQuery.self,
        OperatorClassQuery.self, OperatorMemberQuery.self, CastQuery.self, TransformQuery.self, ConversionQuery.self,
        TextSearchParserQuery.self, TextSearchTemplateQuery.self, TextSearchDictionaryQuery.self,
        TextSearchConfigurationQuery.self, TriggerQuery.self, TriggerStateQuery.self, PolicyQuery.self,
        RowTypeQuery.self, RuleQuery.self,
        StatisticsQuery.self, EventTriggerQuery.self, PublicationQuery.self, PublicationTableQuery.self,
        DefaultPrivilegeQuery.self,
        // Those that refer to objects read above.
        CommentQuery.self, GrantQuery.self, DependencyQuery.self, UnmodeledQuery.self,
      ]
      if version.major >= 15 { queries.insert(PublicationSchemaQuery.self, at: queries.count - 4) }
      if hasCron { queries.append(CronJobQuery.self) }
      let rare = Set(queries.compactMap { $0.rareCatalog }).sorted()
      // Objects that came with PostgreSQL have smaller numbers.
      let present = try await connection.query(
        "SELECT " + rare.map { "EXISTS (SELECT FROM pg_catalog.\($0) WHERE oid >= 16384)" }.joined(separator: ", "))
      for (index, catalog) in rare.enumerated() where try !present[0].bool(index) {
        queries.removeAll { $0.rareCatalog == catalog }
      }
      let excluded = excludedSchemas.sorted()
      let results = try await connection.pipeline(
        queries.map { query in
          let sql = query.sql(version)
          return Statement(sql, query.takesExcludedSchemas ? [textArray(excluded)] : [])
        })
      for (query, result) in zip(queries, results) {
        for row in try result.get() {
          var reader = row.reader
          try query.decode(&reader, into: &builder)
        }
      }
      try await connection.execute("COMMIT")
      return builder.finish()
    } catch {
      _ = try? await connection.execute("ROLLBACK")
      throw error
    }
  }

  private func textArray(_ elements: [String]) -> String {
    "{"
      + elements.map { "\"" + $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }
      .joined(separator: ",") + "}"
  }
}

/// One query and the decoder of its rows.
protocol CatalogQuery {
  /// The catalog whose rows it reads, if few databases have any of their own: without them it is not run.
  static var rareCatalog: String? { get }
  /// `$1` is the list of excluded schemas.
  static func sql(_ version: ServerVersion) -> String
  static var takesExcludedSchemas: Bool { get }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws
}

extension CatalogQuery {
  static var rareCatalog: String? { nil }
  static var takesExcludedSchemas: Bool { true }

  /// The condition that a namespace `n` is managed.
  static var managedNamespace: String {
    "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> ALL ($1::text[])"
  }

  /// The condition that an object is not a member of an extension.
  static func notMember(_ catalog: String, _ oid: String) -> String {
    """
    NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.\(catalog)'::regclass
                AND e.objid = \(oid) AND e.deptype = 'e')
    """
  }
}
