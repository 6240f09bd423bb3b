internal import CLibpq

/// Five characters that classify an error (PostgreSQL documentation, appendix A "Error Codes").
package struct SQLState: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  package let code: String
  package init(_ code: String) { self.code = code }
  package init(stringLiteral value: String) { code = value }
  package var description: String { code }

  package static let undefinedTable: SQLState = "42P01"
  package static let duplicateDatabase: SQLState = "42P04"
  package static let duplicateTable: SQLState = "42P07"
  package static let objectInUse: SQLState = "55006"
  package static let lockNotAvailable: SQLState = "55P03"
  package static let queryCanceled: SQLState = "57014"
  /// What can run only outside of transactions was sent in one.
  package static let activeTransaction: SQLState = "25001"
  package static let featureNotSupported: SQLState = "0A000"
  package static let insufficientPrivilege: SQLState = "42501"
  package static let notNullViolation: SQLState = "23502"
  package static let uniqueViolation: SQLState = "23505"
  package static let checkViolation: SQLState = "23514"
  package static let internalError: SQLState = "XX000"
}

/// What went wrong between us and a server: a refused connection, an error the server reported, or an answer that
/// does not fit. Never holds a password.
package struct PostgresError: Error, Sendable, CustomStringConvertible {
  package enum Kind: Sendable {
    /// No connection could be made, or the one there was is lost.
    case connection
    /// The server reported an error.
    case server
    /// A value was not of the form that the query promises.
    case decoding
  }

  package var kind: Kind
  package var sqlState: SQLState?
  package var message: String
  package var detail: String?
  package var hint: String?
  /// Character offset into the statement, counted from 1.
  package var position: Int?
  /// The call stack of functions the server was in.
  package var context: String?
  /// The schema and the name of the table that it is about, where the server says so (`PG_DIAG_TABLE_NAME`).
  package var table: (schema: String, name: String)?
  /// The column of it (`PG_DIAG_COLUMN_NAME`), and the constraint (`PG_DIAG_CONSTRAINT_NAME`).
  package var column: String?
  package var constraint: String?
  /// The function of the server's source that reported it (`PG_DIAG_SOURCE_FUNCTION`), the same in every language.
  package var source: String?
  /// The statement that failed.
  package var statement: String?

  /// Whether another session did the same to a role, a membership or a grant at the same moment. All databases of a server share
  /// these, and PostgreSQL does not wait where GRANT meets GRANT: what comes second fails, with an internal error ("tuple
  /// concurrently updated") or on a catalog's own index. Once more, it finds what the other has made.
  package var isConcurrentCatalogUpdate: Bool {
    sqlState == .internalError || sqlState == .uniqueViolation && table?.schema == "pg_catalog"
  }

  /// How often that is tried anew before it is told.
  package static let mostConcurrentUpdates = 5

  package init(
    _ kind: Kind, _ message: String, sqlState: SQLState? = nil, detail: String? = nil, hint: String? = nil,
    position: Int? = nil, context: String? = nil, statement: String? = nil
  ) {
    self.kind = kind
    self.message = message
    self.sqlState = sqlState
    self.detail = detail
    self.hint = hint
    self.position = position
    self.context = context
    self.statement = statement
  }

  package var description: String {
    var text = message
    if let sqlState { text += " (SQLSTATE \(sqlState))" }
    if let detail { text += "\nDetail: \(detail)" }
    if let hint { text += "\nHint: \(hint)" }
    if let context { text += "\nContext: \(context)" }
    return text
  }
}

extension PostgresError {
  /// What a server has said when it ended a session.
  init(ending result: OpaquePointer?) {
    self.init(result: result, statement: nil)
    kind = .connection
  }

  /// Reads the fields of an error result (libpq: `PQresultErrorField`).
  init(result: OpaquePointer?, statement: String?) {
    func field(_ code: Character) -> String? {
      PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
    }
    let fallback = String(cString: PQresultErrorMessage(result)).trimmedTrailing
    let state = field("C")
    // 57P0x: the server is going away; 08xxx: the connection is.
    let lost = state.map { $0.hasPrefix("08") || $0.hasPrefix("57P") } ?? true
    /// What the server says may repeat what the statement says.
    func shown(_ code: Character) -> String? { field(code).map { Secrets.hidden(in: $0, about: statement) } }
    let isOfRow = state?.hasPrefix("23") == true
    self.init(
      lost ? .connection : .server,
      shown("M") ?? (fallback.isEmpty ? "the server closed the connection unexpectedly" : fallback),
      sqlState: state.map { SQLState($0) },
      detail: shown("D").map {
        isOfRow ? Secrets.withoutRow($0, about: [statement, field("t"), field("c"), field("n")]) : $0
      },
      hint: shown("H"),
      // The position inside a function's own query is of no use without that query.
      position: field("P").flatMap { Int($0) }, context: shown("W"), statement: statement)
    if let schema = field("s"), let name = field("t") { table = (schema, name) }
    column = field("c")
    constraint = field("n")
    source = field("R")
  }
}

extension String {
  /// libpq ends its messages with a line feed.
  package var trimmedTrailing: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
