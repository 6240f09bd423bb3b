/// Text for a terminal, styled by its structure: what stands in the source is let through as it is, what is interpolated came
/// from elsewhere and is shown with nothing hidden in it.
///
///     "dropped \(table), said \(server.notice)"   // a name with ESC in it colours nothing, and begins no line
///
/// A `String` in a variable is none; only an interpolation makes it one: `"\(text)"` on one line, `"\(lines: text)"` on several.
package struct TerminalText: Sendable, Hashable, ExpressibleByStringInterpolation {
  package enum Style: String, Sendable {
    case bold = "1"
    case green = "32"
    case yellow = "33"
    case red = "31"
    case dim = "2"
    case cyan = "36"
  }

  private struct Span: Sendable, Hashable {
    var text: String
    var style: Style?
  }

  private var spans: [Span]

  package init(stringLiteral value: String) { spans = value.isEmpty ? [] : [Span(text: value)] }

  /// The same as comments in SQL, for what stands in the same stream as statements.
  package var asSQLComment: TerminalText {
    var result = TerminalText(stringLiteral: "-- ")
    for span in spans {
      let lines = span.text.split(separator: "\n" as Character, omittingEmptySubsequences: false)
      result.spans.append(Span(text: lines.joined(separator: "\n-- "), style: span.style))
    }
    return result
  }

  package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.text }

  package init() { spans = [] }

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = TerminalText()

    package init(literalCapacity: Int, interpolationCount: Int) {}

    package mutating func appendLiteral(_ literal: String) { text += TerminalText(stringLiteral: literal) }

    package mutating func appendInterpolation(_ other: TerminalText) { text += other }

    /// On one line.
    package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      text.append(VisibleText.line(value.description))
    }

    package mutating func appendInterpolation(_ other: TerminalText, _ style: Style) { text += other.styled(style) }

    package mutating func appendInterpolation(_ value: some CustomStringConvertible, _ style: Style) {
      text += TerminalText.shown(value).styled(style)
    }

    /// On several lines.
    ///
    /// - Parameter continuation: what begins each line but the first, so that none passes for a line of dbtool's own.
    package mutating func appendInterpolation(
      lines value: some CustomStringConvertible, continuation: TerminalText = ""
    ) {
      let lines = value.description.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      for (number, line) in lines.enumerated() {
        if number > 0 {
          text += "\n"
          if !line.isEmpty { text += continuation }
        }
        text.append(VisibleText.lines(String(line)))
      }
    }
  }

  private static func shown(_ value: some CustomStringConvertible) -> TerminalText { "\(value)" }

  private mutating func append(_ text: String) { if !text.isEmpty { spans.append(Span(text: text)) } }

  package var isEmpty: Bool { spans.isEmpty }

  /// How many characters are seen.
  package var count: Int { spans.reduce(0) { $0 + $1.text.count } }

  /// All of it in a style, but for what has one already.
  package func styled(_ style: Style) -> TerminalText {
    var copy = self
    for index in copy.spans.indices where copy.spans[index].style == nil { copy.spans[index].style = style }
    return copy
  }

  package static func + (a: TerminalText, b: TerminalText) -> TerminalText {
    var sum = a
    sum += b
    return sum
  }

  package static func += (a: inout TerminalText, b: TerminalText) { a.spans += b.spans }

  /// What is written. No line of it is a command to the runner of a workflow.
  package func rendered(coloured: Bool) -> String {
    guard coloured else { return plain }
    return spans.map { span in
      guard let style = span.style else { return span.text }
      return "\u{1B}[\(style.rawValue)m\(span.text)\u{1B}[0m"
    }.joined()
  }

  /// Without styles.
  package var plain: String { GitHubCommand.defused(spans.map(\.text).joined()) }
}

extension Sequence<TerminalText> {
  package func joined(separator: TerminalText = "") -> TerminalText {
    var result = TerminalText()
    for (number, text) in enumerated() {
      if number > 0 { result += separator }
      result += text
    }
    return result
  }
}
