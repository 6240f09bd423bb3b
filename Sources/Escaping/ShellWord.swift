/// A word of a command that is printed to be pasted into a shell (bash, zsh, ksh).
package enum ShellWord {
  package static func quoted(_ text: String) -> String {
    if text.unicodeScalars.contains(where: \.isHidden) { return ansi(text) }
    let isPlain = !text.isEmpty && text.utf8.allSatisfy(isPlain)
    return isPlain ? text : "'\(text.replacingScalar("'", with: #"'\''"#))'"
  }

  /// An option with its value, which may begin like an option itself.
  package static func option(_ name: String, _ value: String) -> String {
    value.hasPrefix("-") ? "\(name)=\(quoted(value))" : "\(name) \(quoted(value))"
  }

  /// `$'…'` with octal escapes: what is hidden is neither in the terminal nor in the paste.
  private static func ansi(_ text: String) -> String {
    "$'"
      + VisibleText.mapped(text) { scalar in
        switch scalar {
        case "'": return #"\'"#
        case "\\": return #"\\"#
        case _ where scalar.isHidden:
          return String(scalar).utf8.map { byte in
            let digits = String(byte, radix: 8)
            return "\\" + String(repeating: "0", count: 3 - digits.utf8.count) + digits
          }.joined()
        default: return nil
        }
      } + "'"
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-./:@%+,".utf8.contains(byte)
    }
  }
}
