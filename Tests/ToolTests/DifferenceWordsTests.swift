import Testing

@testable import Catalog
@testable import DatabaseTool

/// What drift and a failed proof say of an attribute.
@Suite struct DifferenceWordsTests {
  private func words(_ key: AttributeKey, _ expected: AttributeValue?, _ actual: AttributeValue?) -> String {
    CatalogDifference.AttributeChange(key: key, expected: expected, actual: actual).inWords
  }

  @Test func aFindingIsASentence() {
    #expect(words(.valid, nil, .flag(false)) == "it should be valid, and is not")
    #expect(words(.enabled, nil, .text("DISABLE")) == "it should be enabled, and is disabled")
    #expect(words(.rowSecurity, .flag(true), nil) == "row security should be on, and is off")
    #expect(words(.notNull, nil, .flag(true)) == "it should not be NOT NULL, and is")
    #expect(
      words(.privileges, .list(["SELECT"]), .list(["SELECT", "INSERT"]))
        == "the privileges should be SELECT, and are SELECT, INSERT")
    #expect(words(.using, nil, .text("true")) == "the USING condition should not be set, and is 'true'")
    #expect(words(.minimum, .integer(1), nil) == "the minimum should be 1, and is not set")
    #expect(
      words(.foreign, .list(["public", "a"]), .list(["public", "b"]))
        == "the table that it refers to should be public.a, and is public.b")
  }

  @Test func noAttributeIsLeftWithoutOne() {
    let values: [AttributeValue?] = [nil, .flag(true), .flag(false), .text("x"), .list(["x"]), .integer(1)]
    for key in AttributeKey.allCases {
      for (expected, actual) in values.flatMap({ value in values.map { (value, $0) } }) where expected != actual {
        let text = words(key, expected, actual)
        #expect(text.contains(" should ") && (text.contains(", and is") || text.contains(", and are")), "\(text)")
        #expect(!text.contains("none") && !text.contains("found"), "\(text)")
      }
    }
  }
}
