/// A random schema over every kind that dbtool models, as plain SQL: it shares no code with what it tests.
package struct SchemaGenerator {
  private var random: SeededRandom
  var sql: [String] = []
  var comments: [String] = []

  /// Roles that the schemas refer to; made once on the server.
  package static let roles = ["dbtool_reader", "dbtool Writer"]

  let hasExtension: Bool
  /// Where it differs from the schema of the same seed.
  private var variation: SeededRandom?

  let server: Server

  /// What the server that the schema is for can do.
  package struct Server: Sendable {
    package var major: Int
    /// Whether it has the extension pg_trgm.
    package var hasTrigrams: Bool
    /// Whether it can be a subscriber: its library for that may be out of its reach.
    package var hasSubscriptions: Bool
    package init(major: Int = 15, hasTrigrams: Bool = true, hasSubscriptions: Bool = true) {
      self.major = major
      self.hasTrigrams = hasTrigrams
      self.hasSubscriptions = hasSubscriptions
    }
  }

  private init(seed: UInt64, variation: UInt64?, server: Server) {
    self.server = server
    random = SeededRandom(seed: seed)
    self.variation = variation.map(SeededRandom.init)
    hasExtension = seed / 2 % 2 == 0
  }

  /// The statements that make the schema, in an order that works.
  ///
  /// - Parameter variation: makes a near relative of the schema that the seed alone gives.
  package static func schema(seed: UInt64, variation: UInt64? = nil, for server: Server = Server()) -> [String] {
    var generator = SchemaGenerator(seed: seed, variation: variation, server: server)
    return generator.generate()
  }

  private mutating func number(below bound: Int) -> Int {
    let usual = Int.random(in: 0..<bound, using: &random)
    guard variation != nil, Int.random(in: 0..<25, using: &variation!) == 0 else { return usual }
    return Int.random(in: 0..<bound, using: &variation!)
  }
  mutating func chance(_ percent: Int) -> Bool { number(below: 100) < percent }
  mutating func pick<T>(_ items: [T]) -> T { items[number(below: items.count)] }
  mutating func some<T>(_ items: [T], _ percent: Int) -> [T] { items.filter { _ in chance(percent) } }

  struct TableModel {
    var name: String
    var columns: [(name: String, type: String)]
    var idType: String
    var isReferable = true
    func has(_ column: String) -> String? { columns.first { $0.name == column }?.type }
  }

  mutating func comment(_ on: String, _ percent: Int = 25) {
    if chance(percent) { comments.append("COMMENT ON \(on) IS '\(pick(["plain", "it''s", "two\nlines"]))'") }
  }

  private mutating func generate() -> [String] {
    sql.append("CREATE SCHEMA s1")
    comment("SCHEMA s1")
    if chance(60) { sql.append("CREATE SCHEMA \"S two\"") }
    let other = sql.last == "CREATE SCHEMA \"S two\"" ? "\"S two\"" : "s1"
    // An extension that is created while default privileges are in force differs from one created before: its members'
    // privileges are history, which no schema holds. So a pair has the one or the other.
    if hasExtension, server.hasTrigrams, chance(50) { sql.append("CREATE EXTENSION pg_trgm WITH SCHEMA \(other)") }
    let hasTrigrams = sql.last?.contains("pg_trgm") == true

    types()
    var enums: [String] = []
    for name in ["s1.e1", "\(other).\"e Two\""] where chance(75) {
      let labels = pick([
        ["a", "b", "c"], ["a", "c", "b"], ["a", "b"], ["a", "x", "b", "c"], ["a", "b", "c", "d'e"], ["a"],
      ])
      sql.append(
        "CREATE TYPE \(name) AS ENUM (\(labels.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", ")))")
      comment("TYPE \(name)")
      enums.append(name)
    }
    for name in ["s1.q1", "\(other).q2"] where chance(60) {
      var text = "CREATE SEQUENCE \(name)"
      if chance(30) { text += " AS \(pick(["integer", "smallint"]))" }
      if chance(40) { text += " INCREMENT BY \(pick([2, 10, -1]))" }
      if chance(30) { text += " CACHE \(pick([5, 20]))" }
      if chance(30) { text += " CYCLE" }
      sql.append(text)
      comment("SEQUENCE \(name)")
      if chance(30) { sql.append("GRANT USAGE ON SEQUENCE \(name) TO dbtool_reader") }
    }
    functions(enums)
    var tables: [TableModel] = []
    for name in ["s1.t1", "s1.t2", "\(other).\"Table 3\"", "s1.t4"] where chance(80) {
      tables.append(table(name, enums, tables))
    }
    if chance(60) { partitioned() }
    rareKinds(tables)
    for index in tables.indices { parts(&tables[index], tables, hasTrigrams ? other : nil) }
    views(tables)
    for table in tables { security(table, tables) }
    defaultPrivileges(other)
    jobs()
    lowLevelTypes()
    columnsOfDeclaredTypes()
    partitionedOtherwise()
    partsOfIndexes()
    moreRoutines(tables)
    moreViews(tables)
    indexesOfEveryKind()
    oddNames()
    moreServerKinds()
    newerKinds()
    children()
    hostileNames()
    typesWithinTypes()
    numbers()
    calls()
    elsewhere()
    rulesOnEachOther()
    belongings(other)
    rarities(other)
    successions()
    madeAnew()
    halfway()
    bystanders()
    handovers()
    return sql + comments
  }

  mutating func table(_ name: String, _ enums: [String], _ others: [TableModel]) -> TableModel {
    let idType = pick(["integer", "bigint"])
    let identity = pick(
      ["GENERATED ALWAYS AS IDENTITY", "GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY 5)", "serial", "none", "none"])
    var lines: [String] = []
    if identity == "serial" {
      lines.append("id \(idType == "bigint" ? "bigserial" : "serial")")
    } else {
      lines.append("id \(idType)\(identity == "none" ? "" : " \(identity)") NOT NULL")
    }
    var model = TableModel(name: name, columns: [], idType: idType)
    var types = [
      "integer", "bigint", "text", "character varying(20)", "numeric(8,2)", "timestamp with time zone", "boolean",
      "jsonb", "uuid", "date", "text[]",
    ]
    types += enums + enums.map { $0 + "[]" } + enums
    for column in ["c1", "c2", "\"C 3\"", "c4", "\"order\""] where chance(75) {
      let type = pick(types)
      var text = "\(column) \(type)"
      if type == "text", chance(15) { text += " COMPRESSION pglz" }
      if type == "text" || type.hasPrefix("character"), chance(20) { text += " COLLATE \"C\"" }
      if let value = defaultValue(type, enums), chance(40) { text += " DEFAULT \(value)" }
      if chance(35) { text += " NOT NULL" }
      lines.append(text)
      model.columns.append((column, type))
    }
    if chance(30) {
      let type = pick(["integer", "bigint"])
      lines.append("g \(type) GENERATED ALWAYS AS (\(pick(["id * 2", "id + 1"]))) STORED")
      model.columns.append(("g", "generated"))
    }
    let unlogged = chance(12) && others.isEmpty ? "UNLOGGED " : ""
    let options = chance(20) ? " WITH (fillfactor = \(pick([70, 80])))" : ""
    sql.append("CREATE \(unlogged)TABLE \(name) (\(lines.joined(separator: ", ")))\(options)")
    // A permanent table may not refer to one that a crash empties.
    model.isReferable = unlogged.isEmpty
    comment("TABLE \(name)")
    for column in model.columns { comment("COLUMN \(name).\(column.name)", 15) }
    if identity.hasPrefix("GENERATED"), name != "\"S two\".\"Table 3\"", name != "s1.\"Table 3\"" {
      comment("SEQUENCE \(name)_id_seq", 20)
    }
    return model
  }

  mutating func defaultValue(_ type: String, _ enums: [String]) -> String? {
    switch type {
    case "integer", "bigint": pick(["0", "42", "(1 + 1)"])
    case "text", "character varying(20)": pick(["'x'", "'it''s'", "upper('y')"])
    case "numeric(8,2)": "1.5"
    case "timestamp with time zone": "now()"
    case "boolean": pick(["true", "false"])
    case "jsonb": "'{}'"
    case "uuid": "gen_random_uuid()"
    case "date": "CURRENT_DATE"
    default: enums.contains(type) ? "'a'" : nil
    }
  }

}

/// SplitMix64: the same seed gives the same schema on every machine.
package struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  package init(seed: UInt64) { state = seed }
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
