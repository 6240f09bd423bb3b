internal import Catalog
internal import Postgres

/// What a database has beside tables, views, functions and enums, in the DSL's words.
struct ItemWriter {
  let scope: ImportScope

  func extensions() -> [String] {
    facts(.extension).compactMap { fact in
      let schema = fact.text(.schema)
      guard let word = scope.schema(schema) else { return nil }
      scope.say(fact.id)
      return "Extension(\(SwiftText.literal(fact.id.name)), in: \(word))"
    }
  }

  /// Sequences of their own; those of columns are said there.
  func sequences(in schema: String) -> [String] {
    facts(.sequence).filter { $0.id.schema == schema && !scope.said.contains($0.id) }.compactMap { fact in
      guard let word = scope.schema(schema), fact.attributes.allSatisfy({ $0.key == .options }) else { return nil }
      var arguments = [SwiftText.literal(fact.id.name), "in: \(word)"]
      for (label, prefix) in [
        ("increment", "INCREMENT BY "), ("minimum", "MINVALUE "), ("maximum", "MAXVALUE "), ("start", "START WITH "),
        ("cache", "CACHE "),
      ] {
        guard let clause = fact.list(.options).first(where: { $0.hasPrefix(prefix) }) else { continue }
        arguments.append("\(label): \(clause.dropFirst(prefix.count))")
      }
      if fact.list(.options).contains("CYCLE") { arguments.append("cycles: true") }
      scope.say(fact.id)
      return "Sequence(\(arguments.joined(separator: ", "))\(scope.commentArgument(on: fact.id, indentation: 4)))"
    }
  }

  func schemaGrants() -> [String] {
    let known = ["USAGE": ".usage", "CREATE": ".create"]
    return scope.schemas.keys.sorted().flatMap { name -> [String] in
      let id = FactID(.schema, name: name)
      // What a fresh database has by itself is nothing to say.
      if scope.grants(on: id).contains(where: { scope.base.contains($0.id) }) { return [] }
      return scope.grants(on: id, known: known, allowsGrantOption: false).map {
        "SchemaGrant(\($0.privileges.joined(separator: ", ")), on: \(scope.schema(name) ?? ""), to: \($0.roles.joined(separator: ", ")))"
      }
    }
  }

  func defaultPrivileges() -> [String] {
    let objects = ["TABLES": ".tables", "SEQUENCES": ".sequences", "FUNCTIONS": ".functions", "TYPES": ".types"]
    var known = ImportScope.tablePrivileges
    known.merge(["USAGE": ".usage", "EXECUTE": ".execute"]) { first, _ in first }
    return facts(.defaultPrivilege).compactMap { fact in
      let list = fact.list(.privileges)
      guard let word = objects[fact.id.name], fact.id.member.isEmpty, let schema = scope.schema(fact.id.schema),
        let role = scope.role(fact.id.role), !list.isEmpty, list.allSatisfy({ known[$0] != nil })
      else { return nil }
      scope.say(fact.id)
      let words = list.compactMap { known[$0] }.joined(separator: ", ")
      return "DefaultPrivileges(\(words), on: \(word), in: \(schema), to: \(role))"
    }
  }

  private func facts(_ kind: FactKind) -> [Fact] {
    scope.catalog.facts.values.filter { $0.id.kind == kind }.sorted { $0.id < $1.id }
  }
}
