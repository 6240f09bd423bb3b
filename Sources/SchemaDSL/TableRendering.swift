internal import Catalog
internal import Postgres

struct TableDeclaration<T: Table>: DatabaseItem {
  func render(into rendering: inout Rendering) {
    let table = T.declared
    var renderer = RelationRenderer(T.name, kind: .table)
    renderer.renderTable(T.columns(of: table), table.body, into: &rendering)
  }
}

struct ViewDeclaration<V: View>: DatabaseItem {
  func render(into rendering: inout Rendering) {
    let view = V.declared
    var renderer = RelationRenderer(V.name, kind: V.isMaterialized ? .materializedView : .view)
    renderer.renderView(
      V.columns(of: view), query: view.query, isSecurityInvoker: V.isSecurityInvoker, view.body, into: &rendering,
      type: String(reflecting: V.self))
  }
}

/// Writes what a table or view declares.
struct RelationRenderer {
  private let name: RelationName
  private let id: FactID
  private var sql: String { name.sql }
  private var location = SourceLocation(file: "", line: 0)

  init(_ name: RelationName, kind: FactKind) {
    self.name = name
    id = FactID(kind, schema: name.schema.name, name: name.name)
  }

  private func part(_ kind: FactKind, _ member: String) -> FactID {
    FactID(kind, schema: id.schema, name: id.name, member: member)
  }

  // MARK: Tables

  mutating func renderTable(_ columns: [ColumnStorage], _ body: TableBody, into rendering: inout Rendering) {
    // The struct has no line of its own; its first column is nearest.
    location = columns.first?.location ?? body.items.first?.location.location ?? location
    var generated: [String: any AnyGenerated] = [:]
    for item in body.items {
      if let item = item as? any AnyGenerated { generated[item.columnStorage.name] = item }
    }
    let lines = columns.map { "  " + columnDefinition($0, generated: generated[$0.name]) }
    var create = "CREATE TABLE \(sql) (\n\(lines.joined(separator: ",\n"))\n)"
    if body.items.contains(where: { $0 is Unlogged }) {
      create = "CREATE UNLOGGED TABLE" + create.dropFirst("CREATE TABLE".count)
    }
    for case let partitions as Partitions in body.items {
      create += " PARTITION BY RANGE (\(partitions.column.sqlName))"
    }
    for case let storage as StorageParameters in body.items {
      let list = storage.parameters.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
      create += " WITH (\(list.joined(separator: ", ")))"
    }
    rendering.add(.table, create, id, location)
    rendering.note(formerName: name.formerName, of: id)
    for column in columns { rendering.note(formerName: column.formerName, of: part(.column, column.name)) }
    for column in columns { render(column, isGenerated: generated[column.name] != nil, into: &rendering) }
    for item in body.items { render(item, into: &rendering) }
  }

  private func columnDefinition(_ column: ColumnStorage, generated: (any AnyGenerated)?) -> String {
    var text = "\(column.sqlName) \(column.type)"
    if let compression = column.compression { text += " COMPRESSION \(compression.rawValue)" }
    if let collation = column.collation { text += " COLLATE \(Quote.identifier(collation))" }
    if let generated {
      text += " GENERATED ALWAYS AS (\(generated.expression.text)) \(generated.isStored ? "STORED" : "VIRTUAL")"
    }
    if let identity = column.identity { text += " GENERATED \(identity.rawValue) AS IDENTITY" }
    if !column.isNullable { text += " NOT NULL" }
    return text
  }

  private func render(_ column: ColumnStorage, isGenerated: Bool, into rendering: inout Rendering) {
    let columnID = part(.column, column.name)
    let alter = "ALTER TABLE \(sql) ALTER COLUMN \(column.sqlName)"
    if let value = column.defaultValue, !isGenerated {
      rendering.add(
        .columnDefault, "\(alter) SET DEFAULT \(value.text)", part(.columnDefault, column.name), column.location)
    }
    if let storage = column.storage {
      rendering.add(.columnDefault, "\(alter) SET STORAGE \(storage.rawValue.uppercased())", columnID, column.location)
    }
    if let statistics = column.statistics {
      rendering.add(.columnDefault, "\(alter) SET STATISTICS \(statistics)", columnID, column.location)
    }
    if let reference = column.reference {
      let target = reference.resolve()
      let constraint = "\(id.name)_\(column.name)_fkey"
      rendering.add(
        .foreignKey,
        "ALTER TABLE \(sql) ADD CONSTRAINT \(Quote.identifier(constraint)) FOREIGN KEY (\(column.sqlName)) REFERENCES "
          + "\(target.table.sql) (\(Quote.identifier(target.column)))"
          + actions(reference.onDelete, reference.onUpdate, reference.deferrable),
        part(.constraint, constraint), column.location)
    }
    rendering.add(comment: column.comment, on: "COLUMN \(sql).\(column.sqlName)", columnID, column.location)
    // A column without a statement of its own still has its line.
    rendering.note(columnID, column.location)
  }

  private func actions(_ onDelete: ReferentialAction, _ onUpdate: ReferentialAction, _ deferrable: Deferrable?)
    -> String
  {
    var text = ""
    if onDelete != .noAction { text += " ON DELETE \(onDelete.rawValue)" }
    if onUpdate != .noAction { text += " ON UPDATE \(onUpdate.rawValue)" }
    if let deferrable { text += " \(deferrable.rawValue)" }
    return text
  }

  private func addConstraint(
    _ constraint: String, _ definition: String, phase: Rendering.Phase = .constraint, comment: String?,
    _ location: SourceLocation, into rendering: inout Rendering
  ) {
    let quoted = Quote.identifier(constraint)
    rendering.add(
      phase, "ALTER TABLE \(sql) ADD CONSTRAINT \(quoted) \(definition)", part(.constraint, constraint), location)
    rendering.add(
      comment: comment, on: "CONSTRAINT \(quoted) ON \(sql)", part(.constraint, constraint), location)
  }

  private func render(_ item: any TableItem, into rendering: inout Rendering) {
    let place = item.location.location
    switch item {
    case let item as PrimaryKey:
      addConstraint(
        item.name ?? "\(id.name)_pkey", "PRIMARY KEY (\(names(item.columns).joined(separator: ", ")))",
        comment: item.comment, place, into: &rendering)
    case let item as Unique:
      let columns = item.columns.compactMap { $0.columnStorage?.name }
      addConstraint(
        item.name ?? "\(id.name)_\(columns.joined(separator: "_"))_key",
        "UNIQUE \(item.nullsNotDistinct ? "NULLS NOT DISTINCT " : "")(\(names(item.columns).joined(separator: ", ")))"
          + (item.deferrable.map { " " + $0.rawValue } ?? ""), comment: item.comment, place, into: &rendering)
    case let item as Check:
      addConstraint(
        item.name, "CHECK (\(item.condition.text))" + (item.isInherited ? "" : " NO INHERIT"), comment: item.comment,
        place, into: &rendering)
    case let item as ForeignKey:
      let target = item.target()
      addConstraint(
        item.name,
        "FOREIGN KEY (\(names(item.columns).joined(separator: ", "))) REFERENCES \(target.table.sql) "
          + "(\(target.columns.joined(separator: ", ")))" + actions(item.onDelete, item.onUpdate, item.deferrable),
        phase: .foreignKey, comment: item.comment, place, into: &rendering)
    case let item as Exclude:
      let elements = item.elements.map { "\($0.key.indexKey.sql) WITH \($0.operator)" }.joined(separator: ", ")
      addConstraint(
        item.name,
        "EXCLUDE USING \(item.method) (\(elements))" + (item.condition.map { " WHERE (\($0.text))" } ?? "")
          + (item.deferrable.map { " " + $0.rawValue } ?? ""), phase: .index, comment: item.comment, place,
        into: &rendering)
    case let item as Partitions:
      rendering.add(
        overlay: Fact(
          FactID(.partitionWindow, schema: id.schema, name: id.name), parent: id,
          [
            .unit: .text(item.window.unit), .ahead: .integer(item.window.ahead), .keep: .integer(item.window.keep),
            .column: .text(item.column.name), .timeZone: .text(item.window.timeZone),
            .drop: item.window.retirement == .detach ? nil : .text(item.window.retirement.rawValue),
          ]), place)
      PartitionRunner(name, item)?.render(into: &rendering, place)
    case let item as RowLevelSecurity:
      rendering.add(
        .policy,
        "ALTER TABLE \(sql) ENABLE ROW LEVEL SECURITY" + (item.isForced ? ", FORCE ROW LEVEL SECURITY" : ""), id, place)
    case let item as Policy:
      let policy = part(.policy, item.name)
      let quoted = Quote.identifier(item.name)
      rendering.add(
        .policy,
        "CREATE POLICY \(quoted) ON \(sql)\(item.isPermissive ? "" : " AS RESTRICTIVE") FOR \(item.command.rawValue) TO "
          + item.roles.map(\.sql).joined(separator: ", ") + (item.using.map { "\n USING (\($0.text))" } ?? "")
          + (item.check.map { "\n WITH CHECK (\($0.text))" } ?? ""), policy, place)
      rendering.add(comment: item.comment, on: "POLICY \(quoted) ON \(sql)", policy, place)
    case let item as SequenceGrant:
      // The name that PostgreSQL gives to a serial column's sequence.
      let sequence = FactID(.sequence, schema: id.schema, name: "\(id.name)_\(item.column.name)_seq")
      rendering.add(
        .grant, grantSQL(item.privileges, on: "SEQUENCE \(sequence.sqlName)", to: item.roles),
        sequence.about(.grant, role: item.roles.first?.name ?? ""), place)
    case let item as ReplicaIdentity:
      rendering.add(.index, "ALTER TABLE \(sql) REPLICA IDENTITY \(item.kind.rawValue)", id, place)
    default: renderShared(item, into: &rendering)
    }
  }

  // MARK: Views

  mutating func renderView(
    _ columns: [ColumnStorage], query: SQL, isSecurityInvoker: Bool, _ body: TableBody, into rendering: inout Rendering,
    type: String
  ) {
    location = columns.first?.location ?? SourceLocation(file: type, line: 0)
    rendering.note(formerName: name.formerName, of: id)
    let list = columns.isEmpty ? "" : " (" + columns.map(\.sqlName).joined(separator: ", ") + ")"
    if id.kind == .materializedView {
      rendering.add(.view, "CREATE MATERIALIZED VIEW \(sql)\(list) AS\n\(query.text)", id, location)
    } else {
      let options = isSecurityInvoker ? " WITH (security_invoker = true)" : ""
      rendering.add(.view, "CREATE VIEW \(sql)\(list)\(options) AS\n\(query.text)", id, location)
    }
    for (index, column) in columns.enumerated() {
      rendering.note(
        viewColumn: Rendering.DeclaredColumn(
          view: id, number: index + 1, name: column.name, type: column.type, location: column.location))
      rendering.add(
        comment: column.comment, on: "COLUMN \(sql).\(column.sqlName)", part(.column, column.name), column.location)
    }
    for item in body.items { renderShared(item, into: &rendering) }
  }

  /// What tables and views have in common.
  private func renderShared(_ item: any TableItem, into rendering: inout Rendering) {
    let place = item.location.location
    switch item {
    case let item as Index:
      let index = FactID(.index, schema: id.schema, name: item.name)
      let options = item.options.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
      rendering.add(
        .index,
        "CREATE \(item.isUnique ? "UNIQUE " : "")INDEX \(Quote.identifier(item.name)) ON \(sql) USING \(item.method.rawValue) ("
          + item.keys.map(\.indexKey.sql).joined(separator: ", ") + ")"
          + (item.including.isEmpty ? "" : " INCLUDE (\(names(item.including).joined(separator: ", ")))")
          + (item.nullsNotDistinct ? " NULLS NOT DISTINCT" : "") + (options.isEmpty ? "" : " WITH (\(options))")
          + (item.condition.map { " WHERE \($0.text)" } ?? ""), index, place)
      rendering.add(comment: item.comment, on: "INDEX \(Quote.qualified(id.schema, item.name))", index, place)
    case let item as Trigger:
      let trigger = part(.trigger, item.name)
      let quoted = Quote.identifier(item.name)
      var text = "CREATE TRIGGER \(quoted) \(item.timing.rawValue) "
      text += item.events.map(\.sql).joined(separator: " OR ") + " ON \(sql)"
      if item.oldTable != nil || item.newTable != nil {
        text +=
          " REFERENCING" + (item.oldTable.map { " OLD TABLE AS \(Quote.identifier($0))" } ?? "")
          + (item.newTable.map { " NEW TABLE AS \(Quote.identifier($0))" } ?? "")
      }
      text += " FOR EACH \(item.isForEachRow ? "ROW" : "STATEMENT")"
      if let condition = item.condition { text += " WHEN (\(condition.text))" }
      text +=
        " EXECUTE FUNCTION \(item.function.qualifiedName)("
        + item.arguments.map(Quote.literal).joined(separator: ", ") + ")"
      rendering.add(.trigger, text, trigger, place)
      rendering.add(comment: item.comment, on: "TRIGGER \(quoted) ON \(sql)", trigger, place)
    case let item as Comment:
      let word = id.kind == .table ? "TABLE" : id.kind == .view ? "VIEW" : "MATERIALIZED VIEW"
      rendering.add(comment: item.text, on: "\(word) \(sql)", id, place)
    case let item as Grant:
      for role in item.roles {
        let grant = id.about(.grant, role: role.name)
        rendering.add(
          .grant,
          grantSQL(
            item.privileges, on: sql, to: [role], columns: names(item.columns), grantOption: item.withGrantOption),
          grant, place)
      }
    case let item as Revoke:
      for role in item.roles {
        let words = item.privileges.map(\.rawValue).joined(separator: ", ")
        rendering.add(.grant, "REVOKE \(words) ON \(sql) FROM \(role.sql)", id.about(.grant, role: role.name), place)
      }
    case is any AnyGenerated, is Unlogged, is StorageParameters, is Access: break
    default:
      rendering.problem(
        Diagnostic(
          .error, code: "not-for-a-view", "\(type(of: item)) cannot be declared in a view", object: "\(id)",
          location: place))
    }
  }
}
