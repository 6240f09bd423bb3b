/// Workflow commands of GitHub Actions, which a runner finds among the lines that a program prints.
package enum GitHubCommand {
  /// A command with its properties, in a line.
  package static func line(_ command: String, _ properties: [(String, String)], message: String) -> String {
    let list = properties.map { "\($0)=\(escaped($1, isProperty: true))" }.joined(separator: ",")
    return "::\(command)\(list.isEmpty ? "" : " \(list)")::\(escaped(message, isProperty: false))\n"
  }

  /// A line that is none. A runner takes `::` for one at the start of a line, and `##[` anywhere in it.
  package static func defused(_ line: String) -> String {
    let scalars = line.unicodeScalars
    guard scalars.contains(where: { $0 == ":" || $0 == "#" }) else { return line }
    var result = String.UnicodeScalarView()
    var (isStart, hashes) = (true, 0)
    for (index, scalar) in zip(scalars.indices, scalars) {
      let next = scalars.index(after: index)
      if isStart, scalar == ":", next < scalars.endIndex, scalars[next] == ":" {
        result.append(contentsOf: VisibleText.escape(scalar).unicodeScalars)
      } else if scalar == "[", hashes >= 2 {
        result.append(contentsOf: VisibleText.escape(scalar).unicodeScalars)
      } else {
        result.append(scalar)
      }
      hashes = scalar == "#" ? hashes + 1 : 0
      isStart = scalar == "\n" || isStart && scalar.properties.isWhitespace
    }
    return String(result)
  }

  /// The runner splits commands at line ends, and properties at commas and colons too.
  private static func escaped(_ text: String, isProperty: Bool) -> String {
    VisibleText.mapped(text) { scalar in
      switch scalar {
      case "%": "%25"
      case "\r": "%0D"
      case "\n": "%0A"
      case ":" where isProperty: "%3A"
      case ",": isProperty ? "%2C" : nil
      case "\t": nil
      default: scalar.isHidden ? VisibleText.escape(scalar) : nil
      }
    }
  }
}
