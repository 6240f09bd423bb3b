internal import ArgumentParser
internal import Catalog

/// How findings are printed.
enum FindingFormat: String, ExpressibleByArgument, CaseIterable { case text, json, github, sarif, markdown }

/// A finding of `drift` or `lint`, as formats for machines need it.
struct ReportedFinding {
  var severity: Diagnostic.Severity
  /// A stable name, for example `missing-policy`.
  var code: String
  /// What it is about, with its kind.
  var object: String
  var message: String
  /// More lines, for people.
  var details: [String] = []
  var help: String?
  /// A file, from the repository's root, and a line.
  var place: SourceLocation?
  /// Why it does not count: somebody said that it is meant.
  var accepted: String?

  /// The message with what there is to know beside it.
  var fullMessage: String { ([message] + details + (help.map { [$0] } ?? [])).joined(separator: "\n") }
}
