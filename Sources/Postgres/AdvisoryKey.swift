/// What dbtool's advisory locks are about (documentation, section 13.3.5 "Advisory Locks").
///
/// A lock about a table has a key of 64 bits of a digest: those that `hashtext` makes collide now and then, and then two
/// tables that have nothing to do with each other wait for each other.
package enum AdvisoryKey: Hashable, Sendable {
  /// Making the schema `dbtool`.
  case history
  /// What changes a database as a whole: an apply, seeds, a repair, the retirement of partitions.
  case change
  /// Making partitions of a table, by dbtool or by the functions that it leaves in the database.
  ///
  /// - Parameter table: as SQL names it.
  case partitions(of: String)
  /// Dividing a default partition.
  ///
  /// - Parameter replica: the table into which it is divided, as SQL names it.
  case division(into: String)
  /// Making a database anew; taken in another database of its server, because it is dropped.
  ///
  /// - Parameter name: the database's name.
  case replacement(of: String)

  /// The first of two numbers: "dbt" in ASCII.
  package static let space: UInt32 = 0x64_6274

  /// As `pg_advisory_xact_lock` takes it.
  package var arguments: String {
    switch self {
    case .history: "\(Self.space), 1"
    case .change: "\(Self.space), 2"
    case .partitions(let table): "\(Self.number("partitions of \(table)"))"
    case .division(let replica): "\(Self.number("division into \(replica)"))"
    case .replacement(let name): "\(Self.number("replacement of \(name)"))"
    }
  }

  /// The condition by which its row in `pg_locks l` is found (documentation, section 54.12 "pg_locks").
  package var condition: String {
    let (first, second, kind): (UInt32, UInt32, Int) =
      switch self {
      case .history: (Self.space, 1, 2)
      case .change: (Self.space, 2, 2)
      case .partitions(let table): Self.halves("partitions of \(table)")
      case .division(let replica): Self.halves("division into \(replica)")
      case .replacement(let name): Self.halves("replacement of \(name)")
      }
    return """
      l.locktype = 'advisory' AND l.classid = '\(first)'::pg_catalog.oid AND l.objid = '\(second)'::pg_catalog.oid \
      AND l.objsubid = \(kind) AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d \
      WHERE d.datname = pg_catalog.current_database())
      """
  }

  private static func number(_ text: String) -> Int64 {
    Int64(bitPattern: Digest(of: "dbtool \(text)").bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private static func halves(_ text: String) -> (UInt32, UInt32, Int) {
    let number = UInt64(bitPattern: number(text))
    return (UInt32(truncatingIfNeeded: number >> 32), UInt32(truncatingIfNeeded: number), 1)
  }
}
