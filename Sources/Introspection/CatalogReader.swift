package import Catalog
package import Postgres

/// Reads a database's catalog in one snapshot: one transaction and three round trips, however many objects
/// there are; a large database is read by two sessions.
package struct CatalogReader: Sendable {
  /// Schemas that are known but not managed: a hosting platform's own, the histories of tools, and where tables are prepared and
  /// left.
  package var excludedSchemas: Set<String>
  /// Extensions that may be there or not.
  package var excludedExtensions: Set<String>
  /// Roles that belong to others: what they give by default is theirs.
  package var excludedRoles: Set<String>
  /// Further names of the database's owner, as a file has them that was written elsewhere.
  package var ownerNames: Set<String> = []

  package init(
    excludedSchemas: Set<String> = [], excludedExtensions: Set<String> = [], excludedRoles: Set<String> = []
  ) {
    self.excludedRoles = excludedRoles
    self.excludedSchemas = excludedSchemas.union([
      ToolSchema.history, ToolSchema.prepared, ToolSchema.replaced, "cron", "supabase_migrations",
    ])
    self.excludedExtensions = excludedExtensions
  }

  /// One that reads tables that are being prepared, too.
  package var includingPrepared: CatalogReader {
    var reader = self
    reader.excludedSchemas.remove(ToolSchema.prepared)
    return reader
  }

  /// The order matters: what refers to something comes after it.
  private static var queries: [any CatalogQuery.Type] {
    [
      RoleQuery.self, SchemaQuery.self, ExtensionQuery.self, LanguageQuery.self, CollationQuery.self, EnumQuery.self,
      DomainQuery.self, CompositeTypeQuery.self, RangeTypeQuery.self, BaseTypeQuery.self, ForeignDataWrapperQuery.self,
      ForeignServerQuery.self, UserMappingQuery.self, RelationQuery.self, SequenceQuery.self, ColumnQuery.self,
      InheritedColumnQuery.self, UsedInheritedColumnQuery.self, ViewDefaultQuery.self, ConstraintQuery.self,
      InheritedConstraintQuery.self, AttachedKeyQuery.self, DomainConstraintQuery.self, IndexQuery.self,
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
      ExtensionGrantQuery.self, DependencyQuery.self, UnmodeledQuery.self,
      CronJobQuery.self, CronStandInQuery.self,
    ]
  }

  /// Reads the whole catalog, read only.
  ///
  /// - Throws: `PostgresError`.
  package func read(_ connection: Connection) async throws -> Catalog { try await read(connection) { _ in }.0 }

  /// Reads the whole catalog, and what else is asked in the same snapshot; read only, with an empty `search_path`.
  ///
  /// - Throws: `PostgresError`, and what `body` throws.
  package func read<Further: Sendable>(
    _ connection: Connection, also body: @Sendable (Connection) async throws -> Further
  ) async throws -> (Catalog, Further) {
    do { return try await readAll(connection, also: body) } catch var error as PostgresError
      where error.sqlState == "22021"
    {
      let objects = await unreadable(connection.target)
      if !objects.isEmpty {
        error.message = "text that is not UTF-8 stands in \(objects.joined(separator: ", ")): \(error.message)"
        error.hint =
          "The database's encoding is SQL_ASCII, which lets any bytes in. Write these anew, or convert the database."
      }
      throw error
    }
  }

  /// The objects of a database without an encoding that hold bytes which are no text.
  private func unreadable(_ target: ConnectionTarget) async -> [String] {
    guard let connection = try? await Connection.open(target, encoding: "SQL_ASCII") else { return [] }
    let read = try? await readAll(connection, also: { _ in })
    await connection.close()
    guard let (catalog, _) = read else { return [] }
    let found = catalog.sorted.filter { fact in
      let texts = ["\(fact.id)"] + fact.attributes.map { "\($0.value)" }
      return texts.contains { $0.unicodeScalars.contains("\u{FFFD}") }
    }
    return found.prefix(10).map { "\($0.id)" } + (found.count > 10 ? ["and \(found.count - 10) more"] : [])
  }

  private func readAll<Further: Sendable>(
    _ connection: Connection, also body: @Sendable (Connection) async throws -> Further
  ) async throws -> (Catalog, Further) {
    let version = await connection.serverVersion
    let candidates = Self.queries.filter { version.major >= $0.since }
    let conditions = Set(candidates.compactMap { $0.presence }).sorted()
    let presence = Statement(
      "SELECT " + conditions.map { "EXISTS (SELECT FROM pg_catalog.\($0))" }.joined(separator: ", "))
    var begun = connection.results(of: [Self.begin, Self.settings, extentOfAll, presence], beginning: true)
      .makeAsyncIterator()
    func next() async throws -> Rows {
      guard let rows = try await begun.next() else { throw CancellationError() }
      return rows
    }
    var companion: Task<Companion?, Never>?
    do {
      for _ in [Self.begin, Self.settings] { _ = try await next() }
      let extent = try await next()[0]
      let relations = try extent.int(1)
      if let snapshot = try extent.optionalString(3) {
        let statements = statements(candidates, version, of: .opening)
        companion = Task { [target = connection.target] in
          await Companion.open(target, snapshot: snapshot, statements: statements)
        }
      }
      let present = try await next()[0]
      var absent: Set<String> = []
      for (index, condition) in conditions.enumerated() where try !present.bool(index) { absent.insert(condition) }
      let cron = try extent.optionalString(2)
      let queries = candidates.filter { query in
        if query == CronJobQuery.self { return cron == "job" }
        if query == CronStandInQuery.self { return cron == "stand-in" }
        return query.presence.map { !absent.contains($0) } ?? true
      }
      // Indexes, sequences and TOAST tables are relations too; a table has some three facts for each of them.
      var builder = CatalogBuilder(
        version: version,
        owners: Set([try extent.string(0)]).union(try extent.bool(4) ? ScratchRights.owners : []).union(ownerNames),
        excludedExtensions: excludedExtensions,
        excludedRoles: excludedRoles, capacity: relations > 1000 ? relations * 3 : 0)
      var schemas = extent.reader
      for _ in 0..<5 { _ = try schemas.optionalString() }
      for name in try schemas.strings() { builder.addLeftOut("schema \(Quote.identifier(name))") }
      try await decode(queries, version, from: connection, and: companion, into: &builder)
      await companion?.value?.connection.close()
      let further = try await body(connection)
      try await connection.execute("COMMIT")
      return (builder.finish(), further)
    } catch {
      await companion?.value?.connection.close()
      _ = try? await connection.execute("ROLLBACK")
      throw error
    }
  }

  private var extentOfAll: Statement {
    let own = [ToolSchema.history, ToolSchema.prepared, ToolSchema.replaced]
    return Statement(Self.extent, [ArrayText.encode(excludedSchemas.subtracting(own).sorted())])
  }

  /// The owner of the database, how many relations it has, where jobs of `pg_cron` can be read, and the snapshot for a
  /// second session when there are many relations.
  private static let extent = """
    SELECT pg_catalog.pg_get_userbyid(d.datdba), c.relations,
           -- The extension's table exists or does not; a statement that names it cannot ask.
           CASE WHEN \(CronTable.job.isReadable) THEN 'job'
                WHEN pg_catalog.to_regclass('\(ScratchRights.marker)') IS NOT NULL AND \(CronTable.standIn) THEN 'stand-in' END,
           CASE WHEN c.relations > 5000 THEN pg_catalog.pg_export_snapshot() END,
           pg_catalog.to_regclass('\(ScratchRights.marker)') IS NOT NULL,
           -- Members of pg_cron are its own; that of a scratch server is dbtool's.
           (SELECT pg_catalog.array_agg(n.nspname::text ORDER BY n.nspname) FROM pg_catalog.pg_namespace n
             WHERE n.nspname = ANY ($1::text[])
               AND NOT (n.nspname = 'cron' AND (pg_catalog.to_regclass('\(ScratchRights.marker)') IS NOT NULL
                        OR EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_cron'))))
      FROM pg_catalog.pg_database d, (SELECT pg_catalog.count(*) AS relations FROM pg_catalog.pg_class) c
     WHERE d.datname = pg_catalog.current_database()
    """

  /// Which rows of the queries.
  private enum Part { case all, opening, others }

  /// A query that has no such rows is left out.
  private func statements(
    _ queries: [any CatalogQuery.Type], _ version: ServerVersion, of part: Part
  ) -> [Statement] {
    let excluded = ArrayText.encode(excludedSchemas.sorted())
    return queries.compactMap { query in
      let sql: String
      switch (part, query.opening) {
      case (.all, _), (.others, .never): sql = query.sql(version)
      case (.opening, .never), (.others, .always): return nil
      case (.opening, .always): sql = query.sql(version)
      case (.opening, .where(let condition)): sql = query.sql(version) + " AND (\(condition))"
      case (.others, .where(let condition)): sql = query.sql(version) + " AND NOT (\(condition))"
      }
      return Statement(sql, query.takesExcludedSchemas ? [excluded] : [])
    }
  }

  /// Decodes rows while the server works on the next query.
  private func decode(
    _ queries: [any CatalogQuery.Type], _ version: ServerVersion, from connection: Connection,
    and companion: Task<Companion?, Never>?, into builder: inout CatalogBuilder
  ) async throws {
    let isShared = companion != nil
    var own = connection.results(of: statements(queries, version, of: isShared ? .others : .all)).makeAsyncIterator()
    var theirs: AsyncThrowingStream<Rows, any Error>.Iterator?
    func decode(_ rows: Rows?, _ query: any CatalogQuery.Type, _ builder: inout CatalogBuilder) throws {
      guard let rows else { throw CancellationError() }
      for row in rows {
        var reader = row.reader
        try query.decode(&reader, into: &builder)
      }
    }
    for query in queries {
      if !isShared || query.opening != .always { try decode(try await own.next(), query, &builder) }
      guard isShared, query.opening != .never else { continue }
      if theirs == nil {
        // Without a companion these come after the others, which wait meanwhile.
        let results =
          await companion?.value?.results ?? connection.results(of: statements(queries, version, of: .opening))
        theirs = results.makeAsyncIterator()
      }
      try decode(try await theirs?.next(), query, &builder)
    }
  }

  private static let begin = Statement(Connection.beginSnapshot)

  /// With an empty search_path PostgreSQL qualifies every name it prints; the others decide how it prints constants.
  /// Compiling these queries takes longer than running them, and to print an expression each parallel worker would open
  /// its table for itself.
  private static let settings = Statement(
    """
    SELECT pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('jit', 'off', true),
           pg_catalog.set_config('timezone', 'UTC', true), pg_catalog.set_config('datestyle', 'ISO, YMD', true),
           pg_catalog.set_config('intervalstyle', 'postgres', true),
           pg_catalog.set_config('extra_float_digits', '3', true), pg_catalog.set_config('bytea_output', 'hex', true),
           pg_catalog.set_config('xmloption', 'content', true),
           pg_catalog.set_config('quote_all_identifiers', 'off', true),
           pg_catalog.set_config('standard_conforming_strings', 'on', true),
           pg_catalog.set_config('statement_timeout', '0', true), pg_catalog.set_config('lock_timeout', '0', true),
           pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true),
           pg_catalog.set_config('max_parallel_workers_per_gather', '0', true),
           pg_catalog.set_config('constraint_exclusion', 'partition', true), \(SessionSettings.restrictTransaction)
    """)

  /// A second session with the same snapshot: printing a large database's expressions is work for two.
  private struct Companion {
    let connection: Connection
    let results: AsyncThrowingStream<Rows, any Error>

    /// - Returns: nil when there cannot be one: no connection is left, a pooler says no. Then the first does it all.
    static func open(_ target: ConnectionTarget, snapshot: String, statements: [Statement]) async -> Companion? {
      guard let connection = try? await Connection.open(target) else { return nil }
      do {
        let take = Statement("SET TRANSACTION SNAPSHOT \(Quote.literal(snapshot))")
        // One after the other: nothing may come before them in their transaction.
        try await connection.execute(begin.sql)
        for result in try await connection.pipeline([take, settings]) { _ = try result.get() }
        return Companion(connection: connection, results: connection.results(of: statements))
      } catch {
        await connection.close()
        return nil
      }
    }
  }
}

/// For which rows of a query PostgreSQL opens a table.
enum Opening: Equatable {
  case never, always
  /// Those of this condition, which is put at the end of the query.
  case `where`(String)
}

/// One query and the decoder of its rows.
protocol CatalogQuery {
  /// Rows of `pg_catalog` without which the query would find nothing, as a FROM clause; few databases have any. Objects
  /// that came with PostgreSQL have numbers below 16384.
  static var presence: String? { get }
  /// Whether PostgreSQL opens each table to print something about it. That is half of the work in a large database, and
  /// costs less when one session does all of it.
  static var opening: Opening { get }
  /// The first major version that has what it reads.
  static var since: Int { get }
  /// `$1` is the list of excluded schemas.
  static func sql(_ version: ServerVersion) -> String
  static var takesExcludedSchemas: Bool { get }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws
}

extension CatalogQuery {
  static var presence: String? { nil }
  static var opening: Opening { .never }
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
