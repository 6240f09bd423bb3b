import Catalog
import Introspection
import Postgres
import TestSupport
import Testing

/// Secrets in options and settings are not read: what is read is printed, kept and committed.
@Suite struct SecretOptionTests {
  private static let names = [
    "password", "passwd", "pwd", "app_pass", "passphrase", "secret", "client_secret", "token", "auth_token",
    "credential",
    "bearer", "jwt", "auth", "api_key", "private_key", "connection_string",
  ]
  private static let values = [
    "postgres://me:hunter2@host/x", "me:hunter2@host/x", "host=x password=hunter2",
    #"{"user": "me", "password": "hunter2"}"#,
    "{'secret' : 'hunter2'}", "user=x secret=hunter2", "Authorization: hunter2", "Bearer hunter2hunter2",
    "Basic aHVudGVyMg==", "AccountName=x;AccountKey=hunter2==", "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n",
    "eyJhbGciOiJIUzI1NiJ9.eyJodW50ZXIyIjoxfQ.hunter2", "AKIAHUNTER2HUNTER222", "ghp_hunter2hunter2hunter2hunter2",
    "sk_live_hunter2",
  ]
  private static let harmless: KeyValuePairs = [
    "host": "db.example.org", "use_remote_estimate": "true", "key_column": "id", "author": "hunter", "bypass_rls": "on",
    "compass": "north", "description": "a basic one", "path": "/srv/keys", "fetch_size": "100",
  ]

  @Test func optionsAndSettingsThatHoldSecretsAreNotRead() async throws {
    let options =
      Self.names.map { (name: $0, value: "hunter2") }
      + Self.values.enumerated().map { (name: "plain\($0)", value: $1) }
    // What an option of a server may be called that sounds like a password, nobody needs to read.
    let plain = Self.harmless.filter { $0.key != "bypass_rls" && $0.key != "compass" }
    func list(_ pairs: [(String, String)]) -> String {
      pairs.map { "\(Quote.identifier($0.0)) \(Quote.literal($0.1))" }.joined(separator: ", ")
    }
    let all = list(options + plain.map { ($0.key, $0.value) })
    try await Databases.with { database in
      let found = try await Connection.with(database.target) { connection in
        try await connection.execute(
          """
          CREATE FOREIGN DATA WRAPPER w OPTIONS (\(all));
          CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (\(all));
          CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (\(all));
          CREATE FOREIGN TABLE f (a int OPTIONS (\(all))) SERVER s OPTIONS (\(all));
          """)
        for (name, value) in options + Self.harmless.map({ ($0.key, $0.value) }) {
          try await connection.execute(
            DatabaseSetting.statement("SET app.\(Quote.identifier(name)) TO \(Quote.literal(value))", role: ""))
        }
        return try await CatalogReader().read(connection)
      }
      let read = found.facts.values.map { "\($0.id) \($0.attributes)" }.joined(separator: "\n")
      #expect(!read.lowercased().contains("hunter2"), "\(read)")
      for (name, value) in plain where !name.contains("key") {
        // A wrapper, a server, a table, a column and a mapping have it; and a setting.
        #expect(read.split(separator: Quote.literal(value)).count >= 6, "\(name) \(read)")
      }
      for (name, _) in Self.harmless where !name.contains("key") {
        #expect(found.contains(FactID(.setting, name: "app.\(name)")), "\(name)")
      }
    }
  }
}
