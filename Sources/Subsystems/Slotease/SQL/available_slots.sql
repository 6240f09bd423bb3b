SELECT DISTINCT r.id, slot.starts_at, slot.starts_at + s.duration
  FROM services s
  JOIN organizations o ON o.id = s.organization_id AND o.active
 CROSS JOIN generate_series(p_day::timestamp, p_day + least(p_days, 62) * interval '1 day' - interval '1 day', interval '1 day') AS day
  JOIN opening_hours h ON h.organization_id = o.id AND h.weekday = extract(isodow FROM day)
 -- By the clock on the wall; where the clocks change, a time that does not exist is the one an hour later.
 CROSS JOIN LATERAL (
       SELECT wall AT TIME ZONE o.timezone AS starts_at
         FROM generate_series(day + h.opens, day + h.closes - s.duration, s.step) AS wall) slot
  JOIN service_resources sr ON sr.service_id = s.id
  JOIN resources r ON r.id = sr.resource_id AND r.active
 WHERE s.id = p_service_id AND s.active AND slot.starts_at > now()
   AND (slot.starts_at + s.duration) AT TIME ZONE o.timezone <= day + h.closes
   AND NOT EXISTS (SELECT FROM slot_reservations x
                    WHERE x.resource_id = r.id
                      AND x.during && tstzrange(slot.starts_at, slot.starts_at + s.duration + s.buffer))
   AND NOT EXISTS (SELECT FROM closures c
                    WHERE c.organization_id = o.id AND (c.resource_id IS NULL OR c.resource_id = r.id)
                      AND c.during && tstzrange(slot.starts_at, slot.starts_at + s.duration))
 ORDER BY 2, 1
