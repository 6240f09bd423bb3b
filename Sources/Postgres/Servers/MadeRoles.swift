/// The roles that a `DO` block in PL/pgSQL may make, by its statements as PostgreSQL's grammar reads them. What it does is seen only
/// when it is run; a role that was put there before would be in its way.
///
/// A statement of the block that makes a role says its name. One that is put together from pieces, `'CREATE ROLE ' || quote_ident(r)`
/// or `format('CREATE ROLE %I', r)`, is read with a place to fill where a value comes in: then a role is meant whose name fits, and is
/// among the constants of the block if the place is all of the name. What a block makes of values that it reads elsewhere, or in
/// another language, is not known.
struct MadeRoles: Sendable {
  private(set) var names: Set<String> = []
  /// Names with a place to fill between a beginning and an end.
  private var patterns: [(start: String, end: String)] = []
  private var constants: Set<String> = []
  private var hasOpenName = false

  /// - Parameter body: what stands in the quotes of a `DO`.
  init(block body: String) {
    for expression in ParseTree.expressions(ofBlock: "DO \(Quote.dollar(body))") {
      guard let tree = Self.tree(of: expression) else { continue }
      note(tree)
    }
  }

  func mayMake(_ name: String) -> Bool {
    names.contains(name) || hasOpenName && constants.contains(name)
      || patterns.contains { start, end in
        name.hasPrefix(start) && name.hasSuffix(end) && name.utf8.count > start.utf8.count + end.utf8.count
      }
  }

  /// A statement, or an expression, or what is assigned.
  private static func tree(of text: String) -> ParseTree? {
    if let tree = ParseTree(parsing: text) ?? ParseTree(parsing: "SELECT \(text)") { return tree }
    // `name := value`
    guard let tokens = SQLTokens(text)?.tokens else { return nil }
    let bytes = Array(text.utf8)
    let assigns = [Array(":=".utf8), Array("=".utf8)]
    guard let sign = tokens.first(where: { assigns.contains(Array(bytes[$0.range])) }) else { return nil }
    return ParseTree(parsing: "SELECT \(String(decoding: bytes[sign.range.upperBound...], as: UTF8.self))")
  }

  private mutating func note(_ tree: ParseTree) {
    tree.visit { node in
      if let role = node["CreateRoleStmt"]?["role"]?.text { note(role: role) }
      if let constant = node["A_Const"]?["sval"]?["sval"]?.text {
        constants.insert(constant)
        // `'{a,b}'::text[]`
        constants.formUnion(ArrayText.decode(constant) ?? [])
      }
      guard let text = Self.text(of: node), let statement = ParseTree(parsing: text) else { return }
      switch statement.nodeName {
      case "CreateRoleStmt": note(role: statement["CreateRoleStmt"]?["role"]?.text ?? "")
      case "DoStmt":
        // A block within the block.
        for argument in statement["DoStmt"]?["args"]?.elements ?? [] {
          guard let body = argument["DefElem"]?["arg"]?["String"]?["sval"]?.text else { continue }
          let inner = MadeRoles(block: body)
          names.formUnion(inner.names)
          patterns += inner.patterns
          constants.formUnion(inner.constants)
          hasOpenName = hasOpenName || inner.hasOpenName
        }
      default: break
      }
    }
  }

  private mutating func note(role: String) {
    let parts = role.split(separator: Self.place, maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      names.insert(role)
      return
    }
    // Of several places the first and the last count.
    let end = parts[1].split(separator: Self.place, omittingEmptySubsequences: false).last.map(String.init) ?? ""
    if parts[0].isEmpty, end.isEmpty { hasOpenName = true } else { patterns.append((parts[0], end)) }
  }

  // MARK: Texts that are put together

  /// What stands for a value that is not known: as a name, and as a part of one.
  private static let place = "dbtool_place"

  /// The text that an expression delivers, with places for what is not known.
  ///
  /// - Returns: nil for what delivers no text, as far as can be seen.
  private static func text(of node: ParseTree) -> String? {
    if let constant = node["A_Const"] { return constant["sval"]?["sval"]?.text }
    if let cast = node["TypeCast"] { return cast["arg"].flatMap(text) }
    if let operation = node["A_Expr"], operation["name"]?.names.last == "||" {
      return [operation["lexpr"], operation["rexpr"]].map { $0.flatMap(text) ?? place }.joined()
    }
    guard let call = node["FuncCall"], let name = call["funcname"]?.names.last else { return nil }
    let values = (call["args"]?.elements ?? []).map { text(of: $0) ?? place }
    switch name {
    case "concat": return values.joined()
    case "quote_ident": return values.first.map { $0 == place ? place : Quote.identifier($0) }
    case "format": return values.first.flatMap { format($0, Array(values.dropFirst())) }
    default: return nil
    }
  }

  /// As PostgreSQL's `format` fills it (documentation, section 9.4.1).
  private static func format(_ text: String, _ values: [String]) -> String? {
    var result = ""
    var next = 0
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "%" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      // `%2$-10I`
      var directive = String.UnicodeScalarView()
      while let more = rest.popFirst() {
        directive.append(more)
        if ["%", "s", "I", "L"].contains(more) { break }
      }
      guard let kind = directive.last, kind != "%" else {
        result += "%"
        continue
      }
      if let dollar = directive.firstIndex(of: "$"), let number = Int(String(directive[..<dollar])) {
        next = number - 1
      }
      let value = values.indices.contains(next) ? values[next] : place
      next += 1
      switch kind {
      case "I": result += value == place ? place : Quote.identifier(value)
      case "L": result += Quote.literal(value)
      default: result += value
      }
    }
    return result
  }
}
