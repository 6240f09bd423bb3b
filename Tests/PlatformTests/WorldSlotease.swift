extension World {
  /// The rows of slotease: profiles of a customer, a member of staff and an admin; an appointment; a place in a queue.
  static func slotease(_ t: Int) -> String {
    let address = "\(mark)\(t)@example.org"
    let (organization, service, resource, queue) = (id(t, 21), id(t, 22), id(t, 23), id(t, 24))
    return """
      SET LOCAL search_path = slotease, public;
      INSERT INTO organizations (id, name, slug, latitude, longitude)
      VALUES ('\(organization)', 'Clinic \(t)', 'clinic-\(t)', 47.37, 8.5\(t));
      INSERT INTO organization_members (organization_id, user_id, role) VALUES
        ('\(organization)', '\(customer(t))', 'customer'), ('\(organization)', '\(staff(t))', 'staff'),
        ('\(organization)', '\(admin(t))', 'admin');
      INSERT INTO user_profiles (id, user_id, full_name, email, phone, preferences) VALUES
        ('\(profile(t))', '\(customer(t))', 'Cleo \(mark)', '\(address)', '+41 \(mark)', '{"channels": ["sms"], "note": "\(mark)"}');
      INSERT INTO consents (profile_id, purpose, document_version, address) VALUES ('\(profile(t))', 'terms', '1', '\(device(t))');
      INSERT INTO services (id, organization_id, name, duration) VALUES ('\(service)', '\(organization)', 'Talk', '30 minutes');
      INSERT INTO resources (id, organization_id, name, user_id) VALUES ('\(resource)', '\(organization)', 'Dr \(mark)', '\(staff(t))');
      INSERT INTO service_resources (service_id, resource_id) VALUES ('\(service)', '\(resource)');
      INSERT INTO opening_hours (organization_id, weekday, opens, closes)
      SELECT '\(organization)', n, '00:00', '24:00' FROM generate_series(1, 7) n;
      INSERT INTO closures (organization_id, resource_id, during)
      VALUES ('\(organization)', '\(resource)', '[2000-01-01 00:00+00, 2000-01-02 00:00+00)');
      SELECT book_appointment('\(service)', '\(profile(t))', CURRENT_DATE + interval '34 hours', 'k', NULL, 'Knee \(mark)', '{"a": "\(mark)"}');
      INSERT INTO appointments (organization_id, service_id, resource_id, customer_id, starts_at, ends_at, blocked_until, status, cancel_reason)
      VALUES ('\(organization)', '\(service)', '\(resource)', '\(profile(t))', CURRENT_DATE - interval '5 hours', CURRENT_DATE - interval '4 hours',
              CURRENT_DATE - interval '4 hours', 'cancelled', 'Ill \(mark)');
      INSERT INTO queues (id, organization_id, name) VALUES ('\(queue)', '\(organization)', 'Desk');
      SELECT join_queue('\(queue)', '\(profile(t))', 'Guest \(mark)');
      INSERT INTO feedback (organization_id, service_id, appointment_id, customer_id, rating, comment, reply)
      VALUES ('\(organization)', '\(service)', '\(id(t, 29))', '\(profile(t))', 5, 'Good \(mark)', 'Thanks \(mark)');
      INSERT INTO notifications (profile_id, organization_id, channel, kind, payload, read_at)
      VALUES ('\(profile(t))', '\(organization)', 'app', 'hello', '{"name": "\(mark)"}', now());
      INSERT INTO analytics_events (organization_id, profile_id, session_id, event_type, properties)
      VALUES ('\(organization)', '\(profile(t))', '\(mark)\(t)', 'page_view', '{"page": "/"}');
      SELECT create_api_key('\(organization)', 'Till', '{}', '\(admin(t))');
      INSERT INTO rate_limits (api_key_id, window_start) SELECT id, now() FROM api_keys WHERE organization_id = '\(organization)';
      SET LOCAL request.jwt.claims = '{"sub": "\(customer(t))"}';
      UPDATE user_profiles SET locale = 'de' WHERE id = '\(profile(t))';
      SET LOCAL request.jwt.claims = ''
      """
  }

  /// Profiles of those who work there: not among the rows that the matrix tries, where a profile is a customer's.
  static func colleagues(_ t: Int) -> String {
    """
    INSERT INTO slotease.user_profiles (id, user_id, full_name)
    VALUES ('\(id(t, 32))', '\(staff(t))', 'Stan \(mark)'), ('\(id(t, 33))', '\(admin(t))', 'Ada \(mark)')
    """
  }

  /// The profile of a tenant's customer.
  static func profile(_ tenant: Int) -> String { id(tenant, 31) }

  static func forgetInSlotease(_ t: Int) -> String {
    (31...33).map { "SELECT slotease.forget_user('\(id(t, $0))')" }.joined(separator: ";\n")
  }
}
