internal import Hosting
public import SchemaDSL

extension Growth {
  /// Every change but those of events and steps, which are records of what happened themselves.
  public struct AuditTrail: Table {
    public static let name = RelationName("audit_trail", in: .analytics)

    let id = Column("id", .bigint, identity: .always)
    let tableName = Column("table_name", .text, comment: "With its schema.")
    let rowID = Column("row_id", .text, null: true)
    let action = Column("action", .enum(AuditAction.self))
    let actor = Column("actor", .text, null: true, comment: "The login or address of who did it; NULL for programs.")
      .personal(.identity)
    let actorRole = Column("actor_role", .text)
    let changes = Column(
      "changes", .jsonb, comment: "The row; of an update, what each changed column was and became."
    ).personal(.content)
    let happenedAt = Column("happened_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Audit trail, a partition a month; written by triggers alone.")
      PrimaryKey(id, happenedAt)
      Partitions(.monthly(ahead: 3, keep: 12, retirement: .stay), by: happenedAt)
      Index("audit_trail_row_idx", on: tableName, rowID, happenedAt, comment: "A row's history; forgetting.")
      Index(
        "audit_trail_actor_idx", on: actor, happenedAt, where: "\(actor) IS NOT NULL",
        comment: "What somebody did; forgetting.")
      Index("audit_trail_happened_at_idx", on: happenedAt, using: .brin, comment: "What happened on a day.")
      Hosting.secured()
      Policy(
        "admin_read", for: .select, to: .authenticated, using: asksAsAdmin,
        comment: "Who runs the platform reads what happened; nobody writes it by hand.")
      Grant(.select, to: .authenticated)
      Access(.admin, own: .select, other: .select)
    }
  }

  /// Keeps a table's changes in the audit trail.
  static func audited(_ table: RelationName, file: StaticString = #fileID, line: Int = #line) -> Trigger {
    Trigger(
      "\(table.name)_audit", .after, .insert, .update, .delete, call: auditChange,
      ["\(table.schema.name).\(table.name)"], comment: "Keeps changes in analytics.audit_trail.", file: file, line: line
    )
  }

  static let auditChange = Function(
    "audit_change", in: .analytics, returns: .trigger, security: .definer,
    settings: ["search_path": "analytics, pg_temp"], execute: [],
    comment: """
      Keeps a change in audit_trail. Its argument is the table's name. Of an access token it keeps a digest, which tells \
      that it changed.
      """,
    body: .inline(
      """
      DECLARE
        v_old jsonb := to_jsonb(OLD) - 'search';
        v_new jsonb := to_jsonb(NEW) - 'search';
        v_changes jsonb;
      BEGIN
        IF v_old ->> 'access_token' IS NOT NULL THEN
          v_old := v_old || jsonb_build_object('access_token', encode(sha256((v_old ->> 'access_token')::bytea), 'hex'));
        END IF;
        IF v_new ->> 'access_token' IS NOT NULL THEN
          v_new := v_new || jsonb_build_object('access_token', encode(sha256((v_new ->> 'access_token')::bytea), 'hex'));
        END IF;
        v_changes := public.row_changes(v_old, v_new);
        IF v_changes IS NOT NULL THEN
          INSERT INTO audit_trail (table_name, row_id, action, actor, actor_role, changes)
          VALUES (TG_ARGV[0], coalesce(to_jsonb(OLD), to_jsonb(NEW)) ->> 'id', lower(TG_OP)::audit_action,
                  coalesce(auth.uid()::text, marketing.visitor_email()), current_setting('role'), v_changes);
        END IF;
        RETURN NULL;
      END
      """))
}
