internal import Catalog
internal import Escaping

/// The Static Analysis Results Interchange Format 2.1.0 (OASIS), as far as findings need it: what code scanning services and
/// editors read.
struct SARIF: Encodable {
  var schema = "https://json.schemastore.org/sarif-2.1.0.json"
  var version = "2.1.0"
  var runs: [Run]

  private enum CodingKeys: String, CodingKey {
    case schema = "$schema"
    case version, runs
  }

  struct Run: Encodable {
    var tool: Tool
    var automationDetails: AutomationDetails?
    var columnKind = "unicodeCodePoints"
    var results: [Outcome]
  }
  /// Tells apart what was run on several databases.
  struct AutomationDetails: Encodable { var id: String }
  struct Tool: Encodable { var driver: Driver }
  struct Driver: Encodable {
    var name: String
    var version: String
    var rules: [Rule]
  }
  struct Rule: Encodable {
    var id: String
    var shortDescription: Message
    var defaultConfiguration: Configuration
  }
  struct Configuration: Encodable { var level: String }
  struct Message: Encodable { var text: String }
  struct Outcome: Encodable {
    var ruleId: String
    var ruleIndex: Int
    var level: String
    var message: Message
    var locations: [Location]
    var partialFingerprints: [String: String]
    var suppressions: [Suppression]
  }
  struct Location: Encodable {
    var physicalLocation: PhysicalLocation?
    var logicalLocations: [LogicalLocation]
  }
  struct PhysicalLocation: Encodable {
    var artifactLocation: ArtifactLocation
    var region: Region
  }
  struct ArtifactLocation: Encodable {
    var uri: String
    var uriBaseId = "%SRCROOT%"
  }
  struct Region: Encodable { var startLine: Int }
  struct LogicalLocation: Encodable { var fullyQualifiedName: String }
  struct Suppression: Encodable {
    var kind = "external"
    var status = "accepted"
    var justification: String
  }

  /// - Parameters:
  ///   - runs: findings with the name of what they are about, a database for example.
  ///   - fallback: the file that a finding without a place is shown at; code scanning shows none without.
  init(_ runs: [(name: String?, findings: [ReportedFinding])], toolVersion: String, fallback: String) {
    self.runs = runs.map { run in
      let codes = Set(run.findings.map(\.code)).sorted()
      let indices = Dictionary(codes.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
      let worst = Dictionary(run.findings.map { ($0.code, $0.severity) }, uniquingKeysWith: max)
      let rules = codes.map { code in
        Rule(
          id: code, shortDescription: Message(text: code.replacingScalar("-", with: " ")),
          defaultConfiguration: Configuration(level: (worst[code] ?? .warning).rawValue))
      }
      return Run(
        tool: Tool(driver: Driver(name: "dbtool", version: toolVersion, rules: rules)),
        automationDetails: run.name.map { AutomationDetails(id: $0) },
        results: run.findings.map { Self.outcome($0, indices[$0.code] ?? 0, fallback: fallback) })
    }
  }

  private static func outcome(_ finding: ReportedFinding, _ index: Int, fallback: String) -> Outcome {
    let place = finding.place ?? SourceLocation(file: fallback, line: 1)
    return Outcome(
      ruleId: finding.code, ruleIndex: index, level: finding.severity.rawValue,
      message: Message(text: finding.fullMessage),
      locations: [
        Location(
          physicalLocation: PhysicalLocation(
            artifactLocation: ArtifactLocation(uri: URIReference.path(place.file)),
            region: Region(startLine: max(1, place.line))),
          logicalLocations: [LogicalLocation(fullyQualifiedName: finding.object)])
      ],
      partialFingerprints: ["dbtoolFinding/v1": "\(finding.code) \(finding.object)"],
      suppressions: finding.accepted.map { [Suppression(justification: $0)] } ?? [])
  }
}
