internal import Hosting
internal import SchemaDSL

extension Booking {
  /// A popular event's waitlist may be most of the table, and statistics lag behind what is booked: to read all of it would
  /// look cheap.
  private static let byIndex: KeyValuePairs = ["search_path": "public, pg_temp", "enable_seqscan": "off"]

  static let bookEvent = Function(
    "book_event", in: .public,
    [
      .init("p_event_id", .uuid), .init("p_customer_id", .uuid), .init("p_idempotency_key", .text),
      .init("p_payment_provider", .text, default: "NULL"), .init("p_payment_reference", .text, default: "NULL"),
    ],
    returns: .table(
      .init("outcome", .text), .init("registration_id", .uuid), .init("waitlist_id", .bigint),
      .init("waitlist_position", .integer), .init("repeated", .boolean)),
    settings: byIndex, execute: [.serviceRole],
    comment: """
      Books a place: outcome confirmed, or waitlisted when the event is full, with the position. \
      The same key again gives the same answer; \
      however many book at once, never more than the event's capacity are confirmed.
      """,
    body: .file(PackageResources.book_event_sql, "Booking/SQL/book_event.sql"))

  static let cancelBooking = Function(
    "cancel_booking", in: .public,
    [.init("p_registration_id", .uuid), .init("p_reason", .text, default: "NULL")],
    returns: .table(.init("outcome", .text), .init("promoted", .integer), .init("repeated", .boolean)),
    settings: byIndex, execute: [.serviceRole],
    comment: "Cancels a registration, and gives its place to who is next on the waitlist. Again, it does nothing.",
    body: .file(PackageResources.cancel_booking_sql, "Booking/SQL/cancel_booking.sql"))

  static let waitlistPosition = Function(
    "waitlist_position", in: .public, [.init("p_event_id", .uuid), .init("p_waitlist_id", .bigint)],
    returns: .type(.integer), volatility: .stable, settings: ["search_path": "public, pg_temp"],
    execute: [.serviceRole],
    comment: """
      The place of somebody who waits; 100 for all that are further behind, since whoever books waits for this to be \
      counted.
      """,
    body: .inline(
      """
      BEGIN
        RETURN (
          SELECT count(*) FROM (
            SELECT FROM event_waitlists w
             WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL AND w.id <= p_waitlist_id
             LIMIT 100) waiting);
      END
      """))

  static let leaveWaitlist = Function(
    "leave_waitlist", in: .public, [.init("p_waitlist_id", .bigint)], returns: .type(.boolean), language: .sql,
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Takes somebody off a waitlist; false when they were not waiting.",
    body: .inline(
      """
      WITH gone AS (
        UPDATE event_waitlists w SET left_at = now()
         WHERE w.id = p_waitlist_id AND w.promoted_at IS NULL AND w.left_at IS NULL
        RETURNING 1)
      SELECT EXISTS (SELECT FROM gone)
      """))

  static let promoteEventWaitlist = Function(
    "promote_event_waitlist", in: .public, [.init("p_event_id", .uuid)], returns: .type(.integer),
    settings: byIndex, execute: [.serviceRole],
    comment: "Gives the free places of one event to those who wait, first come, first served; says to how many.",
    body: .file(PackageResources.promote_event_waitlist_sql, "Booking/SQL/promote_event_waitlist.sql"))

  static let promoteWaitlists = Function(
    "promote_waitlists", in: .public, [.init("p_limit", .integer, default: "1000")], returns: .type(.integer),
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Promotes for all events with free places and somebody who waits; every minute's job.",
    body: .inline(
      """
      DECLARE
        v_event uuid;
        v_promoted integer := 0;
      BEGIN
        FOR v_event IN
          SELECT e.id FROM class_events e
           WHERE e.status = 'scheduled' AND e.starts_at > now() AND e.reg_count < e.capacity
             AND EXISTS (SELECT FROM event_waitlists w
                          WHERE w.event_id = e.id AND w.promoted_at IS NULL AND w.left_at IS NULL)
           ORDER BY e.starts_at, e.id LIMIT p_limit
        LOOP
          v_promoted := v_promoted + promote_event_waitlist(v_event);
        END LOOP;
        RETURN v_promoted;
      END
      """))

  static let markAttendance = Function(
    "mark_attendance", in: .public, [.init("p_registration_id", .uuid), .init("p_attendance", .enum(Attendance.self))],
    returns: .type(.boolean), language: .sql, settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Notes whether somebody came; false when the registration is not confirmed.",
    body: .inline(
      """
      WITH marked AS (
        UPDATE registrations SET attendance = p_attendance
         WHERE id = p_registration_id AND status = 'confirmed'
        RETURNING 1)
      SELECT EXISTS (SELECT FROM marked)
      """))

  static let cancelEvent = Function(
    "cancel_event", in: .public, [.init("p_event_id", .uuid), .init("p_reason", .text, default: "NULL")],
    returns: .type(.integer), settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Cancels an event with its registrations and its waitlist; says how many had a place.",
    body: .inline(
      """
      DECLARE
        v_event class_events;
        v_cancelled integer;
      BEGIN
        SELECT * INTO v_event FROM class_events e WHERE e.id = p_event_id FOR UPDATE;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'there is no event %', p_event_id USING ERRCODE = 'no_data_found';
        END IF;
        UPDATE event_waitlists w SET left_at = now()
         WHERE w.event_id = p_event_id AND w.promoted_at IS NULL AND w.left_at IS NULL;
        WITH gone AS (
          UPDATE registrations r SET status = 'cancelled', cancelled_at = now(), cancel_reason = p_reason
           WHERE r.event_id = p_event_id AND r.status = 'confirmed'
          RETURNING r.id, r.customer_id, r.organization_id),
        refunds AS (
          UPDATE payments p SET status = 'refund_pending' FROM gone
           WHERE p.registration_id = gone.id AND p.status = 'succeeded'),
        told AS (
          INSERT INTO notifications_outbox (organization_id, customer_id, template, payload)
          SELECT organization_id, customer_id, 'event_cancelled', jsonb_build_object('event_id', p_event_id, 'registration_id', id)
            FROM gone)
        SELECT count(*) INTO v_cancelled FROM gone;
        UPDATE class_events e SET status = 'cancelled', reg_count = 0
         WHERE e.id = p_event_id AND e.starts_at = v_event.starts_at;
        RETURN v_cancelled;
      END
      """))

  static let forgetCustomer = Function(
    "forget_customer", in: .public, [.init("p_customer_id", .uuid)],
    returns: .table(.init("item", .text), .init("rows", .bigint)), settings: ["search_path": "public, pg_temp"],
    execute: [.serviceRole],
    comment: """
      Forgets a customer (GDPR, article 17): bookings still to come are cancelled, what says who they are is removed, and \
      what was paid stays for the books without a name. Says what it removed.
      """,
    body: .file(PackageResources.forget_customer_sql, "Booking/SQL/forget_customer.sql"))

  static let forgetInstructor = Function(
    "forget_instructor", in: .public, [.init("p_instructor_id", .uuid)],
    returns: .table(.init("item", .text), .init("rows", .bigint)), language: .sql,
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "Forgets an instructor: the classes stay, without them.",
    body: .inline(
      """
      WITH person AS (DELETE FROM instructors i WHERE i.id = p_instructor_id RETURNING i.user_id, i.organization_id, i.name),
      old AS (
        UPDATE class_instances c SET instructor_name = NULL FROM person p
         WHERE c.organization_id = p.organization_id AND lower(btrim(c.instructor_name)) = lower(btrim(p.name)) RETURNING 1),
      member AS (
        DELETE FROM organization_members m USING person p
         WHERE m.user_id = p.user_id AND m.organization_id = p.organization_id RETURNING 1)
      SELECT 'instructors', (SELECT count(*) FROM person)
      UNION ALL SELECT 'organization_members', (SELECT count(*) FROM member)
      UNION ALL SELECT 'class_instances', (SELECT count(*) FROM old)
      """))
}
