internal import Catalog

/// What functions reach when they are called. PostgreSQL does not look into most bodies before, and knows of no dependency. A body
/// is a text, in whatever language: a word in it that is the name of something is taken for that.
struct FunctionBodies {
  private let catalog: Catalog
  private let children: [FactID: [FactID]]
  private lazy var named = names()
  private var known: [FactID: Set<String>] = [:]

  init(_ catalog: Catalog, _ children: [FactID: [FactID]]) {
    self.catalog = catalog
    self.children = children
  }

  /// All that is reached from facts: themselves, what they need, what bodies of functions name, and columns of tables.
  mutating func reach(of facts: [FactID]) -> Set<FactID> {
    var found: Set<FactID> = []
    var queue = facts
    while let id = queue.popLast() {
      guard catalog.contains(id), found.insert(id).inserted, let fact = catalog[id] else { continue }
      switch id.kind {
      case .function:
        queue += words(of: id).flatMap { named[$0] ?? [] }
        queue += fact.needs
      case .view, .materializedView, .domain, .cast, .operator: queue += fact.needs
      case .table, .foreignTable: queue += (children[id] ?? []).filter { $0.kind == .column }
      default: break
      }
    }
    return found
  }

  /// The words of a function's definition that may be names.
  mutating func words(of function: FactID) -> Set<String> {
    if let words = known[function] { return words }
    let words = Self.words(catalog[function]?.text(.definition) ?? "")
    known[function] = words
    return words
  }

  private func names() -> [String: [FactID]] {
    var named: [String: [FactID]] = [:]
    for id in catalog.facts.keys {
      switch id.kind {
      case .function, .table, .foreignTable, .view, .materializedView, .sequence, .enumType, .domain, .compositeType,
        .rangeType, .baseType:
        named[id.name, default: []].append(id)
      default: break
      }
    }
    return named
  }

  /// As they are within quotes, otherwise in small letters.
  private static func words(_ text: String) -> Set<String> {
    var words: Set<String> = []
    var word = ""
    var quoted: String?
    for scalar in text.unicodeScalars {
      if scalar == "\"" {
        if let name = quoted { words.insert(name) }
        quoted = quoted == nil ? "" : nil
      } else {
        quoted?.unicodeScalars.append(scalar)
      }
      if scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" {
        word.unicodeScalars.append(scalar)
      } else if !word.isEmpty {
        words.insert(word.lowercased())
        word = ""
      }
    }
    if !word.isEmpty { words.insert(word.lowercased()) }
    return words
  }
}
