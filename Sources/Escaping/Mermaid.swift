/// Names in Mermaid's language, which has no way to write some characters.
package enum Mermaid {
  /// A name in quotes. What begins markup, or ends the quotes, is written as an entity, which Mermaid knows by a `#`
  /// (documentation, "Entity codes to escape characters"); a page that shows the source finds no tag in it either.
  package static func name(_ text: String) -> String {
    "\""
      + VisibleText.mapped(text) { scalar in
        switch scalar {
        case "\"", "#", "%", "&", "'", ";", "<", ">", "\\", "`": "#\(scalar.value);"
        default: scalar.isHidden ? "_" : nil
        }
      } + "\""
  }

  /// An attribute's word: letters, digits and a few marks.
  package static func word(_ text: String) -> String {
    let word = VisibleText.mapped(text) { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", "-", "(", ")", "[", "]": nil
      default: "_"
      }
    }
    guard let first = word.utf8.first, (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first) || first == 0x5F
    else { return "_" + word }
    return word
  }
}
