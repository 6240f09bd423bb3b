import Catalog
import Migrations
import Planning
import Postgres
import TestSupport
import Testing

/// Names that dbtool makes up: short enough, whole, free, distinct, and the same tomorrow.
@Suite struct FreeNamesTests {
  /// A generator that gives the same numbers for the same seed.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  private static let alphabet = Array("ab_é漢😀")

  /// Names that begin alike, of all lengths, and those that look like stand-ins.
  private static func names(_ count: Int, _ random: inout Seeded) -> [String] {
    var names: [String] = []
    while names.count < count {
      let stem = String(
        repeating: Self.alphabet[Int.random(in: 0..<6, using: &random)], count: Int.random(in: 1...64, using: &random))
      let end = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        Self.alphabet[Int.random(in: 0..<6, using: &random)]
      }
      let label = ["", "_new", "_old", "_new_new", "_convert", "_not_null_check", "_converted"][
        Int.random(in: 0..<7, using: &random)]
      let name = MadeUpName.prefix(stem, bytes: 63 - label.utf8.count - String(end).utf8.count) + String(end) + label
      if !name.isEmpty, !names.contains(name) { names.append(name) }
    }
    return names
  }

  @Test(arguments: 1...20)
  func madeUpNamesAreFreeAndDistinct(seed: Int) {
    var random = Seeded(state: UInt64(seed) &* 7919)
    let tables = Self.names(12, &random)
    var facts: [Fact] = []
    var columns: [FactID] = []
    for table in tables {
      let id = FactID(.table, schema: "s", name: table)
      facts.append(Fact(id))
      for member in Self.names(12, &random) {
        let column = FactID(.column, schema: "s", name: table, member: member)
        columns.append(column)
        facts.append(Fact(column, parent: id, [.type: .text("text")]))
        facts.append(Fact(FactID(.trigger, schema: "s", name: table, member: "~" + member), parent: id, [:]))
        facts.append(
          Fact(FactID(.constraint, schema: "s", name: table, member: member), parent: id, [.type: .text("c")]))
      }
    }
    let indexes = Self.names(60, &random).filter { !tables.contains($0) }.map { FactID(.index, schema: "s", name: $0) }
    facts += indexes.map { Fact($0) }
    for name in Self.names(20, &random) { facts.append(Fact(FactID(.function, schema: "s", name: name))) }
    // What only one of the states has is in the way as well.
    var (a, b, c) = (Catalog(), Catalog(), Catalog())
    for (place, fact) in facts.enumerated() { if place % 2 == 0 { a.insert(fact) } else { b.insert(fact) } }
    for fact in facts.reversed() { c.insert(fact) }
    let (free, again) = (FreeNames(a, b), FreeNames(c))

    var made: [String: Set<String>] = [:]
    func check(_ namespace: String, _ name: String, _ same: String, taken: Set<String>) {
      #expect(name == same, "it depends on the order")
      #expect(name.utf8.count <= 63 && !name.unicodeScalars.contains("\u{FFFD}"), "\(name)")
      #expect(!taken.contains(name), "\(name) is there already")
      #expect(made[namespace, default: []].insert(name).inserted, "\(name) comes twice in \(namespace)")
    }
    let relations = Set(facts.filter { [.table, .index].contains($0.id.kind) }.map(\.id.name))
    let functions = Set(facts.filter { $0.id.kind == .function }.map(\.id.name))
    for id in indexes + facts.filter({ $0.id.kind == .table }).map(\.id) {
      for label in ["new", "old"] {
        check(
          "relation", free.relation(id.name, label, in: "s"), again.relation(id.name, label, in: "s"), taken: relations)
      }
    }
    for column in columns {
      let own = Set(facts.filter { $0.id.name == column.name && $0.id.kind == .column }.map(\.id.member))
      let others = Set(facts.filter { $0.id.name == column.name && $0.id.kind == .constraint }.map(\.id.member))
      let triggers = Set(facts.filter { $0.id.name == column.name && $0.id.kind == .trigger }.map(\.id.member))
      for label in ["new", "old"] {
        check("columns of \(column.name)", free.column(column, label), again.column(column, label), taken: own)
      }
      for label in ["converted", "not_null_check"] {
        check(
          "constraints of \(column.name)", free.constraint(column, label), again.constraint(column, label),
          taken: others)
      }
      let table = FactID(.table, schema: "s", name: column.name)
      check(
        "triggers of \(column.name)", free.trigger(column.member, "convert", of: table),
        again.trigger(column.member, "convert", of: table), taken: triggers)
      check("function", free.function(column, "convert"), again.function(column, "convert"), taken: functions)
    }
  }

  @Test func aTableAndItsColumnMaySoundLikeAnother() {
    var catalog = Catalog()
    let columns = [("a_b", "c"), ("a", "b_c"), ("a", "d")].map { FactID(.column, schema: "s", name: $0, member: $1) }
    for id in columns { catalog.insert(Fact(id)) }
    let names = columns.map { FreeNames(catalog).function($0, "convert") }
    #expect(Set(names).count == 3)
    #expect(names[2] == "a_d_convert")
  }

  /// PostgreSQL keeps a made-up name as it is.
  @Test func postgreSQLCutsNoneOfThem() async throws {
    var random = Seeded(state: 42)
    let names = Self.names(200, &random)
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        for name in names {
          let made = MadeUpName(name, label: "new").text
          let kept = try await connection.query("SELECT $1::name::text", [made])[0].string(0)
          #expect(kept == made)
        }
      }
    }
  }

  @Test func partitionsOfTablesThatBeginAlikeHaveNamesOfTheirOwn() {
    let long = String(repeating: "é", count: 25)
    #expect(WindowSQL.stem(of: long + "x") == long + "x")
    let stems = ["a", "b"].map { WindowSQL.stem(of: long + "éé" + $0) }
    #expect(stems[0] != stems[1])
    #expect(stems.allSatisfy { $0.utf8.count <= 51 && $0.hasPrefix(String(repeating: "é", count: 20)) })
  }
}
