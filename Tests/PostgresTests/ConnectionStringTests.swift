import Postgres
import Testing

@Suite struct ConnectionStringTests {
  @Test(arguments: [
    ("host=h dbname=d", "dbname=d host=h"), ("dbname=d password=hunter2 host=h", "dbname=d host=h"),
    ("postgres://u:hunter2@h:5433/d?sslmode=require", "user=u dbname=d host=h port=5433 sslmode=require"),
    ("host=h sslpassword=hunter2 sslkey=/k passfile=/p", "passfile=/p host=h sslkey=/k"),
    ("dbname='a b\\'' host=h", "dbname='a b\\'' host=h"), ("this is none", nil),
  ])
  func oneTextIsLeftWithoutTheSecrets(_ text: String, _ expected: String?) {
    #expect(ConnectionString.withoutSecrets(text) == expected)
  }
}
