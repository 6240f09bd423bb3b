internal import Hosting
internal import SchemaDSL

extension CheckIn {
  // In PL/pgSQL, which keeps the plan of a query for the whole session: SQL functions are planned at every call.
  static let passJSON = Function(
    "pass_json", in: .checkin, [.init("p_row_hash", .text)], returns: .type(.jsonb),
    volatility: .stable, settings: ["search_path": "checkin, pg_temp"], execute: [.serviceRole],
    comment: "The answer for a pass: the participant and, once there is one, the check-in.",
    body: .inline(
      """
      BEGIN
        RETURN (
          SELECT jsonb_build_object(
                   'ok', true,
                   'participant', jsonb_build_object('row_number', p.row_number, 'headers', p.headers, 'data', p.data),
                   'checkin', CASE WHEN c.row_hash IS NOT NULL THEN jsonb_build_object(
                     'row_hash', c.row_hash,
                     'checked_in_at', to_char(c.checked_in_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                     'checked_in_by', c.checked_in_by) END)
            FROM paidparticipants p LEFT JOIN checkins c ON c.row_hash = p.row_hash
           WHERE p.row_hash = p_row_hash);
      END
      """))

  static let countRequest = Function(
    "count_request", in: .checkin, [.init("p_address", .inet), .init("p_limit", .integer, default: "100")],
    returns: .type(.boolean), settings: ["search_path": "checkin, pg_temp"], execute: [.serviceRole],
    comment: "Counts a request of an address; false once there are more than p_limit in this minute.",
    body: .inline(
      """
      DECLARE
        v_requests integer;
      BEGIN
        INSERT INTO request_rates AS r (address, minute) VALUES (p_address, date_trunc('minute', clock_timestamp()))
        ON CONFLICT (address, minute) DO UPDATE SET requests = r.requests + 1
        RETURNING r.requests INTO v_requests;
        RETURN v_requests <= p_limit;
      END
      """))

  static let resolve = Function(
    "resolve", in: .checkin, [.init("p_row_hash", .text), .init("p_address", .inet)], returns: .type(.jsonb),
    settings: ["search_path": "checkin, pg_temp"], execute: [.serviceRole],
    comment:
      "Resolves a pass for a caller's address: the document's JSON, or ok = false with not_found or rate_limited.",
    body: .file(PackageResources.resolve_sql, "CheckIn/SQL/resolve.sql"))

  static let checkIn = Function(
    "check_in", in: .checkin,
    [.init("p_row_hash", .text), .init("p_pin", .text), .init("p_address", .inet)], returns: .type(.jsonb),
    settings: ["search_path": "checkin, public, pg_temp"], execute: [.serviceRole],
    comment: """
      Checks a participant in with a helper's PIN: an atomic upsert, so that however many do it at once there is one \
      check-in, and all get the same answer. ok = false with rate_limited, locked_out, invalid_pin or not_found.
      """,
    body: .file(PackageResources.check_in_sql, "CheckIn/SQL/check_in.sql"))

  static let setStaffPIN = Function(
    "set_staff_pin", in: .checkin, [.init("p_label", .text), .init("p_pin", .text)], returns: .void,
    settings: ["search_path": "checkin, public, pg_temp"], execute: [.serviceRole],
    comment: "Sets a helper's PIN of 4 to 12 digits; only its hash is kept.",
    body: .inline(
      """
      BEGIN
        IF p_pin IS NULL OR p_pin !~ '^[0-9]{4,12}$' THEN
          RAISE EXCEPTION 'a PIN has 4 to 12 digits' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        INSERT INTO staff_pins (label, pin_hash) VALUES (p_label, crypt(p_pin, gen_salt('bf', 6)))
        ON CONFLICT (label) DO UPDATE SET pin_hash = excluded.pin_hash, active = true;
      END
      """))

  static let forgetParticipant = Function(
    "forget_participant", in: .checkin, [.init("p_row_hash", .text)],
    returns: .table(.init("item", .text), .init("rows", .bigint)), language: .sql,
    settings: ["search_path": "checkin, pg_temp"], execute: [.serviceRole],
    comment: "Removes a participant and their check-in (GDPR, article 17); says what it removed.",
    body: .inline(
      """
      WITH participant AS (DELETE FROM paidparticipants WHERE row_hash = p_row_hash RETURNING 1),
      arrival AS (DELETE FROM checkins WHERE row_hash = p_row_hash RETURNING 1)
      SELECT 'paidparticipants', (SELECT count(*) FROM participant)
      UNION ALL SELECT 'checkins', (SELECT count(*) FROM arrival)
      """))

  static let forgetAddress = Function(
    "forget_address", in: .checkin, [.init("p_address", .inet)],
    returns: .table(.init("item", .text), .init("rows", .bigint)), language: .sql,
    settings: ["search_path": "checkin, pg_temp"], execute: [.serviceRole],
    comment: "Removes what is known of a device's address; who was checked in from there stays checked in.",
    body: .inline(
      """
      WITH attempts AS (DELETE FROM pin_attempts WHERE address = p_address RETURNING 1),
      requests AS (DELETE FROM request_rates WHERE address = p_address RETURNING 1),
      arrivals AS (UPDATE checkins SET checked_in_by = NULL WHERE checked_in_by = host(p_address) RETURNING 1)
      SELECT 'pin_attempts', (SELECT count(*) FROM attempts)
      UNION ALL SELECT 'request_rates', (SELECT count(*) FROM requests)
      UNION ALL SELECT 'checkins', (SELECT count(*) FROM arrivals)
      """))

  static let cleanUp = Function(
    "clean_up", in: .checkin, returns: .type(.bigint), language: .sql,
    settings: ["search_path": "checkin, pg_temp"], execute: [.serviceRole],
    comment: "Removes request counts older than an hour; says how many.",
    body: .inline(
      """
      WITH gone AS (DELETE FROM request_rates WHERE minute < now() - interval '1 hour' RETURNING 1)
      SELECT count(*) FROM gone
      """))
}
