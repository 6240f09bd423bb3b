import FoundationEssentials

/// Output that a person reads, kept beside the tests. `DBTOOL_RECORD_GOLDEN=1 make test` records it anew.
enum Golden {
  /// The recorded text; with what differs from run to run (versions) taken from `actual`.
  static func text(_ name: String, _ actual: String) -> String {
    var folder = #filePath
    folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
    let path = "\(folder)/Golden/\(name)"
    let normalised = normalise(actual)
    if ProcessInfo.processInfo.environment["DBTOOL_RECORD_GOLDEN"] != nil {
      try? normalised.write(toFile: path, atomically: false, encoding: .utf8)
    }
    let recorded = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return recorded == normalised ? actual : recorded
  }

  /// The server's version is the machine's, as is whether there is PostGIS, and declarations move within their files.
  private static func normalise(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return lines.filter { !$0.hasPrefix("starting the embedded") && !$0.contains("postgis is not installed") }.map {
      line in
      let line = replacingDigits(in: line, after: "PostgreSQL ", by: "VERSION")
      return [".swift:", ".swift,line="].reduce(line) { replacingDigits(in: $0, after: $1, by: "LINE") }
    }.joined(separator: "\n")
  }

  private static func replacingDigits(in line: String, after marker: String, by word: String) -> String {
    guard let range = line.ranges(of: marker).first else { return line }
    let rest = line[range.upperBound...].drop { $0.isNumber || $0 == "." }
    return String(line[..<range.upperBound]) + word + String(rest)
  }
}
