/// What stands in the place of functions that are loaded into a scratch server and must not run there: the handlers of foreign
/// data and of untrusted languages, and functions that connect to elsewhere or write files.
enum DeadFunction {
  /// The input functions of pseudo-types (`pg_proc.prosrc`): all that they do is to report an error.
  static let body = "any_in"
  static let handler = "language_handler_in"

  /// - Returns: nil for an error that did not come from such a call.
  static func hint(for error: PostgresError) -> String? {
    guard error.hint == nil, error.sqlState == .featureNotSupported, [body, handler].contains(error.source) else {
      return nil
    }
    return """
        It calls a function that a scratch server has but does not run: one in an untrusted language, one that reads a foreign \
        table, or one that connects to another database. dbtool cannot try this statement: run it yourself, outside of migrations.
      """
  }
}
