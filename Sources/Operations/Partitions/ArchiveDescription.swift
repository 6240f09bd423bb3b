internal import FoundationEssentials
internal import Postgres

/// What is known of an archived partition: enough to make its table again, and to see whether its rows are all there.
///
/// It is written beside the rows, as JSON. Whoever reads it has to take it for hostile: nothing of it is run as SQL.
package struct ArchiveDescription: Codable, Sendable, Equatable {
  /// A column with the values that the rows have.
  package struct Column: Codable, Sendable, Equatable {
    package var name: String
    /// As PostgreSQL prints it, for example `numeric(10,2)`.
    package var type: String
    /// Without its modifier, for example `numeric`.
    package var baseType: String
    /// The modifier as PostgreSQL keeps it; -1 for none.
    package var modifier: Int
    package var isNotNull: Bool
    /// Schema and name; nil for the type's own.
    package var collation: [String]?
    /// An expression, to be read by people.
    package var defaultExpression: String?
    /// `ALWAYS` or `BY DEFAULT`.
    package var identity: String?
  }

  /// A column that PostgreSQL computes; the rows do not have it.
  package struct GeneratedColumn: Codable, Sendable, Equatable {
    package var name: String
    package var type: String
    package var expression: String
  }

  package struct Server: Codable, Sendable, Equatable {
    package var version: String
    /// What `initdb` has given to its cluster; nil where the role may not see it.
    package var system: String?
    package var database: String
    package var databaseOID: Int
    /// The database's encoding; the rows are in UTF-8.
    package var encoding: String
  }

  /// What the rest means.
  package static let format = "dbtool partition archive"
  package static let version = 2

  package var format = Self.format
  package var version = Self.version
  package var server: Server
  package var schema: String
  package var partition: String
  package var oid: Int
  package var parentSchema: String
  package var parent: String
  /// For example `RANGE (at)`.
  package var partitionKey: String
  /// For example `FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`.
  package var bound: String
  /// When its retirement began and when this was written, in UTC.
  package var retiredAt: String
  package var writtenAt: String
  package var columns: [Column]
  package var generatedColumns: [GeneratedColumn]
  /// Constraints and indexes, to be read by people.
  package var constraints: [String]
  package var indexes: [String]
  package var rows: Int
  package var bytes: Int
  /// Of the rows' file.
  package var sha256: String

  /// More than the widest table needs.
  static let limit = 16 << 20

  /// The partition, as SQL names it.
  package var name: String { Quote.qualified(schema, partition) }
  package var parentName: String { Quote.qualified(parentSchema, parent) }

  /// `(a, "B")`: the columns of the rows' file.
  var columnList: String { "(" + columns.map { Quote.identifier($0.name) }.joined(separator: ", ") + ")" }

  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// - Throws: `ArchiveError.unreadable`.
  init(decoding bytes: [UInt8], from path: String) throws {
    struct Head: Decodable {
      var format: String?
      var version: Int?
    }
    let decoder = JSONDecoder()
    guard let head = try? decoder.decode(Head.self, from: Data(bytes)) else {
      throw ArchiveError.unreadable(path, "it is no JSON object")
    }
    guard head.format == Self.format, let version = head.version else {
      throw ArchiveError.unreadable(path, "it does not say that it is one")
    }
    guard version == Self.version else {
      throw ArchiveError.unreadable(
        path, "its format is version \(version), and this dbtool reads version \(Self.version)")
    }
    do { self = try decoder.decode(Self.self, from: Data(bytes)) } catch {
      throw ArchiveError.unreadable(path, "\(error)")
    }
  }

  init(
    server: Server, schema: String, partition: String, oid: Int, parentSchema: String, parent: String,
    partitionKey: String, bound: String, retiredAt: String, writtenAt: String, columns: [Column],
    generatedColumns: [GeneratedColumn], constraints: [String], indexes: [String]
  ) {
    self.server = server
    self.schema = schema
    self.partition = partition
    self.oid = oid
    self.parentSchema = parentSchema
    self.parent = parent
    self.partitionKey = partitionKey
    self.bound = bound
    self.retiredAt = retiredAt
    self.writtenAt = writtenAt
    self.columns = columns
    self.generatedColumns = generatedColumns
    self.constraints = constraints
    self.indexes = indexes
    rows = 0
    bytes = 0
    sha256 = ""
  }

  // MARK: Its files

  /// A name for its files that no other partition's have, on any server, and that file systems of every kind take.
  ///
  /// What tells partitions apart is in the digest: names may differ in case alone, or in characters that files cannot have.
  var fileName: String {
    let identity = [
      server.system ?? "", server.database, "\(server.databaseOID)", schema, partition, "\(oid)", parentSchema, parent,
      bound, retiredAt,
    ]
    // Lengths, so that no two lists are the same text.
    let digest = Digest(of: identity.map { "\($0.utf8.count):\($0)" }.joined())
    let time = retiredAt.filter { $0.isNumber }.prefix(14)
    let words = [(server.database, 40), (schema, 40), (partition, 63)].map { Self.safe($0, $1) }
    return (words + [String(time), digest.short]).joined(separator: ".")
  }

  /// Letters, digits, `_` and `-`; everything else is a `_`.
  private static func safe(_ name: String, _ limit: Int) -> String {
    let bytes = name.utf8.prefix(limit).map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        byte
      default: UInt8(ascii: "_")
      }
    }
    return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
  }
}

/// The names of an archive's two files.
package struct ArchiveName: Hashable, Sendable {
  let base: String
  package var rows: String { base + ".copy" }
  package var description: String { base + ".copy.json" }
  /// While they are being written.
  var partialRows: String { rows + Self.partial }
  var partialDescription: String { description + Self.partial }

  private static let partial = ".partial"

  /// - Parameter attempt: counted from 1: another archive of the same partition, in which it had other rows.
  init(_ description: ArchiveDescription, attempt: Int) {
    base = description.fileName + (attempt == 1 ? "" : "-\(attempt)")
  }

  /// - Parameter file: the name of either file.
  /// - Returns: nil for the name of another kind of file.
  package init?(of file: String) {
    guard let suffix = [".copy.json", ".copy"].first(where: { file.hasSuffix($0) }), file.count > suffix.count else {
      return nil
    }
    base = String(file.dropLast(suffix.count))
  }

  /// Whether a file is what an interrupted attempt has left of this partition's archives.
  static func isRemainder(_ file: String, of description: ArchiveDescription) -> Bool {
    file.hasPrefix(description.fileName) && file.hasSuffix(partial)
  }
}
