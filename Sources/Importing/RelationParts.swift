internal import Catalog
internal import Postgres

/// What tables and views have in common: indexes, triggers, grants.
struct RelationParts {
  let scope: ImportScope
  let relation: FactID
  let names: [String: String]
  let words: ExpressionWords

  // MARK: Indexes

  func indexes() -> [String] { scope.parts(of: relation, .index).compactMap(index) }

  private func index(_ fact: Fact) -> String? {
    guard fact.attributes.allSatisfy({ [.unique, .definition].contains($0.key) }), fact.id.schema == relation.schema,
      let node = ParseTree(parsing: "CREATE INDEX i ON t \(fact.text(.definition))")?["IndexStmt"],
      let elements = node["indexParams"]?.elements, let texts = scope.details.indexKeys[fact.id],
      texts.count == elements.count, let method = node["accessMethod"]?.text, Self.methods.contains(method)
    else { return nil }
    let keys = zip(elements, texts).compactMap { key($0["IndexElem"], $1) }
    let included = (node["indexIncludingParams"]?.elements ?? []).compactMap { $0["IndexElem"]?["name"]?.text }
    let options = (node["options"]?.elements ?? []).compactMap { option($0["DefElem"]) }
    let isDistinct = node["nulls_not_distinct"]?.isTrue != true
    let condition = scope.details.indexConditions[fact.id]
    guard keys.count == texts.count, included.allSatisfy({ names[$0] != nil }) else { return nil }
    let spelled =
      "USING \(method) (\(keys.map(\.sql).joined(separator: ", ")))"
      + (included.isEmpty ? "" : " INCLUDE (\(included.map(Quote.identifier).joined(separator: ", ")))")
      + (isDistinct ? "" : " NULLS NOT DISTINCT")
      + (options.isEmpty
        ? "" : " WITH (\(options.map { "\($0.name)=\(Self.printed($0.value))" }.joined(separator: ", ")))")
      + (condition.map { " WHERE \($0)" } ?? "")
    guard spelled == fact.text(.definition) else { return nil }
    scope.say(fact.id)
    var arguments = [SwiftText.literal(fact.id.name), "on: \(keys.map(\.swift).joined(separator: ", "))"]
    if fact.flag(.unique) { arguments.append("unique: true") }
    if method != "btree" { arguments.append("using: .\(method)") }
    if !included.isEmpty {
      arguments.append("including: [\(included.compactMap { names[$0] }.joined(separator: ", "))]")
    }
    if !isDistinct { arguments.append("nullsNotDistinct: true") }
    if !options.isEmpty {
      let pairs = options.map { "\(SwiftText.literal($0.name)): \(SwiftText.literal($0.value))" }
      arguments.append("with: [\(pairs.joined(separator: ", "))]")
    }
    if let condition {
      arguments.append("where: \(words.literal(ConstraintWriter.unwrapped(condition), indentation: 6))")
    }
    return "Index(\(arguments.joined(separator: ", "))\(scope.commentArgument(on: fact.id, indentation: 6)))"
  }

  private static let methods: Set<String> = ["btree", "hash", "gist", "spgist", "gin", "brin"]

  private func option(_ element: ParseTree?) -> (name: String, value: String)? {
    guard let name = element?["defname"]?.text else { return nil }
    // The grammar takes a bare word, such as off, for the name of a type.
    let value = element?["arg"]
    let text =
      value?["String"]?["sval"]?.text ?? value?["Integer"]?["ival"]?.number.map(String.init)
      ?? value?["Float"]?["fval"]?.text ?? value?["TypeName"]?["names"]?.names.last
    return (name, text ?? "")
  }

  /// A storage parameter's value: a plain word stands by itself.
  private static func printed(_ value: String) -> String {
    Quote.identifier(value) == value ? value : Quote.literal(value)
  }

  /// An element as PostgreSQL prints it, and in Swift.
  private func key(_ element: ParseTree?, _ text: String) -> (sql: String, swift: String)? {
    guard let element else { return nil }
    var sql = text
    var swift: String
    if let name = element["name"]?.text {
      guard let column = names[name] else { return nil }
      swift = column
    } else {
      swift = "IndexElement.expression(\(words.literal(ConstraintWriter.unwrapped(text), indentation: 6)))"
    }
    if let collation = element["collation"]?.names, let name = collation.last {
      guard collation.count == 1 || collation.first == "pg_catalog" else { return nil }
      sql += " COLLATE " + collation.map(Quote.identifier).joined(separator: ".")
      swift += ".collation(\(SwiftText.literal(name)))"
    }
    if let opclass = element["opclass"]?.names, !opclass.isEmpty {
      let options = (element["opclassopts"]?.elements ?? []).compactMap { option($0["DefElem"]) }
      let name = opclass.map(Quote.identifier).joined(separator: ".")
      let list =
        options.isEmpty ? "" : " (\(options.map { "\($0.name)=\(Quote.literal($0.value))" }.joined(separator: ", ")))"
      sql += " \(name)\(list)"
      swift += ".opclass(\(SwiftText.literal(name + list)))"
    }
    let ordering = element["ordering"]?.text ?? ""
    let nulls = element["nulls_ordering"]?.text ?? ""
    switch (ordering, nulls) {
    case ("SORTBY_DESC", "SORTBY_NULLS_LAST"):
      sql += " DESC NULLS LAST"
      swift += ".descendingNullsLast"
    case ("SORTBY_DESC", _):
      sql += " DESC"
      swift += ".descending"
    case (_, "SORTBY_NULLS_FIRST"):
      sql += " NULLS FIRST"
      swift += ".nullsFirst"
    default: break
    }
    return (sql, swift)
  }

  // MARK: Triggers

  func triggers() -> [String] { scope.parts(of: relation, .trigger).compactMap(trigger) }

  private func trigger(_ fact: Fact) -> String? {
    guard fact.attributes.allSatisfy({ $0.key == .definition }),
      let node = ParseTree(parsing: fact.text(.definition))?["CreateTrigStmt"], node["isconstraint"]?.isTrue != true,
      let routine = node["funcname"]?.names, routine.count == 2,
      let function = scope.functions[FactID(.function, schema: routine[0], name: routine[1])]
    else { return nil }
    let timings = [2: ("BEFORE", ".before"), 0: ("AFTER", ".after"), 64: ("INSTEAD OF", ".insteadOf")]
    guard let timing = timings[node["timing"]?.number ?? 0] else { return nil }
    let mask = node["events"]?.number ?? 0
    let columns = node["columns"]?.names ?? []
    let list = columns.map(Quote.identifier).joined(separator: ", ")
    let swiftColumns = columns.compactMap { names[$0] }
    let events: [(bit: Int, sql: String, swift: String)] = [
      (4, "INSERT", ".insert"), (8, "DELETE", ".delete"),
      columns.isEmpty
        ? (16, "UPDATE", ".update") : (16, "UPDATE OF \(list)", ".updateOf([\(swiftColumns.joined(separator: ", "))])"),
      (32, "TRUNCATE", ".truncate"),
    ].filter { mask & $0.bit != 0 }
    var transitions: [(isNew: Bool, name: String)] = []
    for element in node["transitionRels"]?.elements ?? [] {
      guard let name = element["TriggerTransition"]?["name"]?.text else { return nil }
      transitions.append((element["TriggerTransition"]?["isNew"]?.isTrue == true, name))
    }
    let isForEachRow = node["row"]?.isTrue == true
    let arguments = node["args"]?.names ?? []
    let lead =
      "CREATE TRIGGER \(Quote.identifier(fact.id.member)) \(timing.0) \(events.map(\.sql).joined(separator: " OR ")) ON \(relation.sqlName)"
      + (transitions.isEmpty ? "" : " REFERENCING")
      + transitions.map { " \($0.isNew ? "NEW" : "OLD") TABLE AS \(Quote.identifier($0.name))" }.joined()
      + " FOR EACH \(isForEachRow ? "ROW" : "STATEMENT") "
    let end =
      "EXECUTE FUNCTION \(routine.map(Quote.identifier).joined(separator: "."))(\(arguments.map(Quote.literal).joined(separator: ", ")))"
    let text = fact.text(.definition)
    guard swiftColumns.count == columns.count, text.hasPrefix(lead), text.hasSuffix(end),
      text.count >= lead.count + end.count
    else { return nil }
    let middle = text.dropFirst(lead.count).dropLast(end.count)
    guard middle.isEmpty || middle.hasPrefix("WHEN (") && middle.hasSuffix(") ") else { return nil }
    scope.say(fact.id)
    var words = [SwiftText.literal(fact.id.member), timing.1] + events.map(\.swift)
    if !isForEachRow { words.append("forEachRow: false") }
    if !middle.isEmpty {
      let condition = String(middle.dropFirst("WHEN (".count).dropLast(") ".count))
      words.append("when: \(SwiftText.literal(ConstraintWriter.unwrapped(condition), indentation: 6))")
    }
    words.append("call: \(function)")
    if !arguments.isEmpty { words.append("[\(arguments.map { SwiftText.literal($0) }.joined(separator: ", "))]") }
    for transition in transitions.sorted(by: { !$0.isNew && $1.isNew }) {
      words.append("\(transition.isNew ? "newTable" : "oldTable"): \(SwiftText.literal(transition.name))")
    }
    return "Trigger(\(words.joined(separator: ", "))\(scope.commentArgument(on: fact.id, indentation: 6)))"
  }

  // MARK: Grants

  /// - Parameter columns: those that may have grants of their own.
  func grants(columns: [FactID]) -> [String] {
    func words(_ group: (privileges: [String], roles: [String], grantable: Bool), _ column: String?) -> String {
      let all =
        Set(group.privileges) == Set(ImportScope.tablePrivileges.values) && scope.catalog.serverVersion.major < 17
      var arguments = all && column == nil ? [".all"] : group.privileges
      if let column { arguments.append("on: [\(column)]") }
      arguments.append("to: \(group.roles.joined(separator: ", "))")
      if group.grantable { arguments.append("withGrantOption: true") }
      return "Grant(\(arguments.joined(separator: ", ")))"
    }
    let own = scope.grants(on: relation, known: ImportScope.tablePrivileges).map { words($0, nil) }
    return own
      + columns.flatMap { column in
        scope.grants(on: column, known: ImportScope.tablePrivileges).map { words($0, names[column.member]) }
      }
  }
}
