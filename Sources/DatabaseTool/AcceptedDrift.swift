internal import Catalog
internal import Escaping
internal import Importing
internal import Migrations

/// What would have to be declared if the database were right: both sides as declarations, line against line.
struct AcceptedDrift {
  /// What changes in the declaration of one object, or of what belongs together.
  struct Change {
    /// The object; nil for names and enums.
    var subject: FactID?
    /// From the folder that an import would make.
    var path: String
    var lines: [String]
  }

  let changes: [Change]

  /// - Throws: what `ImportWorkflow` throws.
  init(expected: Catalog, actual: Catalog, states: States, database: String) async throws {
    let workflow = ImportWorkflow(states: states)
    let before = try await workflow.declarations(of: expected, database: database)
    let after = try await workflow.declarations(of: actual, database: database)
    let (old, new) = (Self.byPath(before.files), Self.byPath(after.files))
    let words = Set(old.keys).union(new.keys).sorted().compactMap { path -> Change? in
      let subject = new[path]?.subject ?? old[path]?.subject
      // Statements are told as a whole; what is a file of its own is not told again where it is listed.
      guard subject != nil || !path.hasSuffix("SQL.swift") else { return nil }
      var lines = Self.difference(old[path]?.text ?? "", new[path]?.text ?? "")
      if path == "Database.swift" { lines = lines.filter { $0.contains("(") } }
      return lines.isEmpty ? nil : Change(subject: subject, path: path, lines: lines)
    }
    let statements = Set(before.statements.keys).union(after.statements.keys).sorted().compactMap { id -> Change? in
      let (was, becomes) = (before.statements[id], after.statements[id])
      guard was != becomes else { return nil }
      let lines = { (sign: String, sql: String?) in
        (sql ?? "").split(separator: "\n").map { "\(sign) \($0)" }
      }
      return Change(subject: id, path: "SQL", lines: lines("-", was) + lines("+", becomes))
    }
    changes = words + statements
  }

  private static func byPath(_ files: [SchemaImport.File]) -> [String: SchemaImport.File] {
    Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
  }

  /// The lines that go and come, where they stand.
  private static func difference(_ old: String, _ new: String) -> [String] {
    let lines = { (text: String) in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    var marked: [(offset: Int, isNew: Bool, text: String)] = []
    for change in lines(new).difference(from: lines(old)) {
      switch change {
      case .remove(let offset, let text, _): marked.append((offset, false, text))
      case .insert(let offset, let text, _): marked.append((offset, true, text))
      }
    }
    return marked.filter { !$0.text.allSatisfy(\.isWhitespace) }.sorted {
      ($0.offset, $0.isNew ? 1 : 0) < ($1.offset, $1.isNew ? 1 : 0)
    }
    .map { ($0.isNew ? "+ " : "- ") + $0.text.drop(while: { $0 == " " }) }
  }

  func text(_ states: States, _ console: Console) -> TerminalText {
    guard !changes.isEmpty else { return "nothing to declare: there is no drift that declarations could take over\n" }
    var text: TerminalText = ""
    for change in changes {
      let place = change.subject.flatMap { states.location(of: $0) }.map { "\($0)" } ?? change.path
      text += "\(place, .bold)\(change.subject.map { "  \($0)" } ?? "")\n"
      for line in change.lines {
        text += "  \(line, line.hasPrefix("+") ? .green : .red)\n"
      }
    }
    return text
  }
}
