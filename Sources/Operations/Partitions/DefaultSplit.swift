internal import Catalog
internal import Escaping
internal import Migrations
internal import Planning
internal import Postgres

/// Divides a large default partition among the partitions that are missing, and a new default, beside its clients.
///
/// To attach a partition PostgreSQL reads all of the default while nobody can use it, unless a constraint says that there is
/// nothing to find (documentation, section 5.11.2.2). So the default's rows are copied into a second partitioned table with
/// the missing partitions and a default of its own, a trigger keeps it the same, and a short transaction exchanges them.
struct DefaultSplit {
  private let slots: [PartitionManager.Slot]
  private let parent: String
  private let rest: FactID
  private let facts: Facts
  private let replica: TableReplica

  /// What there is.
  private struct Facts {
    var key: String
    var type: String
    var partitionKey: String
    var columns: [String]
    var identity: [TableReplica.KeyColumn]
    var bounds: [String]
    var foreignKeys: [String]
    /// What the default has for itself, which a new one would not have.
    var own: [String]
    var searchPath: [String]
    /// What a new partition takes over from the table, and a new default from the old one.
    var traits: TableTraits
    var restTraits: TableTraits
  }

  private static let check = "dbtool_range"

  /// Something of each column of the primary key, with the equality that its index goes by.
  private static func identity(_ what: String) -> String {
    """
    ARRAY(SELECT \(what) FROM pg_catalog.pg_index x
           CROSS JOIN LATERAL pg_catalog.unnest(x.indkey) WITH ORDINALITY AS u (number, place)
            JOIN pg_catalog.pg_attribute c ON c.attrelid = x.indrelid AND c.attnum = u.number
            JOIN pg_catalog.pg_opclass k ON k.oid = x.indclass[u.place::int - 1]
            JOIN pg_catalog.pg_amop m ON m.amopfamily = k.opcfamily AND m.amopmethod = k.opcmethod AND m.amopstrategy = 3
             AND m.amoplefttype = k.opcintype AND m.amoprighttype = k.opcintype
            JOIN pg_catalog.pg_operator o ON o.oid = m.amopopr JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
           WHERE x.indrelid = r.oid AND x.indisprimary AND u.place <= x.indnkeyatts ORDER BY u.place)
    """
  }

  /// Whether a row of the table `p` or of its default partition `r` that is written calls functions of users, by a check, a default,
  /// an expression of an index, or the check of a domain.
  private static let callsFunctions = """
    (EXISTS (SELECT FROM pg_catalog.pg_attribute c JOIN pg_catalog.pg_type t ON t.oid = c.atttypid
              WHERE c.attrelid = p.oid AND c.attnum > 0 AND NOT c.attisdropped AND t.typtype = 'd')
     OR EXISTS (
       SELECT FROM pg_catalog.pg_depend g
        WHERE g.refclassid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass) AND g.refobjid >= 16384
          AND (g.classid = 'pg_catalog.pg_constraint'::regclass
                 AND g.objid IN (SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid IN (p.oid, r.oid))
               OR g.classid = 'pg_catalog.pg_attrdef'::regclass
                 AND g.objid IN (SELECT a.oid FROM pg_catalog.pg_attrdef a WHERE a.adrelid IN (p.oid, r.oid))
               OR g.classid = 'pg_catalog.pg_class'::regclass
                 AND (g.objid IN (p.oid, r.oid)
                      OR g.objid IN (SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indrelid IN (p.oid, r.oid))))))
    """

  /// - Parameter slots: the partitions that one table lacks.
  /// - Returns: nil where the default partition, if there is one, is small enough for its rows to be moved under a lock.
  init?(_ slots: [PartitionManager.Slot], _ connection: Connection) async throws {
    guard let table = slots.first?.table else { return nil }
    self.slots = slots
    parent = table.sqlName
    let found = try await connection.query(
      """
      SELECT n.nspname, r.relname, pg_catalog.quote_ident(a.attname), \(Window.timeType), pg_catalog.pg_get_partkeydef(p.oid),
             ARRAY(SELECT pg_catalog.quote_ident(c.attname) FROM pg_catalog.pg_attribute c
                    WHERE c.attrelid = r.oid AND c.attnum > 0 AND NOT c.attisdropped AND c.attgenerated = '' ORDER BY c.attnum),
             \(Self.identity("pg_catalog.quote_ident(c.attname)")), \(Self.identity("s.nspname")), \(Self.identity("pg_catalog.format_type(k.opcintype, NULL)")),
             ARRAY(SELECT pg_catalog.pg_get_expr(c.relpartbound, c.oid) FROM pg_catalog.pg_inherits i
                     JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = p.oid AND c.oid <> r.oid),
             ARRAY(SELECT pg_catalog.format('ADD CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)) FROM pg_catalog.pg_constraint k
                    WHERE k.conrelid = p.oid AND k.contype = 'f' AND k.conparentid = 0),
             ARRAY(
               SELECT 'it has partitions' WHERE r.relkind <> 'r'
               UNION ALL
               SELECT 'it has the trigger ' || t.tgname FROM pg_catalog.pg_trigger t
                WHERE t.tgrelid = r.oid AND t.tgparentid = 0 AND NOT t.tgisinternal
               UNION ALL SELECT 'it has the policy ' || o.polname FROM pg_catalog.pg_policy o WHERE o.polrelid = r.oid
               UNION ALL
               SELECT 'it has the constraint ' || k.conname FROM pg_catalog.pg_constraint k
                WHERE k.conparentid = 0 AND (k.confrelid = r.oid OR k.conrelid = r.oid AND k.contype = 'f')
               UNION ALL
               SELECT 'it has the index ' || x.indexrelid::regclass FROM pg_catalog.pg_index x
                WHERE x.indrelid = r.oid AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = x.indexrelid)
               UNION ALL
               SELECT 'the key ' || x.indexrelid::regclass || ' is deferrable' FROM pg_catalog.pg_index x
                WHERE x.indrelid = r.oid AND NOT x.indimmediate
               UNION ALL
               SELECT 'privileges on its column ' || c.attname FROM pg_catalog.pg_attribute c
                WHERE c.attrelid = r.oid AND c.attacl IS NOT NULL AND c.attnum > 0
               UNION ALL
               SELECT 'a publication names it' FROM pg_catalog.pg_publication_rel b WHERE b.prrelid = r.oid
               UNION ALL
               SELECT 'publications of all tables' FROM pg_catalog.pg_publication b WHERE b.puballtables
               UNION ALL
               SELECT 'a view or rule reads it' FROM pg_catalog.pg_depend g
                WHERE g.refclassid = 'pg_catalog.pg_class'::regclass AND g.refobjid = r.oid
                  AND g.classid = 'pg_catalog.pg_rewrite'::regclass),
             -- Where functions of the user's that a row calls find names; without such functions nowhere.
             ARRAY(SELECT s.nspname FROM pg_catalog.pg_namespace s
                    WHERE (s.oid = p.relnamespace OR s.oid IN (SELECT extnamespace FROM pg_catalog.pg_extension))
                      AND \(Self.callsFunctions) ORDER BY 1),
             \(TableTraits.columns("p")),
             \(TableTraits.columns("r"))
        FROM pg_catalog.pg_class p JOIN pg_catalog.pg_partitioned_table d ON d.partrelid = p.oid
        JOIN pg_catalog.pg_class r ON r.oid = d.partdefid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = p.oid AND a.attnum = d.partattrs[0]
       WHERE p.oid = pg_catalog.to_regclass($1)
      """, [parent])
    guard var row = found.first?.reader else { return nil }
    rest = FactID(.table, schema: try row.string(), name: try row.string())
    let key = try row.string()
    guard let type = try row.optionalString() else { return nil }
    facts = Facts(
      key: key, type: type, partitionKey: try row.string(), columns: try row.strings(),
      identity: zip(try row.strings(), zip(try row.strings(), try row.strings())).map {
        TableReplica.KeyColumn(name: $0, operatorSchema: $1.0, type: $1.1)
      },
      bounds: try row.strings(), foreignKeys: try row.strings(),
      own: try row.strings(), searchPath: try row.strings(),
      traits: try TableTraits(&row),
      restTraits: try TableTraits(&row))
    replica = TableReplica(
      table: rest, newName: MadeUpName(rest.name, label: "divided").text, columns: facts.columns,
      key: facts.identity, searchPath: facts.searchPath.filter { $0 != "pg_catalog" }, isCertain: false)
    // An attempt that was interrupted.
    let remains = try await connection.query(
      "SELECT pg_catalog.to_regclass($1) IS NOT NULL OR pg_catalog.to_regclass($2) IS NOT NULL",
      [replica.new, replica.old])
    if try remains[0].bool(0) {
      // Or one that is at work at the moment.
      do {
        try await AdvisoryLock.with(connection, .division(into: replica.new), for: Self.purpose) { lock in
          try await Self.abandon(replica, lock, connection)
        }
      } catch ApplyError.busy {}
    }
    let limit = PartitionManager.movableRows
    let leaves = try await PlainRows.leaves(of: rest.sqlName, connection)
    guard let seen = try await PlainRows.look(at: leaves, upTo: limit + 1, connection), seen.rows > limit else {
      return nil
    }
  }

  /// Divides it, and says what became of each missing partition.
  func outcomes(_ connection: Connection) async throws -> [PartitionManager.Outcome] {
    var failure: String?
    var rows = 0
    do { rows = try await divide(connection) } catch let error as PostgresError where error.kind == .server {
      failure = error.message
    } catch let error as PartitionError { failure = error.description } catch let error as ApplyError {
      failure = error.description
    }
    return slots.map { slot in
      PartitionManager.Outcome(
        partition: Quote.qualified(slot.table.schema, slot.partition),
        text: "created; \(rest.sqlName) was divided (\(countText(rows, "row")))", failure: failure)
    }
  }

  /// - Returns: how many rows were there.
  private func divide(_ connection: Connection) async throws -> Int {
    func refuse(_ reason: String) -> PartitionError { .undividable(rest.sqlName, reason) }
    guard !facts.identity.isEmpty else { throw refuse("it has no primary key") }
    guard try await TableTies.references(to: parent, rest.sqlName, connection).isEmpty else {
      throw refuse("foreign keys refer to its table, or to one of its partitions")
    }
    let ranges = (facts.bounds + slots.map(\.bound)).map { BoundRange($0) }
    guard !ranges.contains(where: { $0 == nil }) else { throw refuse("a partition has another form of bound") }
    if let own = facts.own.first { throw refuse(own) }
    // Its rows are read again and again for as long as it takes, and an owner may give it code at any moment.
    if let owner = try await stranger(connection) {
      throw refuse(
        "it, a table above it, one that it refers to, or the schema of one of them, or of a type of its key, belongs to \(owner), whose code would run as this role"
      )
    }
    do {
      // By what is made, whose name has no room for a schema.
      return try await AdvisoryLock.with(connection, .division(into: replica.new), for: Self.purpose) { lock in
        do { return try await divide(lock, connection, among: ranges.compactMap { $0 }) } catch {
          // What was prepared is of no use to anybody. The error is what matters.
          try? await Self.abandon(replica, lock, connection)
          throw error
        }
      }
    } catch ApplyError.busy(let who) { throw refuse("another run does that at the moment: \(who)") }
  }

  /// Who owns the table, its default partition, a table above or one that they refer to, or the schema of one of these, where what that
  /// role writes must not run here: while rows are copied he could put another table where it was.
  private func stranger(_ connection: Connection) async throws -> String? {
    let version = await connection.serverVersion
    let schemas = facts.searchPath.map(Quote.literal).joined(separator: ", ")
    let trusted = TrustedRoles.conditionOfCode("r.role", version)
    return try await connection.query(
      """
      WITH own AS (SELECT pg_catalog.to_regclass($1)::pg_catalog.oid AS oid UNION SELECT pg_catalog.to_regclass($2)
                   UNION SELECT a.relid FROM pg_catalog.pg_partition_ancestors(pg_catalog.to_regclass($1)) a),
      referred AS (SELECT k.confrelid AS oid FROM pg_catalog.pg_constraint k
                    WHERE k.contype = 'f' AND k.conrelid IN (SELECT o.oid FROM own o))
      SELECT pg_catalog.pg_get_userbyid(r.role) FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       CROSS JOIN LATERAL (SELECT c.relowner UNION SELECT \(TrustedRoles.owner(ofSchema: "n"))) r (role)
       WHERE (c.oid IN (SELECT o.oid FROM own o) OR c.oid IN (SELECT r.oid FROM referred r)
              OR c.oid IN (SELECT t.relid FROM referred r CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) t))
         AND NOT \(trusted)
      UNION ALL
      -- Ranges of the key name its types, and convert values to text.
      SELECT pg_catalog.pg_get_userbyid(coalesce(
               (SELECT o.role FROM (VALUES (t.typowner), (\(TrustedRoles.owner(ofSchema: "n")))) AS o (role)
                 WHERE NOT \(TrustedRoles.conditionOfCode("o.role", version)) LIMIT 1), t.typowner))
        FROM pg_catalog.pg_index x
        JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey) JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
       WHERE x.indrelid = pg_catalog.to_regclass($2) AND x.indisprimary AND NOT \(TrustedRoles.condition(ofType: "t.oid", version))
      UNION ALL
      SELECT pg_catalog.pg_get_userbyid(o.role) FROM pg_catalog.pg_namespace n CROSS JOIN LATERAL (SELECT \(TrustedRoles.owner(ofSchema: "n"))) AS o (role)
       WHERE n.nspname = ANY (ARRAY[\(schemas)]::pg_catalog.name[]) AND NOT \(TrustedRoles.conditionOfCode("o.role", version))
       LIMIT 1
      """, [parent, rest.sqlName]
    ).first?.string(0)
  }

  private static let purpose = "partitions apply"

  private static func abandon(
    _ replica: TableReplica, _ lock: AdvisoryLock, _ connection: Connection
  ) async throws {
    try await lock.check()
    try await Patience.brief(connection) { connection in
      try await connection.execute("SET LOCAL client_min_messages = warning")
      try await connection.letViewsBeRead()
      for statement in replica.abandon { try await connection.query(statement) }
    }
  }

  private func divide(
    _ lock: AdvisoryLock, _ connection: Connection, among ranges: [BoundRange]
  ) async throws -> Int {
    try await Patience.brief(connection) { connection in
      try await connection.execute("SET LOCAL client_min_messages = warning")
      try await connection.query("LOCK TABLE ONLY \(parent) IN SHARE UPDATE EXCLUSIVE MODE")
      try await TableCode.check([parent], .creation, connection)
      try await connection.letViewsBeRead()
      let statements = replica.abandon + preparation(ranges) + replica.follow
      for result in try await connection.pipeline(statements.map { Statement($0) }) { _ = try result.get() }
    }
    let rows = try await BatchCopy.run(replica.copy, named: "default partition \(rest.path)", connection)
    try await connection.asSession { try await $0.query("ANALYZE \(replica.new)") }
    try await connection.query(replica.verification)
    try await lock.check()
    try await Patience.brief(connection) { connection in
      try await connection.letViewsBeRead()
      try await connection.query("LOCK TABLE \(parent) IN ACCESS EXCLUSIVE MODE")
      // A foreign key may have come meanwhile, from a table of anybody's.
      guard try await TableTies.references(to: parent, rest.sqlName, connection).isEmpty else {
        throw PartitionError.undividable(rest.sqlName, "foreign keys refer to its table, or to one of its partitions")
      }
      // So may a table above it have come.
      try await TableCode.check([parent], .creation, connection)
      for result in try await connection.pipeline(exchange.map { Statement($0) }) { _ = try result.get() }
    }
    try await lock.check()
    // Event triggers that look at what is dropped may read views.
    try await Patience.brief(connection) { connection in
      try await connection.letViewsBeRead()
      try await connection.query("DROP TABLE \(replica.old)")
    }
    try await Patience.brief(connection) { connection in
      try await connection.letViewsBeRead()
      for statement in TableReplica.dropSchemas { try await connection.query(statement) }
    }
    return rows
  }

  private func prepared(_ name: String) -> String { Quote.qualified(TableReplica.newSchema, name) }

  private func outside(_ range: BoundRange) -> String {
    "(\(facts.key) < \(value(range.low)) OR \(facts.key) >= \(value(range.high)))"
  }
  private func value(_ text: String) -> String { "\(Quote.literal(text))::\(facts.type)" }

  /// The second partitioned table. Its partitions have constraints that spare PostgreSQL from reading them later.
  private func preparation(_ ranges: [BoundRange]) -> [String] {
    let like = "INCLUDING ALL EXCLUDING IDENTITY EXCLUDING STATISTICS"
    var statements = replica.schemas
    statements.append("CREATE TABLE \(replica.new) (LIKE \(parent) \(like)) PARTITION BY \(facts.partitionKey)")
    statements += facts.foreignKeys.map { "ALTER TABLE \(replica.new) \($0)" }
    for slot in slots {
      guard let range = BoundRange(slot.bound) else { continue }
      let name = prepared(slot.partition)
      statements.append("CREATE TABLE \(name) (LIKE \(parent) \(like) EXCLUDING INDEXES)")
      statements += facts.traits.statements(for: name)
      statements.append(
        "ALTER TABLE \(name) ADD CONSTRAINT \(Self.check) CHECK (\(facts.key) >= \(value(range.low)) AND "
          + "\(facts.key) < \(value(range.high)))")
      statements.append("ALTER TABLE \(replica.new) ATTACH PARTITION \(name) \(slot.bound)")
    }
    let name = prepared(rest.name)
    statements.append("CREATE TABLE \(name) (LIKE \(rest.sqlName) \(like) EXCLUDING INDEXES)")
    statements += facts.restTraits.statements(for: name)
    let outside = ranges.map(outside).joined(separator: " AND ")
    statements.append("ALTER TABLE \(name) ADD CONSTRAINT \(Self.check) CHECK (\(outside))")
    statements.append("ALTER TABLE \(replica.new) ATTACH PARTITION \(name) DEFAULT")
    return statements
  }

  private var exchange: [String] {
    var statements =
      TableReplica.oldSchemaAgain + replica.unfollow
    statements.append("ALTER TABLE \(parent) DETACH PARTITION \(rest.sqlName)")
    statements.append(TableReplica.dropForeignKeys(of: rest.sqlName))
    statements.append(TableReplica.move(rest.sqlName, to: TableReplica.oldSchema))
    let parts = slots.map { ($0.partition, $0.bound, $0.table.schema) } + [(rest.name, "DEFAULT", rest.schema)]
    for (partition, bound, schema) in parts {
      let name = prepared(partition)
      statements += [
        "ALTER TABLE \(replica.new) DETACH PARTITION \(name)",
        "ALTER TABLE \(parent) ATTACH PARTITION \(name) \(bound)",
        "ALTER TABLE \(name) DROP CONSTRAINT \(Self.check)",
        "ALTER TABLE \(name) SET SCHEMA \(Quote.identifier(schema))",
      ]
    }
    return statements + ["DROP TABLE \(replica.new)"]
  }
}
