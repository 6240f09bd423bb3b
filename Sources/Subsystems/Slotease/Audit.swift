internal import Hosting
public import SchemaDSL

extension Slotease {
  /// Every change of every tenant's data.
  public struct AuditLog: Table {
    public static let name = RelationName("audit_log", in: .slotease)

    let id = Column("id", .bigint, identity: .always)
    let tableName = Column("table_name", .text)
    let rowID = Column("row_id", .text, null: true)
    let action = Column("action", .enum(AuditAction.self))
    let organizationID = Column("organization_id", .uuid, null: true)
    let subjectID = Column("subject_id", .uuid, null: true, comment: "The profile of the person whom the row is about.")
    let subjectUserID = Column("subject_user_id", .uuid, null: true, comment: "Their login, in rows that know it only.")
      .personal(.identity)
    let actorID = Column("actor_id", .uuid, null: true, comment: "The login of who did it; NULL for programs.")
      .personal(.identity)
    let actorRole = Column("actor_role", .text)
    let changes = Column(
      "changes", .jsonb, comment: "The row; of an update, what each changed column was and became."
    ).personal(.content)
    let happenedAt = Column("happened_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Audit log, a partition a month; written by triggers alone.")
      PrimaryKey(id, happenedAt)
      Partitions(.monthly(ahead: 3, keep: 24, retirement: .stay), by: happenedAt)
      Index("audit_log_row_idx", on: tableName, rowID, happenedAt, comment: "A row's history.")
      Index(
        "audit_log_organization_id_idx", on: organizationID, happenedAt, comment: "What happened at an organisation.")
      Index(
        "audit_log_subject_id_idx", on: subjectID, where: "\(subjectID) IS NOT NULL",
        comment: "A person's data; forgetting.")
      Index(
        "audit_log_subject_user_id_idx", on: subjectUserID, where: "\(subjectUserID) IS NOT NULL",
        comment: "Forgetting.")
      Index(
        "audit_log_actor_id_idx", on: actorID, where: "\(actorID) IS NOT NULL",
        comment: "What somebody did; forgetting.")
      Hosting.secured()
      Policy(
        "admin_read", for: .select, to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation reads what happened there; nobody writes it by hand.")
      Grant(.select, to: .authenticated)
      Access(.admin, own: .select)
    }
  }

  /// Keeps a table's changes in the audit log; of updates those of some columns, if they are named.
  static func audited(
    _ table: RelationName, updatesOf columns: [any AnyColumnValue] = [], file: StaticString = #fileID,
    line: Int = #line
  ) -> Trigger {
    Trigger(
      "\(table.name)_audit", .after, .insert, columns.isEmpty ? .update : .updateOf(columns), .delete, call: audit,
      [table.name], comment: "Keeps changes in audit_log.", file: file, line: line)
  }

  static let audit = Function(
    "audit_change", in: .slotease, returns: .trigger, security: .definer,
    settings: ["search_path": "slotease, pg_temp"], execute: [],
    comment: """
      Keeps a change in audit_log. Its argument is the table's name: in a trigger of a partition TG_TABLE_NAME is the \
      partition's.
      """,
    body: .file(PackageResources.audit_change_sql, "Slotease/SQL/audit_change.sql"))
}
