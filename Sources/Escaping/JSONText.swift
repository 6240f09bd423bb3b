/// JSON: exact data in visible characters.
package enum JSONText {
  /// The same JSON, with the characters escaped that act on a terminal or an editor and that an encoder leaves as they are: DEL, C1
  /// controls, Unicode's line ends, bidirectional controls. They stand nowhere in JSON but in its strings.
  package static func visible(_ json: String) -> String {
    VisibleText.mapped(json) { $0.value >= 0x7F && $0.isHidden ? UTF16Escape.text($0) : nil }
  }
}
