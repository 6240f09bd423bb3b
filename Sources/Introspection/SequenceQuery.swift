internal import Catalog
internal import Postgres

/// Sequences (`pg_sequence`) except those of identity columns, and the columns they belong to.
enum SequenceQuery: CatalogQuery {
  static func sql(_ version: ServerVersion) -> String {
    """
    SELECT c.oid, n.nspname, c.relname, c.relpersistence, pg_catalog.pg_get_userbyid(c.relowner),
           pg_catalog.format_type(s.seqtypid, NULL), tn.nspname, t.relname, a.attname,
           s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle
      FROM pg_catalog.pg_sequence s
      JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid <> 0 AND d.deptype IN ('a', 'i')
      LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
      LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE c.relpersistence <> 't' AND d.deptype IS DISTINCT FROM 'i' AND \(managedNamespace)
       AND \(notMember("pg_class", "c.oid"))
    """
  }
  static func decode(_ row: inout RowReader, into builder: inout CatalogBuilder) throws {
    let oid = try row.int()
    let id = FactID(.sequence, schema: try row.string(), name: try row.string())
    let persistence = try row.string()
    let owner = try row.string()
    let type = try row.string()
    let tableSchema = try row.optionalString()
    let tableName = try row.optionalString()
    let column = try row.optionalString()
    let options = try SequenceOptions(&row, type: type)
    builder.add(
      Fact(
        id,
        [
          .type: type == "bigint" ? nil : .text(type),
          .persistence: persistence == "u" ? .text("unlogged") : nil,
          .options: .ifPresent(options.clauses),
        ], needs: [FactID(.schema, name: id.schema)]), .relation, oid: oid)
    if let tableSchema, let tableName, let column {
      builder.markOwned(sequence: oid)
      let columnID = FactID(.column, schema: tableSchema, name: tableName, member: column)
      builder.insert(
        Fact(
          FactID(.sequenceOwner, schema: id.schema, name: id.name), parent: id,
          [.column: .list([tableSchema, tableName, column])], needs: [columnID]))
      // An owned sequence always has its table's owner.
    } else {
      builder.addOwner(owner, of: id)
    }
  }
}

/// The options of a sequence that differ from what PostgreSQL would choose, as clauses of CREATE SEQUENCE.
struct SequenceOptions {
  var clauses: [String] = []

  init(_ row: inout RowReader, type: String) throws {
    let start = try row.int()
    let increment = try row.int()
    let minimum = try row.int()
    let maximum = try row.int()
    let cache = try row.int()
    let cycle = try row.bool()
    let limit: (low: Int, high: Int) =
      switch type {
      case "smallint": (Int(Int16.min), Int(Int16.max))
      case "integer": (Int(Int32.min), Int(Int32.max))
      default: (Int.min, Int.max)
      }
    let usualMinimum = increment > 0 ? 1 : limit.low
    let usualMaximum = increment > 0 ? limit.high : -1
    if increment != 1 { clauses.append("INCREMENT BY \(increment)") }
    if minimum != usualMinimum { clauses.append("MINVALUE \(minimum)") }
    if maximum != usualMaximum { clauses.append("MAXVALUE \(maximum)") }
    if start != (increment > 0 ? minimum : maximum) { clauses.append("START WITH \(start)") }
    if cache != 1 { clauses.append("CACHE \(cache)") }
    if cycle { clauses.append("CYCLE") }
  }
}
