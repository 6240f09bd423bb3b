internal import Hosting
public import SchemaDSL

extension Slotease {
  /// What people are told.
  public struct Notifications: Table {
    public static let name = RelationName("notifications", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID)
    let profileID = Column("profile_id", .uuid, references: \UserProfiles.id, onDelete: .cascade)
    let organizationID = Column(
      "organization_id", .uuid, null: true, references: \Organizations.id, onDelete: .cascade,
      comment: "Whom it is about; NULL for the platform's own.")
    let channel = Column("channel", .enum(NotificationChannel.self), default: .case(.app))
    let kind = Column("kind", .text, comment: "appointment_scheduled, appointment_cancelled, queue_called, …")
    let payload = Column("payload", .jsonb, default: "{}").personal(.content)
    let status = Column("status", .enum(NotificationStatus.self), default: .case(.pending))
    let attempts = Column("attempts", .smallint, default: 0)
    let dueAt = Column("due_at", .timestamptz, default: .now)
    let sentAt = Column("sent_at", .timestamptz, null: true)
    let readAt = Column("read_at", .timestamptz, null: true).personal(.behaviour)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Notifications of all channels, a partition a month.")
      PrimaryKey(id, createdAt)
      Partitions(.monthly(ahead: 3, keep: 12, retirement: .stay), by: createdAt)
      Index("notifications_profile_id_idx", on: profileID, createdAt.descending, comment: "What I was told; policies.")
      Index(
        "notifications_unread_idx", on: profileID, where: "\(readAt) IS NULL AND \(channel) = 'app'",
        comment: "The number at the bell.")
      Index(
        "notifications_due_idx", on: dueAt, where: "\(status) = \(NotificationStatus.pending)",
        comment: "What is to be sent next.")
      Index(
        "notifications_organization_id_idx", on: organizationID, where: "\(organizationID) IS NOT NULL",
        comment: "The foreign key.")
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Slotease.isMe("\(profileID)"),
        comment: "People see what they are told.")
      Policy(
        "own_update", for: .update, to: .authenticated, using: Slotease.isMe("\(profileID)"),
        comment: "People mark as read what they were told.")
      Grant(.select, to: .authenticated)
      Grant(.update, on: [readAt], to: .authenticated)
      Access(.customer, own: [.select, .update])
    }
  }

  static let tellOfAppointment = Function(
    "tell_of_appointment", in: .slotease, returns: .trigger, security: .definer,
    settings: ["search_path": "slotease, pg_temp"], execute: [],
    comment: """
      Tells the customer of an appointment's new state or time, and everybody who listens on slotease_appointments.
      """,
    body: .file(PackageResources.tell_of_appointment_sql, "Slotease/SQL/tell_of_appointment.sql"))

  static let notifyUser = Function(
    "notify_user", in: .slotease,
    [
      .init("p_profile_id", .uuid), .init("p_kind", .text), .init("p_payload", .jsonb, default: "'{}'"),
      .init("p_organization_id", .uuid, default: "NULL"),
    ],
    returns: .type(.bigint), language: .sql, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: """
      Tells somebody something in the application, and by the channels that their preferences name; says by how many.
      """,
    body: .inline(
      """
      WITH told AS (
        INSERT INTO notifications (profile_id, organization_id, channel, kind, payload, status, sent_at)
        SELECT p.id, p_organization_id, c.channel, p_kind, p_payload,
               CASE c.channel WHEN 'app' THEN 'sent' ELSE 'pending' END::notification_status,
               CASE c.channel WHEN 'app' THEN now() END
          FROM user_profiles p
         CROSS JOIN unnest(enum_range(NULL::notification_channel)) AS c (channel)
         WHERE p.id = p_profile_id AND p.anonymized_at IS NULL
           AND (c.channel = 'app' OR p.preferences -> 'channels' ? c.channel::text)
        RETURNING 1)
      SELECT count(*) FROM told
      """))

  static let claimNotifications = Function(
    "claim_notifications", in: .slotease, [.init("p_limit", .integer, default: "100")],
    returns: .rows(of: Notifications.self), language: .sql, settings: ["search_path": "slotease, pg_temp"],
    execute: [.serviceRole],
    comment:
      "Takes notifications that are due, each for one caller; one that is not reported as sent comes again, later.",
    body: .inline(
      """
      UPDATE notifications o
         SET attempts = o.attempts + 1, due_at = now() + interval '1 minute' * power(2, least(o.attempts, 8))
        FROM (SELECT n.id, n.created_at FROM notifications n
               WHERE n.status = 'pending' AND n.due_at <= now()
               ORDER BY n.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
       WHERE o.id = due.id AND o.created_at = due.created_at
      RETURNING o.*
      """))

  static let finishNotification = Function(
    "finish_notification", in: .slotease,
    [.init("p_id", .uuid), .init("p_created_at", .timestamptz), .init("p_succeeded", .boolean)],
    returns: .type(.boolean), language: .sql, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: "Notes that a notification was sent, or was not; after ten attempts it has failed.",
    body: .inline(
      """
      WITH finished AS (
        UPDATE notifications n
           SET status = CASE WHEN p_succeeded THEN 'sent' WHEN n.attempts >= 10 THEN 'failed' ELSE 'pending' END::notification_status,
               sent_at = CASE WHEN p_succeeded THEN now() END
         WHERE n.id = p_id AND n.created_at = p_created_at AND n.status = 'pending'
        RETURNING 1)
      SELECT EXISTS (SELECT FROM finished)
      """))
}
