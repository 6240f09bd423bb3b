internal import Catalog
internal import Postgres

/// What the writers of an import share: the catalog, the Swift names, and which facts have been said.
final class ImportScope {
  let catalog: Catalog
  let details: ImportDetails
  let children: [FactID: [FactID]]
  /// What a fresh database has by itself.
  let base: Catalog
  var types = TypeWords()
  /// The Swift type of a table or view.
  var relations: [FactID: String] = [:]
  /// The Swift names of a relation's columns.
  var columns: [FactID: [String: String]] = [:]
  /// The kind of each column's values, by table and name.
  var kinds: [FactID: String] = [:]
  var schemas: [String: String] = ["public": "public"]
  var roles: [String: String] = [:]
  /// Functions that are declared, by what SQL calls them.
  var functions: [FactID: String] = [:]
  /// The cases of enums, by label.
  var cases: [String: [String: String]] = [:]
  private(set) var said: Set<FactID> = []
  private var grantsBySubject: [FactID: [Fact]] = [:]

  init(catalog: Catalog, base: Catalog, details: ImportDetails) {
    self.catalog = catalog
    self.base = base
    self.details = details
    children = catalog.childrenByParent()
    for fact in catalog.facts.values where fact.id.kind == .grant {
      if let subject = fact.id.subjectID { grantsBySubject[subject, default: []].append(fact) }
    }
  }

  func say(_ ids: FactID...) { said.formUnion(ids) }
  func say(_ ids: [FactID]) { said.formUnion(ids) }

  /// Facts that are part of another, in order.
  func parts(of id: FactID, _ kind: FactKind) -> [Fact] {
    (children[id] ?? []).filter { $0.kind == kind }.compactMap { catalog[$0] }.sorted {
      ($0.position, $0.id) < ($1.position, $1.id)
    }
  }

  func schema(_ name: String) -> String? { schemas[name].map { ".\($0)" } }

  /// `.anon`; nil for a role that is not declared.
  func role(_ name: String) -> String? { name.isEmpty ? ".everyone" : roles[name].map { ".\($0)" } }

  /// The comment's text, which is said then.
  func comment(on id: FactID) -> String? {
    let comment = id.about(.comment)
    guard let text = catalog[comment]?.text(.text) else { return nil }
    say(comment)
    return text
  }

  /// `, comment: "…"`, or nothing.
  func commentArgument(on id: FactID, indentation: Int) -> String {
    comment(on: id).map { ", comment: \(SwiftText.literal($0, indentation: indentation))" } ?? ""
  }

  /// Every grant on an object.
  func grants(on id: FactID) -> [Fact] { (grantsBySubject[id] ?? []).sorted { $0.id < $1.id } }

  /// Grants on an object that `word` can say, by the roles that have the same: the roles' Swift names, and the privileges.
  ///
  /// - Parameters:
  ///   - known: what has a word.
  ///   - allowsGrantOption: whether there is a word for handing them on.
  func grants(
    on id: FactID, known: [String: String], allowsGrantOption: Bool = true
  ) -> [(privileges: [String], roles: [String], grantable: Bool)] {
    var groups: [[String]: [String]] = [:]
    let suffix = " WITH GRANT OPTION"
    for fact in grantsBySubject[id] ?? [] {
      let usual = id.kind.usualPrivileges(of: fact.id.role)
      let list = fact.list(.privileges)
      let plain = list.filter { !$0.hasSuffix(suffix) }
      guard fact.id.role != FactID.ownerRole, usual.isEmpty, !list.isEmpty, role(fact.id.role) != nil,
        plain.count == list.count || plain.isEmpty && allowsGrantOption,
        list.allSatisfy({ known[$0.hasSuffix(suffix) ? String($0.dropLast(suffix.count)) : $0] != nil })
      else { continue }
      groups[list, default: []].append(fact.id.role)
      say(fact.id)
    }
    return groups.sorted { $0.value.min() ?? "" < $1.value.min() ?? "" }.map { list, roles in
      let grantable = list[0].hasSuffix(suffix)
      let words = list.map { known[grantable ? String($0.dropLast(suffix.count)) : $0] ?? "" }
      return (words, roles.sorted().compactMap { role($0) }, grantable)
    }
  }

  static let tablePrivileges = [
    "SELECT": ".select", "INSERT": ".insert", "UPDATE": ".update", "DELETE": ".delete", "TRUNCATE": ".truncate",
    "REFERENCES": ".references", "TRIGGER": ".trigger",
  ]
}
