internal import Catalog
internal import Postgres

/// A table as a Swift struct. What the DSL has no word for is left to SQL.
struct TableWriter {
  let scope: ImportScope
  let table: Fact
  let typeName: String
  private let columns: [Fact]
  private let names: [String: String]

  init(_ scope: ImportScope, _ table: Fact, typeName: String) {
    self.scope = scope
    self.table = table
    self.typeName = typeName
    columns = scope.parts(of: table.id, .column)
    names = scope.columns[table.id] ?? [:]
  }

  /// Whether the DSL can say what the table itself is.
  static func canSay(_ table: Fact, _ scope: ImportScope) -> Bool {
    let known: Set<AttributeKey> = [.options, .persistence, .rowSecurity, .forcedRowSecurity, .replicaIdentity]
    guard scope.schema(table.id.schema) != nil, table.attributes.allSatisfy({ known.contains($0.key) }),
      !table.flag(.forcedRowSecurity) || table.flag(.rowSecurity)
    else { return false }
    let columnKeys: Set<AttributeKey> = [
      .type, .notNull, .collation, .storage, .compression, .statistics, .generated, .virtual, .identity, .sequence,
    ]
    let columns = scope.parts(of: table.id, .column)
    return !columns.isEmpty
      && columns.allSatisfy { column in
        column.attributes.allSatisfy { columnKeys.contains($0.key) }
          && (column.optionalText(.collation).map { $0.hasPrefix("pg_catalog.") } ?? true)
          && hasUsualSequence(column)
          // Only a plain column has all of these words.
          && (column.optionalText(.generated) == nil || column.optionalText(.identity) == nil)
      }
  }

  private static func hasUsualSequence(_ column: Fact) -> Bool {
    guard column.optionalText(.identity) != nil else { return true }
    let sequence = column.list(.sequence)
    return sequence == [column.id.schema, "\(column.id.name)_\(column.id.member)_seq"]
  }

  func text() -> String {
    scope.say(table.id)
    let schema = scope.schema(table.id.schema) ?? ".public"
    var text = "import SchemaDSL\n\npublic struct \(typeName): Table {\n"
    text += "  public static let name = RelationName(\(SwiftText.literal(table.id.name)), in: \(schema))\n\n"
    var keys = ForeignKeys(scope, table.id)
    for column in columns { text += "  let \(line(column, &keys))\n" }
    text += "\n  public init() {}\n"
    let items = self.items(&keys)
    text += "\n  public var body: TableBody {\n"
    // A body without a word is none that the builder takes for one.
    for item in items { text += "    \(item)\n" }
    return text + "  }\n}\n"
  }

  // MARK: Columns

  private func line(_ column: Fact, _ keys: inout ForeignKeys) -> String {
    scope.say(column.id)
    let type = column.text(.type)
    var arguments = [SwiftText.literal(column.id.member)]
    let serial = serialWord(column)
    arguments.append(serial ?? scope.types.word(type).code)
    if !column.flag(.notNull) { arguments.append("null: true") }
    let value = FactID(.columnDefault, schema: column.id.schema, name: column.id.name, member: column.id.member)
    if serial == nil, let fact = scope.catalog[value] {
      scope.say(value)
      let cases = scope.types.enums[type] == nil ? [:] : scope.cases[type] ?? [:]
      arguments.append("default: \(scope.types.defaultWord(fact.text(.expression), type, cases))")
    }
    let isPlain =
      column.attributes.allSatisfy { [.type, .notNull, .generated, .virtual].contains($0.key) } && serial == nil
    if isPlain, let reference = keys.reference(from: column, scope) {
      arguments += reference
    } else {
      if let identity = column.optionalText(.identity) {
        arguments.append("identity: \(identity == "ALWAYS" ? ".always" : ".byDefault")")
      }
      if let collation = column.optionalText(.collation) {
        arguments.append("collation: \(SwiftText.literal(Self.unquoted(collation)))")
      }
      if let storage = column.optionalText(.storage) { arguments.append("storage: .\(storage.lowercased())") }
      if let compression = column.optionalText(.compression) { arguments.append("compression: .\(compression)") }
      if let statistics = column.integer(.statistics) { arguments.append("statistics: \(statistics)") }
    }
    let comment = scope.commentArgument(on: column.id, indentation: 4)
    return "\(names[column.id.member] ?? "column") = Column(\(arguments.joined(separator: ", "))\(comment))"
  }

  /// `pg_catalog."C"` as `C`.
  private static func unquoted(_ collation: String) -> String {
    Quote.unquoted(String(collation.dropFirst("pg_catalog.".count)))
  }

  /// `.serial` where the column has the sequence that PostgreSQL would have made for one.
  private func serialWord(_ column: Fact) -> String? {
    let id = column.id
    let sequence = FactID(.sequence, schema: id.schema, name: "\(id.name)_\(id.member)_seq")
    let owner = FactID(.sequenceOwner, schema: sequence.schema, name: sequence.name)
    let value = FactID(.columnDefault, schema: id.schema, name: id.name, member: id.member)
    let words = ["integer": (".serial", "integer"), "bigint": (".bigserial", "")]
    guard let (word, type) = words[column.text(.type)], column.flag(.notNull), sequence.name.utf8.count <= 63,
      let made = scope.catalog[sequence], made.text(.type) == type, made.list(.options).isEmpty,
      made.optionalText(.persistence) == nil,
      scope.catalog[owner]?.list(.column) == [id.schema, id.name, id.member],
      scope.catalog[value]?.text(.expression) == "nextval(\(Quote.literal(sequence.sqlName))::regclass)"
    else { return nil }
    scope.say(sequence, owner, value)
    return word
  }

  // MARK: Body

  private func items(_ keys: inout ForeignKeys) -> [String] {
    var items: [String] = []
    if let comment = scope.comment(on: table.id) {
      items.append("Comment(\(SwiftText.literal(comment, indentation: 6)))")
    }
    let words = ExpressionWords(table: table.id, columns: names)
    for column in columns {
      guard let expression = column.optionalText(.generated) else { continue }
      let stored = column.flag(.virtual) ? ", stored: false" : ""
      items.append(
        "Generated(\(names[column.id.member] ?? ""), as: \(words.literal(expression, indentation: 6))\(stored))")
    }
    let constraints = ConstraintWriter(scope: scope, table: table.id, names: names, words: words)
    let order = ["p": 0, "u": 1, "c": 2, "f": 3]
    let left = scope.parts(of: table.id, .constraint).filter { !scope.said.contains($0.id) }.sorted {
      (order[$0.text(.type)] ?? 4, $0.id) < (order[$1.text(.type)] ?? 4, $1.id)
    }
    for constraint in left {
      if let item = constraints.item(constraint, &keys) { items.append(item) }
    }
    let shared = RelationParts(scope: scope, relation: table.id, names: names, words: words)
    items += shared.indexes()
    if table.optionalText(.persistence) != nil { items.append("Unlogged()") }
    let options = table.list(.options)
    if !options.isEmpty {
      let pairs = options.map { option -> String in
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        return "\(SwiftText.literal(parts[0])): \(SwiftText.literal(parts.count > 1 ? parts[1] : "true"))"
      }
      items.append("StorageParameters([\(pairs.joined(separator: ", "))])")
    }
    if let identity = table.optionalText(.replicaIdentity) {
      items.append("ReplicaIdentity(.\(identity.lowercased()))")
    }
    if table.flag(.rowSecurity) {
      items.append(table.flag(.forcedRowSecurity) ? "RowLevelSecurity()" : "RowLevelSecurity(forced: false)")
    }
    items += policies(words)
    items += shared.triggers()
    items += shared.grants(columns: columns.map(\.id))
    items += sequenceGrants()
    return items
  }

  private func policies(_ words: ExpressionWords) -> [String] {
    scope.parts(of: table.id, .policy).compactMap { policy in
      let roles = policy.list(.roles).map { scope.role($0) }
      guard !roles.contains(nil) else { return nil }
      scope.say(policy.id)
      var arguments = [SwiftText.literal(policy.id.member)]
      let command = policy.text(.command).lowercased()
      if command != "all" { arguments.append("for: .\(command)") }
      arguments.append("to: \(roles.compactMap { $0 }.joined(separator: ", "))")
      if policy.attributes[.permissive] == .flag(false) { arguments.append("restrictive: true") }
      for (label, key) in [("using", AttributeKey.using), ("check", .check)] {
        if let expression = policy.optionalText(key) {
          arguments.append(
            "\(label): \(words.literal(ConstraintWriter.unwrapped(expression), indentation: 6))")
        }
      }
      return "Policy(\(arguments.joined(separator: ", "))\(scope.commentArgument(on: policy.id, indentation: 6)))"
    }
  }

  private func sequenceGrants() -> [String] {
    columns.flatMap { column -> [String] in
      let sequence = FactID(.sequence, schema: column.id.schema, name: "\(column.id.name)_\(column.id.member)_seq")
      guard ["integer", "bigint", "smallint"].contains(column.text(.type)), scope.said.contains(sequence) else {
        return []
      }
      let known = ["SELECT": ".select", "UPDATE": ".update", "USAGE": ".usage"]
      return scope.grants(on: sequence, known: known, allowsGrantOption: false).map {
        "SequenceGrant(\($0.privileges.joined(separator: ", ")), of: \(names[column.id.member] ?? ""), to: \($0.roles.joined(separator: ", ")))"
      }
    }
  }
}
