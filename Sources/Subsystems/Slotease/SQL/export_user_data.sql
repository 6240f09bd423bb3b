SELECT jsonb_build_object(
  'user_profiles', (SELECT to_jsonb(p) FROM user_profiles p WHERE p.id = p_profile_id),
  'organization_members', (SELECT jsonb_agg(to_jsonb(m)) FROM organization_members m JOIN user_profiles p ON p.user_id = m.user_id
                            WHERE p.id = p_profile_id),
  'resources', (SELECT jsonb_agg(to_jsonb(r)) FROM resources r JOIN user_profiles p ON p.user_id = r.user_id WHERE p.id = p_profile_id),
  'appointments', (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.starts_at) FROM appointments a WHERE a.customer_id = p_profile_id),
  'queue_entries', (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id) FROM queue_entries e WHERE e.customer_id = p_profile_id),
  'notifications', (SELECT jsonb_agg(to_jsonb(n) ORDER BY n.created_at) FROM notifications n WHERE n.profile_id = p_profile_id),
  'feedback', (SELECT jsonb_agg(to_jsonb(f)) FROM feedback f WHERE f.customer_id = p_profile_id),
  'consents', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.given_at) FROM consents c WHERE c.profile_id = p_profile_id),
  'analytics_events', (SELECT jsonb_agg(to_jsonb(v) ORDER BY v.created_at) FROM analytics_events v WHERE v.profile_id = p_profile_id),
  'audit_log', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.happened_at) FROM audit_log l WHERE l.subject_id = p_profile_id))
