internal import CLibpq
internal import Escaping

/// Connection strings of others, as they are kept in a catalog (`pg_subscription.subconninfo`).
package enum ConnectionString {
  /// The settings without the secrets among them, in the order of libpq's keywords: with a password and without, by
  /// keywords or as a URL, one place is one text.
  ///
  /// - Returns: nil for what this libpq cannot read; it may be anything.
  package static func withoutSecrets(_ text: String) -> String? {
    guard let options = PQconninfoParse(text, nil) else { return nil }
    defer { PQconninfoFree(options) }
    var settings: [String] = []
    var option = options
    while let keyword = option.pointee.keyword.map({ String(cString: $0) }) {
      defer { option += 1 }
      guard let value = option.pointee.val else { continue }
      // libpq says what a form has to hide ("*"), and does not say it of keys and of what newer versions brought.
      let isHidden = option.pointee.dispchar.map { $0.pointee == UInt8(ascii: "*") } ?? false
      guard !isHidden, !isSecret(keyword) else { continue }
      settings.append("\(keyword)=\(quoted(String(cString: value)))")
    }
    return settings.joined(separator: " ")
  }

  /// By its name; `passfile` and `sslkey` name files.
  private static func isSecret(_ keyword: String) -> Bool {
    keyword != "passfile"
      && (keyword.contains("pass") || keyword.contains("secret") || keyword.contains("token")
        || keyword.hasSuffix("_key"))
  }

  /// A value as libpq's keyword/value strings take it (documentation, section 34.1.1.1).
  private static func quoted(_ value: String) -> String {
    let isPlain =
      !value.isEmpty
      && !value.unicodeScalars.contains { $0.properties.isWhitespace || $0 == "'" || $0 == "\\" }
    return isPlain
      ? value : "'\(value.replacingScalar("\\", with: "\\\\").replacingScalar("'", with: "\\'"))'"
  }
}
