internal import Catalog
internal import Introspection
package import Migrations
package import Planning
internal import Postgres

/// What a migration would do to a live database, seen by running it on a scratch copy with rows in it.
package struct Linter: Sendable {
  /// One thing that a statement does.
  package struct Finding: Sendable {
    package var file: String
    package var line: Int
    package var hazard: Hazard
    /// Why it is meant, from a comment `-- dbtool:allow CODE reason` before the statement.
    package var allowed: String?
  }

  private let states: States

  package init(states: States) { self.states = states }

  /// Runs a file after others and watches each statement.
  ///
  /// - Parameters:
  ///   - file: what is judged; its statements may stand in transactions or outside of them.
  ///   - earlier: the migrations that come before it.
  /// - Throws: `ReplayFailure` when PostgreSQL refuses a statement; `MigrationError`.
  package func lint(_ file: MigrationFile, named name: String, after earlier: [MigrationFile]) async throws -> [Finding]
  {
    let template = try await states.replayTemplate(earlier, toRun: file.text)
    let source = try await states.read(template: template).removing { $0.id.kind == .role }
    // The rows here are of no account: what refuses them may take others, or none.
    var emptied: [FactID] = []
    while true {
      do {
        return try await lint(file, named: name, on: template, source, without: emptied)
      } catch let failure as ReplayFailure {
        guard let table = failure.error.tableOfRow(in: source), !emptied.contains(table) else { throw failure }
        emptied.append(table)
      }
    }
  }

  private func lint(
    _ file: MigrationFile, named name: String, on template: ScratchTemplate, _ source: Catalog,
    without emptied: [FactID]
  ) async throws -> [Finding] {
    try await template.server.withoutTrace(isExpected: false) {
      try await template.server.withDatabase(from: template) { database in
        try await database.withLoading { session in
          try await ProofRows.fill(session.connection, source: source, target: source)
          try await ProofRows.empty(emptied, session.connection)
          var run = Run(file: name, observer: LockObserver(existing: [source]))
          try await run.start(session.connection)
          for segment in try file.segments() { try await run.lint(segment, session) }
          return run.findings
        }
      }
    }
  }

  /// One file on its way through the scratch copy.
  private struct Run: Sendable {
    let file: String
    var observer: LockObserver
    var findings: [Finding] = []
    private var names: [ClientName: Named] = [:]

    /// Partitions that let in whom their tables' policies would not, as SQL names them, with whom.
    private var open: [String: String] = [:]

    /// Published columns, with their publications.
    private var publications: [ClientName: String] = [:]

    /// What clients can use beside relations and columns.
    private var uses: Set<ClientUse> = []
    /// The same when the current transaction began, and which of its statements changed what of it last.
    private var usesBefore: Set<ClientUse> = []
    private var changers: [ClientUse: ScriptStatement] = [:]

    /// What clients name: a relation, or a column of one.
    private struct ClientName: Hashable, Comparable, Sendable {
      var schema: String
      var relation: String
      var column: String?

      /// The relation, as SQL names it.
      var table: String { Quote.qualified(schema, relation) }
      var sqlName: String { table + (column.map { "." + Quote.identifier($0) } ?? "") }
      /// The relation of a column; nil for a relation.
      var owner: ClientName? { column == nil ? nil : ClientName(schema: schema, relation: relation) }

      init(schema: String, relation: String, column: String? = nil) {
        self.schema = schema
        self.relation = relation
        self.column = column
      }

      static func < (a: ClientName, b: ClientName) -> Bool {
        (a.schema, a.relation, a.column ?? "") < (b.schema, b.relation, b.column ?? "")
      }
    }

    /// What a name stands for, whatever it is called.
    private struct Named {
      var identity: String
      var holdsRows: Bool
      var type: String
    }

    init(file: String, observer: LockObserver) {
      self.file = file
      self.observer = observer
    }

    mutating func start(_ connection: Connection) async throws {
      try await unaffected(connection) { run, connection in
        try await run.observer.start(connection)
        run.names = try await Self.names(connection)
        run.open = try await Self.openPartitions(connection)
        run.publications = try await Self.publications(connection)
        run.uses = try await ClientUse.all(connection)
        run.usesBefore = run.uses
      }
    }

    mutating func lint(_ segment: MigrationFile.Segment, _ session: LoadingSession) async throws {
      let connection = session.connection
      // A statement that stands alone is watched in a transaction too, where PostgreSQL lets it run in one: its locks are
      // seen only as long as they are held.
      try await connection.execute(segment.begin)
      var isOpen = true
      try await unaffected(connection) { try await $0.observer.newTransaction($1) }
      for statement in segment.statements {
        let node = ParseTree(parsing: statement.sql)
        if node?.nodeName == "DropdbStmt" {
          // Not on a server that others use as well.
          add([Hazard(.dataLoss, "drops a whole database")], statement)
          continue
        }
        let isChange = ["UpdateStmt", "DeleteStmt", "MergeStmt"].contains(node?.nodeName)
        // A table of three rows is read from one end to the other, whatever its indexes; one of millions is not.
        if isChange { try await connection.execute("SET LOCAL enable_seqscan = off") }
        let existing = try await WatchedStatement.existingName(node, connection)
        let watched = try await unaffected(connection) { _, connection in
          try await WatchedStatement(node, existing: existing, before: connection)
        }
        do {
          do { note(try await session.run(statement, of: 0)) } catch let error as PostgresError
            where !segment.isTransaction && error.sqlState == .activeTransaction
          {
            try await connection.execute("ROLLBACK")
            isOpen = false
            note(try await session.run(statement, of: 0))
          }
        } catch let error as PostgresError {
          throw ReplayFailure(location: SourceLocation(file: file, line: statement.line), error: error)
        }
        let observed = try await unaffected(connection) { try await $0.observer.observe($1) }
        var hazards = observed.hazards
        if node?.nodeName == "TruncateStmt" {
          // It looks like a rewrite, of nothing.
          hazards.removeAll { $0.code == .rewrite }
          hazards.append(Hazard(.dataLoss, "removes all rows"))
        }
        if isChange {
          try await connection.execute("SET LOCAL enable_seqscan TO DEFAULT")
          if node?.nodeName == "DeleteStmt", node?["DeleteStmt"]?["whereClause"] == nil {
            hazards.append(Hazard(.dataLoss, "removes all rows"))
          }
          if segment.directive != .backfill {
            hazards += observed.changedThroughout.map {
              Hazard(
                .locksRows, "reads all of \($0), and locks the rows that it changes until the transaction ends",
                table: $0, takesTime: true)
            }
          }
        }
        if !observed.locks.isEmpty, try await Self.waitsForever(connection) {
          hazards.append(
            Hazard(
              .noLockTimeout,
              "waits for its lock without end, and everybody behind it waits as well (\(observed.locks.map(\.description).joined(separator: ", ")))"
            ))
        }
        if let watched { hazards = watched.reworded(hazards) }
        hazards += try await unaffected(connection) { [isOpen] run, connection in
          try await run.compared(connection, isOpen: isOpen) + run.opened(connection)
            + (watched?.hazards(after: connection) ?? [])
        }
        add(hazards, statement)
        try await unaffected(connection) { try await $0.use(statement, node, $1) }
      }
      settle()
      if isOpen { try await connection.execute("COMMIT") }
    }

    /// Looks at what the file has done, whatever it has set: it may have any `search_path`, operators of its own there, and names
    /// printed otherwise.
    private mutating func unaffected<Result: Sendable>(
      _ connection: Connection, _ body: @Sendable (inout Run, Connection) async throws -> Result
    ) async throws -> Result {
      let (run, result) = try await connection.unaffected { [self] connection in
        var run = self
        let result = try await body(&run, connection)
        return (run, result)
      }
      self = run
      return result
    }

    private func note(_ leftOut: LeftOut?) {
      if let leftOut { LeftOutJournal.current?.add([leftOut], in: [file]) }
    }

    private mutating func add(_ hazards: [Hazard], _ statement: ScriptStatement) {
      let allowances = LeadingComments(of: statement.sql).allowances
      findings += hazards.map {
        Finding(file: file, line: statement.line, hazard: $0, allowed: allowances[$0.code])
      }
    }

    private static func waitsForever(_ connection: Connection) async throws -> Bool {
      try await connection.query("SELECT pg_catalog.current_setting('lock_timeout') OPERATOR(pg_catalog.=) '0'")[0]
        .bool(0)
    }

    /// What the statement has made of names that clients use.
    private mutating func compared(_ connection: Connection, isOpen: Bool) async throws -> [Hazard] {
      let before = names
      names = try await Self.names(connection)
      var hazards = Self.vanished(before, names)
      // Columns of tables that were there.
      hazards += try await published(before, connection)
      let added = names.keys.filter { name in
        before[name] == nil && name.owner.map { before[$0] != nil } ?? false
      }
      for name in added.sorted() {
        guard isOpen, let column = name.column.map(Quote.identifier) else { continue }
        try await connection.execute("SAVEPOINT dbtool")
        do { try await connection.query("EXPLAIN SELECT DISTINCT \(column) FROM \(name.table)") } catch let error
          as PostgresError where error.sqlState == Self.undefinedFunction
        {
          hazards.append(
            Hazard(
              .breaksClients,
              "queries with DISTINCT on all columns of \(name.table) fail from then on: \(column) has no equality"))
        }
        try await connection.execute("ROLLBACK TO SAVEPOINT dbtool; RELEASE SAVEPOINT dbtool")
      }
      return hazards
    }

    /// Looks at what the statement has taken from clients, or let others do.
    private mutating func use(_ statement: ScriptStatement, _ node: ParseTree?, _ connection: Connection) async throws {
      if let name = node?.nodeName,
        ["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "CommentStmt"].contains(name)
      {
        return
      }
      let now = try await ClientUse.all(connection)
      for use in now.symmetricDifference(uses) { changers[use] = statement }
      uses = now
    }

    /// Tells of what the transaction leaves changed.
    private mutating func settle() {
      let change = ClientUseHazards(from: usesBefore, to: uses)
      let named: Set = ["table", "column", "view", "column of view"]
      for change in change.lost(except: named) + change.gained() {
        if let statement = changers[change.use] { add([change.hazard], statement) }
      }
      usesBefore = uses
      changers = [:]
    }

    /// Columns of published tables that came, went or have another type since the statement.
    private mutating func published(_ before: [ClientName: Named], _ connection: Connection) async throws -> [Hazard] {
      let was = publications
      publications = try await Self.publications(connection)
      guard !was.isEmpty || !publications.isEmpty else { return [] }
      var hazards: [Hazard] = []
      var created: [ClientName: String] = [:]
      for (name, publication) in publications where before[name] == nil && names[name] != nil {
        guard let table = name.owner else { continue }
        if before[table] == nil {
          created[table] = publication
        } else {
          hazards.append(Self.order(name, publication, "is added here after it was added on the subscribers"))
        }
      }
      for (name, publication) in created {
        hazards.append(
          Hazard(
            .publishedTable, PublishedTables.message(name.table, [publication], column: "", .created),
            table: name.table))
      }
      for (name, publication) in was {
        guard let now = names[name] else {
          guard let table = name.owner, names[table] != nil else { continue }
          hazards.append(Self.order(name, publication, "is dropped here first, and on the subscribers last"))
          continue
        }
        if let old = before[name], old.type != now.type {
          hazards.append(
            Self.order(name, publication, "gets its type here after the subscribers' column takes its values"))
        }
      }
      return hazards.sorted { $0.message < $1.message }
    }

    private static func order(_ name: ClientName, _ publications: String, _ change: String) -> Hazard {
      Hazard(
        .publishedTable,
        "\(name.table) is published by \(publications): \(name.column.map(Quote.identifier) ?? name.table) \(change)",
        table: name.table)
    }

    /// The columns that are published, with the names of the publications.
    private static func publications(_ connection: Connection) async throws -> [ClientName: String] {
      let hasLists = await connection.serverVersion.major >= 15
      var published: [ClientName: String] = [:]
      for row in try await connection.query(
        """
        SELECT t.schemaname, t.tablename, a.attname,
               string_agg(DISTINCT t.pubname, ', ' ORDER BY t.pubname)
          FROM pg_catalog.pg_publication_tables t
          JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
          JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         \(hasLists ? "WHERE a.attname = ANY (t.attnames)" : "")
         GROUP BY 1, 2, 3
        """)
      {
        let name = ClientName(schema: try row.string(0), relation: try row.string(1), column: try row.string(2))
        published[name] = try row.string(3)
      }
      return published
    }

    /// Partitions that can be used past the policies of their tables since the statement.
    private mutating func opened(_ connection: Connection) async throws -> [Hazard] {
      let before = open
      open = try await Self.openPartitions(connection)
      return open.filter { before[$0.key] != $0.value }.sorted { $0.key < $1.key }.map { partition, roles in
        Hazard(
          .bypassesPolicies,
          "\(partition) has no row level security, which its table has: \(roles) can go past its policies",
          table: partition)
      }
    }

    private static func openPartitions(_ connection: Connection) async throws -> [String: String] {
      var open: [String: String] = [:]
      for row in try await connection.query(
        """
        SELECT c.oid::regclass::text, string_agg(DISTINCT r.name, ', ' ORDER BY r.name)
          FROM pg_catalog.pg_class c
         CROSS JOIN LATERAL (
           SELECT x.grantee, x.privilege_type FROM aclexplode(c.relacl) x
           UNION ALL
           SELECT x.grantee, x.privilege_type FROM pg_catalog.pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid) x
         CROSS JOIN LATERAL (
           SELECT CASE x.grantee WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(x.grantee)::text END AS name) r
         WHERE c.relispartition AND NOT c.relrowsecurity AND x.grantee <> c.relowner
           AND x.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
           AND EXISTS (SELECT FROM pg_partition_ancestors(c.oid) a JOIN pg_catalog.pg_class p ON p.oid = a.relid
                        WHERE p.relrowsecurity)
         GROUP BY c.oid
        """)
      { open[try row.string(0)] = try row.string(1) }
      return open
    }

    /// What `SELECT DISTINCT` fails with where a type has no equality operator.
    private static let undefinedFunction: SQLState = "42883"

    /// What was there before the statement and is not there after it.
    private static func vanished(_ names: [ClientName: Named], _ now: [ClientName: Named]) -> [Hazard] {
      let gone = names.filter { now[$0.key] == nil }
      // A table that is gone speaks for its columns.
      let roots = gone.filter { name, _ in name.owner.map { gone[$0] == nil } ?? true }
      let present = Set(now.values.map(\.identity))
      return roots.sorted { $0.key < $1.key }.map { name, named in
        let object = name.sqlName
        if present.contains(named.identity) {
          return Hazard(.breaksClients, "\(object) has another name from then on; what uses the old one fails")
        }
        return named.holdsRows
          ? Hazard(.dataLoss, "drops \(object) with what is in it")
          : Hazard(.breaksClients, "drops \(object); what uses it fails")
      }
    }

    private static func names(_ connection: Connection) async throws -> [ClientName: Named] {
      var names: [ClientName: Named] = [:]
      for row in try await connection.query(
        """
        SELECT n.nspname, c.relname, a.attname,
               c.oid || ' ' || coalesce(a.attnum, 0), c.relkind IN ('r', 'p'),
               coalesce(pg_catalog.format_type(a.atttypid, a.atttypmod), '')
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL (
            SELECT NULL::name AS attname, NULL::int2 AS attnum, NULL::oid AS atttypid, NULL::int4 AS atttypmod
            UNION ALL SELECT a.attname, a.attnum, a.atttypid, a.atttypmod FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS a
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= 16384 AND n.nspname NOT IN ('dbtool', 'dbtool_new', 'dbtool_old', 'dbtool_proof')
           AND n.nspname !~ '^pg_'
        """)
      {
        let name = ClientName(
          schema: try row.string(0), relation: try row.string(1), column: try row.optionalString(2))
        names[name] = Named(identity: try row.string(3), holdsRows: try row.bool(4), type: try row.string(5))
      }
      return names
    }
  }
}
