internal import CLibpq

/// Connection strings of others, as they are kept in a catalog (`pg_subscription.subconninfo`).
package enum ConnectionString {
  /// The string as it is when nothing in it is a secret; otherwise its other settings, in the order of libpq's keywords.
  /// What libpq cannot read is empty: it may be anything.
  package static func withoutSecrets(_ text: String) -> String {
    guard let options = PQconninfoParse(text, nil) else { return "" }
    defer { PQconninfoFree(options) }
    var settings: [String] = []
    var hasSecret = false
    var option = options
    while let keyword = option.pointee.keyword {
      defer { option += 1 }
      guard let value = option.pointee.val else { continue }
      // libpq itself says what a form has to hide: "*" are passwords.
      if let display = option.pointee.dispchar, display.pointee == UInt8(ascii: "*") {
        hasSecret = true
      } else {
        settings.append("\(String(cString: keyword))=\(quoted(String(cString: value)))")
      }
    }
    return hasSecret ? settings.joined(separator: " ") : text
  }

  /// A value as libpq's keyword/value strings take it (documentation, section 34.1.1.1).
  private static func quoted(_ value: String) -> String {
    let isPlain = !value.isEmpty && !value.contains { $0.isWhitespace || $0 == "'" || $0 == "\\" }
    return isPlain ? value : "'\(value.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
  }
}
