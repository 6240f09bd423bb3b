import Postgres

/// Two tenants with a row in every table: what the matrix of access and the right to be forgotten are tried on.
///
/// Each tenant's rows are written in one transaction, whose number then tells whose a row is, in every table alike.
enum World {
  static let tenants = [1, 2]

  /// An identifier: of a tenant, and what it is of. Those of people's logins have the mark in them.
  static func id(_ tenant: Int, _ what: Int) -> String {
    (what > 90 ? mark : "00000000") + "-0000-4000-8000-00000000\(tenant)0" + (what < 10 ? "0\(what)" : "\(what)")
  }

  /// Logins of a tenant's people.
  static func customer(_ tenant: Int) -> String { id(tenant, 91) }
  static func staff(_ tenant: Int) -> String { id(tenant, 92) }
  static func admin(_ tenant: Int) -> String { id(tenant, 93) }

  /// Everything that is personal has this in it, or the number where only digits can be.
  static let mark = "deadbeef"
  static let number = "3735928559"

  static func sql(_ t: Int) -> String {
    let address = "\(mark)\(t)@example.org"
    return """
      INSERT INTO organizations (id, name, slug) VALUES ('\(id(t, 1))', 'Tenant \(t)', 'tenant-\(t)');
      INSERT INTO organization_members (organization_id, user_id, role) VALUES
        ('\(id(t, 1))', '\(staff(t))', 'staff'), ('\(id(t, 1))', '\(admin(t))', 'admin');
      INSERT INTO locations (id, organization_id, path, name) VALUES ('\(id(t, 2))', '\(id(t, 1))', 'house.room', 'Room');
      INSERT INTO instructors (id, organization_id, user_id, name, email, biography)
      VALUES ('\(id(t, 3))', '\(id(t, 1))', '\(staff(t))', 'Ida \(mark)', 'i\(address)', 'About \(mark)'),
             ('\(id(t, 13))', '\(id(t, 1))', '\(admin(t))', 'Ada \(mark)', 'a\(address)', 'About \(mark)');
      INSERT INTO customers (id, organization_id, user_id, email, full_name, phone, notes)
      VALUES ('\(id(t, 4))', '\(id(t, 1))', '\(customer(t))', '\(address)', 'Cleo \(mark)', '+41 \(mark)', 'Knee \(mark)');
      INSERT INTO class_series (id, organization_id, location_id, instructor_id, title, rrule, starts_on, start_time, timezone, capacity)
      VALUES ('\(id(t, 5))', '\(id(t, 1))', '\(id(t, 2))', '\(id(t, 3))', 'Yoga', 'FREQ=DAILY', CURRENT_DATE, '18:00', 'UTC', 5);
      INSERT INTO class_events (id, series_id, organization_id, location_id, instructor_id, title, starts_at, ends_at, capacity, reg_count)
      VALUES ('\(id(t, 6))', '\(id(t, 5))', '\(id(t, 1))', '\(id(t, 2))', '\(id(t, 3))', 'Yoga',
              CURRENT_DATE + interval '2 days', CURRENT_DATE + interval '50 hours', 5, 1);
      INSERT INTO registrations (id, event_id, event_starts_at, organization_id, customer_id, idempotency_key, attendance, cancel_reason)
      VALUES ('\(id(t, 7))', '\(id(t, 6))', CURRENT_DATE + interval '2 days', '\(id(t, 1))', '\(id(t, 4))', 'k', 'attended', 'Ill: \(mark)');
      INSERT INTO event_waitlists (event_id, event_starts_at, organization_id, customer_id, idempotency_key)
      VALUES ('\(id(t, 6))', CURRENT_DATE + interval '2 days', '\(id(t, 1))', '\(id(t, 4))', 'w');
      INSERT INTO payments (registration_id, organization_id, customer_id, amount, provider, provider_reference)
      VALUES ('\(id(t, 7))', '\(id(t, 1))', '\(id(t, 4))', 20, 'stripe', 'pi_\(mark)\(t)');
      INSERT INTO webhook_events (provider, external_id, type, payload)
      VALUES ('stripe', 'evt_\(t)', 'payment_intent.succeeded', '{"data": {"object": {"id": "pi_\(mark)\(t)"}}}');
      INSERT INTO notifications_outbox (organization_id, customer_id, template, payload)
      VALUES ('\(id(t, 1))', '\(id(t, 4))', 'booking_confirmed', '{"name": "Cleo \(mark)"}');
      INSERT INTO rate_limits (key, window_start) VALUES ('book:\(address)', now());
      INSERT INTO class_instances (id, organization_id, class_name, instructor_name, start_time)
      VALUES ('\(id(t, 8))', '\(id(t, 1))', 'Old yoga', 'IDA \(mark)', now());
      INSERT INTO class_registrations (class_instance_id, customer_name, customer_email, notes)
      VALUES ('\(id(t, 8))', 'Cleo \(mark)', ' \(address.uppercased())', 'Note \(mark)');
      INSERT INTO waitlists (class_instance_id, customer_name, customer_email)
      VALUES ('\(id(t, 8))', 'Cleo \(mark)', '\(address)');
      INSERT INTO performance_metrics (metric_name, metric_value) VALUES ('tenant', \(t));
      INSERT INTO health_checks (check_name, status, message) VALUES ('tenant', 'healthy', 'fine');
      INSERT INTO alert_rules (name, metric_name, warning, critical, description) VALUES ('tenant \(t)', 'tenant', 1, 2, 'Test');

      INSERT INTO webinar.webinar_registrants (id, webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, phone_country_code,
                                               phone_number)
      VALUES (\(t), \(t), 1, 1, '\(address)', '\(mark)', '\(mark)', '\(mark)', '\(mark)');
      INSERT INTO webinar.attendance_checks (registrant_id, ghl_contact_id, email, attended)
      VALUES (\(t), '\(mark)', '\(address)', true);
      INSERT INTO webinar.webinar_registrants_archive (id, webinarjam_id, webinar_id, schedule_id, email, record)
      VALUES (\(t), \(t), 1, 1, '\(address)', '{"name": "\(mark)"}');
      INSERT INTO webinar.attendance_checks_archive (id, email, attended) VALUES (\(t), '\(address)', true);
      INSERT INTO webinar.sync_runs (status) VALUES ('running');
      INSERT INTO webinar.sync_rejects (record, reason) VALUES ('{"email": "\(address)"}', '"\(mark)" is wrong');
      INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash)
      VALUES (\(t), '["Name"]', '{"Name": "\(mark)"}', '\(mark)\(t)');
      INSERT INTO checkin.checkins (row_hash, checked_in_by) VALUES ('\(mark)\(t)', '\(device(t))');
      INSERT INTO checkin.staff_pins (label, pin_hash) VALUES ('door \(t)', '$2a$06$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
      INSERT INTO checkin.pin_attempts (address, succeeded) VALUES ('\(device(t))', true);
      INSERT INTO checkin.request_rates (address, minute) VALUES ('\(device(t))', date_trunc('minute', now()));

      \(slotease(t));
      \(growth(t))
      """
  }

  /// A device's address; it has the mark in it too.
  static func device(_ tenant: Int) -> String { "dead:beef::\(tenant)" }

  /// Calls everything that forgets a tenant's people.
  static func forget(_ t: Int) -> String {
    """
    SELECT forget_customer('\(id(t, 4))');
    SELECT forget_instructor('\(id(t, 3))');
    SELECT forget_instructor('\(id(t, 13))');
    SELECT webinar.forget_person(' \(mark.uppercased())\(t)@example.org');
    SELECT checkin.forget_participant('\(mark)\(t)');
    SELECT checkin.forget_address('\(device(t))');
    \(forgetInSlotease(t));
    \(forgetInGrowth(t))
    """
  }

  /// Writes both tenants' rows.
  ///
  /// - Returns: the number of each tenant's transaction.
  static func build(_ connection: Connection) async throws -> [Int: String] {
    try await connection.execute("SET search_path = public")
    var transactions: [Int: String] = [:]
    for tenant in tenants {
      try await connection.execute("BEGIN; \(sql(tenant))")
      transactions[tenant] = try await connection.query("SELECT pg_current_xact_id()::xid::text")[0].string(0)
      try await connection.execute("COMMIT; \(colleagues(tenant))")
    }
    return transactions
  }
}
