internal import Catalog
internal import Postgres

/// Expressions as SQL in Swift, with the columns of their table as Swift values wherever PostgreSQL's grammar says that a
/// word is one.
struct ExpressionWords {
  /// The table's own name, and its columns' Swift names.
  let table: FactID
  let columns: [String: String]

  func literal(_ expression: String, indentation: Int) -> String {
    SwiftText.literal(segments(expression), indentation: indentation)
  }

  private func segments(_ expression: String) -> [SwiftText.Segment] {
    let lead = "SELECT "
    guard let tree = ParseTree(parsing: lead + expression) else { return [.text(expression)] }
    var found: [Reference] = []
    collect(tree, depth: 0, into: &found)
    let bytes = Array(expression.utf8)
    var segments: [SwiftText.Segment] = []
    var position = 0
    for reference in found.sorted(by: { $0.location < $1.location }) {
      let start = reference.location - lead.utf8.count
      let spelled = Array(reference.spelling.utf8)
      guard start >= position, start + spelled.count <= bytes.count,
        Array(bytes[start..<start + spelled.count]) == spelled, let name = columns[reference.column]
      else { continue }
      if start > position { segments.append(.text(String(decoding: bytes[position..<start], as: UTF8.self))) }
      segments.append(.code(name))
      position = start + spelled.count
    }
    if position < bytes.count { segments.append(.text(String(decoding: bytes[position...], as: UTF8.self))) }
    return segments
  }

  private struct Reference {
    var location: Int
    var column: String
    var spelling: String
  }

  /// Finds references to columns. In a subquery a bare name may be another table's; PostgreSQL prints those of the outer
  /// one with their table.
  private func collect(_ tree: ParseTree, depth: Int, into found: inout [Reference]) {
    switch tree {
    case .list(let elements): for element in elements { collect(element, depth: depth, into: &found) }
    case .object(let members):
      if let reference = members["ColumnRef"] {
        let names = reference["fields"]?.names ?? []
        guard let location = reference["location"]?.number, names.count == reference["fields"]?.elements.count else {
          return
        }
        if names.count == 1, depth <= 1 {
          found.append(Reference(location: location, column: names[0], spelling: Quote.identifier(names[0])))
        } else if names.count == 2, names[0] == table.name {
          found.append(
            Reference(
              location: location, column: names[1],
              spelling: Quote.identifier(names[0]) + "." + Quote.identifier(names[1])))
        }
        return
      }
      // The outermost SELECT is ours.
      let isQuery = members["SelectStmt"] != nil
      for (_, member) in members.sorted(by: { $0.key < $1.key }) {
        collect(member, depth: depth + (isQuery ? 1 : 0), into: &found)
      }
    case .text, .number, .flag: break
    }
  }
}
