internal import Catalog
internal import Operations

/// Drift as people and machines read it.
enum DriftOutput {
  static func text(_ report: DriftReport, _ console: Console) -> String {
    var text = ""
    for finding in report.findings { text += describe(finding.difference, finding.location, console) }
    for slot in report.missingPartitions {
      text +=
        "  \(console.styled("missing", .red)) partition \(slot.table.schema).\(slot.partition) of \(slot.table.sqlName)"
      text += "\n      run dbtool partitions\n"
    }
    for fault in report.faults {
      text += "  \(console.styled("different", .yellow)) \(fault.partition) \(fault.text)\n"
    }
    for note in report.notes { text += console.styled("note: \(note)\n", .dim) }
    if !report.unmodeled.isEmpty {
      text += console.styled(
        "note: not modelled, so not compared: "
          + report.unmodeled.map { "\($0.kind) \($0.name)" }.joined(separator: ", ") + "\n", .dim)
    }
    let count = report.findings.count + report.missingPartitions.count + report.faults.count
    text += report.isClean ? "no drift\n" : "\(count) difference\(count == 1 ? "" : "s")\n"
    return text
  }

  /// One difference with both values.
  static func describe(_ difference: CatalogDifference, _ location: SourceLocation?, _ console: Console) -> String {
    let style: Console.Style = difference.kind == .missing ? .red : difference.kind == .extra ? .cyan : .yellow
    var text = "  \(console.styled(difference.kind.rawValue, style)) \(difference.id)"
    if let location { text += "  \(console.styled("\(location)", .dim))" }
    text += "\n"
    for change in difference.attributes {
      let title = change.key.word.replacing("_", with: " ")
      text += "      \(title): expected \(value(change.expected)), found \(value(change.actual))\n"
    }
    return text
  }

  private static func value(_ value: AttributeValue?) -> String {
    guard let value else { return "none" }
    let text = "\(value)"
    guard text.contains("\n") else { return text.isEmpty ? "''" : text }
    return "\n        | " + text.replacing("\n", with: "\n        | ") + "\n       "
  }

  struct Machine: Encodable {
    struct Finding: Encodable {
      struct Change: Encodable {
        var attribute: String
        var expected: String?
        var actual: String?
      }
      var finding: String
      var kind: String
      var object: String
      var changes: [Change]
      var file: String?
      var line: Int?

      init(_ difference: CatalogDifference, _ location: SourceLocation?) {
        finding = difference.kind.rawValue
        kind = difference.id.kind.word
        object = difference.id.path
        changes = difference.attributes.map {
          Change(
            attribute: $0.key.word, expected: $0.expected.map { "\($0)" }, actual: $0.actual.map { "\($0)" })
        }
        file = location?.file
        line = location?.line
      }
    }
    struct Unmodeled: Encodable {
      var kind: String
      var name: String
    }
    var drift: Bool
    var findings: [Finding]
    var missingPartitions: [String]
    var faults: [String]
    var notes: [String]
    var unmodeled: [Unmodeled]
  }

  static func machine(_ report: DriftReport) -> Machine {
    Machine(
      drift: !report.isClean, findings: report.findings.map { Machine.Finding($0.difference, $0.location) },
      missingPartitions: report.missingPartitions.map { "\($0.table.schema).\($0.partition)" },
      faults: report.faults.map { "\($0.partition) \($0.text)" }, notes: report.notes,
      unmodeled: report.unmodeled.map { Machine.Unmodeled(kind: $0.kind, name: $0.name) })
  }
}
