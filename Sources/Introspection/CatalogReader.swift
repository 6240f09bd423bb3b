package import Catalog
package import Postgres

/// Reads a database's catalog in one snapshot: one transaction and three round trips, however many objects
/// there are; a large database is read by two sessions, with three more to bring them together.
package struct CatalogReader: Sendable {
  /// Schemas that are known but not managed: a hosting platform's own, and dbtool's history.
  package var excludedSchemas: Set<String>

  package init(excludedSchemas: Set<String> = []) {
    self.excludedSchemas = excludedSchemas.union(["dbtool", "cron"])
  }

  /// The order matters: what refers to something comes after it.
  private static var queries: [any CatalogQuery.Type] {
    [
      RoleQuery.self, SchemaQuery.self, ExtensionQuery.self, LanguageQuery.self, CollationQuery.self, EnumQuery.self,
      DomainQuery.self, CompositeTypeQuery.self, RangeTypeQuery.self, BaseTypeQuery.self, ForeignDataWrapperQuery.self,
      ForeignServerQuery.self, UserMappingQuery.self, RelationQuery.self, SequenceQuery.self, ColumnQuery.self,
      InheritedColumnQuery.self, ViewDefaultQuery.self, ConstraintQuery.self, DomainConstraintQuery.self,
      IndexQuery.self,
      PartitionIndexQuery.self, FunctionQuery.self,
      AggregateQuery.self, OperatorQuery.self, AccessMethodQuery.self, OperatorFamilyQuery.self,
      OperatorClassQuery.self,
      OperatorMemberQuery.self, CastQuery.self, TransformQuery.self, ConversionQuery.self, TextSearchParserQuery.self,
      TextSearchTemplateQuery.self, TextSearchDictionaryQuery.self, TextSearchConfigurationQuery.self,
      TriggerQuery.self,
      TriggerStateQuery.self, PolicyQuery.self, RowTypeQuery.self, RuleQuery.self, StatisticsQuery.self,
      EventTriggerQuery.self, PublicationQuery.self, PublicationTableQuery.self, PublicationSchemaQuery.self,
      SubscriptionQuery.self,
      DefaultPrivilegeQuery.self, CommentQuery.self, SecurityLabelQuery.self, SettingQuery.self, GrantQuery.self,
      DependencyQuery.self, UnmodeledQuery.self,
      CronJobQuery.self,
    ]
  }

  /// Reads the whole catalog, read only.
  ///
  /// - Throws: `PostgresError`.
  package func read(_ connection: Connection) async throws -> Catalog {
    let version = await connection.serverVersion
    let candidates = Self.queries.filter { version.major >= $0.since }
    let conditions = Set(candidates.compactMap { $0.presence }).sorted()
    let begun = try await connection.pipeline([
      Self.begin, Self.settings,
      Statement(
        """
        SELECT pg_catalog.pg_get_userbyid(d.datdba), (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class),
               -- The extension's table exists or does not; a statement that names it cannot ask.
               coalesce((SELECT CASE WHEN pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN
                                  pg_catalog.has_table_privilege(pg_catalog.to_regclass('cron.job'), 'SELECT') END
                           FROM pg_catalog.pg_namespace n WHERE n.nspname = 'cron'), false)
          FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
        """),
      Statement("SELECT " + conditions.map { "EXISTS (SELECT FROM pg_catalog.\($0))" }.joined(separator: ", ")),
    ])
    do {
      let settings = try begun[2].get()[0]
      let present = try begun[3].get()[0]
      var absent: Set<String> = []
      for (index, condition) in conditions.enumerated() where try !present.bool(index) { absent.insert(condition) }
      let hasCron = try settings.bool(2)
      let queries = candidates.filter { query in
        query.presence.map { !absent.contains($0) } ?? (hasCron || query != CronJobQuery.self)
      }
      let relations = try settings.int(1)
      // Indexes, sequences and TOAST tables are relations too; a table has some three facts for each of them.
      var builder = CatalogBuilder(
        version: version, databaseOwner: try settings.string(0), capacity: relations > 1000 ? relations * 3 : 0)
      if relations > 5000, let companion = await companion(of: connection) {
        do { try await decode(queries, version, from: connection, and: companion, into: &builder) } catch {
          await companion.close()
          throw error
        }
        await companion.close()
      } else {
        try await decode(queries, version, from: connection, and: nil, into: &builder)
      }
      try await connection.execute("COMMIT")
      return builder.finish()
    } catch {
      _ = try? await connection.execute("ROLLBACK")
      throw error
    }
  }

  private static let begin = Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

  /// With an empty search_path PostgreSQL qualifies every name it prints; the others decide how it prints constants.
  /// Compiling these queries takes longer than running them, and to print an expression each parallel worker would open
  /// its table for itself.
  private static let settings = Statement(
    """
    SELECT set_config('search_path', '', true), set_config('jit', 'off', true),
           set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
           set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '3', true),
           set_config('bytea_output', 'hex', true), set_config('xmloption', 'content', true),
           set_config('quote_all_identifiers', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
    """)

  /// A second session with the same snapshot: printing a large database's expressions is work for two. Without one (no
  /// connection is left, a pooler says no) the first does it all.
  private func companion(of connection: Connection) async -> Connection? {
    guard let snapshot = try? await connection.query("SELECT pg_catalog.pg_export_snapshot()")[0].string(0),
      let companion = try? await Connection.open(connection.target)
    else { return nil }
    do {
      let take = Statement("SET TRANSACTION SNAPSHOT \(Quote.literal(snapshot))")
      for result in try await companion.pipeline([Self.begin, take, Self.settings]) { _ = try result.get() }
      return companion
    } catch {
      await companion.close()
      return nil
    }
  }

  /// Decodes rows while the server works on the next query.
  private func decode(
    _ queries: [any CatalogQuery.Type], _ version: ServerVersion, from connection: Connection,
    and companion: Connection?, into builder: inout CatalogBuilder
  ) async throws {
    let excluded = ArrayText.encode(excludedSchemas.sorted())
    func results(_ connection: Connection, _ queries: [any CatalogQuery.Type])
      -> AsyncThrowingStream<Rows, any Error>.Iterator
    {
      connection.results(of: queries.map { Statement($0.sql(version), $0.takesExcludedSchemas ? [excluded] : []) })
        .makeAsyncIterator()
    }
    var own = results(connection, queries.filter { companion == nil || !$0.opensTables })
    var others = companion.map { results($0, queries.filter { $0.opensTables }) }
    for query in queries {
      let next = query.opensTables && others != nil ? try await others?.next() : try await own.next()
      guard let rows = next else { throw CancellationError() }
      for row in rows {
        var reader = row.reader
        try query.decode(&reader, into: &builder)
      }
    }
  }
}

/// One query and the decoder of its rows.
protocol CatalogQuery {
  /// Rows of `pg_catalog` without which the query would find nothing, as a FROM clause; few databases have any. Objects
  /// that came with PostgreSQL have numbers below 16384.
  static var presence: String? { get }
  /// Whether PostgreSQL opens each table to print something about it. That is half of the work in a large database, and
  /// costs less when one session does all of it.
  static var opensTables: Bool { get }
  /// The first major version that has what it reads.
  static var since: Int { get }
  /// `$1` is the list of excluded schemas.
  static func sql(_ version: ServerVersion) -> String
  static var takesExcludedSchemas: Bool { get }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws
}

extension CatalogQuery {
  static var presence: String? { nil }
  static var opensTables: Bool { false }
  static var since: Int { ServerVersion.oldestMajor }
  static var takesExcludedSchemas: Bool { true }

  /// The condition that a namespace `n` is managed.
  static var managedNamespace: String {
    "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> ALL ($1::text[])"
  }

  /// The condition that an object is not a member of an extension.
  static func notMember(_ catalog: String, _ oid: String) -> String {
    """
    NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.refclassid = 'pg_catalog.pg_extension'::regclass
                AND e.classid = 'pg_catalog.\(catalog)'::regclass AND e.objid = \(oid) AND e.deptype = 'e')
    """
  }
}
