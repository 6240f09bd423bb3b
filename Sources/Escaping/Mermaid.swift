/// Names in Mermaid's language, which has no way to write some characters.
package enum Mermaid {
  /// A name in quotes.
  package static func name(_ text: String) -> String {
    "\"" + VisibleText.mapped(text) { "\"%\\".unicodeScalars.contains($0) || $0.isHidden ? "_" : nil } + "\""
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
