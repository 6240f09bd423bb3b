/// What options and settings look like whose values are nobody's to read.
///
/// The expressions mean the same to PostgreSQL (documentation, section 9.7.3 "POSIX Regular Expressions") and to Swift, without
/// regard to case. They are generous: what is left out of a dump can be set by hand, what is in one is in version control.
extension Secrets {
  /// In the names of settings and options alike.
  private static let words =
    "passw|passphrase|passcode|(^|[._-])(db|user|admin|smtp|mail|proxy)?pass([._-]|$)|pwd|secret|token|credential|bearer|jwt"
    + "|(^|[._-])(auth|authorization|pw)$|private_?key|(connection_?string|conn_?str|dsn)$"

  /// Names of settings of extensions and applications (`app.key`).
  package static let settingPattern = "\(words)|key"

  /// Names of options of foreign-data wrappers, servers and tables. Of some, keys are columns.
  package static let optionPattern = "\(harmless)(\(optionWords))"

  /// Names of options of user mappings, which are there to tell who somebody is.
  package static let mappingPattern = "\(harmless)(\(optionWords)|key)"

  private static let optionWords = "\(words)|pass|(api|access|private|service|account)_?key"
  /// Whether a password is asked for is no secret.
  private static let harmless = "^(?!password_required$).*"

  /// Values that hold a secret, whatever they are called: `scheme://user:password@host`, `password=…`, `"token": "…"`, headers of
  /// HTTP, keys that tell by their form what they are.
  package static let valuePattern = [
    "://[^/@:]*:[^/@]+@",
    // Without the scheme.
    "(^|[[:space:]'])[^[:space:]/@:']+:[^[:space:]/@]+@[a-z0-9]",
    "(passw(or)?d|passphrase|passcode|pwd|secret|token|credentials?|(api|access|private|account|shared)[_-]?key)"
      + #"["']?[[:space:]]*[=:]"#,
    "(bearer|basic)[[:space:]]+[a-z0-9._~+/=-]{6}",
    "authorization[\"']?[[:space:]]*[=:]",
    "-----begin [a-z0-9 ]*private key",
    #"(^|[^a-z0-9])(eyj[a-z0-9_-]{8,}[.][a-z0-9_-]+[.]|akia[0-9a-z]{16}|gh[pousr]_[a-z0-9]{20}|sk_(live|test)_|xox[abprs]-)"#,
  ].joined(separator: "|")

  /// Whether a setting of this name is not read from a server. PostgreSQL's own have no prefix, and none is a secret.
  package static func isSecret(setting name: String) -> Bool { name.contains(".") && matches(settingPattern, name) }

  /// Whether a value of a setting or an option is not read from a server.
  package static func isSecret(value: String) -> Bool { matches(valuePattern, value) }

  private static func matches(_ pattern: String, _ text: String) -> Bool {
    guard let expression = try? Regex(pattern).ignoresCase() else { return true }
    return text.firstMatch(of: expression) != nil
  }
}
