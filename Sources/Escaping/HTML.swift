/// Text in HTML and SVG, between tags and in an attribute's quotes.
package enum HTML {
  package static func escaped(_ text: String) -> String {
    VisibleText.mapped(VisibleText.withLineFeeds(text)) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&#39;"
      case "\n", "\t": nil
      default: scalar.isHidden ? VisibleText.escape(scalar) : nil
      }
    }
  }
}
