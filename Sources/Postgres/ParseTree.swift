internal import CPgQuery
internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a statement is, in PostgreSQL's own grammar: the nodes of `parsenodes.h`, as libpg_query prints them.
///
/// It tells what a text says, never what a schema means.
package indirect enum ParseTree: Sendable, Decodable, Equatable {
  case object([String: ParseTree])
  case list([ParseTree])
  case text(String)
  case number(Int)
  case flag(Bool)

  /// - Returns: nil where this libpg_query's grammar, PostgreSQL 15's, does not know the text, or it is not one statement.
  package init?(parsing sql: String) {
    guard let statement = Self.withJSON(sql, Self.statement) ?? nil else { return nil }
    self = statement
  }

  private static func statement(_ json: UnsafePointer<CChar>) -> ParseTree? {
    guard let statements = decoded(json)?["stmts"]?.elements, statements.count == 1 else { return nil }
    return statements[0]["stmt"]
  }

  private static func decoded(_ json: UnsafePointer<CChar>) -> ParseTree? {
    try? JSONDecoder().decode(ParseTree.self, from: Data(bytes: json, count: strlen(json)))
  }

  /// Looks at the name of a statement's node first, and into it only where that is worth it: a text is parsed once.
  ///
  /// - Returns: nil where this grammar does not know the text, or it is not one statement.
  static func look<Result>(
    at sql: String, _ body: (_ name: String, _ tree: () -> ParseTree?) -> Result
  ) -> Result? {
    withJSON(sql) { json in
      let names = nodeNames(json)
      return names.count == 1 ? body(names[0]) { statement(json) } : nil
    } ?? nil
  }

  /// The names of the nodes of a text's statements, in order, without a look into them: `IndexStmt`, `GrantStmt`. It takes a
  /// tenth of the time.
  ///
  /// - Returns: nil where this grammar does not know the text.
  package static func nodeNames(_ sql: String) -> [String]? {
    withJSON(sql, nodeNames)
  }

  /// How the tree of a statement begins. Within a text that is a part of the tree, quotes are escaped.
  private static let start = "{\"stmt\":{\""

  private static func nodeNames(_ json: UnsafePointer<CChar>) -> [String] {
    var names: [String] = []
    var rest = json
    while let found = strstr(rest, start) {
      let name = found + start.utf8.count
      let length = strcspn(name, "\"")
      names.append(String(decoding: UnsafeRawBufferPointer(start: name, count: length), as: UTF8.self))
      rest = UnsafePointer(name + length)
    }
    return names
  }

  /// Whether a text has a node of one of these names anywhere.
  ///
  /// - Returns: nil where this grammar does not know the text.
  static func holds(_ sql: String, nodes: [String]) -> Bool? {
    withJSON(sql) { json in nodes.contains { strstr(json, "{\"\($0)\":{") != nil } }
  }

  /// The values of all members of this name, anywhere in a text.
  static func texts(of member: String, in sql: String) -> [String] {
    withJSON(sql) { json in
      var texts: [String] = []
      var rest = UnsafePointer(json)
      // Within a text, quotes are escaped.
      let start = "\"\(member)\":\""
      while let found = strstr(rest, start) {
        let first = UnsafePointer(found + start.utf8.count)
        var end = first
        while end.pointee != 0, end.pointee != CChar(UInt8(ascii: "\"")) {
          end += end.pointee == CChar(UInt8(ascii: "\\")) && end[1] != 0 ? 2 : 1
        }
        let bytes = UnsafeRawBufferPointer(start: first, count: end - first)
        let literal = "[\"\(String(decoding: bytes, as: UTF8.self))\"]"
        if let text = try? JSONDecoder().decode([String].self, from: Data(literal.utf8)).first { texts.append(text) }
        rest = UnsafePointer(end)
      }
      return texts
    } ?? []
  }

  /// Hands out every node of those statements of a text whose trees have one of these words anywhere, those within others after
  /// them. To decode a tree takes ten times as long as to make it.
  package static func visit(_ sql: String, having words: [String], _ body: (ParseTree) -> Void) {
    withJSON(sql) { json in
      var next = strstr(json, start)
      while let tree = next {
        next = strstr(tree + 1, start)
        // "…},{…}" and "…}]}"
        let length = next.map { $0 - tree - 1 } ?? strlen(tree) - 2
        guard let copy = strndup(tree, length) else { continue }
        defer { free(copy) }
        if words.contains(where: { strstr(copy, $0) != nil }) { decoded(copy)?.visit(body) }
      }
    }
  }

  /// Hands out every node, those within others after them.
  package func visit(_ body: (ParseTree) -> Void) {
    switch self {
    case .object(let members):
      body(self)
      for member in members.values { member.visit(body) }
    case .list(let elements): for element in elements { element.visit(body) }
    case .text, .number, .flag: break
    }
  }

  /// What libpg_query prints is large, and is looked through as bytes.
  private static func withJSON<Result>(_ sql: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result? {
    let result = pg_query_parse(sql)
    defer { pg_query_free_parse_result(result) }
    guard result.error == nil, let tree = result.parse_tree else { return nil }
    return body(UnsafePointer(tree))
  }

  /// The texts of all statements and expressions of a `DO` block in PL/pgSQL; none of what its grammar does not know.
  static func expressions(ofBlock block: String) -> [String] {
    let result = pg_query_parse_plpgsql(block)
    defer { pg_query_free_plpgsql_parse_result(result) }
    guard result.error == nil, let functions = result.plpgsql_funcs else { return [] }
    var texts: [String] = []
    decoded(functions)?.visit { node in
      if let text = node["PLpgSQL_expr"]?["query"]?.text { texts.append(text) }
    }
    return texts
  }

  /// The statements of a `DO` block in PL/pgSQL that declares nothing, and does nothing about exceptions but to pass over them.
  static func steps(ofBlock block: String) -> [ParseTree]? {
    let result = pg_query_parse_plpgsql(block)
    defer { pg_query_free_plpgsql_parse_result(result) }
    guard result.error == nil, let functions = result.plpgsql_funcs,
      let decoded = decoded(functions)?.elements, decoded.count == 1,
      let function = decoded[0]["PLpgSQL_function"],
      var body = function["action"]?["PLpgSQL_stmt_block"]
    else { return nil }
    // Where there are handlers, the block stands in another.
    let outer = (body["body"]?.elements ?? []).filter { $0["PLpgSQL_stmt_return"] == nil }
    if body["exceptions"] == nil, outer.count == 1, let inner = outer[0]["PLpgSQL_stmt_block"] { body = inner }
    // These are there by themselves.
    let variables = (function["datums"]?.elements ?? []).map { $0["PLpgSQL_var"] }
    guard
      variables.allSatisfy({
        ["found", "sqlstate", "sqlerrm"].contains($0?["refname"]?.text) && $0?["default_val"] == nil
      })
    else { return nil }
    let handlers = body["exceptions"]?["PLpgSQL_exception_block"]?["exc_list"]?.elements ?? []
    guard handlers.allSatisfy({ ($0["PLpgSQL_exception"]?["action"]?.elements ?? []).isEmpty }) else { return nil }
    return (body["body"]?.elements ?? []).filter { $0["PLpgSQL_stmt_return"] == nil }
  }

  /// Nodes that name something or say an option, and evaluate nothing.
  private static let plain: Set<String> = [
    "String", "Integer", "Float", "Boolean", "List", "TypeName", "RangeVar", "RoleSpec", "ObjectWithArgs", "DefElem",
    "AccessPriv", "FunctionParameter", "AlterTableCmd", "CreateOpClassItem", "PublicationObjSpec", "PublicationTable",
  ]

  /// Whether nothing within is an expression that PostgreSQL would look into. The value of a setting is a constant, and read
  /// as a text.
  var holdsNoExpression: Bool {
    switch self {
    case .object(let members):
      members.allSatisfy { name, value in
        if ["defexpr", "sql_body", "whereClause", "raw_default", "cooked_default"].contains(name) { return false }
        if name == "setstmt" || name == "VariableSetStmt" { return value.setsConstants }
        let isNode = name.first?.isUppercase == true
        return (!isNode || Self.plain.contains(name) || name == "GrantStmt") && value.holdsNoExpression
      }
    case .list(let elements): elements.allSatisfy(\.holdsNoExpression)
    case .text, .number, .flag: true
    }
  }

  var setsConstants: Bool { (self["args"]?.elements ?? []).allSatisfy { $0["A_Const"] != nil } }

  /// The same without where in the text it stands.
  var withoutLocations: ParseTree {
    switch self {
    case .object(let members):
      .object(members.filter { $0.key != "location" && $0.key != "lineno" }.mapValues(\.withoutLocations))
    case .list(let elements): .list(elements.map(\.withoutLocations))
    case .text, .number, .flag: self
    }
  }

  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let object = try? value.decode([String: ParseTree].self) {
      self = .object(object)
    } else if let list = try? value.decode([ParseTree].self) {
      self = .list(list)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let flag = try? value.decode(Bool.self) {
      self = .flag(flag)
    } else {
      self = .number(Int(try value.decode(Double.self)))
    }
  }

  /// What `SELECT …` delivers, where it does nothing but deliver that.
  static func delivered(by expression: String) -> [ParseTree]? {
    guard case .object(let select)? = ParseTree(parsing: "SELECT \(expression)")?["SelectStmt"],
      Set(select.keys).isSubset(of: ["targetList", "limitOption", "op"])
    else { return nil }
    return select["targetList"]?.elements.compactMap { $0["ResTarget"]?["val"] }
  }

  package subscript(key: String) -> ParseTree? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  /// Whether it has no members but these; where in the text it stands is none.
  package func has(only names: Set<String>) -> Bool {
    if case .object(let members) = self {
      members.keys.allSatisfy { names.contains($0) || $0 == "location" }
    } else {
      false
    }
  }

  package var elements: [ParseTree] { if case .list(let list) = self { list } else { [] } }
  package var text: String? { if case .text(let text) = self { text } else { nil } }
  package var number: Int? { if case .number(let number) = self { number } else { nil } }
  package var isTrue: Bool { if case .flag(true) = self { true } else { false } }

  /// The name of the node: `IndexStmt`, `UpdateStmt`.
  package var nodeName: String? {
    if case .object(let members) = self, members.count == 1 { members.keys.first } else { nil }
  }

  /// The texts of a list of `String` nodes.
  package var names: [String] { elements.compactMap { $0["String"]?["sval"]?.text } }

  /// The words of an object's name, as DROP and RENAME have it: a list, a routine with its arguments, a type.
  package var objectName: [String] {
    (self["List"]?["items"] ?? self["ObjectWithArgs"]?["objname"] ?? self["TypeName"]?["names"])?.names ?? []
  }
}
