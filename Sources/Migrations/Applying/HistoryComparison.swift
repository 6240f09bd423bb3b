internal import Postgres

/// The project's migrations beside a database's history, version by version.
package struct HistoryComparison: Sendable {
  package enum State: Sendable, Hashable {
    case applied
    /// Applied as the migrations that it was made of (`dbtool squash`).
    case appliedInParts
    case partly(done: Int, of: Int)
    case pending
    /// The history has it with other contents.
    case changed
    /// The history has it, and there is no file.
    case notHere
    /// The history has some of the migrations that it was made of.
    case partlyReplaced
  }

  package struct Line: Sendable {
    package var version: String
    package var name: String
    package var state: State
    package var file: MigrationFile?
    package var entry: History.Entry?
  }

  /// In the order of the versions.
  package let lines: [Line]

  package init(_ files: [MigrationFile], _ entries: [History.Entry]) {
    var rest = Dictionary(entries.map { ($0.version, $0) }) { first, _ in first }
    var lines: [Line] = []
    for file in files {
      let parts = file.replaced.map { Self.found($0, in: rest) }
      let found = parts.flatMap(\.entries)
      if rest[file.version].map({ !file.has(digest: $0.checksum) }) ?? true, !found.isEmpty {
        for entry in found { rest[entry.version] = nil }
        let isWhole = parts.allSatisfy(\.isWhole)
        lines.append(
          Line(
            version: file.version, name: file.name, state: isWhole ? .appliedInParts : .partlyReplaced, file: file,
            entry: found.last))
        continue
      }
      let entry = rest.removeValue(forKey: file.version)
      lines.append(
        Line(version: file.version, name: file.name, state: Self.state(file, entry), file: file, entry: entry))
    }
    lines += rest.values.map { Line(version: $0.version, name: $0.name, state: .notHere, file: nil, entry: $0) }
    self.lines = lines.sorted { $0.version < $1.version }
  }

  /// What a history has of a part: that itself, or all that it was made of in its turn.
  private static func found(
    _ part: MigrationFile.Part, in entries: [String: History.Entry]
  ) -> (entries: [History.Entry], isWhole: Bool) {
    if let entry = entries[part.version], entry.checksum == part.digest { return ([entry], entry.isFinished) }
    let parts = part.parts.map { found($0, in: entries) }
    return (parts.flatMap(\.entries), !parts.isEmpty && parts.allSatisfy(\.isWhole))
  }

  private static func state(_ file: MigrationFile, _ entry: History.Entry?) -> State {
    guard let entry else { return .pending }
    guard file.has(digest: entry.checksum) else { return .changed }
    return entry.isFinished ? .applied : .partly(done: entry.segmentsDone, of: entry.segments)
  }

  /// The squashed migrations of which the history has the parts.
  package var inParts: [MigrationFile] { lines.filter { $0.state == .appliedInParts }.compactMap(\.file) }

  /// - Throws: `ApplyError` where history and files contradict each other.
  package func verify() throws {
    for line in lines {
      switch (line.state, line.file) {
      case (.notHere, _):
        if let entry = line.entry, let file = moved(entry) {
          throw ApplyError.renamedSince(line.version, name: line.name, file: file.fileName)
        }
        throw ApplyError.unknownVersion(line.version, name: line.name)
      case (.changed, let file?): throw ApplyError.changedAfterApplying(file: file.fileName)
      case (.partlyReplaced, let file?): throw ApplyError.partlyReplaced(file: file.fileName)
      default: continue
      }
    }
  }

  /// The file that a migration of the history has become, if it is not among those taken already: the same under another version or
  /// name, and not applied.
  package func moved(_ entry: History.Entry, besides taken: Set<String> = []) -> MigrationFile? {
    lines.first { line in
      guard line.state == .pending, let file = line.file, !taken.contains(file.version) else { return false }
      return file.has(digest: entry.checksum)
        || file.moved(to: entry.version, name: entry.name).has(digest: entry.checksum)
    }?.file
  }
}
