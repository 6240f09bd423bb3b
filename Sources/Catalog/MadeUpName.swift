internal import Postgres

/// A name that dbtool makes up: what it stands for, and a label, joined by underscores.
///
/// The same input always gives the same name. It has at most the 63 bytes that PostgreSQL keeps, and no character is cut in
/// two. Where it would be longer, or is taken, a digest of the whole keeps it apart from others that begin alike.
package struct MadeUpName: Sendable {
  /// PostgreSQL: `NAMEDATALEN` - 1.
  package static let limit = 63

  private let parts: [String]
  private let label: String

  package init(_ parts: String..., label: String) { self.init(parts, label: label) }

  package init(_ parts: [String], label: String) {
    self.parts = parts
    self.label = label
  }

  package var text: String { text { _ in false } }

  /// - Parameter isTaken: whether something else has a name.
  package func text(unless isTaken: (String) -> Bool) -> String {
    let plain = (parts + [label]).joined(separator: "_")
    if plain.utf8.count <= Self.limit, !isTaken(plain) { return plain }
    var attempt = 0
    while true {
      let seed = (parts + [label]).joined(separator: "\u{0}") + (attempt == 0 ? "" : "\u{0}\(attempt)")
      let end = "_\(Digest(of: seed).short.prefix(8))_\(label)"
      let name = Self.prefix(parts.joined(separator: "_"), bytes: Self.limit - end.utf8.count) + end
      if !isTaken(name) { return name }
      attempt += 1
    }
  }

  /// A text without what goes beyond a number of bytes, and without half a character.
  package static func prefix(_ text: String, bytes: Int) -> String {
    var size = 0
    let scalars = text.unicodeScalars.prefix { scalar in
      size += UTF8.width(scalar)
      return size <= bytes
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
