package import Catalog

/// One thing in which a live database is not as the migrations leave it, or soon will not be.
package struct DriftFinding: Sendable {
  /// A stable name, by which machines know it, for example `missing-policy`.
  package var code: String
  /// `error` lets somebody in, breaks clients or loses a guarantee; `warning` is any other drift; `note` is what no
  /// migration can change.
  package var severity: Diagnostic.Severity
  /// The object with its kind, for example `policy read on public.books`.
  package var object: String
  package var message: String
  /// The fact whose declaration it leads to.
  package var subject: FactID?
  /// Both states, where the finding is about what catalogs hold.
  package var difference: CatalogDifference?
  package var location: SourceLocation?
  /// What to do about it.
  package var help: String?
  /// The waiver that says that it is known.
  package var waiver: Waiver?

  package init(
    _ severity: Diagnostic.Severity, code: String, _ object: String, _ message: String, subject: FactID? = nil,
    difference: CatalogDifference? = nil, location: SourceLocation? = nil, help: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.object = object
    self.message = message
    self.subject = subject
    self.difference = difference
    self.location = location
    self.help = help
  }
}

extension Diagnostic.Severity: Comparable {
  /// From note to error.
  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .error: 2
    }
  }
  package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
}
