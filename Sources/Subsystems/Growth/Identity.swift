internal import Hosting
internal import SchemaDSL

/// Who is asking: the platform's programs set `app.user_email` and `app.session_token`, or pass a token's claims and a
/// request's headers on.
extension Growth {
  static let visitorEmail = Function(
    "visitor_email", in: .marketing, returns: .type(.text), language: .sql, volatility: .stable,
    settings: ["search_path": "pg_catalog, pg_temp"], execute: [.anon, .authenticated, .serviceRole],
    comment: "The address of the person who asks, in lower case; NULL when nobody knows.",
    body: .inline(
      """
      SELECT lower(btrim(coalesce(nullif(current_setting('app.user_email', true), ''), auth.jwt() ->> 'email')))
      """))

  static let sessionToken = Function(
    "session_token", in: .onboarding, returns: .type(.text), language: .sql, volatility: .stable,
    settings: ["search_path": "pg_catalog, pg_temp"], execute: [.anon, .authenticated, .serviceRole],
    comment: "The token of the onboarding session that asks; NULL when there is none.",
    body: .inline(
      """
      SELECT coalesce(nullif(current_setting('app.session_token', true), ''),
                      nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-session-token')
      """))

  static let isAdmin = Function(
    "is_admin", in: .analytics, returns: .type(.boolean), language: .sql, volatility: .stable,
    settings: ["search_path": "pg_catalog, pg_temp"], execute: [.anon, .authenticated, .serviceRole],
    comment: "Whether the person who asks runs the platform: a claim that people cannot give themselves.",
    body: .inline("SELECT coalesce(auth.jwt() #>> '{app_metadata,role}' = 'admin', false)"))

  static let visitorAddress = Function(
    "visitor_address", in: .marketing, returns: .type(.inet), volatility: .stable,
    settings: ["search_path": "pg_catalog, pg_temp"], execute: [.anon, .authenticated, .serviceRole],
    comment: """
      Where a request comes from, as the gateway says, or else the connection. The last address is the one that the gateway \
      has seen; those before it are the visitor's to invent.
      """,
    body: .inline(
      """
      BEGIN
        RETURN coalesce(
          btrim(split_part(nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-forwarded-for', ',', -1))::inet,
          inet_client_addr());
      EXCEPTION WHEN invalid_text_representation THEN
        RETURN inet_client_addr();
      END
      """))

  /// For policies: asked once for a statement.
  static let asksAsAdmin: SQL = "(SELECT \(isAdmin)())"

  /// For policies: the session is the one whose token is shown.
  static func isMySession(_ token: SQL) -> SQL { "\(token) = (SELECT \(sessionToken)())" }
}
