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
  /// `pg_language`, except those of extensions.
  case language
  /// `pg_collation`.
  case collation
  /// `pg_type` with `pg_enum`.
  case enumType = "enum"
  /// `pg_type`: the name of a base type or of a range with a canonical function, before the functions that it needs.
  case shellType = "shell_type"
  /// `pg_type`: base types.
  case baseType = "base_type"
  /// `pg_range` with its `pg_type`.
  case rangeType = "range"
  /// `pg_type`: domains.
  case domain
  /// `pg_constraint` of a domain.
  case domainConstraint = "domain_constraint"
  /// `pg_type` with the `pg_class` of a stand-alone composite type.
  case compositeType = "composite_type"
  /// `pg_sequence`, except those of identity columns.
  case sequence
  /// `pg_proc`: functions, procedures, aggregates and window functions.
  case function
  /// `pg_operator`.
  case `operator`
  /// `pg_am`.
  case accessMethod = "access_method"
  /// `pg_opfamily` with the members of `pg_amop` and `pg_amproc` that belong to no class.
  case operatorFamily = "operator_family"
  /// `pg_opclass` with its members.
  case operatorClass = "operator_class"
  /// `pg_cast`.
  case cast
  /// `pg_transform`.
  case transform
  /// `pg_conversion`.
  case conversion
  /// `pg_ts_parser`.
  case textSearchParser = "text_search_parser"
  /// `pg_ts_template`.
  case textSearchTemplate = "text_search_template"
  /// `pg_ts_dict`.
  case textSearchDictionary = "text_search_dictionary"
  /// `pg_ts_config` with `pg_ts_config_map`.
  case textSearchConfiguration = "text_search_configuration"
  /// `pg_foreign_data_wrapper`.
  case foreignDataWrapper = "foreign_data_wrapper"
  /// `pg_foreign_server`.
  case foreignServer = "foreign_server"
  /// `pg_user_mapping`.
  case userMapping = "user_mapping"
  /// `pg_class`: tables, partitioned tables and partitions.
  case table
  /// `pg_foreign_table` with its `pg_class`.
  case foreignTable = "foreign_table"
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
  /// `pg_statistic_ext`.
  case statistics
  /// `pg_rewrite`, except what makes a view a view.
  case rule
  /// SQL with declared creates and drops. Declared only.
  case raw
  /// `pg_trigger`.
  case trigger
  /// `pg_trigger` of a partition: whether it fires, where the parent's says otherwise.
  case triggerState = "trigger_state"
  /// `pg_policy`.
  case policy
  /// `pg_event_trigger`.
  case eventTrigger = "event_trigger"
  /// `pg_publication`.
  case publication
  /// `pg_publication_rel`.
  case publicationTable = "publication_table"
  /// `pg_publication_namespace`.
  case publicationSchema = "publication_schema"
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

  /// Whether it has columns that are facts.
  package var isTable: Bool { self == .table || self == .foreignTable }

  /// Whether it is a type of its own.
  package var isType: Bool {
    [.enumType, .baseType, .rangeType, .domain, .compositeType].contains(self)
  }

  /// What a person calls it.
  package var title: String { rawValue.replacing("_", with: " ") }
}
