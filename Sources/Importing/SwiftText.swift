/// Text as a Swift literal, with code in it.
package struct SwiftText {
  enum Segment: Equatable {
    case text(String)
    case code(String)
  }

  /// A literal of text alone.
  package static func literal(_ text: String, indentation: Int = 0) -> String {
    literal([.text(text)], indentation: indentation)
  }

  /// A literal on one line, or on several between `"""`; raw where that spares escapes.
  ///
  /// - Parameter indentation: how far the lines of one on several lines are indented.
  static func literal(_ segments: [Segment], indentation: Int) -> String {
    let texts = segments.map { if case .text(let text) = $0 { text } else { "" } }.joined(separator: "\u{0}")
    // A line may end with CR and LF, which are one character together.
    let isMultiline = texts.utf8.contains(UInt8(ascii: "\n"))
    let hasControls = texts.unicodeScalars.contains {
      $0.value < 32 && !["\n", "\t", "\u{0}"].contains($0) || $0.value == 127
    }
    let isRaw = !hasControls && (texts.contains("\\") || texts.contains(isMultiline ? "\"\"\"" : "\""))
    let marks = isRaw ? String(repeating: "#", count: longestRun(texts) + 1) : ""
    let content = segments.map { segment in
      switch segment {
      case .code(let code): "\\\(marks)(\(code))"
      case .text(let text): isRaw ? text : escaped(text, isMultiline: isMultiline)
      }
    }.joined()
    guard isMultiline else { return "\(marks)\"\(content)\"\(marks)" }
    let indent = String(repeating: " ", count: indentation)
    let lines = content.split(separator: "\n", omittingEmptySubsequences: false)
    let body = lines.map { $0.isEmpty ? "" : indent + $0 }.joined(separator: "\n")
    return "\(marks)\"\"\"\n\(body)\n\(indent)\"\"\"\(marks)"
  }

  /// How many `#` stand together, which would end a raw literal of as many.
  private static func longestRun(_ text: String) -> Int {
    var (longest, current) = (0, 0)
    for character in text {
      current = character == "#" ? current + 1 : 0
      longest = max(longest, current)
    }
    return longest
  }

  private static func escaped(_ text: String, isMultiline: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += isMultiline ? "\"" : "\\\""
      case "\n": escaped += "\n"
      case "\t": escaped += "\t"
      case _ where scalar.value < 32 || scalar.value == 127:
        escaped += "\\u{\(String(scalar.value, radix: 16))}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return isMultiline ? escaped.replacing("\"\"\"", with: "\\\"\"\"") : escaped
  }
}
