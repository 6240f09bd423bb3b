import Postgres
import TestSupport
import Testing

@Suite struct SecretsTests {
  @Test(arguments: [
    ("postgres://me:hunter2@h/db", "postgres://me:xxxxxxx@h/db"),
    ("postgres://me:a@b@h/db?x=1", "postgres://me:xxx@h/db?x=1"),
    ("postgres://pw:sec/ret@localhost/p1", "postgres://pw:xxxxxxx@localhost/p1"),
    ("postgres://pw:a?b/c@d#e@localhost/p1", "postgres://pw:xxxxxxxxx@localhost/p1"),
    ("postgres://h/db?password=hunter2&x=1", "postgres://h/db?password=xxxxxxx&x=1"),
    ("host=h password=hunter2 dbname=x", "host=h password=xxxxxxx dbname=x"),
    ("host=h password = hunter2 dbname=x", "host=h password = xxxxxxx dbname=x"),
    ("password='two words' host=h", "password='xxxxxxxxx' host=h"),
    (#"password='it\'s one' host=h"#, "password='xxxxxxxxx' host=h"),
    (#"password=a\ b host=h"#, "password=xxxx host=h"),
    ("the password is asked for", "the password is asked for"),
    ("ALTER ROLE x PASSWORD 'hunter2'", "ALTER ROLE x PASSWORD 'xxxxxxx'"),
    ("postgres://h:5432/db", "postgres://h:5432/db"),
    ("write to git@github.com:x/y", "write to git@github.com:x/y"),
    ("postgres://a:b@h/x and postgres://c:d@h/y", "postgres://a:x@h/x and postgres://c:x@h/y"),
  ])
  func passwordsAreHidden(text: String, expected: String) {
    #expect(Secrets.hidden(in: text) == expected)
  }

  @Test(arguments: [
    ("postgres://me:my secret@h/db", "postgres://me:xxxxxxxxx@h/db"),
    ("me:my secret@h/db", "me:xxxxxxxxx@h/db"),
    ("host=h password=my secret dbname=x", "host=h password=xxxxxxxxx dbname=x"),
    ("password='it's one' host=h", "password='xxxxxxxx' host=h"),
    ("--database=postgres://me:sec/r@t@h/db", "--database=postgres://me:xxxxxxx@h/db"),
    (
      "postgres://u@h/db?sslmode=disable&%70assword=SeKr3t&x=1",
      "postgres://u@h/db?sslmode=disable&%70assword=xxxxxx&x=1"
    ),
    ("postgres://h/db?p%61ssword=a%40b&user=u", "postgres://h/db?p%61ssword=xxxxx&user=u"),
    ("postgres://h/db?password=a&b&user=u", "postgres://h/db?password=xxx&user=u"),
  ])
  func aPasswordInAnArgumentIsHiddenWhole(argument: String, expected: String) {
    var bytes = Array(argument.utf8)
    for index in Secrets.passwordRanges(inArgument: argument).joined() { bytes[index] = UInt8(ascii: "x") }
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
    let message = "Unexpected argument '\(argument)'"
    #expect(Secrets.hidden(in: message, repeating: [argument]) == "Unexpected argument '\(expected)'")
  }

  /// Passwords with what a URL, a keyword string, libpq or a shell takes for something else.
  static let passwords: [String] = {
    var random = SeededRandom(seed: 18)
    let marks = Array("@/?#:%& '\"=,[]\\;+$!~^*()")
    let letters = Array("QXZJKVW973")
    return (0..<400).map { _ in
      String(
        (0..<Int.random(in: 4...12, using: &random)).map { _ in
          (Bool.random(using: &random) ? marks : letters).randomElement(using: &random) ?? "Q"
        })
    }
  }()

  /// Nothing is connected to: there is no such socket, and no such host.
  private static func spellings(_ password: String) -> [String] {
    let quoted = password.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
    return [
      "postgresql://pw:\(password)@localhost:1/p1", "postgres://pw:\(password)@127.0.0.1:1",
      "postgres://pw:\(password)@/p1?host=/nowhere",
      "postgres://pw:\(password)@localhost:1,127.0.0.1:1/p1", "postgres://localhost:1/p1?password=\(password)",
      "postgres://localhost:1/p1?user=pw&password=\(password)&sslmode=disable",
      "host=/nowhere password=\(password) dbname=p1",
      "host=/nowhere password='\(password)' dbname=p1", "host=/nowhere sslpassword=\(password)",
      "host=/nowhere password='\(quoted)' dbname=p1", "postgresql+driver://pw:\(password)@localhost/p1",
      "dbname=postgres://pw:\(password)@localhost/p1", "service=pw:\(password)@nowhere",
    ]
  }

  /// All parts of three characters and more, of which none is any output's own.
  private static func parts(_ password: String) -> [String] {
    let letters = Array(password)
    return (0..<max(0, letters.count - 2)).map { String(letters[$0..<$0 + 3]) }.filter { part in
      part.contains { "QXZJKVW973".contains($0) }
    }
  }

  @Test func noPartOfAPasswordIsInADescriptionOrAnError() async throws {
    var (refused, failed) = (0, 0)
    for password in Self.passwords {
      for spelling in Self.spellings(password) {
        var output = ""
        do {
          let target = try ConnectionTarget(spelling).setting("connect_timeout", "2")
          output += "\(target)"
          // A name that has to be looked up would leave the machine.
          if target.host.map({ ["/nowhere", "127.0.0.1", "localhost"].contains($0) }) ?? false {
            failed += 1
            do { try await Connection.open(target).close() } catch { output += "\n\(error)" }
          }
        } catch {
          refused += 1
          output += "\(error)"
        }
        for part in Self.parts(password) {
          #expect(!output.contains(part), "\(spelling.debugDescription) shows \(part.debugDescription): \(output)")
        }
        let message = Secrets.hidden(in: "cannot use \(spelling)!", repeating: [spelling])
        for part in Self.parts(password) where !spelling.replacing(password, with: "").contains(part) {
          #expect(!message.contains(part), "\(spelling.debugDescription) leaves \(part.debugDescription): \(message)")
        }
      }
    }
    #expect(refused > 500 && failed > 500, "\(refused) refused, \(failed) failed")
  }

  @Test(arguments: [
    "postgres://me@h/db", "postgres://me:p%40ss@h/db", "postgres://h:5432,i:5433/db?user=me@corp",
    "postgres:///db?host=/x@y",
    "host=@abstract dbname=x", "host=/tmp/a@b port=5433", "dbname=odd@name", "postgres://me:a:b?c@h/db",
    "postgres://[::1]:5/x",
  ])
  func whatIsPlainIsTaken(text: String) throws { _ = try ConnectionTarget(text) }

  /// What a server says of rows that it refuses, by columns, constraints and statements that speak of secrets.
  @Test(arguments: [
    "INSERT INTO keys SELECT 2, reverse('2qK9xZ'), 'b'", "INSERT INTO keys SELECT 2, password, 'b' FROM keys",
    "UPDATE keys SET note = NULL WHERE password > ''", "INSERT INTO uses SELECT reverse('2qK9xZ') || 'x'",
    "UPDATE keys SET note = 'short' WHERE note = 'a'",
  ])
  func aRowWithASecretIsNotShown(statement: String) async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute(
          """
          CREATE TABLE keys (id int PRIMARY KEY, password text UNIQUE, note text NOT NULL);
          CREATE TABLE uses (password text REFERENCES keys (password));
          INSERT INTO keys VALUES (1, 'Zx9Kq2', 'a');
          ALTER TABLE keys ADD CONSTRAINT keys_secret_check CHECK (length(note) < 5);
          """)
        let error = await #expect(throws: PostgresError.self) { try await connection.query(statement) }
        let text = try #require(error).description
        #expect(text.contains("\nDetail: ") && text.contains("…") && !text.contains("Zx9Kq2"), "\(text)")
      }
    }
  }

  /// Quotes that somebody forgot.
  @Test(arguments: [
    "CREATE ROLE x PASSWORD hunter2", "ALTER ROLE x PASSWORD hunter-2",
    "CREATE ROLE x LOGIN PASSWORD /* that */ hunter2 ;",
    "CREATE USER MAPPING FOR x SERVER s OPTIONS (user 'x', password hunter2)", "ALTER ROLE x PASSWORD hunter2!@#x",
  ])
  func aPasswordWithoutQuotesIsNotShown(statement: String) async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        let error = await #expect(throws: PostgresError.self) { try await connection.query(statement) }
        let text = try #require(error).description + Secrets.hidden(inStatement: statement)
        #expect(text.contains("syntax error") && !text.contains("hunter") && text.contains("…"), "\(text)")
      }
    }
  }

  /// Others are: they tell what is wrong.
  @Test func aRowWithoutASecretIsShown() async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await connection.execute("CREATE TABLE plain (id int PRIMARY KEY); INSERT INTO plain VALUES (1)")
        let error = await #expect(throws: PostgresError.self) {
          try await connection.query("INSERT INTO plain VALUES (1)")
        }
        #expect(error?.detail == "Key (id)=(1) already exists.")
      }
    }
  }
}
