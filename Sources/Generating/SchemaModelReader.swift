package import Postgres

extension SchemaModel {
  /// Reads some schemas of a database, in one snapshot and six statements.
  ///
  /// - Parameters:
  ///   - schemas: those that are read; nil for all that are not PostgreSQL's or excluded.
  ///   - excluded: schemas that are nobody's to see.
  /// - Throws: `PostgresError`; `SchemaModelError` for a schema that is not there.
  package static func read(
    _ schemas: [String]?, excluding excluded: Set<String>, _ connection: Connection
  ) async throws -> SchemaModel {
    try await connection.transaction(Connection.beginSnapshot) { connection in
      let there = try await connection.query(
        """
        SELECT nspname FROM pg_catalog.pg_namespace n
         WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND nspname <> ALL ($1::text[])
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_namespace'::regclass
                                                               AND d.objid = n.oid AND d.deptype = 'e')
         ORDER BY 1
        """, [ArrayText.encode(excluded.sorted())]
      ).map { try $0.string(0) }
      if let missing = schemas?.first(where: { !there.contains($0) }) { throw SchemaModelError.noSchema(missing) }
      var model = SchemaModel()
      model.schemas = schemas.map { wanted in there.filter(wanted.contains) } ?? there
      let names = ArrayText.encode(model.schemas)
      let types = try TypeTable(await connection.query(TypeTable.sql))
      let views = try await ViewColumns(
        views: connection.query(ViewColumns.views), tables: connection.query(ViewColumns.tables))
      model.relations = try await connection.query(relations, [names]).map { try relation($0, types, views) }
      model.functions = try await connection.query(functions, [names]).map { try function($0, types) }
      for row in try await connection.query(userTypes, [names]) {
        var row = row.reader
        let name = Name(schema: try row.string(), name: try row.string())
        let isEnum = try row.bool()
        let (labels, fields, fieldTypes) = (try row.strings(), try row.strings(), try row.strings())
        let dimensions = try row.strings()
        let comment = try row.optionalString()
        if isEnum {
          model.enumerations.append(Enumeration(name: name, labels: labels, comment: comment))
        } else {
          model.composites.append(
            Composite(
              name: name,
              fields: fields.indices.map { index in
                let type = types[fieldTypes[index]].nested(Int(dimensions[index]) ?? 0)
                return Parameter(name: fields[index], type: type, hasDefault: false)
              },
              comment: comment))
        }
      }
      return model
    }
  }

  // MARK: Relations

  private static let relations = """
    SELECT n.nspname, c.relname, c.relkind, c.oid::text, pg_catalog.obj_description(c.oid, 'pg_class'),
           pg_catalog.pg_relation_is_updatable(c.oid, true) & 8 <> 0, pg_catalog.pg_relation_is_updatable(c.oid, true) & 4 <> 0,
           a.names, a.numbers, a.types, a.dimensions, a.sql, a.nullable, a.defaults, a.generated, a.comments,
           coalesce((SELECT pg_catalog.array_agg(k.attname::text ORDER BY x.place)
                       FROM pg_catalog.pg_constraint p CROSS JOIN pg_catalog.unnest(p.conkey) WITH ORDINALITY AS x (number, place)
                       JOIN pg_catalog.pg_attribute k ON k.attrelid = p.conrelid AND k.attnum = x.number
                      WHERE p.conrelid = c.oid AND p.contype = 'p'), '{}'),
           f.names, f.schemas, f.targets, f.columns, f.others, f.single
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (
       SELECT pg_catalog.array_agg(t.attname::text ORDER BY t.attnum) AS names,
              pg_catalog.array_agg(t.atttypid::text ORDER BY t.attnum) AS types,
              pg_catalog.array_agg(greatest(t.attndims, d.typndims)::text ORDER BY t.attnum) AS dimensions,
              pg_catalog.array_agg(pg_catalog.format_type(t.atttypid, t.atttypmod) ORDER BY t.attnum) AS sql,
              pg_catalog.array_agg((NOT d.typnotnull AND (NOT t.attnotnull OR EXISTS (
                SELECT FROM pg_catalog.pg_constraint v WHERE v.conrelid = c.oid AND v.contype = 'n' AND NOT v.convalidated
                                                         AND v.conkey = ARRAY[t.attnum])))::text ORDER BY t.attnum) AS nullable,
              pg_catalog.array_agg(t.attnum::text ORDER BY t.attnum) AS numbers,
              pg_catalog.array_agg((t.atthasdef OR t.attidentity <> '' OR d.typdefault IS NOT NULL)::text ORDER BY t.attnum)
                AS defaults,
              pg_catalog.array_agg((t.attgenerated <> '' OR t.attidentity = 'a')::text ORDER BY t.attnum) AS generated,
              pg_catalog.array_agg(coalesce(pg_catalog.col_description(c.oid, t.attnum), '') ORDER BY t.attnum) AS comments
         FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_type d ON d.oid = t.atttypid
        WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped) a
     CROSS JOIN LATERAL (
       SELECT coalesce(pg_catalog.array_agg(k.conname::text ORDER BY k.conname), '{}') AS names,
              coalesce(pg_catalog.array_agg(tn.nspname::text ORDER BY k.conname), '{}') AS schemas,
              coalesce(pg_catalog.array_agg(tc.relname::text ORDER BY k.conname), '{}') AS targets,
              coalesce(pg_catalog.array_agg(
                (SELECT pg_catalog.array_agg(b.attname::text ORDER BY x.place)::text
                   FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS x (number, place)
                   JOIN pg_catalog.pg_attribute b ON b.attrelid = k.conrelid AND b.attnum = x.number) ORDER BY k.conname), '{}')
                AS columns,
              coalesce(pg_catalog.array_agg(
                (SELECT pg_catalog.array_agg(b.attname::text ORDER BY x.place)::text
                   FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS x (number, place)
                   JOIN pg_catalog.pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = x.number) ORDER BY k.conname), '{}')
                AS others,
              coalesce(pg_catalog.array_agg(
                EXISTS (SELECT FROM pg_catalog.pg_index u
                         WHERE u.indrelid = k.conrelid AND u.indisunique AND u.indpred IS NULL AND u.indexprs IS NULL
                           AND u.indnkeyatts <= pg_catalog.cardinality(k.conkey)
                           AND (u.indkey::int2[])[0:u.indnkeyatts - 1] <@ k.conkey)::text ORDER BY k.conname), '{}') AS single
         FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class tc ON tc.oid = k.confrelid
         JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
        -- A partition of the other table has a constraint of its own below the one that is declared.
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0) f
     WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                                                           AND d.deptype = 'e')
     ORDER BY n.nspname, c.relname
    """

  private static func relation(_ row: Row, _ types: TypeTable, _ views: ViewColumns) throws -> Relation {
    var row = row.reader
    let name = Name(schema: try row.string(), name: try row.string())
    let kind: Relation.Kind
    switch try row.string() {
    case "v": kind = .view
    case "m": kind = .materializedView
    case "f": kind = .foreignTable
    default: kind = .table
    }
    let oid = try row.string()
    let isView = kind == .view || kind == .materializedView
    let comment = try row.optionalString()
    let (isInsertable, isUpdatable) = (try row.bool(), try row.bool())
    let (names, numbers) = (try row.strings(), try row.strings())
    let (typeIDs, dimensions) = (try row.strings(), try row.strings())
    let sql = try row.strings()
    let (nullable, defaults, generated) = (try row.strings(), try row.strings(), try row.strings())
    let comments = try row.strings()
    let columns = names.indices.map { index in
      var column = Column(
        name: names[index], type: types[typeIDs[index]], sqlType: sql[index], isNullable: nullable[index] == "true",
        hasDefault: defaults[index] == "true", isGenerated: generated[index] == "true",
        comment: comments[index].isEmpty ? nil : comments[index])
      var depth = Int(dimensions[index])
      if isView, let number = Int(numbers[index]) {
        column.isNullable = !views.isCertain(number, of: oid)
        // The table has one, maybe; the view does not tell.
        column.hasDefault = true
        depth = views.dimensions(number, of: oid) ?? depth
      }
      column.type = column.type.nested(depth ?? 0)
      return column
    }
    let key = try row.strings()
    let (keys, schemas, targets) = (try row.strings(), try row.strings(), try row.strings())
    let (own, others, single) = (try row.strings(), try row.strings(), try row.strings())
    let relationships = keys.indices.map { index in
      Relationship(
        name: keys[index], columns: ArrayText.decode(own[index]) ?? [],
        target: Name(schema: schemas[index], name: targets[index]),
        targetColumns: ArrayText.decode(others[index]) ?? [],
        isOneToOne: single[index] == "true")
    }
    return Relation(
      name: name, kind: kind, columns: columns, relationships: relationships, primaryKey: key,
      isInsertable: isInsertable,
      isUpdatable: isUpdatable, comment: comment)
  }

  // MARK: Functions

  private static let functions = """
    SELECT n.nspname, p.proname, p.prokind = 'p', pg_catalog.obj_description(p.oid, 'pg_proc'), p.proretset, p.prorettype::text,
           coalesce(p.proargnames, '{}'), coalesce(p.proargmodes::text[], '{}'),
           coalesce(p.proallargtypes::text[], pg_catalog.string_to_array(p.proargtypes::text, ' ')), p.pronargs, p.pronargdefaults
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = ANY ($1::text[]) AND p.prokind IN ('f', 'p')
       -- Those of triggers are called by nobody.
       AND p.prorettype <> ALL (ARRAY['trigger', 'event_trigger', 'language_handler', 'internal']::regtype[])
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid
                                                           AND d.deptype = 'e')
     ORDER BY n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)
    """

  private static func function(_ row: Row, _ types: TypeTable) throws -> Function {
    var row = row.reader
    let name = Name(schema: try row.string(), name: try row.string())
    let isProcedure = try row.bool()
    let comment = try row.optionalString()
    let returnsSet = try row.bool()
    let result = try row.string()
    let (names, modes, all) = (try row.strings(), try row.strings(), try row.strings())
    let (inputs, defaults) = (try row.int(), try row.int())
    var parameters: [Parameter] = []
    var columns: [Parameter] = []
    for (index, type) in all.enumerated() {
      let mode = index < modes.count ? modes[index] : "i"
      let name = index < names.count ? names[index] : ""
      let number = parameters.count
      if ["i", "b", "v"].contains(mode) {
        parameters.append(Parameter(name: name, type: types[type], hasDefault: number >= inputs - defaults))
      }
      if ["o", "b", "t"].contains(mode) {
        columns.append(
          Parameter(name: name.isEmpty ? "column\(columns.count + 1)" : name, type: types[type], hasDefault: false))
      }
    }
    // One OUT parameter is the value itself, unless the function returns a table.
    let isTable = modes.contains("t")
    let value: Function.Result =
      types.isVoid(result) || isProcedure && columns.isEmpty
      ? .void : columns.count > 1 || isTable ? .columns(columns) : .value(types[result])
    return Function(
      name: name, isProcedure: isProcedure, parameters: parameters, result: value, returnsSet: returnsSet,
      comment: comment)
  }

  // MARK: Types

  private static let userTypes = """
    SELECT n.nspname, t.typname, t.typtype = 'e',
           coalesce((SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
                       FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid), '{}'),
           coalesce((SELECT pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '{}'),
           coalesce((SELECT pg_catalog.array_agg(a.atttypid::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '{}'),
           coalesce((SELECT pg_catalog.array_agg(a.attndims::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '{}'),
           pg_catalog.obj_description(t.oid, 'pg_type')
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
     WHERE n.nspname = ANY ($1::text[]) AND (t.typtype = 'e' OR t.typtype = 'c' AND c.relkind = 'c')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid
                                                           AND d.deptype = 'e')
     ORDER BY n.nspname, t.typname
    """
}

/// Types by their OIDs.
private struct TypeTable {
  static let sql = """
    SELECT t.oid::text, n.nspname, t.typname, t.typtype, t.typelem::text, t.typbasetype::text, c.relkind,
           t.typcategory = 'A' AND t.typsubscript = 'pg_catalog.array_subscript_handler'::regproc,
           EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid
                                                       AND d.deptype = 'e')
      FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    """

  private struct Entry {
    var name: SchemaModel.Name
    var kind: String
    var element: String
    var base: String
    var relation: String?
    var isArray: Bool
    /// PostgreSQL's own, or an extension's.
    var isForeign: Bool
  }
  private var entries: [String: Entry] = [:]

  init(_ rows: Rows) throws {
    for row in rows {
      var row = row.reader
      let oid = try row.string()
      let name = SchemaModel.Name(schema: try row.string(), name: try row.string())
      entries[oid] = Entry(
        name: name, kind: try row.string(), element: try row.string(), base: try row.string(),
        relation: try row.optionalString(), isArray: try row.bool(),
        isForeign: try row.bool() || name.schema == "pg_catalog")
    }
  }

  func isVoid(_ oid: String) -> Bool { entries[oid]?.name == SchemaModel.Name(schema: "pg_catalog", name: "void") }

  /// A domain is what it is made of: its values are.
  subscript(oid: String) -> SchemaModel.DataType {
    guard let entry = entries[oid] else { return .scalar("unknown") }
    if entry.isArray, entry.element != "0" { return .array(self[entry.element]) }
    switch entry.kind {
    case "d": return self[entry.base]
    case "e": return entry.isForeign ? .scalar("text") : .enumeration(entry.name)
    case "c" where !entry.isForeign: return entry.relation == "c" ? .composite(entry.name) : .row(entry.name)
    default: return .scalar(entry.name.name)
    }
  }
}

/// What cannot be read.
package enum SchemaModelError: Error, CustomStringConvertible {
  case noSchema(String)
  package var description: String {
    switch self {
    case .noSchema(let name): "there is no schema \(name), or it is not the project's"
    }
  }
}
