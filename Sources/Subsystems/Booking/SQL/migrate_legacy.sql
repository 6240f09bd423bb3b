#variable_conflict use_column
BEGIN
  -- One run at a time; the second finds nothing to do.
  PERFORM pg_advisory_xact_lock(hashtext('public.migrate_class_instances_to_events'));
  PERFORM maintain_event_partitions(min(i.start_time)::date - 1, max(i.start_time)::date + 1)
     FROM class_instances i HAVING count(*) > 0;

  -- A class's instances are gathered under one series. It makes no events of its own: nobody wrote a rule.
  WITH made AS (
    INSERT INTO class_series (
      organization_id, title, rrule, starts_on, start_time, duration, timezone, capacity, price, active, legacy_key)
    SELECT i.organization_id, i.class_name, 'FREQ=DAILY;COUNT=1',
           min(i.start_time AT TIME ZONE o.timezone)::date, min((i.start_time AT TIME ZONE o.timezone)::time),
           interval '1 hour', o.timezone, greatest(coalesce(max(i.max_participants), 1), 1), coalesce(max(i.price), 0),
           false, lower(btrim(i.class_name))
      FROM class_instances i JOIN organizations o ON o.id = i.organization_id
     GROUP BY i.organization_id, o.timezone, i.class_name
    ON CONFLICT (organization_id, legacy_key) DO NOTHING
    RETURNING 1)
  SELECT count(*) INTO series FROM made;

  -- An event has room for all who had a place, even where more were let in than the class was for.
  WITH made AS (
    INSERT INTO class_events (
      series_id, organization_id, title, starts_at, ends_at, capacity, status, price, legacy_instance_id)
    SELECT CASE WHEN row_number() OVER (PARTITION BY s.id, i.start_time ORDER BY i.id) = 1
                 AND NOT EXISTS (SELECT FROM class_events e WHERE e.series_id = s.id AND e.starts_at = i.start_time)
             THEN s.id END,
           i.organization_id, i.class_name, i.start_time,
           CASE WHEN i.end_time > i.start_time THEN i.end_time ELSE i.start_time + interval '1 hour' END,
           greatest(coalesce(i.max_participants, 1), 1,
                    (SELECT count(DISTINCT legacy_address(r.customer_email, r.id)) FROM class_registrations r
                      WHERE r.class_instance_id = i.id AND r.status IS DISTINCT FROM 'cancelled')),
           CASE WHEN i.status = 'cancelled' THEN 'cancelled' WHEN i.start_time < now() THEN 'completed'
                ELSE 'scheduled' END::event_status,
           greatest(coalesce(i.price, 0), 0), i.id
      FROM class_instances i
      JOIN class_series s ON s.organization_id = i.organization_id AND s.legacy_key = lower(btrim(i.class_name))
     WHERE NOT EXISTS (SELECT FROM class_events e WHERE e.legacy_instance_id = i.id)
    RETURNING 1)
  SELECT count(*) INTO events FROM made;

  -- Who registered or waited becomes a customer; who left no address is one by the number of the registration.
  WITH people AS (
    SELECT i.organization_id, l.address, l.name, l.created_at
      FROM (SELECT r.class_instance_id, legacy_address(r.customer_email, r.id) AS address, r.customer_name AS name, r.created_at
              FROM class_registrations r
             WHERE NOT EXISTS (SELECT FROM registrations n WHERE n.legacy_registration_id = r.id)
            UNION ALL
            SELECT w.class_instance_id, legacy_address(w.customer_email, w.id), w.customer_name, w.created_at
              FROM waitlists w
             WHERE NOT EXISTS (SELECT FROM event_waitlists n WHERE n.legacy_waitlist_id = w.id)) l
      JOIN class_instances i ON i.id = l.class_instance_id),
  made AS (
    INSERT INTO customers (organization_id, email, full_name)
    SELECT DISTINCT ON (organization_id, address) organization_id, address, coalesce(nullif(btrim(name), ''), address)
      FROM people ORDER BY organization_id, address, created_at DESC NULLS LAST
    ON CONFLICT (organization_id, email) DO NOTHING
    RETURNING 1)
  SELECT count(*) INTO customers FROM made;

  -- Nobody has two places in one event: of several registrations of one person the first counts, the others are kept as
  -- cancelled ones.
  WITH made AS (
    INSERT INTO registrations (
      event_id, event_starts_at, organization_id, customer_id, status, idempotency_key, attendance, cancel_reason,
      cancelled_at, legacy_registration_id, created_at)
    SELECT l.event_id, l.starts_at, l.organization_id, l.customer_id, l.status, 'legacy:' || l.id, l.attendance,
           CASE WHEN l.status = 'cancelled' AND NOT l.was_cancelled THEN 'registered twice' END,
           CASE WHEN l.status = 'cancelled' THEN coalesce(l.created_at, now()) END, l.id, coalesce(l.created_at, now())
      FROM (
        SELECT r.id, r.created_at, e.id AS event_id, e.starts_at, e.organization_id, c.id AS customer_id,
               r.status = 'cancelled' AS was_cancelled,
               CASE WHEN r.status = 'cancelled' OR e.status = 'cancelled' OR row_number() OVER (
                           PARTITION BY e.id, c.id, r.status IS NOT DISTINCT FROM 'cancelled' ORDER BY r.created_at, r.id) > 1
                      OR EXISTS (SELECT FROM registrations n WHERE n.event_id = e.id AND n.customer_id = c.id
                                                               AND n.status = 'confirmed')
                 THEN 'cancelled' ELSE 'confirmed' END::registration_status AS status,
               CASE WHEN r.status IN ('attended', 'no_show') THEN r.status END::attendance AS attendance
          FROM class_registrations r
          JOIN class_instances i ON i.id = r.class_instance_id
          JOIN class_events e ON e.legacy_instance_id = i.id
          JOIN customers c ON c.organization_id = i.organization_id AND c.email = legacy_address(r.customer_email, r.id)
         WHERE NOT EXISTS (SELECT FROM registrations n WHERE n.legacy_registration_id = r.id)) l
    RETURNING event_id, event_starts_at, status),
  counted AS (
    SELECT m.event_id, m.event_starts_at, count(*) FILTER (WHERE m.status = 'confirmed') AS places FROM made m GROUP BY 1, 2),
  noted AS (
    UPDATE class_events e
       SET reg_count = e.reg_count + k.places, capacity = greatest(e.capacity, e.reg_count + k.places)
      FROM counted k WHERE e.id = k.event_id AND e.starts_at = k.event_starts_at AND k.places > 0)
  SELECT count(*) INTO registrations FROM made;

  -- In their old order.
  WITH made AS (
    INSERT INTO event_waitlists (
      event_id, event_starts_at, organization_id, customer_id, idempotency_key, joined_at, left_at, legacy_waitlist_id)
    SELECT l.event_id, l.starts_at, l.organization_id, l.customer_id, 'legacy:' || l.id, coalesce(l.created_at, now()),
           CASE WHEN l.is_over OR l.number > 1 THEN now() END, l.id
      FROM (
        SELECT w.id, w.created_at, w.position, e.id AS event_id, e.starts_at, e.organization_id, c.id AS customer_id,
               e.status <> 'scheduled'
                 OR EXISTS (SELECT FROM registrations n WHERE n.event_id = e.id AND n.customer_id = c.id AND n.status = 'confirmed')
                 OR EXISTS (SELECT FROM event_waitlists n WHERE n.event_id = e.id AND n.customer_id = c.id
                                                            AND n.promoted_at IS NULL AND n.left_at IS NULL) AS is_over,
               row_number() OVER (PARTITION BY e.id, c.id ORDER BY w.position, w.created_at, w.id) AS number
          FROM waitlists w
          JOIN class_instances i ON i.id = w.class_instance_id
          JOIN class_events e ON e.legacy_instance_id = i.id
          JOIN customers c ON c.organization_id = i.organization_id AND c.email = legacy_address(w.customer_email, w.id)
         WHERE NOT EXISTS (SELECT FROM event_waitlists n WHERE n.legacy_waitlist_id = w.id)) l
     ORDER BY l.event_id, l.position, l.created_at, l.id
    RETURNING 1)
  SELECT count(*) INTO waiting FROM made;
  RETURN NEXT;
END
