internal import Hosting
public import SchemaDSL

extension Slotease {
  /// A line of people in front of a service.
  public struct Queues: Table {
    public static let name = RelationName("queues", in: .slotease)

    let id = Column("id", .uuid, default: .randomUUID)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let serviceID = Column("service_id", .uuid, null: true, references: \Services.id, onDelete: .setNull)
    let name = Column("name", .text)
    let status = Column("status", .enum(QueueStatus.self), default: .case(.open))
    let counters = Column("counters", .smallint, default: 1, comment: "How many people are served at once.")
    let averageService = Column(
      "average_service", .interval, default: "00:05:00", comment: "Learned from those who were served, the latest most."
    )
    let lastTicket = Column("last_ticket", .integer, default: 0)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Queues of organisations.")
      PrimaryKey(id)
      Unique(organizationID, name, comment: "A name is one queue of an organisation.")
      Check("queues_counters_check", "\(counters) BETWEEN 1 AND 1000", comment: "Somebody is served.")
      Check("queues_average_service_check", "\(averageService) > interval '0'", comment: "A wait can be estimated.")
      Index("queues_service_id_idx", on: serviceID, where: "\(serviceID) IS NOT NULL", comment: "The foreign key.")
      StorageParameters(["fillfactor": "70"])
      Trigger(
        "queues_tell", .after, .updateOf([status, counters]), call: tellOfQueue,
        comment: "Tells who waits that a queue has closed, opened or changed.")
      audited(Self.name, updatesOf: [name, serviceID, status, counters])
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "true",
        comment: "Everybody sees how long a queue is.")
      Policy(
        "admin", to: .authenticated, using: Slotease.mine("\(organizationID)", .admin),
        comment: "Who runs an organisation keeps its queues.")
      Policy(
        "staff_update", for: .update, to: .authenticated, using: Slotease.mine("\(organizationID)", .staff),
        comment: "Who works there opens and closes a queue.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .delete, to: .authenticated)
      Grant(.update, on: [name, serviceID, status, counters], to: .authenticated)
      Access(.anon, .nobody, .customer, own: .select, other: .select)
      Access(.staff, own: [.select, .update], other: .select)
      Access(.admin, own: .all, other: .select)
    }
  }

  /// Somebody in a queue.
  public struct QueueEntries: Table {
    public static let name = RelationName("queue_entries", in: .slotease)

    let id = Column("id", .bigint, identity: .always)
    let queueID = Column("queue_id", .uuid, references: \Queues.id, onDelete: .cascade)
    let organizationID = Column("organization_id", .uuid, references: \Organizations.id, onDelete: .cascade)
    let customerID = Column("customer_id", .uuid, null: true, references: \UserProfiles.id)
    let guestName = Column("guest_name", .text, null: true, comment: "For those without a profile.").personal(.identity)
    let ticket = Column("ticket", .integer)
    let priority = Column("priority", .smallint, default: 0, comment: "Higher ones come first: 10 for an emergency.")
    let position = Column(
      "position", .integer, null: true, comment: "1 is next; kept by a trigger, for those who wait.")
    let status = Column("status", .enum(EntryStatus.self), default: .case(.waiting))
    let joinedAt = Column("joined_at", .timestamptz, default: .now)
    let calledAt = Column("called_at", .timestamptz, null: true)
    let finishedAt = Column("finished_at", .timestamptz, null: true)

    public init() {}

    public var body: TableBody {
      Comment("People in queues, and those who were; the latter are gone after 90 days.")
      PrimaryKey(id)
      Unique(queueID, ticket, comment: "A ticket is called once.")
      Check(
        "queue_entries_person_check", "\(customerID) IS NOT NULL OR \(guestName) IS NOT NULL OR \(status) <> 'waiting'",
        comment: "Who waits can be called; who was forgotten no longer waits.")
      Index(
        "queue_entries_waiting_idx", on: queueID, priority.descending, id,
        where: "\(status) = \(EntryStatus.waiting)", comment: "Who is next.")
      Index(
        "queue_entries_queue_id_customer_id_key", on: queueID, customerID, unique: true,
        where: "\(status) = \(EntryStatus.waiting)", comment: "Nobody waits twice.")
      Index(
        "queue_entries_customer_id_idx", on: customerID, where: "\(customerID) IS NOT NULL", comment: "Where I wait.")
      Index("queue_entries_organization_id_idx", on: organizationID, joinedAt, comment: "The foreign key; figures.")
      Index(
        "queue_entries_finished_at_idx", on: finishedAt, where: "\(finishedAt) IS NOT NULL", comment: "Cleaning up.")
      Trigger(
        "queue_entries_order_insert", .after, .insert, forEachRow: false, call: reorderQueue, newTable: "new_rows",
        comment: "Positions are always right.")
      Trigger(
        "queue_entries_order_update", .after, .update, forEachRow: false, call: reorderQueue, oldTable: "old_rows",
        newTable: "new_rows", comment: "Keeps positions without gaps when somebody is served, leaves or is let forward."
      )
      Trigger(
        "queue_entries_order_delete", .after, .delete, forEachRow: false, call: reorderQueue, oldTable: "old_rows",
        comment: "Keeps positions without gaps when somebody is taken out.")
      Trigger(
        "queue_entries_tell", .after, .updateOf([status]), call: tellOfEntry, comment: "Who is called hears of it.")
      audited(Self.name, updatesOf: [status, priority, guestName])
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: Slotease.isMe("\(customerID)"),
        comment: "People see their own place.")
      Policy(
        "staff", for: .select, to: .authenticated, using: Slotease.mine("\(organizationID)", .staff),
        comment: "Who works there sees who waits.")
      // Changes come through functions, which lock the queue first.
      Grant(.select, to: .authenticated)
      Access(.customer, .staff, .admin, own: .select)
    }
  }

  private static let place: Function.Result = .table(
    .init("entry_id", .bigint), .init("ticket", .integer), .init("position", .integer),
    .init("estimated_wait", .interval))

  static let reorderQueue = Function(
    "reorder_queue", in: .slotease, returns: .trigger, security: .definer,
    settings: ["search_path": "slotease, pg_temp"], execute: [],
    comment: """
      Gives those who wait their positions anew, by priority and then by number, and says so on the channel \
      slotease_queues.
      """,
    body: .file(PackageResources.reorder_queue_sql, "Slotease/SQL/reorder_queue.sql"))

  static let tellOfQueue = Function(
    "tell_of_queue", in: .slotease, returns: .trigger, settings: ["search_path": "pg_catalog, pg_temp"],
    comment: "Says on the channel slotease_queues that a queue was opened, paused, closed or has other counters.",
    body: .inline(
      """
      BEGIN
        IF (NEW.status, NEW.counters) IS DISTINCT FROM (OLD.status, OLD.counters) THEN
          PERFORM pg_notify('slotease_queues',
                            json_build_object('queue_id', NEW.id, 'status', NEW.status, 'counters', NEW.counters)::text);
        END IF;
        RETURN NULL;
      END
      """))

  static let tellOfEntry = Function(
    "tell_of_entry", in: .slotease, returns: .trigger, security: .definer,
    settings: ["search_path": "slotease, pg_temp"], execute: [],
    comment: "Tells somebody that they are called, or are in the queue no more, and all who listen on slotease_queues.",
    body: .inline(
      """
      BEGIN
        IF NEW.status <> OLD.status THEN
          PERFORM pg_notify('slotease_queues', json_build_object('queue_id', NEW.queue_id, 'ticket', NEW.ticket, 'status', NEW.status)::text);
          PERFORM notify_user(NEW.customer_id, 'queue_' || NEW.status, jsonb_build_object('queue_id', NEW.queue_id, 'ticket', NEW.ticket),
                              NEW.organization_id);
        END IF;
        RETURN NULL;
      END
      """))

  static let joinQueue = Function(
    "join_queue", in: .slotease,
    [
      .init("p_queue_id", .uuid), .init("p_customer_id", .uuid, default: "NULL"),
      .init("p_guest_name", .text, default: "NULL"), .init("p_priority", .integer, default: "0"),
    ],
    returns: place, settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: "Takes a ticket. Who waits already keeps the ticket they have.",
    body: .file(PackageResources.join_queue_sql, "Slotease/SQL/join_queue.sql"))

  static let queuePlace = Function(
    "queue_place", in: .slotease, [.init("p_entry_id", .bigint)], returns: place, language: .sql, volatility: .stable,
    settings: ["search_path": "slotease, pg_temp"], execute: [.authenticated, .serviceRole],
    comment: "Somebody's position in a queue, and how long it takes until they are called, as far as one can tell.",
    body: .inline(
      """
      SELECT e.id, e.ticket, e.position, q.average_service * ceil(e.position::numeric / q.counters)::double precision
        FROM queue_entries e JOIN queues q ON q.id = e.queue_id
       WHERE e.id = p_entry_id
      """))

  static let callNext = Function(
    "call_next", in: .slotease, [.init("p_queue_id", .uuid)], returns: .rows(of: QueueEntries.self),
    settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: "Calls who is next; nobody when nobody waits. Two counters at once call two people.",
    body: .inline(
      """
      BEGIN
        -- The queue first, as everywhere: nobody waits in a circle.
        PERFORM FROM queues q WHERE q.id = p_queue_id FOR NO KEY UPDATE;
        RETURN QUERY
        UPDATE queue_entries e SET status = 'called', called_at = clock_timestamp()
         WHERE e.id = (SELECT n.id FROM queue_entries n WHERE n.queue_id = p_queue_id AND n.status = 'waiting'
                        ORDER BY n.priority DESC, n.id LIMIT 1)
        RETURNING e.*;
      END
      """))

  static let prioritizeEntry = Function(
    "prioritize_entry", in: .slotease, [.init("p_entry_id", .bigint), .init("p_priority", .integer)],
    returns: .type(.boolean), settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: "Moves somebody who waits forward or back; false when they wait no more.",
    body: .inline(
      """
      BEGIN
        PERFORM FROM queues q WHERE q.id = (SELECT e.queue_id FROM queue_entries e WHERE e.id = p_entry_id) FOR NO KEY UPDATE;
        UPDATE queue_entries e SET priority = p_priority WHERE e.id = p_entry_id AND e.status = 'waiting';
        RETURN FOUND;
      END
      """))

  static let finishEntry = Function(
    "finish_entry", in: .slotease,
    [.init("p_entry_id", .bigint), .init("p_status", .enum(EntryStatus.self), default: "'served'")],
    returns: .type(.boolean), settings: ["search_path": "slotease, pg_temp"], execute: [.serviceRole],
    comment: """
      Ends somebody's wait: served or no_show after they were called, left before. False when it has ended already.
      """,
    body: .file(PackageResources.finish_entry_sql, "Slotease/SQL/finish_entry.sql"))
}
