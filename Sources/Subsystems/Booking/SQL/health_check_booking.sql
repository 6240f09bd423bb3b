#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT r.check_name, r.status, r.value, r.message
    FROM (
      SELECT 1 AS place, 'counters' AS name, count(*)::double precision AS value, 0 AS warning, 0 AS critical,
             format('%s events to come count other registrations than they have', count(*)) AS message
        FROM class_events e
       WHERE e.starts_at > now()
         AND e.reg_count <> (SELECT count(*) FROM registrations x WHERE x.event_id = e.id AND x.status = 'confirmed')
      UNION ALL
      SELECT 2, 'overbooked', count(*), 0, 0, format('%s events have more registrations than places', count(*))
        FROM class_events e WHERE e.starts_at > now() AND e.reg_count > e.capacity
      UNION ALL
      SELECT 3, 'waitlist_delay', coalesce(extract(epoch FROM now() - min(w.joined_at)), 0), 300, 900,
             format('%s people wait for events with free places', count(*))
        FROM event_waitlists w JOIN class_events e ON e.id = w.event_id AND e.starts_at = w.event_starts_at
       WHERE w.promoted_at IS NULL AND w.left_at IS NULL AND e.status = 'scheduled' AND e.starts_at > now()
         AND e.reg_count < e.capacity
      UNION ALL
      SELECT 4, 'outbox_delay', coalesce(extract(epoch FROM now() - min(o.created_at)), 0), 300, 1800,
             format('%s notifications are to be sent', count(*))
        FROM notifications_outbox o WHERE o.status = 'pending' AND o.due_at <= now()
      UNION ALL
      SELECT 5, 'webhook_delay', coalesce(extract(epoch FROM now() - min(w.received_at)), 0), 300, 1800,
             format('%s webhooks are to be processed', count(*))
        FROM webhook_events w WHERE w.processed_at IS NULL) k
   CROSS JOIN LATERAL record_health_check(k.name, k.value, k.warning, k.critical, k.message) r
   ORDER BY k.place;
END
