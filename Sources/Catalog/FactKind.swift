/// What a fact is about. Mirrors the object classes of PostgreSQL's catalogs, with everything that can be addressed on
/// its own (a default, a grant, a comment) as a kind of its own.
///
/// The order is the order in which people read a schema; ties between independent steps are broken by it.
package enum FactKind: String, Sendable, Hashable, CaseIterable {
  /// SQL that stands in for what belongs to somebody else (a hosting platform's schemas). Declared only.
  case external
  /// `pg_authid`, `pg_auth_members`.
  case role
  /// `pg_namespace`.
  case schema
  /// `pg_extension`.
  case `extension`
  /// `pg_type` with `pg_enum`.
  case enumType = "enum"
  /// `pg_sequence`, except those of identity columns.
  case sequence
  /// `pg_proc`: functions and procedures.
  case function
  /// `pg_class`: tables, partitioned tables and partitions.
  case table
  /// `pg_attribute`.
  case column
  /// `pg_attrdef`, except generated columns.
  case columnDefault = "default"
  /// `pg_depend`: the column that a sequence belongs to.
  case sequenceOwner = "sequence_owner"
  /// `pg_constraint`.
  case constraint
  /// `pg_index`, except those of constraints.
  case index
  /// `pg_rewrite`: views.
  case view
  /// `pg_rewrite`: materialized views.
  case materializedView = "materialized_view"
  /// SQL with declared creates and drops. Declared only.
  case raw
  /// `pg_trigger`.
  case trigger
  /// `pg_policy`.
  case policy
  /// The desired window of time-ranged partitions. Declared only.
  case partitionWindow = "partition_window"
  /// An owner that is not the database's.
  case owner
  /// What one role may do to one object, where it differs from PostgreSQL's default.
  case grant
  /// `pg_default_acl`.
  case defaultPrivilege = "default_privilege"
  /// `pg_description`.
  case comment
  /// `cron.job` of the extension pg_cron.
  case cronJob = "cron_job"

  /// Position in the declared order.
  package var rank: Int { Self.ranks[self] ?? Self.allCases.count }
  private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

  /// Facts that no server holds: they exist in declarations and in the lock only.
  package var isDeclaredOnly: Bool { self == .external || self == .raw || self == .partitionWindow }

  /// What a person calls it.
  package var title: String {
    switch self {
    case .enumType: "enum"
    case .columnDefault: "default"
    case .sequenceOwner: "sequence owner"
    case .materializedView: "materialized view"
    case .partitionWindow: "partition window"
    case .defaultPrivilege: "default privilege"
    case .cronJob: "cron job"
    default: rawValue
    }
  }
}
