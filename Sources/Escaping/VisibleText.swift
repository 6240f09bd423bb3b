extension Unicode.Scalar {
  /// Whether it acts on what stands around it instead of being seen: controls (C0, DEL, C1), Unicode's line and paragraph
  /// separators, and format characters, among them those that turn the direction of text, have no width or tag it.
  package var isHidden: Bool {
    // Most text is plain ASCII, for which Unicode's tables need not be asked.
    if value < 0x7F { return value < 0x20 }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format, .surrogate: return true
    default: return value == 0x034F || properties.isDefaultIgnorableCodePoint && !properties.isVariationSelector
    }
  }
}

/// Text with nothing hidden in it: what acts on its surroundings instead of being seen is written as Swift would write it,
/// `\u{1b}`. It is for people, so that two texts may look the same; what machines read has an exact form of its own.
package enum VisibleText {
  /// On one line: line ends and tabs are shown too.
  package static func line(_ text: String) -> String {
    text.unicodeScalars.contains(where: \.isHidden) ? shown(text) { $0.isHidden } : text
  }

  /// On several lines: line feeds and tabs are what they are. A carriage return is shown, which tells apart what has one from
  /// what has not.
  package static func lines(_ text: String) -> String {
    shown(text) { $0.isHidden && $0 != "\n" && $0 != "\t" }
  }

  /// The same on several lines for a page, where a CR before an LF is a part of the line end, as it is to browsers.
  package static func page(_ text: String) -> String { lines(withLineFeeds(text)) }

  static func withLineFeeds(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n", result.last == "\r" { result.removeLast() }
      result.append(scalar)
    }
    return String(result)
  }

  /// A scalar as Swift, Rust and JavaScript write it.
  package static func escape(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

  private static func shown(_ text: String, _ isShown: (Unicode.Scalar) -> Bool) -> String {
    mapped(text) { isShown($0) ? escape($0) : nil }
  }

  /// By scalars, never by characters: a combining mark after a quote, or a CR before an LF, makes one character of both, which
  /// compares equal to neither.
  package static func mapped(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if let other = replacement(scalar) {
        result.append(contentsOf: other.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

extension String {
  /// The text with each occurrence of a scalar replaced, also where a combining mark follows it, which the standard library's
  /// `replacing` passes over.
  package func replacingScalar(_ scalar: Unicode.Scalar, with other: String) -> String {
    VisibleText.mapped(self) { $0 == scalar ? other : nil }
  }
}
