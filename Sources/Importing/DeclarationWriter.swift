internal import Catalog
internal import Escaping
internal import Postgres

/// Puts declarations into files: one for each table, view and function name, and one that lists them all.
struct DeclarationWriter {
  let scope: ImportScope
  let database: String
  private var typeNames = SwiftNames(reserving: SwiftNames.words)
  private var constantNames = SwiftNames()
  private var fileNames: Set<String> = []

  init(scope: ImportScope, database: String) {
    self.scope = scope
    self.database = database
  }

  /// What is declared, by the group that it is listed in.
  struct Declarations {
    var files: [SchemaImport.File] = []
    /// A group's name, and its items.
    var groups: [(name: String, items: [String])] = []
  }

  // MARK: Names

  private mutating func nameEverything(roles: Set<String>) {
    var schemaNames = SwiftNames(reserving: ["public", "name"])
    for fact in facts(.schema) where fact.id.name != "public" {
      scope.schemas[fact.id.name] = schemaNames.member(fact.id.name, suffix: "Schema")
    }
    var roleNames = SwiftNames(reserving: ["everyone", "name", "attributes"])
    for role in roles.sorted() { scope.roles[role] = roleNames.member(role, suffix: "Role") }
    for fact in facts(.enumType) where EnumWriter.canSay(fact, scope) {
      let name = typeNames.type(fact.id.name, qualifier: fact.id.schema, suffix: "Enum")
      scope.types.enums[fact.id.sqlName] = name
      scope.cases[fact.id.sqlName] = EnumWriter.cases(fact)
    }
    for fact in facts(.table) where TableWriter.canSay(fact, scope) {
      name(fact.id, suffix: "Table", columns: scope.parts(of: fact.id, .column).map { ($0.id.member, $0.text(.type)) })
    }
    for kind in [FactKind.view, .materializedView] {
      for fact in facts(kind) where ViewWriter.canSay(fact, scope) {
        let columns = scope.details.viewColumns[fact.id] ?? []
        name(fact.id, suffix: "View", columns: columns.map { ($0.name, $0.type) })
      }
    }
    for fact in facts(.function) where RoutineWriter(scope, fact) != nil {
      scope.functions[fact.id] = "Functions." + constantNames.member(fact.id.name, suffix: "Function")
    }
  }

  private mutating func name(_ id: FactID, suffix: String, columns: [(name: String, type: String)]) {
    scope.relations[id] = typeNames.type(id.name, qualifier: id.schema, suffix: suffix)
    var names = SwiftNames()
    var swift: [String: String] = [:]
    for column in columns {
      swift[column.name] = names.member(column.name, suffix: "Column")
      scope.kinds[FactID(.column, schema: id.schema, name: id.name, member: column.name)] =
        scope.types.word(column.type).kind
    }
    scope.columns[id] = swift
  }

  // MARK: Declarations

  mutating func declarations(roles: Set<String>) -> (Declarations, roleFacts: [Fact]) {
    nameEverything(roles: roles)
    var result = Declarations()
    let (roleLines, roleFacts) = RoleWriter.declarations(scope)
    let schemaLines = schemaLines()
    if !schemaLines.isEmpty || !roleLines.isEmpty {
      var text = "import SchemaDSL\n"
      for (type, lines) in [("Schema", schemaLines), ("Role", roleLines)] where !lines.isEmpty {
        text += "\nextension \(type) {\n" + lines.map { "  \($0)\n" }.joined() + "}\n"
      }
      result.files.append(file("Names", in: [], text))
    }
    let items = ItemWriter(scope: scope)
    let schemaItems = scope.schemas.filter { $0.key != "public" }.sorted { $0.key < $1.key }.map {
      "Schema.\($0.value)"
    }
    result.groups.append(("names", schemaItems + scope.roles.sorted { $0.key < $1.key }.map { "Role.\($0.value)" }))
    result.groups.append(("extensions", items.extensions()))
    for schema in scope.schemas.keys.sorted() { add(schema, items, to: &result) }
    result.groups.append(("privileges", items.schemaGrants() + items.defaultPrivileges()))
    return (result, roleFacts)
  }

  private func schemaLines() -> [String] {
    scope.schemas.filter { $0.key != "public" }.sorted { $0.key < $1.key }.map { name, word in
      let id = FactID(.schema, name: name)
      scope.say(id)
      return "static let \(word) = Schema(\(SwiftText.literal(name))\(scope.commentArgument(on: id, indentation: 4)))"
    }
  }

  private mutating func add(_ schema: String, _ items: ItemWriter, to result: inout Declarations) {
    let folder = scope.schemas.count > 1 ? [schema] : []
    let word = (scope.schemas[schema] ?? schema).filter { $0 != "`" }
    func group(_ name: String, _ items: [String]) {
      result.groups.append((word + name, items))
    }
    let enums = facts(.enumType, schema).filter { scope.types.enums[$0.id.sqlName] != nil }
    if !enums.isEmpty {
      let texts = enums.map {
        EnumWriter(scope: scope, fact: $0, typeName: scope.types.enums[$0.id.sqlName] ?? "").text()
      }
      result.files.append(
        file("\(word)Enums", in: folder, "import SchemaDSL\n\n" + texts.joined(separator: "\n")))
      group("Enums", enums.map { "\(scope.types.enums[$0.id.sqlName] ?? "").self" })
    }
    var names: [String] = []
    for fact in facts(.table, schema) {
      guard let name = scope.relations[fact.id] else { continue }
      let text = TableWriter(scope, fact, typeName: name).text()
      result.files.append(file(name, in: folder + ["Tables"], text, subject: fact.id))
      names.append("\(name).self")
    }
    group("Tables", names)
    names = []
    for fact in facts(.view, schema) + facts(.materializedView, schema) {
      guard let name = scope.relations[fact.id] else { continue }
      let text = ViewWriter(scope: scope, view: fact, typeName: name).text()
      result.files.append(file(name, in: folder + ["Views"], text, subject: fact.id))
      names.append("\(name).self")
    }
    group("Views", names)
    group("Functions", functions(schema, folder, &result))
    group("Sequences", items.sequences(in: schema))
  }

  /// Functions of one name share a file.
  private mutating func functions(_ schema: String, _ folder: [String], _ result: inout Declarations) -> [String] {
    var items: [String] = []
    var texts: [(id: FactID, text: String)] = []
    for fact in facts(.function, schema) {
      guard let path = scope.functions[fact.id], let writer = RoutineWriter(scope, fact) else { continue }
      let name = String(path.dropFirst("Functions.".count))
      let text = writer.text(named: name)
      if texts.last?.id.name == fact.id.name {
        texts[texts.count - 1].text += "\n" + text
      } else {
        texts.append((fact.id, text))
      }
      items.append(path)
    }
    for (id, text) in texts {
      result.files.append(
        file("\(id.name)_function", in: folder + ["Functions"], "import SchemaDSL\n\n" + text, subject: id))
    }
    return items
  }

  // MARK: Files

  mutating func files(_ declarations: Declarations, _ leftovers: Leftovers) -> [SchemaImport.File] {
    var declarations = declarations
    var groups = SwiftNames(reserving: Set(declarations.groups.map(\.name)))
    for (schema, statements) in leftovers.bySchema.sorted(by: { $0.key < $1.key }) {
      // What lives in no schema has a name that no schema's can be.
      let word = schema.isEmpty ? "wholeDatabase" : (scope.schemas[schema] ?? schema).filter { $0 != "`" }
      let name = groups.member("\(word)SQL", suffix: "More")
      let lines = statements.map { statement in
        let literal = SwiftText.literal(statement.sql, indentation: 6)
        let declares = SwiftText.literal(LockFormat.encode(statement.id))
        return "DeclaredSQL(\n      \(literal),\n      declares: \(declares)\(statement.isLast ? ", last: true" : ""))"
      }
      let text =
        "import SchemaDSL\n\n/// What the DSL has no words for.\nextension Declarations {\n"
        + "  @DatabaseBuilder static var \(name): [any DatabaseItem] {\n"
        + lines.map { "    \($0)\n" }.joined() + "  }\n}\n"
      let folder = scope.schemas.count > 1 && !schema.isEmpty ? [schema] : []
      declarations.files.append(file(name, in: folder, text))
      declarations.groups.append((name, []))
    }
    let written = declarations.groups.filter { !$0.items.isEmpty || $0.name.hasSuffix("SQL") }
    var text =
      "import SchemaDSL\n\n/// The database, as it was imported.\npublic let database = Database(\(SwiftText.literal(database))) {\n"
    for group in written { text += "  Declarations.\(group.name)\n" }
    text += "}\n\n/// Functions and procedures, each by its name.\npublic enum Functions {}\n"
    text += "\n/// What there is, in groups.\nenum Declarations {\n"
    for (index, group) in written.filter({ !$0.items.isEmpty }).enumerated() {
      text += (index == 0 ? "" : "\n") + "  @DatabaseBuilder static var \(group.name): [any DatabaseItem] {\n"
      text += group.items.map { "    \($0)\n" }.joined() + "  }\n"
    }
    return [file("Database", in: [], text + "}\n")] + declarations.files
  }

  /// Swift tells files of a module apart by their names alone.
  private mutating func file(
    _ name: String, in folder: [String], _ text: String, subject: FactID? = nil
  ) -> SchemaImport.File {
    let plain = FileName.readable(name)
    let base = plain.prefix(1).uppercased() + plain.dropFirst()
    var unique = base
    var number = 2
    while !fileNames.insert(unique.lowercased()).inserted {
      unique = "\(base)\(number)"
      number += 1
    }
    return SchemaImport.File(
      path: (folder.map(FileName.readable) + ["\(unique).swift"]).joined(separator: "/"), text: text, subject: subject)
  }

  private func facts(_ kind: FactKind, _ schema: String? = nil) -> [Fact] {
    scope.catalog.facts.values.filter { $0.id.kind == kind && (schema == nil || $0.id.schema == schema) }.sorted {
      $0.id < $1.id
    }
  }
}
