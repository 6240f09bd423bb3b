internal import Catalog
internal import Migrations
internal import Planning
internal import Postgres

/// What migrations have renamed or moved to another schema, as PostgreSQL's grammar reads them: their way back renames it back.
struct RenamedNames {
  /// What each name was before.
  private var former: [ExactText: Set<ExactText>] = [:]

  /// - Throws: `MigrationError` for a file that cannot be read.
  init(_ files: [MigrationFile]) throws {
    for statement in try files.flatMap({ try $0.segments() }).flatMap(\.statements) {
      ParseTree.visit(statement.sql, having: ["\"RenameStmt\"", "\"AlterEnumStmt\"", "\"AlterObjectSchemaStmt\""]) {
        node in
        guard let (old, new) = Self.names(in: node) else { return }
        former[ExactText(new), default: []].insert(ExactText(old))
      }
    }
  }

  private static func names(in node: ParseTree) -> (old: String, new: String)? {
    if let rename = node["RenameStmt"], let new = rename["newname"]?.text {
      let old =
        rename["subname"]?.text ?? rename["relation"]?["relname"]?.text ?? name(of: rename["object"])
      return old.map { ($0, new) }
    }
    if let change = node["AlterEnumStmt"], let old = change["oldVal"]?.text, let new = change["newVal"]?.text {
      return (old, new)
    }
    if let move = node["AlterObjectSchemaStmt"], let new = move["newschema"]?.text {
      return (move["relation"]?["schemaname"]?.text ?? schema(of: move["object"]) ?? "public", new)
    }
    return nil
  }

  private static func name(of object: ParseTree?) -> String? { object?.objectName.last }
  private static func schema(of object: ParseTree?) -> String? { object?.objectName.dropLast().last }

  private func was(_ new: String, _ old: String) -> Bool {
    var (seen, waiting): (Set<ExactText>, [ExactText]) = ([], [ExactText(new)])
    while let name = waiting.popLast() {
      if name == ExactText(old) { return true }
      if seen.insert(name).inserted { waiting += former[name] ?? [] }
    }
    return false
  }

  /// Those of a way back that undo what was renamed. A sequence goes with its table's or column's name.
  func back(_ renames: [Rename]) -> [Rename] {
    let undone = renames.filter { rename in
      was(rename.from.schema, rename.to.schema) && was(Self.last(rename.from), Self.last(rename.to))
    }
    if undone.isEmpty { return [] }
    return renames.filter { rename in
      rename.isImplied || rename.to.kind == .sequence || undone.contains(rename)
    }
  }

  private static func last(_ id: FactID) -> String { id.member.isEmpty ? id.name : id.member }
}
