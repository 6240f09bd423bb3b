internal import Escaping

/// What a fact is about. Mirrors the object classes of PostgreSQL's catalogs, with everything that can be addressed on
/// its own (a default, a grant, a comment) as a kind of its own.
///
/// The order is the order in which people read a schema; ties between independent steps are broken by it.
package enum FactKind: UInt8, Sendable, Hashable, CaseIterable {
  /// SQL that stands in for what belongs to somebody else (a hosting platform's schemas). Declared only.
  case external
  /// `pg_authid`, `pg_auth_members`.
  case role
  /// `pg_namespace`.
  case schema
  /// `pg_extension`.
  case `extension`
  /// An extension that is made where the server has it. Declared only.
  case optionalExtension
  /// `pg_language`, except those of extensions.
  case language
  /// `pg_collation`.
  case collation
  /// `pg_type` with `pg_enum`.
  case enumType
  /// `pg_type`: the name of a base type or of a range with a canonical function, before the functions that it needs.
  case shellType
  /// `pg_type`: base types.
  case baseType
  /// `pg_range` with its `pg_type`.
  case rangeType
  /// `pg_type`: domains.
  case domain
  /// `pg_constraint` of a domain.
  case domainConstraint
  /// `pg_type` with the `pg_class` of a stand-alone composite type.
  case compositeType
  /// `pg_sequence`, except those of identity columns.
  case sequence
  /// `pg_proc`: functions, procedures, aggregates and window functions.
  case function
  /// `pg_operator`.
  case `operator`
  /// `pg_am`.
  case accessMethod
  /// `pg_opfamily` with the members of `pg_amop` and `pg_amproc` that belong to no class.
  case operatorFamily
  /// `pg_opclass` with its members.
  case operatorClass
  /// `pg_cast`.
  case cast
  /// `pg_transform`.
  case transform
  /// `pg_conversion`.
  case conversion
  /// `pg_ts_parser`.
  case textSearchParser
  /// `pg_ts_template`.
  case textSearchTemplate
  /// `pg_ts_dict`.
  case textSearchDictionary
  /// `pg_ts_config` with `pg_ts_config_map`.
  case textSearchConfiguration
  /// `pg_foreign_data_wrapper`.
  case foreignDataWrapper
  /// `pg_foreign_server`.
  case foreignServer
  /// `pg_user_mapping`.
  case userMapping
  /// `pg_class`: tables, partitioned tables and partitions.
  case table
  /// `pg_foreign_table` with its `pg_class`.
  case foreignTable
  /// `pg_attribute`.
  case column
  /// `pg_attrdef`, except generated columns.
  case columnDefault
  /// `pg_attribute`: what a table says of a column that is its parent's alone, otherwise than the parent.
  case inheritedColumn
  /// `pg_depend`: the column that a sequence belongs to.
  case sequenceOwner
  /// `pg_constraint`.
  case constraint
  /// `pg_constraint` of a table that has it from its parent: whether it is validated there alone.
  case inheritedConstraint
  /// `pg_index`, except those of constraints.
  case index
  /// `pg_class` of a partition's part of an index, where its name is not the one that PostgreSQL would choose.
  case partitionIndex
  /// `pg_rewrite`: views.
  case view
  /// `pg_rewrite`: materialized views.
  case materializedView
  /// `pg_statistic_ext`.
  case statistics
  /// `pg_rewrite`, except what makes a view a view.
  case rule
  /// SQL with declared creates and drops. Declared only.
  case raw
  /// `pg_trigger`.
  case trigger
  /// `pg_trigger` of a partition: whether it fires, where the parent's says otherwise.
  case triggerState
  /// `pg_policy`.
  case policy
  /// `pg_event_trigger`.
  case eventTrigger
  /// `pg_publication`.
  case publication
  /// `pg_publication_rel`.
  case publicationTable
  /// `pg_publication_namespace`.
  case publicationSchema
  /// `pg_subscription`.
  case subscription
  /// The desired window of time-ranged partitions. Declared only.
  case partitionWindow
  /// What a setting of the server should be. Declared only.
  case serverSetting
  /// An owner that is not the database's.
  case owner
  /// What one role may do to one object, where it differs from PostgreSQL's default.
  case grant
  /// `pg_default_acl`.
  case defaultPrivilege
  /// `pg_description`.
  case comment
  /// `pg_seclabel`: what a label provider knows an object by.
  case securityLabel
  /// `pg_db_role_setting` of this database.
  case setting
  /// `cron.job` of the extension pg_cron.
  case cronJob

  /// Position in the declared order.
  package var rank: Int { Int(rawValue) }

  /// The word for it in `schema.lock` and in JSON.
  package var word: String { Self.words[rank] }
  package init?(word: String) {
    guard let kind = Self.byWord[word] else { return nil }
    self = kind
  }
  private static let words = allCases.map { kind in
    switch kind {
    case .enumType: "enum"
    case .rangeType: "range"
    case .columnDefault: "default"
    default: snakeCase("\(kind)")
    }
  }
  private static let byWord = Dictionary(uniqueKeysWithValues: zip(words, allCases))

  /// Facts that no server holds: they exist in declarations and in the lock only.
  package var isDeclaredOnly: Bool {
    switch self {
    case .external, .optionalExtension, .raw, .partitionWindow, .serverSetting: true
    default: false
    }
  }

  /// Whether it has columns that are facts.
  package var isTable: Bool { self == .table || self == .foreignTable }

  /// Whether it is a type of its own.
  package var isType: Bool {
    switch self {
    case .enumType, .baseType, .rangeType, .domain, .compositeType: true
    default: false
    }
  }

  /// What PostgreSQL lets a role do with one by itself; an empty name is everybody's (section 5.7 "Privileges", table 5.2).
  package func usualPrivileges(of role: String) -> [String] {
    guard role.isEmpty else { return [] }
    return self == .function ? ["EXECUTE"] : isType || self == .language ? ["USAGE"] : []
  }

  /// What a person calls it.
  package var title: String { word.replacingScalar("_", with: " ") }
}

/// `partitionWindow` as `partition_window`.
func snakeCase(_ name: String) -> String {
  name.reduce(into: "") { text, character in
    if character.isUppercase { text += "_" + character.lowercased() } else { text.append(character) }
  }
}
