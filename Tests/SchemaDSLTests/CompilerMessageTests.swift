import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Small wrong files, and the first line of what the compiler says: if it compiles, the references hold.
@Suite(.serialized) struct CompilerMessageTests {
  private static let prelude = """
    import SchemaDSL
    struct Rooms: Table {
      static let name = RelationName("rooms", in: .public)
      let id = Column("id", .uuid, default: .randomUUID)
      let title = Column("title", .text)
      var body: TableBody { PrimaryKey(id) }
    }

    """

  private func firstError(_ source: String) async throws -> String? {
    let file = "/tmp/dbtool-compile-\(UInt64.random(in: 0...UInt64.max)).swift"
    try (Self.prelude + source).write(toFile: file, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let outcome = try await GeneratedTool.swiftc(["-typecheck", file])
    let line = outcome.output.split(separator: "\n").first { $0.contains("error: ") }
    return line.map { String($0[($0.ranges(of: "error: ").first?.upperBound ?? $0.startIndex)...]) }
  }

  @Test func theRightFileCompiles() async throws {
    #expect(try await firstError("let database = Database(\"x\") { Rooms.self }") == nil)
  }

  @Test func aTypoInAColumnIsOnItsLine() async throws {
    let error = try await firstError(
      """
      struct Seats: Table {
        static let name = RelationName("seats", in: .public)
        let number = Column("number", .integer)
        var body: TableBody { PrimaryKey(nubmer) }
      }
      """)
    #expect(error?.hasPrefix("cannot find 'nubmer' in scope") == true, "\(error ?? "no error")")
  }

  @Test func aForeignKeyOfAnotherTypeDoesNotCompile() async throws {
    let error = try await firstError(
      """
      struct Seats: Table {
        static let name = RelationName("seats", in: .public)
        let roomID = Column("room_id", .text, references: \\Rooms.id)
        var body: TableBody { PrimaryKey(roomID) }
      }
      """)
    #expect(error != nil)
  }

  @Test func aPartitionKeyHasToBeATime() async throws {
    let error = try await firstError(
      """
      struct Seats: Table {
        static let name = RelationName("seats", in: .public)
        let number = Column("number", .integer)
        var body: TableBody { Partitions(.monthly(), by: number) }
      }
      """)
    #expect(error?.contains("requires that 'Values.Integer' conform to 'PartitionableTime'") == true)
  }

  @Test func aDefaultHasTheColumnsType() async throws {
    let error = try await firstError(
      """
      struct Seats: Table {
        static let name = RelationName("seats", in: .public)
        let number = Column("number", .integer, default: "one")
        var body: TableBody { PrimaryKey(number) }
      }
      """)
    #expect(error != nil)
  }

  @Test func aStringInSQLSaysTheTwoWaysOut() async throws {
    let error = try await firstError(
      """
      let text = "x"
      let sql: SQL = "title = \\(text)"
      """)
    #expect(error?.contains("write \\(literal: …) for a value or \\(raw: …) for SQL text") == true)
  }
}
