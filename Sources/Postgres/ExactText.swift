/// A text as PostgreSQL takes it: the same only if its bytes are.
///
/// `String` calls two texts equal that Unicode holds to be the same (canonical equivalence): `é` as one character and as two, or `K`
/// and the sign for kelvin. In a database these are two names and two values.
package struct ExactText: Hashable, Comparable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (a: ExactText, b: ExactText) -> Bool { a.text.isIdentical(to: b.text) }
  // Equal bytes have equal hashes by either measure.
  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
  package static func < (a: ExactText, b: ExactText) -> Bool { a.text.precedes(b.text) }
}

extension ExactText: CustomStringConvertible {
  package var description: String { text }
}

extension String {
  /// Whether it has the same bytes as another.
  package func isIdentical(to other: String) -> Bool {
    guard self == other, utf8.count == other.utf8.count else { return false }
    return utf8.elementsEqual(other.utf8)
  }

  /// Whether it stands before another in the order of their bytes.
  package func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}

extension String? {
  /// Whether both have the same bytes, or neither is there.
  package func isIdentical(to other: String?) -> Bool {
    switch (self, other) {
    case (nil, nil): true
    case (let a?, let b?): a.isIdentical(to: b)
    default: false
    }
  }
}

extension Sequence<String> {
  /// The texts, to be compared by their bytes.
  package var exact: [ExactText] { map { ExactText($0) } }
}
