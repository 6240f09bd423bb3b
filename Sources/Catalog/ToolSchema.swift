/// Schemas of dbtool's own, which are no part of a database's.
package enum ToolSchema {
  /// History, batches, retired partitions.
  package static let history = "dbtool"
  /// Where a table is made that is to take another's place.
  package static let prepared = "dbtool_new"
  /// Where the other goes.
  package static let replaced = "dbtool_old"
}
