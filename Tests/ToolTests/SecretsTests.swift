import Testing

@testable import DatabaseTool

@Suite struct SecretsTests {
  @Test(arguments: [
    ("postgres://me:hunter2@h/db", "postgres://me:xxxxxxx@h/db"),
    ("postgres://me:a@b@h/db?x=1", "postgres://me:xxx@h/db?x=1"),
    ("postgres://h/db?password=hunter2&x=1", "postgres://h/db?password=xxxxxxx&x=1"),
    ("host=h password=hunter2 dbname=x", "host=h password=xxxxxxx dbname=x"),
    ("host=h password = hunter2 dbname=x", "host=h password = xxxxxxx dbname=x"),
    ("password='two words' host=h", "password='xxxxxxxxx' host=h"),
    (#"password='it\'s one' host=h"#, "password='xxxxxxxxx' host=h"),
    (#"password=a\ b host=h"#, "password=xxxx host=h"),
    ("the password is asked for", "the password is asked for"),
    ("postgres://h:5432/db", "postgres://h:5432/db"),
    ("postgres://a:b@h/x and postgres://c:d@h/y", "postgres://a:x@h/x and postgres://c:x@h/y"),
  ])
  func passwordsAreHidden(text: String, expected: String) {
    #expect(Secrets.hidden(in: text) == expected)
  }
}
