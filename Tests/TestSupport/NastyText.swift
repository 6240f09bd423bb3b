/// Random text of what breaks out of comments, quotes, tags, cells and lines: quotes, line ends of every kind, controls, escape
/// sequences, marks that combine with what stands before them, and the words of the media.
package struct NastyText {
  private var random: SeededRandom

  package init(seed: UInt64) { random = SeededRandom(seed: seed) }

  package static let pieces = [
    "a", "B", "0", " ", "  ", "_", "-", "--", "/*", "*/", ";", "'", "''", "\"", "\"\"\"", "`", "```", "\\", "\\(",
    "\\#(", "#",
    "##", "$", "$$", "$dbtool$", "${x}", "%", "%s", "&", "&amp;", "<", ">", "</script>", "<!--", "]]>", "|", "[x](y)",
    "*", "!",
    "@here", "~", "::error::", "##[error]", "\n", "\r", "\r\n", "\t", "\u{b}", "\u{c}", "\u{85}", "\u{2028}",
    "\u{2029}",
    "\u{1b}[31m", "\u{1b}]0;title\u{7}", "\u{9b}31m", "\u{1}", "\u{7f}", "\u{200b}", "\u{200d}", "\u{200e}", "\u{202e}",
    "\u{2066}", "\u{feff}", "\u{ad}", "\u{e0041}", "\u{301}", "\u{20e3}", "é", "e\u{301}", "ß", "日本", "😀", "½", "٣",
    "DROP TABLE canary;", "\rDELETE FROM canary;", "\nDELETE FROM canary;", "-- dbtool:contract", "../", "/", ".",
    "CON",
  ]

  /// Some pieces, one behind the other.
  package mutating func next(_ count: ClosedRange<Int> = 1...6) -> String {
    (0..<Int.random(in: count, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
  }

  package static func texts(_ count: Int, seed: UInt64 = 1) -> [String] {
    var nasty = NastyText(seed: seed)
    return pieces + (0..<count).map { _ in nasty.next() }
  }
}
