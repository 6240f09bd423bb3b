internal import Catalog
internal import Postgres

/// What statements drop, or make in the place of what is there, by its name.
///
/// A comparison of states does not see it: where a table is made again as it was, or dropped only if it exists, the states before
/// and after are equal, although what somebody changed by hand is gone.
struct ReplacedNames {
  /// A name without a schema may stand for any.
  private struct Name {
    var schema: String
    var name: String
    /// A column, a constraint, a trigger, a policy or a rule; empty for all of it.
    var member = ""
    var isDropped: Bool
  }

  private var names: [String: [Name]] = [:]
  private var schemas: Set<String> = []

  /// What a `DO` block or a function does is not seen.
  init(_ statements: some Sequence<String>) {
    for statement in statements {
      ParseTree.visit(statement, having: ["\"DropStmt\"", "\"AT_Drop", "\"replace\":true"]) { note($0) }
    }
  }

  var isEmpty: Bool { names.isEmpty && schemas.isEmpty }

  /// Whether it is one of them, or a part of one.
  func holds(_ id: FactID) -> Bool { finds(id) { _ in true } }

  /// Whether it is dropped, and what depends on it with it.
  func drops(_ id: FactID) -> Bool { finds(id, where: \.isDropped) }

  private func finds(_ id: FactID, where condition: (Name) -> Bool) -> Bool {
    if schemas.contains(id.kind == .schema ? id.name : id.schema) { return true }
    // An index goes by its own name, and so do its table's other parts.
    return [id.name, id.member].contains { word in
      names[word]?.contains { name in
        guard condition(name), name.schema.isEmpty || name.schema == id.schema else { return false }
        return name.member.isEmpty ? word == id.name || id.kind == .index : word == id.name && name.member == id.member
      } ?? false
    }
  }

  private mutating func note(_ node: ParseTree) {
    if let drop = node["DropStmt"] {
      note(dropped: drop)
    } else if let table = node["AlterTableStmt"], let relation = table["relation"]?["relname"]?.text {
      for command in table["cmds"]?.elements ?? [] {
        guard let command = command["AlterTableCmd"], let part = command["name"]?.text,
          ["AT_DropColumn", "AT_DropConstraint"].contains(command["subtype"]?.text)
        else { continue }
        add(Name(schema: table["relation"]?["schemaname"]?.text ?? "", name: relation, member: part, isDropped: true))
      }
    } else if let view = node["ViewStmt"], view["replace"] != nil, let name = view["view"]?["relname"]?.text {
      add(Name(schema: view["view"]?["schemaname"]?.text ?? "", name: name, isDropped: false))
    } else if let routine = node["CreateFunctionStmt"], routine["replace"] != nil {
      add(routine["funcname"]?.names ?? [], isDropped: false)
    } else if let trigger = node["CreateTrigStmt"], trigger["replace"] != nil, let name = trigger["trigname"]?.text,
      let relation = trigger["relation"], let table = relation["relname"]?.text
    {
      add(Name(schema: relation["schemaname"]?.text ?? "", name: table, member: name, isDropped: false))
    }
  }

  /// `DROP … a, b` (`DropStmt` of `parsenodes.h`).
  private mutating func note(dropped node: ParseTree) {
    let parts = ["OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"]
    for object in node["objects"]?.elements ?? [] {
      if node["removeType"]?.text == "OBJECT_SCHEMA" {
        if let name = object["String"]?["sval"]?.text { schemas.insert(name) }
        continue
      }
      let words = object.objectName
      guard parts.contains(node["removeType"]?.text ?? ""), let part = words.last else {
        add(words, isDropped: true)
        continue
      }
      let table = words.dropLast()
      if let name = table.last {
        add(Name(schema: table.dropLast().last ?? "", name: name, member: part, isDropped: true))
      }
    }
  }

  private mutating func add(_ words: [String], isDropped: Bool) {
    guard let name = words.last else { return }
    add(Name(schema: words.dropLast().last ?? "", name: name, isDropped: isDropped))
  }

  private mutating func add(_ name: Name) { names[name.name, default: []].append(name) }
}
