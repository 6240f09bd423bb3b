internal import Postgres

extension External {
  /// PostGIS as a hosting platform brings it. It cannot be imitated, so the server that dbtool runs needs it as well: on
  /// Debian the package `postgresql-<major>-postgis-3`.
  ///
  /// - Parameter schema: where its types and functions are; declared SQL names it: `extensions.geometry(Point, 4326)`.
  public static func postGIS(
    in schema: Schema = .public, file: StaticString = #fileID, line: Int = #line
  ) -> External {
    // The extension's own tables, such as spatial_ref_sys, are members of it and so never ours.
    External(
      "postgis", extensions: ["postgis"], file: file, line: line,
      standIn: """
        CREATE SCHEMA IF NOT EXISTS \(Quote.identifier(schema.name));
        CREATE EXTENSION IF NOT EXISTS postgis SCHEMA \(Quote.identifier(schema.name));
        """)
  }
}
