WITH slots AS MATERIALIZED (
  SELECT DISTINCT slot.starts_at, slot.starts_at + s.duration AS ends_at, slot.starts_at + s.duration + s.buffer AS blocked_until
    FROM services s
    JOIN organizations o ON o.id = s.organization_id AND o.active
   CROSS JOIN generate_series(p_day::timestamp, p_day + (least(p_days, 62) - 1) * interval '1 day', interval '1 day') AS day
    JOIN opening_hours h ON h.organization_id = o.id AND h.weekday = extract(isodow FROM day)
   -- By the clock on the wall; where the clocks change, a time that does not exist is the one an hour later.
   CROSS JOIN LATERAL (
         SELECT wall AT TIME ZONE o.timezone AS starts_at
           FROM generate_series(day + h.opens, day + h.closes - s.duration, s.step) AS wall) slot
   WHERE s.id = p_service_id AND s.active AND slot.starts_at > now() AND slot.starts_at < booking_horizon()
     AND (slot.starts_at + s.duration) AT TIME ZONE o.timezone <= day + h.closes),
span AS (SELECT tstzrange(min(starts_at), max(blocked_until)) AS during FROM slots),
-- What each resource is busy with meanwhile.
busy AS MATERIALIZED (
  SELECT r.id,
         (SELECT coalesce(range_agg(x.during), '{}') FROM slot_reservations x
           WHERE x.resource_id = r.id AND x.during && span.during) AS reserved,
         (SELECT coalesce(range_agg(c.during), '{}') FROM closures c
           WHERE c.organization_id = r.organization_id AND (c.resource_id IS NULL OR c.resource_id = r.id)
             AND c.during && span.during) AS closed
    FROM span, service_resources sr JOIN resources r ON r.id = sr.resource_id AND r.active
   WHERE sr.service_id = p_service_id AND r.organization_id = (SELECT s.organization_id FROM services s WHERE s.id = p_service_id))
SELECT b.id, t.starts_at, t.ends_at
  FROM slots t, busy b
 WHERE NOT b.reserved && tstzrange(t.starts_at, t.blocked_until) AND NOT b.closed && tstzrange(t.starts_at, t.ends_at)
 ORDER BY 2, 1
