internal import Catalog
internal import Postgres
internal import SchemaDSL

/// The roles that a database speaks of.
struct RoleWriter {
  private static let words = [
    "LOGIN": ".login", "NOINHERIT": ".noInherit", "CREATEROLE": ".createRole", "CREATEDB": ".createDatabase",
    "BYPASSRLS": ".bypassRowSecurity",
  ]

  /// Whether the DSL can say what it may do; one that it cannot is another's: it is made where it is missing, and left alone.
  static func canSay(_ fact: Fact?, among roles: Set<String>) -> Bool {
    guard let fact else { return false }
    return fact.attributes.allSatisfy { [.attributes, .memberOf].contains($0.key) }
      && fact.list(.attributes).allSatisfy { words[$0] != nil }
      && fact.list(.memberOf).allSatisfy { roles.contains($0) }
  }

  /// `static let anon = Role("anon")` for each, and what the lock holds of them.
  static func declarations(_ scope: ImportScope) -> (lines: [String], facts: [Fact]) {
    var lines: [String] = []
    var facts: [Fact] = []
    for (name, word) in scope.roles.sorted(by: { $0.key < $1.key }) {
      let fact = scope.catalog[FactID(.role, name: name)]
      scope.say(FactID(.role, name: name))
      var arguments = [SwiftText.literal(name)]
      if let fact, canSay(fact, among: Set(scope.roles.keys)) {
        arguments += fact.list(.attributes).compactMap { words[$0] }
        let groups = fact.list(.memberOf).compactMap { scope.role($0) }
        if !groups.isEmpty { arguments.append("memberOf: [\(groups.joined(separator: ", "))]") }
        facts.append(fact)
      } else {
        arguments.append("external: true")
        let rendering = Rendering(Database("role") { Role(name, external: true) })
        facts += rendering.overlay
      }
      lines.append("static let \(word) = Role(\(arguments.joined(separator: ", ")))")
    }
    return (lines, facts)
  }
}
