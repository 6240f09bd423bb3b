import Catalog
import Migrations
import Planning
import TestSupport
import Testing

/// Values within values, whose types get other attributes, or the same ones in another order.
@Suite struct ReshapedValuesTests {
  private let keeping = KeepingRowsTests()

  @Test func attributesAreFoundByTheirNamesAtAnyDepth() async throws {
    func schema(_ line: String, _ order: String, _ document: String) -> String {
      """
      CREATE EXTENSION hstore;
      CREATE TYPE point_of AS (x int, y int);
      CREATE FUNCTION as_json(point_of) RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT json_build_object('x', $1.x) $$;
      CREATE CAST (point_of AS json) WITH FUNCTION as_json(point_of);
      CREATE TYPE entry AS (\(line));
      CREATE DOMAIN entry_d AS entry;
      CREATE DOMAIN entries_d AS entry[];
      CREATE TYPE "order" AS (\(order));
      CREATE TABLE document (\(document));
      CREATE TABLE held (id int, a entry[], b "order"[], c document, d entry_d, e entries_d, f document[]);
      """
    }
    let (plan, rows) = try await keeping.migrate(
      schema(
        #"j jsonb, "a b" char(5), h hstore, n int[], p point_of, gone int"#,
        "one entry, many entry[], d entry_d, e entries_d, p point_of[], t text",
        #"id int, body jsonb, o "order", "we ird" text"#),
      rows: #"""
        INSERT INTO held
        SELECT 1, l, ARRAY[ROW(l[0], l, l[0], l::entries_d, ARRAY[ROW(1, 2)::point_of, NULL], E'te"x\\t\n{},()')::"order", NULL],
               ROW(1, 'null', ROW(l[0], NULL, NULL, NULL, NULL, '')::"order", ' ')::document, l[0], l,
               ARRAY[ROW(NULL, NULL, NULL, NULL)::document, NULL]
          FROM (SELECT array_fill(ROW('null', 'ab', 'a=>NULL', '[-1:0]={1,NULL}', ROW(1, NULL)::point_of, 9)::entry, ARRAY[2], ARRAY[0])) s (l);
        INSERT INTO held VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL), (3, '{}', '{}', ROW(NULL, NULL, NULL, NULL), ROW(NULL, NULL, NULL, NULL, NULL, NULL), '{{"(,,,,,)"}}', NULL);
        """#,
      schema(
        #"note text, "a b" char(5), j jsonb, h hstore, p point_of, n bigint[]"#,
        "t text, one entry, many entry[], d entry_d, e entries_d, p point_of[]",
        #"id bigint, body jsonb, o "order", "we ird" text, note text"#),
      keeps: #"""
        WITH l AS (SELECT ROW(NULL, 'ab', 'null', 'a=>NULL', ROW(1, NULL)::point_of, '[-1:0]={1,NULL}')::entry AS one),
             m AS (SELECT one, array_fill(one, ARRAY[2], ARRAY[0]) AS many FROM l)
        SELECT format('%s %s', id, CASE id
                 WHEN 1 THEN ROW(a, b, c, d, e, f)::text = ROW(
                   many, ARRAY[ROW(E'te"x\\t\n{},()', one, many, one, many, ARRAY[ROW(1, 2)::point_of, NULL])::"order", NULL],
                   ROW(1, 'null'::jsonb, ROW('', one, NULL, NULL, NULL, NULL)::"order", ' ', NULL)::document, one, many,
                   ARRAY[ROW(NULL, NULL, NULL, NULL, NULL)::document, NULL])::text
                 WHEN 2 THEN ROW(a, b, c, d, e, f)::text = '(,,,,,)'
                 ELSE ROW(a, b, c, d, e, f)::text = '({},{},"(,,,,)","(,,,,,)","{{""(,,,,,)""}}",)' END)
          FROM held, m ORDER BY id
        """#)
    #expect(rows == ["1 t", "2 t", "3 t"], "\(plan.script)")
  }

  /// Two states need not know the same order of a table's columns.
  @Test func rowsOfATableWithOtherPlacesForItsColumnsAreTakenByName() async throws {
    let (plan, rows) = try await keeping.migrate(
      """
      CREATE TABLE base (a int, b text);
      CREATE TABLE item (c text, d text) INHERITS (base);
      CREATE TABLE held (i item, many item[]);
      """,
      rows: """
        INSERT INTO held VALUES (ROW(1, 'b', 'c', 'd'), ARRAY[ROW(2, NULL, '', 'null')::item]);
        """,
      """
      CREATE TABLE base (a bigint, b text);
      CREATE TABLE item (d text, e int) INHERITS (base);
      CREATE TABLE held (i item, many item[]);
      """, keeps: "SELECT format('%s %s', i, many) FROM held")
    #expect(rows == [#"(1,b,d,) {"(2,,null,)"}"#], "\(plan.script)")
  }

  @Test func aValueBecomesAnArrayAndAnArrayItsFirstElement() async throws {
    let (plan, rows) = try await keeping.migrate(
      """
      CREATE TYPE pair AS (a int, j jsonb);
      CREATE TABLE held (id int, one pair, many pair[]);
      """,
      rows: """
        INSERT INTO held VALUES (1, ROW(1, 'null'), ARRAY[ROW(2, '{}')::pair, NULL]), (2, NULL, NULL), (3, ROW(NULL, NULL), '{}');
        """,
      """
      CREATE TYPE pair AS (j jsonb, a bigint);
      CREATE TABLE held (id int, one pair[], many pair);
      """, keeps: "SELECT h::text FROM held h ORDER BY id")
    #expect(rows == [#"(1,"{""(null,1)""}","({},2)")"#, "(2,,)", #"(3,"{""(,)""}",)"#], "\(plan.script)")
  }

  @Test func valuesOfOneTypeBecomeThoseOfTwo() async throws {
    let (plan, rows) = try await keeping.migrate(
      """
      CREATE TYPE one_of AS (a int, j jsonb);
      CREATE TYPE both_of AS (p one_of, q one_of);
      CREATE TABLE held (x both_of[]);
      """,
      rows: "INSERT INTO held VALUES (ARRAY[ROW(ROW(1, 'null'), ROW(2, '[]'))::both_of]);",
      """
      CREATE TYPE other_of AS (j jsonb, a int);
      CREATE TYPE third_of AS (a bigint);
      CREATE TYPE both_of AS (p other_of, q third_of);
      CREATE TABLE held (x both_of[]);
      """, keeps: "SELECT (x[1]).p::text || (x[1]).q::text FROM held")
    #expect(rows == ["(null,1)(2)"], "\(plan.script)")
  }

  @Test func aSequenceThatTakesTheNameOfAnIdentitysStartsAnewAndSaysSo() async throws {
    let (plan, _) = try await keeping.migrate(
      "CREATE TABLE a (id bigint GENERATED BY DEFAULT AS IDENTITY)", rows: "INSERT INTO a VALUES (DEFAULT);",
      "CREATE TABLE a (id bigint NOT NULL); CREATE SEQUENCE a_id_seq", keeps: "SELECT id::text FROM a")
    let hazards = plan.refusedHazards.map { "\($0)" }
    #expect(hazards.count == 1 && hazards[0].contains("starts anew"), "\(plan.script)")
  }
}
