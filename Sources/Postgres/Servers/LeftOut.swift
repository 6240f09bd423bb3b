internal import Synchronization

/// A statement that a scratch server was to load, and that leaves nothing there: it is about the server or another database,
/// or gives away what PostgreSQL keeps for itself.
package struct LeftOut: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// Not carried out: `ALTER SYSTEM` and the like, by its name.
    case server(String)
    /// Carried out, and undone.
    case privileges
  }

  package var kind: Kind
  /// Which of the texts that were loaded it stands in, in their order.
  package var text: Int
  package var line: Int

  /// A template's comment, which is found with it by whoever comes later: `text:line:kind`, one a line.
  static func encode(_ all: [LeftOut]) -> String {
    all.map { item in
      switch item.kind {
      case .server(let name): "\(item.text):\(item.line):\(name)"
      case .privileges: "\(item.text):\(item.line):"
      }
    }.joined(separator: "\n")
  }

  static func decode(_ comment: String) -> [LeftOut] {
    comment.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, let text = Int(parts[0]), let line = Int(parts[1]) else { return nil }
      return LeftOut(kind: parts[2].isEmpty ? .privileges : .server(String(parts[2])), text: text, line: line)
    }
  }
}

/// What was left out in the course of one command, wherever it was loaded, and however often.
package final class LeftOutJournal: Sendable {
  private struct Place: Hashable {
    var kind: LeftOut.Kind
    var file: String
    var line: Int
  }

  /// The command's, if it keeps one.
  @TaskLocal package static var current: LeftOutJournal?

  private let places = Mutex<[Place]>([])

  package init() {}

  /// - Parameter files: the names of the texts.
  package func add(_ items: [LeftOut], in files: [String]) {
    places.withLock { places in
      for item in items where files.indices.contains(item.text) {
        let place = Place(kind: item.kind, file: files[item.text], line: item.line)
        if !places.contains(place) { places.append(place) }
      }
    }
  }

  /// For people, on one line: what kinds, how many of each, and where the first stands.
  ///
  /// - Returns: nil where there was nothing.
  package var summary: String? {
    let all = places.withLock { $0 }
    var counts: [(name: String, count: Int)] = []
    for case .server(let name) in all.map(\.kind) {
      if let index = counts.firstIndex(where: { $0.name == name }) {
        counts[index].count += 1
      } else {
        counts.append((name, 1))
      }
    }
    let undone = all.filter { $0.kind == .privileges }
    var parts: [String] = []
    if let first = all.first(where: { $0.kind != .privileges }) {
      parts.append(
        "left out \(counts.map { "\($0.count) \($0.name)" }.joined(separator: ", ")), which "
          + "\(all.count - undone.count == 1 ? "is" : "are") about a server or another database "
          + "(\(undone.count + 1 == all.count ? "" : "the first: ")\(first.file), line \(first.line))")
    }
    if let first = undone.first {
      parts.append(
        "undid \(undone.count) GRANT or REVOKE on functions that PostgreSQL or an extension keeps from others "
          + "(\(undone.count == 1 ? "" : "the first: ")\(first.file), line \(first.line))")
    }
    return parts.isEmpty ? nil : "the scratch server " + parts.joined(separator: ", and ")
  }
}
