internal import Escaping
internal import Postgres

/// What a database is for, as its history says. Names are compared without case, and a known one goes by several:
/// `Prod` is `production`.
package enum EnvironmentMark: Sendable, Hashable, CustomStringConvertible {
  case production, staging, development, test
  /// Any other, in lower case.
  case custom(String)

  private static let aliases: [(mark: EnvironmentMark, names: [String])] = [
    (.production, ["production", "prod", "live"]),
    (.staging, ["staging", "stage", "preprod"]),
    (.development, ["development", "dev", "local"]),
    (.test, ["test", "testing", "ci"]),
  ]

  /// The word for a database that has no mark.
  package static let none = "none"

  /// What somebody names.
  ///
  /// - Returns: nil for what is no name: it is a folder of seeds too, so it has letters and digits, `_`, `-` and `.` and begins
  ///   with one of the first two.
  package init?(_ name: String) {
    guard let first = name.utf8.first, Self.isLetterOrDigit(first), name.utf8.count <= 63,
      name.lowercased() != Self.none,
      name.utf8.allSatisfy({ Self.isLetterOrDigit($0) || "_-.".utf8.contains($0) })
    else { return nil }
    self.init(stored: name)
  }

  /// What a database says, which an older dbtool may have written as somebody typed it.
  package init(stored: String) {
    let name = String(stored.trimmedTrailing.drop(while: \.isWhitespace)).lowercased()
    self = Self.aliases.first { $0.names.contains(name) }?.mark ?? .custom(name)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  /// The name in which it is written.
  package var description: String {
    if case .custom(let name) = self { return name }
    return names[0]
  }

  /// The same in a sentence: quoted where it is no plain word, as it may be when it was written by hand.
  package var shown: String { ShellWord.quoted(description) }

  /// All names that it goes by, its own first.
  package var names: [String] {
    if case .custom(let name) = self { return [name] }
    return Self.aliases.first { $0.mark == self }?.names ?? []
  }

  /// Whether what is in such a database can be made anew at any time.
  package var isDisposable: Bool { self == .development || self == .test }

  /// Whether such a database takes the seeds of another environment. Nobody misses what these leave in one that can be made
  /// anew; any other takes its own only.
  package func takesSeeds(of other: EnvironmentMark) -> Bool { self == other || isDisposable }
}
