internal import Hosting
public import SchemaDSL

extension Booking {
  /// What payment providers tell: each message once, however often it is sent.
  public struct WebhookEvents: Table {
    public static let name = RelationName("webhook_events", in: .public)

    let id = Column("id", .bigint, identity: .always)
    let provider = Column("provider", .text)
    let externalID = Column("external_id", .text, comment: "The provider's number of the message.")
    let type = Column("type", .text)
    let payload = Column("payload", .jsonb, comment: "As it came; removed after 30 days.").personal(.content)
    let receivedAt = Column("received_at", .timestamptz, default: .now)
    let processedAt = Column("processed_at", .timestamptz, null: true)
    let attempts = Column("attempts", .integer, default: 0)
    let lastError = Column("last_error", .text, null: true)

    public init() {}

    public var body: TableBody {
      Comment("Inbox of webhooks.")
      PrimaryKey(id)
      Unique(provider, externalID, comment: "A provider's message is handled once, however often it is sent.")
      Index("webhook_events_open_idx", on: receivedAt, where: "\(processedAt) IS NULL", comment: "What is to be done.")
      Hosting.secured()
    }
  }

  /// What is to be sent, written with what it tells of: no message without the booking, no booking without the message.
  public struct NotificationsOutbox: Table {
    public static let name = RelationName("notifications_outbox", in: .public)

    let id = Column("id", .bigint, identity: .always)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let customerID = Column("customer_id", .uuid, references: \Customers.id, onDelete: .cascade)
    let channel = Column("channel", .enum(NotificationChannel.self), default: .case(.email))
    let template = Column("template", .text, comment: "booking_confirmed, waitlisted, promoted, cancelled, …")
    let payload = Column("payload", .jsonb, default: "{}").personal(.content)
    let status = Column("status", .enum(DeliveryStatus.self), default: .case(.pending))
    let attempts = Column("attempts", .integer, default: 0)
    let dueAt = Column("due_at", .timestamptz, default: .now)
    let sentAt = Column("sent_at", .timestamptz, null: true)
    let lastError = Column("last_error", .text, null: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Outbox of notifications.")
      PrimaryKey(id)
      Index(
        "notifications_outbox_due_idx", on: dueAt, where: "\(status) = \(DeliveryStatus.pending)",
        comment: "What is to be sent next.")
      Index(
        "notifications_outbox_customer_id_idx", on: customerID, comment: "A person's messages: policies, forgetting.")
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Booking.isMine("\(customerID)"),
        comment: "People see what was sent to them.")
      Grant(.select, to: .authenticated)
      Access(.customer, own: .select)
    }
  }

  /// Requests of a caller in a window of time.
  public struct RateLimits: Table {
    public static let name = RelationName("rate_limits", in: .public)

    let key = Column("key", .text, comment: "Who calls what, for example book:192.0.2.1.").personal(.device)
    let windowStart = Column("window_start", .timestamptz)
    let requests = Column("requests", .integer, default: 1)

    public init() {}

    public var body: TableBody {
      Comment("Request counts for rate limits; rows are gone after a day.")
      PrimaryKey(key, windowStart)
      Index("rate_limits_window_start_idx", on: windowStart, comment: "Cleaning up.")
      StorageParameters(["fillfactor": "70"])
      Hosting.secured()
    }
  }

  static let takeRateLimit = Function(
    "take_rate_limit", in: .public,
    [.init("p_key", .text), .init("p_limit", .integer), .init("p_window", .interval, default: "interval '1 minute'")],
    returns: .type(.boolean), language: .sql, settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Counts a request; false once there are more than p_limit in the window of time.",
    body: .inline(
      """
      INSERT INTO rate_limits AS r (key, window_start)
      VALUES (p_key, date_bin(p_window, clock_timestamp(), timestamptz '2000-01-01 00:00:00+00'))
      ON CONFLICT (key, window_start) DO UPDATE SET requests = r.requests + 1
      RETURNING r.requests <= p_limit
      """))

  static let receiveWebhook = Function(
    "receive_webhook", in: .public,
    [.init("p_provider", .text), .init("p_external_id", .text), .init("p_type", .text), .init("p_payload", .jsonb)],
    returns: .type(.bigint), language: .sql, settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Puts a webhook into the inbox; NULL when it was there already.",
    body: .inline(
      """
      INSERT INTO webhook_events (provider, external_id, type, payload)
      VALUES (p_provider, p_external_id, p_type, p_payload)
      ON CONFLICT (provider, external_id) DO NOTHING
      RETURNING id
      """))

  static let processWebhooks = Function(
    "process_webhooks", in: .public, [.init("p_limit", .integer, default: "100")], returns: .type(.integer),
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Carries out what payment webhooks say; several callers at once share the work. Says how many it did.",
    body: .file(PackageResources.process_webhooks_sql, "Booking/SQL/process_webhooks.sql"))

  static let claimNotifications = Function(
    "claim_notifications", in: .public, [.init("p_limit", .integer, default: "100")],
    returns: .rows(of: NotificationsOutbox.self), language: .sql, settings: ["search_path": "public, pg_temp"],
    execute: [.serviceRole],
    comment: "Takes notifications that are due, each for one caller; one that is not reported as sent comes again.",
    body: .inline(
      """
      UPDATE notifications_outbox o
         SET attempts = o.attempts + 1, due_at = now() + interval '1 minute' * power(2, least(o.attempts, 8))
       WHERE o.id IN (SELECT n.id FROM notifications_outbox n
                       WHERE n.status = 'pending' AND n.due_at <= now()
                       ORDER BY n.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
      RETURNING o.*
      """))

  static let finishNotification = Function(
    "finish_notification", in: .public, [.init("p_id", .bigint), .init("p_error", .text, default: "NULL")],
    returns: .type(.boolean), language: .sql, settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Notes that a notification was sent, or why not; after ten attempts it has failed.",
    body: .inline(
      """
      UPDATE notifications_outbox o
         SET status = CASE WHEN p_error IS NULL THEN 'sent' WHEN o.attempts >= 10 THEN 'failed' ELSE 'pending' END::delivery_status,
             sent_at = CASE WHEN p_error IS NULL THEN now() END, last_error = p_error
       WHERE o.id = p_id AND o.status = 'pending'
      RETURNING true
      """))
}
