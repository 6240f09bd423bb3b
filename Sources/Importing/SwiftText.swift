internal import Escaping

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

  /// A comment that documents what follows, a line for each line of the text; nothing for a text of nothing but space.
  package static func documentation(_ text: String, indentation: Int) -> String {
    let indent = String(repeating: " ", count: indentation)
    return text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }
      .map { "\(indent)/// \(VisibleText.line(String($0)))\n" }.joined()
  }

  /// A literal on one line, or on several between `"""`; raw where that spares escapes. What is hidden is always escaped.
  ///
  /// - Parameter indentation: how far the lines of one on several lines are indented.
  static func literal(_ segments: [Segment], indentation: Int) -> String {
    let texts = segments.flatMap { segment -> [Unicode.Scalar] in
      if case .text(let text) = segment { Array(text.unicodeScalars) } else { ["\0"] }
    }
    let isMultiline = texts.contains("\n")
    let hasHidden = texts.contains { $0 != "\0" && isEscaped($0, isMultiline: isMultiline) }
    let hasQuotes = isMultiline ? longestRun(of: "\"", in: texts) > 2 : texts.contains("\"")
    let isRaw = !hasHidden && (texts.contains("\\") || hasQuotes)
    let marks = isRaw ? String(repeating: "#", count: longestRun(of: "#", in: texts) + 1) : ""
    let content = segments.map { segment in
      switch segment {
      case .code(let code): "\\\(marks)(\(code))"
      case .text(let text): isRaw ? text : escaped(text, isMultiline: isMultiline)
      }
    }.joined()
    guard isMultiline else { return "\(marks)\"\(content)\"\(marks)" }
    let indent = String(repeating: " ", count: indentation)
    let lines = content.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    let body = lines.map { $0.isEmpty ? "" : indent + String($0) }.joined(separator: "\n")
    return "\(marks)\"\"\"\n\(body)\n\(indent)\"\"\"\(marks)"
  }

  /// How many of a scalar stand together. By scalars: the compiler sees a quote where Swift's strings see one character made of
  /// it and the mark behind it.
  private static func longestRun(of scalar: Unicode.Scalar, in text: [Unicode.Scalar]) -> Int {
    var (longest, current) = (0, 0)
    for other in text {
      current = other == scalar ? current + 1 : 0
      longest = max(longest, current)
    }
    return longest
  }

  /// A tab is let be where lines are indented with it.
  private static func isEscaped(_ scalar: Unicode.Scalar, isMultiline: Bool) -> Bool {
    scalar.isHidden && !(isMultiline && (scalar == "\n" || scalar == "\t"))
  }

  private static func escaped(_ text: String, isMultiline: Bool) -> String {
    var escaped = String.UnicodeScalarView()
    var quotes = 0
    for scalar in text.unicodeScalars {
      quotes = scalar == "\"" ? quotes + 1 : 0
      switch scalar {
      case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
      case "\"" where !isMultiline || quotes.isMultiple(of: 3): escaped.append(contentsOf: "\\\"".unicodeScalars)
      case _ where isEscaped(scalar, isMultiline: isMultiline):
        escaped.append(contentsOf: (scalar == "\t" ? "\\t" : VisibleText.escape(scalar)).unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
