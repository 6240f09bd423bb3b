/// Types other than enums, and what is made of functions.
extension SchemaGenerator {
  /// Types other than enums, and what is made of functions.
  mutating func types() {
    if chance(50) {
      let rest = pick(["", " DEFAULT 5", " NOT NULL", " DEFAULT 7 NOT NULL"])
      sql.append("CREATE DOMAIN s1.d1 AS \(pick(["integer", "integer", "bigint"]))\(rest)")
      if chance(60) {
        sql.append(
          "ALTER DOMAIN s1.d1 ADD CONSTRAINT d1_check CHECK (VALUE > \(pick([0, 1])))\(pick(["", " NOT VALID"]))")
        comment("CONSTRAINT d1_check ON DOMAIN s1.d1")
      }
      comment("DOMAIN s1.d1")
      if chance(30) { sql.append("REVOKE USAGE ON TYPE s1.d1 FROM PUBLIC") }
    }
    if chance(50) {
      let attributes = pick(["a integer, b text", "a integer, b text, c date", "a bigint, b text"])
      sql.append("CREATE TYPE s1.pair AS (\(attributes))")
      comment("TYPE s1.pair")
      comment("COLUMN s1.pair.a")
      if chance(50) { typedTable(hasDate: attributes.contains("date")) }
    }
    if chance(40) {
      sql.append("CREATE TYPE s1.span AS RANGE (SUBTYPE = \(pick(["integer", "date", "text"])))")
      comment("TYPE s1.span")
    }
    if chance(40) {
      let other = pick(["", ", PARALLEL = SAFE", ", INITCOND = '0'"])
      sql.append(
        "CREATE AGGREGATE s1.total(integer) (SFUNC = \(pick(["int4pl", "int4larger"])), STYPE = integer\(other))")
    }
    if chance(40) {
      sql.append("CREATE FUNCTION s1.same(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a = b'")
      sql.append(
        "CREATE OPERATOR s1.=== (FUNCTION = s1.same, LEFTARG = text, RIGHTARG = text\(pick(["", ", COMMUTATOR = OPERATOR(s1.===)", ", RESTRICT = eqsel"])))"
      )
      comment("OPERATOR s1.=== (text, text)")
    }
    if chance(30) {
      sql.append("CREATE COLLATION s1.plain (provider = libc, locale = '\(pick(["C", "POSIX"]))')")
      comment("COLLATION s1.plain")
    }
    if chance(30) {
      sql.append("CREATE TEXT SEARCH DICTIONARY s1.words (TEMPLATE = simple\(pick(["", ", accept = false"])))")
      sql.append("CREATE TEXT SEARCH CONFIGURATION s1.search (PARSER = default)")
      sql.append(
        "ALTER TEXT SEARCH CONFIGURATION s1.search ADD MAPPING FOR \(pick(["word", "asciiword", "word, asciiword"])) WITH s1.words"
      )
      comment("TEXT SEARCH CONFIGURATION s1.search")
    }
  }

  /// A table of a type, and what it says of the type's columns.
  private mutating func typedTable(hasDate: Bool) {
    var options = ["PRIMARY KEY (a)"]
    if chance(40) { options.append("b WITH OPTIONS\(pick([" NOT NULL", " DEFAULT 'b'", " DEFAULT 'c' NOT NULL"]))") }
    if hasDate, chance(60) {
      options.append("c WITH OPTIONS\(pick([" NOT NULL", " DEFAULT '2026-01-01'", " CHECK (c > '2000-01-01')"]))")
    }
    sql.append("CREATE TABLE s1.typed OF s1.pair (\(options.joined(separator: ", ")))")
    if chance(30) { sql.append("CREATE INDEX typed_b_idx ON s1.typed (b\(hasDate ? ", c" : ""))") }
    if chance(30) { sql.append("ALTER TABLE s1.typed ALTER b SET STORAGE \(pick(["EXTERNAL", "MAIN"]))") }
    if hasDate, chance(30) { sql.append("ALTER TABLE s1.typed ALTER c SET STATISTICS 40") }
    comment("COLUMN s1.typed.b")
  }

  /// What types and operators are made of.
  mutating func lowLevelTypes() {
    if chance(25) {
      sql += [
        "CREATE TYPE s1.raw",
        "CREATE FUNCTION s1.raw_in(cstring) RETURNS s1.raw LANGUAGE internal IMMUTABLE STRICT AS 'textin'",
        "CREATE FUNCTION s1.raw_out(s1.raw) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'",
        """
        CREATE TYPE s1.raw (INPUT = s1.raw_in, OUTPUT = s1.raw_out, INTERNALLENGTH = VARIABLE,
          STORAGE = \(pick(["extended", "main"]))\(pick(["", ", DEFAULT = 'x'", ", CATEGORY = 'X'", ", COLLATABLE = true"])))
        """,
      ]
      comment("TYPE s1.raw")
      if chance(50) { sql.append("CREATE TABLE s1.raws (id integer PRIMARY KEY, value s1.raw)") }
    }
    if chance(30) {
      sql.append("CREATE TYPE s1.shape AS (x integer\(pick(["", ", name text COLLATE \"C\""])))")
      sql.append(
        "CREATE FUNCTION s1.shape_text(s1.shape) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x::text'")
      if chance(70) {
        let how = pick(["WITH FUNCTION s1.shape_text(s1.shape)", "WITH INOUT"])
        sql.append("CREATE CAST (s1.shape AS text) \(how)\(pick(["", " AS ASSIGNMENT"]))")
        comment("CAST (s1.shape AS text)")
      }
    }
    if chance(25) {
      sql.append(
        "CREATE FUNCTION s1.cmp(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp(b, a)'"
      )
      sql.append("CREATE OPERATOR FAMILY s1.backwards USING btree")
      comment("OPERATOR FAMILY s1.backwards USING btree")
      sql.append(
        """
        CREATE OPERATOR CLASS s1.back_ops FOR TYPE integer USING btree FAMILY s1.backwards AS
          OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 s1.cmp(integer, integer)
        """)
      comment("OPERATOR CLASS s1.back_ops USING btree")
      if chance(50) {
        sql.append("ALTER OPERATOR FAMILY s1.backwards USING btree ADD OPERATOR 1 > (integer, bigint)")
      }
      sql.append("CREATE TABLE s1.ordered (n integer)")
      sql.append("CREATE INDEX ordered_idx ON s1.ordered (n\(pick([" s1.back_ops", "", " s1.back_ops DESC"])))")
    }
    if chance(20) {
      sql.append(
        "CREATE \(pick(["", "DEFAULT "]))CONVERSION s1.convert FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8")
      comment("CONVERSION s1.convert")
    }
    if chance(15) {
      let back = pick(["", ", TO SQL WITH FUNCTION int4recv(internal)"])
      sql.append("CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal)\(back))")
      comment("TRANSFORM FOR integer LANGUAGE sql")
    }
    if chance(20) {
      sql.append(
        """
        CREATE TEXT SEARCH PARSER s1.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,
          LEXTYPES = prsd_lextype\(pick(["", ", HEADLINE = prsd_headline"])))
        """)
      comment("TEXT SEARCH PARSER s1.parser")
      sql.append("CREATE TEXT SEARCH TEMPLATE s1.template (LEXIZE = dsimple_lexize, INIT = dsimple_init)")
      sql.append("CREATE TEXT SEARCH DICTIONARY s1.own (TEMPLATE = s1.template\(pick(["", ", accept = false"])))")
      comment("TEXT SEARCH DICTIONARY s1.own")
      if chance(50) { sql.append("CREATE TEXT SEARCH CONFIGURATION s1.own (PARSER = s1.parser)") }
    }
  }

  /// Columns of the types that are declared, and what refers to them.
  mutating func columnsOfDeclaredTypes() {
    let columns = [
      ("CREATE DOMAIN s1.d1 ", ["d s1.d1", "ds s1.d1[]"]), ("CREATE TYPE s1.pair ", ["p s1.pair"]),
      ("CREATE TYPE s1.span ", ["r s1.span"]), ("CREATE TYPE s1.e1 ", ["e s1.e1", "es s1.e1[]"]),
    ].flatMap { start, columns in sql.contains { $0.hasPrefix(start) } ? columns : [] }
    guard !columns.isEmpty, chance(60) else { return }
    sql.append("CREATE TABLE s1.of_types (id integer PRIMARY KEY, \(columns.joined(separator: ", ")))")
    let names = columns.map { String($0.prefix { $0 != " " }) }
    for name in names where chance(30) { sql.append("CREATE INDEX of_types_\(name) ON s1.of_types (\(name), id)") }
    if names.contains("e"), chance(40) {
      sql.append("CREATE DOMAIN s1.d_e AS s1.e1 CHECK (VALUE::text <> '\(pick(["b", "c"]))')")
    }
    if sql.last?.hasPrefix("CREATE DOMAIN s1.d_e") == true {
      sql.append("CREATE TABLE s1.of_domain (id integer, v s1.d_e\(pick(["", " DEFAULT 'a'"])), vs s1.d_e[])")
    }
    if names.contains("d"), chance(40) {
      sql.append("CREATE VIEW s1.v_types AS SELECT o.d, o.ds, o.id FROM s1.of_types o WHERE o.d > 2")
    }
    if names.contains("d"), chance(40) {
      sql.append("ALTER TABLE s1.of_types ADD CONSTRAINT of_types_d CHECK (d < \(pick([100, 200])))")
    }
  }
}
