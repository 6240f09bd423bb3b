internal import Planning
internal import Postgres

/// Finds out what PostgreSQL makes of values in another type: which expression converts them, whether a session's settings
/// have a say, and which values are others afterwards or have no place. Asked by trying, on a scratch database that has both
/// types; no list of types says what is lost.
struct ConversionJudge {
  private let connection: Connection
  private let old: String
  private let new: String
  private let isOfTexts: Bool

  /// - Parameter connection: its session gets settings and temporary objects of its own.
  static func judge(_ pair: TypeConversions.Pair, _ connection: Connection) async throws -> TypeConversion {
    let (old, new) = (try await nullable(pair.old, connection), try await nullable(pair.new, connection))
    return try await ConversionJudge(connection: connection, old: old, new: new, isOfTexts: pair.isOfTexts).judge()
  }

  /// A type that a variable can have before it has a value: a domain that is never NULL is judged as what it is made of.
  private static func nullable(_ type: String, _ connection: Connection) async throws -> String {
    var type = type
    while true {
      do {
        try await connection.query("SELECT NULL::\(type)")
        return type
      } catch let error as PostgresError where error.sqlState == "23502" {
        let rows = try await connection.query(
          "SELECT pg_catalog.format_type(typbasetype, typtypmod) FROM pg_catalog.pg_type WHERE oid = $1::regtype AND typbasetype <> 0",
          [type])
        guard let base = rows.first else { return type }
        type = try base.string(0)
      }
    }
  }

  private func judge() async throws -> TypeConversion {
    let pins = TypeConversion.pins.map { "SET \($0.assignment)" }
    try await connection.execute(
      """
      SET client_min_messages = warning; SET search_path = pg_catalog, pg_temp; \(pins.joined(separator: "; "));
      DROP TABLE IF EXISTS pg_temp.probe, pg_temp.outcome, pg_temp.first;
      CREATE TEMP TABLE probe (n int GENERATED ALWAYS AS IDENTITY, a \(old));
      CREATE TEMP TABLE outcome (n int, y \(new), same boolean, error text)
      """)
    var conversion = TypeConversion(way: try await way(), isImmutable: false, isTried: false)
    conversion.isImmutable = try await isImmutable(conversion)
    let (oldBase, newBase) = (
      try await Base(of: "probe", "a", connection), try await Base(of: "outcome", "y", connection)
    )
    guard try await fill(oldBase, newBase) else {
      // PostgreSQL says that both are stored alike; and everything has a text form.
      conversion.isTried = try await isSameInStorage() || new == "text" && !old.hasSuffix("[]")
      return conversion
    }
    try await convert(conversion, oldBase, newBase)
    try await connection.execute("CREATE TEMP TABLE first AS SELECT * FROM pg_temp.outcome")
    conversion.isTried = true
    conversion.changed = try await example("o.error IS NULL AND NOT o.same", "coalesce(o.y::text, 'NULL')")
    conversion.refused = try await example("o.error IS NOT NULL", "o.error")
    if try await isImpossible(oldBase) {
      conversion.way = .anew
      return conversion
    }
    conversion.settings = try await settings()
    // How many decimals it has is the locale's, and few machines have another than C to try it with.
    if (oldBase.name == "money") != (newBase.name == "money"), !conversion.settings.contains("lc_monetary") {
      conversion.settings.append("lc_monetary")
    }
    // PostgreSQL calls the output of floating point numbers and of bytea immutable, which it is not.
    if !conversion.settings.isEmpty { conversion.isImmutable = false }
    return conversion
  }

  private func accepts(_ sql: String) async throws -> Bool {
    do {
      _ = try await connection.execute(sql)
      return true
    } catch let error as PostgresError where error.kind == .server { return false }
  }

  // MARK: How

  /// The first way that PostgreSQL takes: one that never cuts before one that might.
  private func way() async throws -> TypeConversion.Way {
    if isOfTexts { return .input }
    let ways: [TypeConversion.Way] =
      switch (old.hasSuffix("[]"), new.hasSuffix("[]")) {
      case (false, true): [.arrayOfOne]
      case (true, false): [.assignment, .firstElement]
      case (true, true): [.assignment, .cast, .texts]
      case (false, false): [.assignment, .cast, .text]
      }
    for way in ways.dropLast() {
      let expression = TypeConversion(way: way, isImmutable: false, isTried: false).expression("a", to: new)
      if try await accepts("EXPLAIN INSERT INTO pg_temp.outcome (y) SELECT \(expression) FROM pg_temp.probe") {
        return way
      }
    }
    return ways[ways.count - 1]
  }

  /// A generated column must not depend on anything but its row: PostgreSQL looks into casts, input and output functions.
  private func isImmutable(_ conversion: TypeConversion) async throws -> Bool {
    // What an assignment calls, a cast calls too; the column's own coercion is not looked at.
    let way = conversion.way == .assignment ? TypeConversion.Way.cast : conversion.way
    let expression = TypeConversion(way: way, isImmutable: false, isTried: false).expression("a", to: new)
    return try await accepts(
      """
      DROP TABLE IF EXISTS pg_temp.generated;
      CREATE TEMP TABLE generated (a \(old), y \(new) GENERATED ALWAYS AS (\(expression)) STORED)
      """)
  }

  private func isSameInStorage() async throws -> Bool {
    try await connection.query(
      """
      SELECT EXISTS (
        SELECT FROM pg_catalog.pg_cast c, pg_catalog.pg_attribute a, pg_catalog.pg_attribute y
         WHERE a.attrelid = 'pg_temp.probe'::regclass AND a.attname = 'a' AND y.attrelid = 'pg_temp.outcome'::regclass
           AND y.attname = 'y' AND c.castsource = a.atttypid AND c.casttarget = y.atttypid AND c.castmethod = 'b'
           AND y.atttypmod = -1)
      """)[0].bool(0)
  }

  // MARK: Values

  /// What a column's type comes down to, without domains and arrays.
  private struct Base {
    var name: String
    var category: String
    var isArray = false
    var labels: [String] = []
    /// The numbers in parentheses, also of a domain's type.
    var modifiers: [Int]

    init(of table: String, _ column: String, _ connection: Connection) async throws {
      let row = try await connection.query(
        """
        WITH RECURSIVE base AS (
          SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typbasetype, t.typelem, a.atttypmod AS modifier, false AS is_array,
                 t.typnamespace
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
           WHERE a.attrelid = ('pg_temp.' || $1)::regclass AND a.attname = $2
          UNION ALL
          SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typbasetype, t.typelem,
                 CASE b.typtype WHEN 'd' THEN d.typtypmod ELSE b.modifier END, b.is_array OR b.typtype <> 'd', t.typnamespace
            FROM base b JOIN pg_catalog.pg_type d ON d.oid = b.oid
            JOIN pg_catalog.pg_type t ON t.oid = CASE b.typtype WHEN 'd' THEN b.typbasetype ELSE b.typelem END
           WHERE b.typtype = 'd' OR b.typcategory = 'A' AND b.typelem <> 0)
        SELECT CASE WHEN typtype = 'e' OR typnamespace = 'pg_catalog'::regnamespace OR typname = 'citext' THEN typname ELSE '' END,
               typcategory, is_array, format_type(oid, modifier),
               array(SELECT enumlabel::text FROM pg_catalog.pg_enum WHERE enumtypid = base.oid ORDER BY enumsortorder)
          FROM base WHERE typtype <> 'd' AND NOT (typcategory = 'A' AND typelem <> 0)
        """, [table, column]
      ).first
      guard var reader = row?.reader else {
        (name, category, modifiers) = ("", "", [])
        return
      }
      name = try reader.string()
      category = try reader.string()
      isArray = try reader.bool()
      let text = try reader.string()
      labels = try reader.strings()
      modifiers = []
      if let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") {
        modifiers = text[text.index(after: open)..<close].split(separator: ",").compactMap { Int($0) }
      }
    }

    /// Texts that may be values of it.
    func texts(lengths: [Int]) -> [String]? {
      labels.isEmpty
        ? ConversionProbes.texts(name, modifiers, lengths: lengths)
        : labels.map { "\(Quote.literal($0))" }
    }
  }

  /// Puts values of the old type into a table.
  ///
  /// - Returns: whether there are any.
  private func fill(_ oldBase: Base, _ newBase: Base) async throws -> Bool {
    let lengths = ["S", "V"].contains(newBase.category) ? newBase.modifiers : []
    let ownLengths = ["S", "V"].contains(oldBase.category) ? oldBase.modifiers : []
    guard var texts = oldBase.texts(lengths: lengths + ownLengths) else { return false }
    // What can be anything may be what the other type can hold.
    if oldBase.category == "S" {
      texts += newBase.texts(lengths: []) ?? []
      // A range's ends are read as their own type reads them, multiranges' too.
      if newBase.category == "R" { texts += ConversionProbes.ranges }
    }
    let element = oldBase.isArray && old.hasSuffix("[]") ? String(old.dropLast(2)) : old
    let value = oldBase.isArray ? "ARRAY[item::\(element)]::\(old)" : "item::\(old)"
    let others =
      oldBase.isArray
      ? "INSERT INTO pg_temp.probe (a) VALUES ('{}'), (ARRAY[NULL]::\(old)); "
        + "INSERT INTO pg_temp.probe (a) SELECT array_cat(a, a) FROM pg_temp.probe WHERE n = 1;" : ""
    let body = """
      DECLARE item text;
      BEGIN
        FOREACH item IN ARRAY ARRAY[\(texts.joined(separator: ", "))]::text[] LOOP
          BEGIN
            INSERT INTO pg_temp.probe (a) VALUES (\(value));
          EXCEPTION WHEN OTHERS THEN NULL;
          END;
        END LOOP;
        \(others)
      END
      """
    guard try await accepts("DO \(Quote.literal(body))") else { return false }
    return try await !connection.query("SELECT FROM pg_temp.probe LIMIT 1").isEmpty
  }

  /// Makes the function that converts each value and goes back, and runs it.
  private func convert(_ conversion: TypeConversion, _ oldBase: Base, _ newBase: Base) async throws {
    let back: String =
      switch conversion.way {
      case .arrayOfOne: "(y)[1]::text::\(old)"
      case .firstElement: "ARRAY[y::text]::\(old)"
      case .texts: "y::text[]::\(old)"
      case .assignment, .cast, .text, .input, .anew:
        try await accepts("EXPLAIN SELECT y::\(old) FROM pg_temp.outcome") ? "y::\(old)" : "y::text::\(old)"
      }
    // 1.5 and 1.50 are one number. What is too long for a varchar but for spaces at its end is cut there, as SQL says.
    var same = "x::text IS NOT DISTINCT FROM z::text"
    if oldBase.category == "N", !oldBase.isArray { same += " OR x IS NOT DISTINCT FROM z" }
    if oldBase.category == "S", newBase.name == "varchar", !oldBase.isArray {
      same += " OR rtrim(x::text, ' ') = rtrim(z::text, ' ')"
    }
    // A variable takes a text as the type's input function does.
    let expression = isOfTexts ? "x::text" : conversion.expression("x", to: new)
    let body = """
      DECLARE r record; x \(old); y \(new); z \(old); is_same boolean;
      BEGIN
        FOR r IN SELECT n, a FROM pg_temp.probe ORDER BY n LOOP
          BEGIN
            x := r.a;
            y := \(expression);
            BEGIN
              z := \(back);
              is_same := \(same);
            EXCEPTION WHEN OTHERS THEN is_same := false;
            END;
            INSERT INTO pg_temp.outcome VALUES (r.n, y, is_same, NULL);
          EXCEPTION WHEN OTHERS THEN INSERT INTO pg_temp.outcome VALUES (r.n, NULL, NULL, SQLERRM);
          END;
        END LOOP;
      END
      """
    try await connection.execute(
      "CREATE OR REPLACE FUNCTION pg_temp.convert() RETURNS void LANGUAGE plpgsql AS \(Quote.literal(body))")
    try await connection.query("SELECT pg_temp.convert()")
  }

  /// Whether no value of a type of which all kinds were tried has a place in the new one. A text can be anything.
  private func isImpossible(_ base: Base) async throws -> Bool {
    guard !base.isArray, ["N", "B", "D", "T", "E", "I"].contains(base.category) || base.name == "uuid" else {
      return false
    }
    return try await connection.query(
      """
      SELECT NOT EXISTS (SELECT FROM pg_temp.first o JOIN pg_temp.probe p USING (n)
                          WHERE o.error IS NULL AND p.a IS NOT NULL)
      """)[0].bool(0)
  }

  private func example(_ condition: String, _ outcome: String) async throws -> TypeConversion.Example? {
    let rows = try await connection.query(
      """
      SELECT left(p.a::text, 41), left(\(outcome), 81) FROM pg_temp.first o JOIN pg_temp.probe p USING (n)
       WHERE \(condition) ORDER BY length(p.a::text) > 40, n LIMIT 1
      """)
    guard let row = rows.first else { return nil }
    return TypeConversion.Example(
      value: Self.shown(try row.optionalString(0) ?? "NULL", 40), outcome: Self.shown(try row.string(1), 80))
  }

  /// In one line that a terminal takes as it is.
  private static func shown(_ value: String, _ limit: Int) -> String {
    let plain = String(String.UnicodeScalarView(value.unicodeScalars.map { (" "..."~").contains($0) ? $0 : "?" }))
    let text = plain.count > limit ? plain.prefix(limit) + "..." : plain
    return text.isEmpty || text.hasPrefix(" ") || text.hasSuffix(" ") ? "'\(text)'" : text
  }

  // MARK: Settings

  /// The settings with which a value becomes another one.
  private func settings() async throws -> [String] {
    // Most conversions depend on none: all of them at once tell that.
    var depends = false
    for place in 0..<(TypeConversion.pins.map(\.others.count).max() ?? 0) where !depends {
      depends = try await differs(TypeConversion.pins.filter { place < $0.others.count }.map { ($0, $0.others[place]) })
    }
    guard depends else { return [] }
    var found: [String] = []
    for pin in TypeConversion.pins {
      for other in pin.others where try await differs([(pin, other)]) {
        found.append(pin.name)
        break
      }
    }
    return found
  }

  /// Whether a value becomes another one with these settings.
  private func differs(_ settings: [(pin: TypeConversion.Pin, value: String)]) async throws -> Bool {
    var isSet = false
    for (pin, value) in settings {
      // A locale or a file that this machine lacks tells nothing.
      let wasTaken = try await accepts("SET \(pin.name) = \(Quote.literal(value))")
      isSet = isSet || wasTaken
    }
    guard isSet else { return false }
    try await connection.execute("TRUNCATE pg_temp.outcome")
    try await connection.query("SELECT pg_temp.convert()")
    try await connection.execute(settings.map { "SET \($0.pin.assignment)" }.joined(separator: "; "))
    return try await connection.query(
      """
      SELECT EXISTS (SELECT FROM pg_temp.first a JOIN pg_temp.outcome b USING (n)
                      WHERE a.y::text IS DISTINCT FROM b.y::text OR (a.error IS NULL) <> (b.error IS NULL))
      """)[0].bool(0)
  }
}
