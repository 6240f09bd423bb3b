extension World {
  /// The rows of the growth platform: a lead with everything that follows, and one that somebody looks after.
  static func growth(_ t: Int) -> String {
    let address = email(t)
    return """
      SET LOCAL search_path = public;
      INSERT INTO marketing.leads (id, email, company_name, contact_name, phone, metadata, ip_address)
      VALUES ('\(id(t, 41))', '\(address)', 'Company', 'Cleo \(mark)', '+\(number)', '{"about": "\(mark)"}', '\(device(t))');
      INSERT INTO marketing.leads (id, email, assigned_to) VALUES ('\(id(t, 42))', 'info@company\(t).example', '\(staff(t))');
      INSERT INTO marketing.lead_interactions (lead_id, kind, subject, notes, created_by)
      VALUES ('\(id(t, 41))', 'call', 'Price \(mark)', 'Wants \(mark)', '\(staff(t))'), ('\(id(t, 42))', 'note', NULL, NULL, '\(staff(t))');
      INSERT INTO marketing.request_rates (key, window_start) VALUES ('lead:\(device(t))', now());
      INSERT INTO onboarding.sessions (id, session_token, user_id, email, business_info, bot_configuration)
      VALUES ('\(id(t, 43))', '\(token(t))', '\(customer(t))', '\(address)', '{"trade": "\(mark)"}', '{"greeting": "\(mark)"}');
      INSERT INTO onboarding.step_activities (session_id, step, action, properties)
      VALUES ('\(id(t, 43))', 'business_info', 'started', '{"field": "name"}');
      INSERT INTO experiments.experiments (id, key, name, status, variants)
      VALUES ('\(id(t, 44))', 'test-\(t)', 'Test', 'running', '[{"key": "a", "weight": 1}, {"key": "b", "weight": 1}]');
      INSERT INTO experiments.assignments (experiment_id, user_id, session_id, variant, converted_at)
      VALUES ('\(id(t, 44))', '\(customer(t))', '\(token(t))', 'a', now());
      INSERT INTO analytics.events (type, name, session_id, user_id, properties)
      VALUES ('page_view', 'home', '\(token(t))', '\(customer(t))', '{"page": "/"}');
      INSERT INTO analytics.metrics (name, day, value) VALUES ('tenant \(t)', CURRENT_DATE, 1);
      INSERT INTO analytics.event_aggregations (bucket, type, name, events) VALUES (now(), 'system', 'tenant \(t)', 1);
      INSERT INTO whatsapp.accounts (id, lead_id, owner_id, business_name, phone_number)
      VALUES ('\(id(t, 45))', '\(id(t, 41))', '\(customer(t))', 'Cleo \(mark)', '+\(number)\(t)');
      INSERT INTO whatsapp.templates (account_id, name, category, body, buttons)
      VALUES ('\(id(t, 45))', 'hello', 'utility', 'I am \(mark)', '["\(mark)"]');
      SET LOCAL app.user_email = '\(address)';
      UPDATE onboarding.sessions SET country = 'CH' WHERE id = '\(id(t, 43))';
      SET LOCAL app.user_email = ''
      """
  }

  static func email(_ tenant: Int) -> String { "\(mark)\(tenant)@example.org" }
  /// The onboarding session of a tenant's customer.
  static func token(_ tenant: Int) -> String { "sess_\(mark)\(tenant)" }

  /// A login's claims: the first tenant's customer has an address, whoever runs it runs the platform too.
  static func claims(_ user: String?, _ role: String) -> String {
    guard let user else { return "" }
    var claims = #""sub": "\#(user)", "role": "\#(role)""#
    if user == customer(1) { claims += #", "email": "\#(email(1))""# }
    if user == admin(1) { claims += #", "app_metadata": {"role": "admin"}"# }
    return "{\(claims)}"
  }
  static func token(of user: String?) -> String { user == customer(1) ? token(1) : "" }

  static func forgetInGrowth(_ t: Int) -> String {
    """
    SELECT gdpr_delete_user_data(' \(email(t).uppercased())', ip_address => '\(device(t))');
    SELECT gdpr_delete_user_data(user_id => '\(staff(t))')
    """
  }
}
