internal import Postgres

/// How a window's partitions are called and where they end, in SQL: the same for whoever makes them.
package enum WindowSQL {
  /// What the names of a table's partitions begin with: its name, as far as there is room for what follows. Tables whose
  /// long names begin alike have partitions of other names.
  package static func stem(of table: String) -> String {
    let room = MadeUpName.limit - "_2026_01_01".utf8.count - 1
    guard table.utf8.count > room else { return table }
    let digest = "_\(Digest(of: table).short.prefix(8))"
    return MadeUpName.prefix(table, bytes: room - digest.utf8.count) + digest
  }

  /// What follows the table's name in that of a partition, for `to_char`.
  ///
  /// - Parameter unit: `day`, `week`, `month` or `year`.
  package static func suffix(_ unit: String) -> String {
    switch unit {
    case "day": "_YYYY_MM_DD"
    case "week": #"_IYYY_"w"IW"#
    case "year": "_YYYY"
    default: "_YYYY_MM"
    }
  }

  /// A local time as a text of the key's type.
  ///
  /// - Parameters:
  ///   - type: the key's type, as PostgreSQL prints it.
  ///   - zone: the window's time zone, as SQL.
  package static func bound(_ moment: String, _ type: String, _ zone: String) -> String {
    switch type {
    case "date": "\(moment)::date::text"
    case "timestamp without time zone": "\(moment)::text"
    // The smallest identifier of version 7 (RFC 9562) with this time.
    case "uuid":
      "pg_catalog.overlay(pg_catalog.lpad(pg_catalog.to_hex((extract(epoch FROM \(moment) AT TIME ZONE \(zone)) * 1000)"
        + "::bigint), 12, '0'), '-', 9, 0) || '-0000-0000-000000000000'"
    default: "(\(moment) AT TIME ZONE \(zone))::text"
    }
  }
}
