/// Text in Markdown (CommonMark with GitHub's tables).
package enum Markdown {
  /// Text on one line that reads as it is, in a paragraph, a heading, a link or a table's cell.
  package static func text(_ text: String) -> String {
    var result = ""
    var isStart = true
    var scalars = Array(text.unicodeScalars)[...]
    // Four spaces would begin a block of code.
    while let first = scalars.first, first == " " || first == "\n" || first == "\t" { scalars.removeFirst() }
    // A number before one of these, and these, begin a list or underline a heading, at the start of a line only.
    let digits = scalars.prefix { ("0"..."9").contains($0) }.count
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "\n": result += " "
      case "\\", "`", "*", "_", "{", "}", "[", "]", "<", ">", "#", "|", "~", "&", "!", "$": result += "\\\(scalar)"
      case "-", "+", "=": result += isStart ? "\\\(scalar)" : String(scalar)
      case ".", ")": result += index == digits && digits > 0 ? "\\\(scalar)" : String(scalar)
      // GitHub would tell whoever has that name.
      case "@": result += "@<!-- -->"
      default:
        if scalar.isHidden { result += "\\" + VisibleText.escape(scalar) } else { result.unicodeScalars.append(scalar) }
      }
      isStart = false
    }
    return result
  }

  /// The same in a table's cell, of several lines.
  package static func cell(_ text: String) -> String {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Self.text(String($0)) }.joined(separator: "<br>")
  }

  /// Code on one line. HTML, since backticks cannot hold every text, and a table's cell ends at a bar between them.
  package static func code(_ text: String) -> String {
    if text.isEmpty { return "" }
    let line = text.unicodeScalars.split(whereSeparator: { $0 == "\n" || $0 == "\r" }).map { String($0) }
      .joined(separator: " ")
    return "<code>"
      + VisibleText.mapped(line) { scalar in
        switch scalar {
        case "&": return "&amp;"
        case "<": return "&lt;"
        case ">": return "&gt;"
        case "\"": return "&quot;"
        case "|", "*", "_", "`", "\\", "[", "]", "~", "$", "@", "!", "{", "}", "#": return "&#\(scalar.value);"
        default: return scalar.isHidden ? VisibleText.escape(scalar).replacingScalar("\\", with: "&#92;") : nil
        }
      } + "</code>"
  }

  /// Code on several lines, in a fence longer than any in it.
  package static func fenced(_ code: String, language: String) -> String {
    var (longest, current) = (2, 0)
    for scalar in code.unicodeScalars {
      current = scalar == "`" ? current + 1 : 0
      longest = max(longest, current)
    }
    let fence = String(repeating: "`", count: longest + 1)
    return "\(fence)\(language)\n\(VisibleText.page(code))\n\(fence)"
  }

  /// - Parameter text: in Markdown already.
  package static func link(_ text: String, to address: String) -> String {
    "[\(text)](<\(VisibleText.mapped(address) { "<>\\\n ".unicodeScalars.contains($0) || $0.isHidden ? URIReference.percent(String($0)) : nil })>)"
  }
}
