/// A place in the user's Swift or SQL files.
package struct SourceLocation: Hashable, Sendable, CustomStringConvertible, Comparable {
  /// `Module/File.swift` for Swift (`#fileID`), a path for SQL files.
  package var file: String
  package var line: Int
  package init(file: String, line: Int) {
    self.file = file
    self.line = line
  }
  package var description: String { "\(file):\(line)" }
  package static func < (a: SourceLocation, b: SourceLocation) -> Bool { (a.file, a.line) < (b.file, b.line) }
}

/// One thing that a person should know: from loading declarations, planning, linting or drift.
package struct Diagnostic: Sendable {
  package enum Severity: String, Sendable { case error, warning, note }

  package var severity: Severity
  /// A stable name, for example `undefined-column`.
  package var code: String
  package var message: String
  /// The object it is about.
  package var object: String?
  package var location: SourceLocation?
  /// What to do about it.
  package var help: String?

  package init(
    _ severity: Severity, code: String, _ message: String, object: String? = nil, location: SourceLocation? = nil,
    help: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.object = object
    self.location = location
    self.help = help
  }
}

extension Diagnostic: CustomStringConvertible {
  package var description: String {
    var text = ""
    if let location { text += "\(location): " }
    text += "\(severity.rawValue): \(message) [\(code)]"
    if let object { text += "\n  in \(object)" }
    if let help { text += "\n  help: \(help)" }
    return text
  }
}
