-- A clinic in Zurich, a bank in Bern and a salon in New York. Tomorrow's appointments of the clinic, last week's with what
-- people said of them, and five people in front of the bank's desk, one of whom was let forward.
SET LOCAL search_path = slotease, public;

INSERT INTO organizations (id, name, slug, kind, address, timezone, latitude, longitude, settings) VALUES
  (uuid_generate_v5(uuid_ns_url(), 'slotease:clinic'), 'Seefeld Clinic', 'seefeld-clinic', 'clinic', 'Seefeldstrasse 1, Zürich',
   'Europe/Zurich', 47.3586, 8.5541, '{"languages": ["de", "en"], "step_free": true}'),
  (uuid_generate_v5(uuid_ns_url(), 'slotease:bank'), 'Aare Bank', 'aare-bank', 'bank', 'Bundesplatz 1, Bern',
   'Europe/Zurich', 46.9471, 7.4440, '{"languages": ["de", "fr"]}'),
  (uuid_generate_v5(uuid_ns_url(), 'slotease:salon'), 'Bleecker Hair', 'bleecker-hair', 'salon', 'Bleecker Street 1, New York',
   'America/New_York', 40.7290, -73.9965, '{}')
ON CONFLICT (slug) DO NOTHING;

INSERT INTO opening_hours (organization_id, weekday, opens, closes)
SELECT o.id, day, h.opens, h.closes
  FROM organizations o
  JOIN (VALUES ('seefeld-clinic', 1, 7, time '07:30', time '12:00'), ('seefeld-clinic', 1, 7, '13:30', '18:00'),
               ('aare-bank', 1, 5, '08:30', '16:30'), ('bleecker-hair', 2, 6, '10:00', '20:00')) AS h (slug, first, last, opens, closes)
    ON h.slug = o.slug
 CROSS JOIN generate_series(h.first, h.last) AS day
ON CONFLICT DO NOTHING;

INSERT INTO services (id, organization_id, name, description, duration, buffer, price, currency)
SELECT uuid_generate_v5(uuid_ns_url(), 'slotease:' || s.name), o.id, s.name, s.description, s.duration::interval, s.buffer::interval,
       s.price, s.currency
  FROM (VALUES ('seefeld-clinic', 'Check-up', 'Once a year.', '30 minutes', '10 minutes', 120, 'CHF'),
               ('seefeld-clinic', 'Vaccination', 'Flu, tetanus, travel.', '10 minutes', '5 minutes', 45, 'CHF'),
               ('aare-bank', 'Mortgage talk', NULL, '1 hour', '0', 0, 'CHF'),
               ('bleecker-hair', 'Haircut', 'Wash included.', '45 minutes', '15 minutes', 70, 'USD'))
    AS s (slug, name, description, duration, buffer, price, currency)
  JOIN organizations o ON o.slug = s.slug
ON CONFLICT (organization_id, name) DO NOTHING;

INSERT INTO resources (id, organization_id, name)
SELECT uuid_generate_v5(uuid_ns_url(), 'slotease:' || r.name), o.id, r.name
  FROM (VALUES ('seefeld-clinic', 'Dr. Meier'), ('seefeld-clinic', 'Dr. Okafor'), ('aare-bank', 'Room Jungfrau'), ('bleecker-hair', 'Rosa'))
    AS r (slug, name)
  JOIN organizations o ON o.slug = r.slug
ON CONFLICT (id) DO NOTHING;
INSERT INTO service_resources (service_id, resource_id)
SELECT s.id, r.id FROM services s JOIN resources r ON r.organization_id = s.organization_id
ON CONFLICT DO NOTHING;

INSERT INTO user_profiles (id, user_id, full_name, email, phone, locale, preferences)
SELECT uuid_generate_v5(uuid_ns_url(), 'slotease:person:' || n), uuid_generate_v5(uuid_ns_url(), 'user:customer:' || n),
       p.first || ' ' || p.last, format('%s%s@example.org', lower(p.first), n), '+41 44 555 02 ' || lpad(n::text, 2, '0'),
       CASE n % 3 WHEN 0 THEN 'en' ELSE 'de' END,
       CASE n % 3 WHEN 0 THEN '{"channels": ["email", "sms"]}' WHEN 1 THEN '{"channels": ["email"]}' ELSE '{"step_free": true}' END::jsonb
  FROM generate_series(1, 12) n
 CROSS JOIN LATERAL (
       SELECT (ARRAY['Ada', 'Ben', 'Cleo', 'Dan', 'Eva', 'Finn', 'Gina', 'Hugo', 'Ines', 'Jan'])[1 + n % 10] AS first,
              (ARRAY['Abt', 'Bär', 'Costa', 'Diaz', 'Egli', 'Frei', 'Graf'])[1 + n % 7] AS last) p
ON CONFLICT (id) DO NOTHING;
INSERT INTO consents (profile_id, purpose, document_version)
SELECT p.id, c.purpose, '2026-01' FROM user_profiles p, unnest('{terms,analytics}'::consent_purpose[]) AS c (purpose)
ON CONFLICT DO NOTHING;

INSERT INTO organization_members (organization_id, user_id, role)
SELECT o.id, uuid_generate_v5(uuid_ns_url(), 'user:' || r.role || ':' || o.slug), r.role
  FROM organizations o, unnest('{staff,admin,super_admin}'::user_role[]) AS r (role)
ON CONFLICT DO NOTHING;

-- Eight people have found a time at the clinic tomorrow.
SELECT count(b.appointment_id)
  FROM generate_series(1, 8) n
 CROSS JOIN LATERAL (
       SELECT s.starts_at FROM available_slots(uuid_generate_v5(uuid_ns_url(), 'slotease:Check-up'), CURRENT_DATE + 1) s
        ORDER BY s.starts_at, s.resource_id OFFSET n * 3 LIMIT 1) slot
 CROSS JOIN LATERAL book_appointment(
         uuid_generate_v5(uuid_ns_url(), 'slotease:Check-up'), uuid_generate_v5(uuid_ns_url(), 'slotease:person:' || n),
         slot.starts_at, 'seed', p_notes => CASE WHEN n = 3 THEN 'First time here.' END) b
 WHERE NOT EXISTS (SELECT FROM booking_requests q
                    WHERE q.customer_id = uuid_generate_v5(uuid_ns_url(), 'slotease:person:' || n) AND q.idempotency_key = 'seed');

-- Last week's.
INSERT INTO appointments (id, organization_id, service_id, resource_id, customer_id, starts_at, ends_at, blocked_until, status, price,
                          currency, created_at)
SELECT uuid_generate_v5(uuid_ns_url(), 'slotease:past:' || d || ':' || n), s.organization_id, s.id,
       uuid_generate_v5(uuid_ns_url(), 'slotease:Dr. Meier'), uuid_generate_v5(uuid_ns_url(), 'slotease:person:' || n), t.at,
       t.at + s.duration, t.at + s.duration + s.buffer,
       CASE WHEN (d + n) % 9 = 0 THEN 'no_show' WHEN (d + n) % 7 = 0 THEN 'cancelled' ELSE 'completed' END::appointment_status,
       s.price, s.currency, t.at - interval '4 days'
  FROM services s, generate_series(1, 7) d, generate_series(1, 6) n,
       LATERAL (SELECT (CURRENT_DATE - d + time '08:00' + n * interval '40 minutes') AT TIME ZONE 'Europe/Zurich' AS at) t
 WHERE s.name = 'Check-up'
ON CONFLICT DO NOTHING;
INSERT INTO feedback (organization_id, service_id, appointment_id, customer_id, rating, comment, reply, published)
SELECT a.organization_id, a.service_id, a.id, a.customer_id, 3 + abs(hashtext(a.id::text)) % 3,
       (ARRAY['Friendly, and on time.', 'I had to wait, but was told how long.', NULL])[1 + abs(hashtext(a.id::text)) % 3],
       CASE WHEN abs(hashtext(a.id::text)) % 3 = 1 THEN 'Thank you; we have one room more since.' END, true
  FROM appointments a
 WHERE a.status = 'completed' AND abs(hashtext(a.id::text)) % 2 = 0
ON CONFLICT (appointment_id) DO NOTHING;

-- The bank's desk: one is being served, five wait, and the last of them is let forward.
INSERT INTO queues (id, organization_id, service_id, name, counters)
SELECT uuid_generate_v5(uuid_ns_url(), 'slotease:desk'), o.id, NULL, 'Desk', 2 FROM organizations o WHERE o.slug = 'aare-bank'
ON CONFLICT (organization_id, name) DO NOTHING;
SELECT j.ticket, j.position
  FROM generate_series(1, 6) n
 CROSS JOIN LATERAL join_queue(uuid_generate_v5(uuid_ns_url(), 'slotease:desk'), uuid_generate_v5(uuid_ns_url(), 'slotease:person:' || n)) j
 WHERE NOT EXISTS (SELECT FROM queue_entries e WHERE e.queue_id = uuid_generate_v5(uuid_ns_url(), 'slotease:desk') AND e.ticket > 5);
SELECT c.ticket FROM call_next(uuid_generate_v5(uuid_ns_url(), 'slotease:desk')) c
 WHERE NOT EXISTS (SELECT FROM queue_entries e WHERE e.status = 'called');
SELECT prioritize_entry(e.id, 10) FROM queue_entries e
 WHERE e.queue_id = uuid_generate_v5(uuid_ns_url(), 'slotease:desk') AND e.ticket = 6 AND e.status = 'waiting';

SELECT track_event('page_view', jsonb_build_object('page', (ARRAY['/', '/search', '/book'])[1 + n % 3]),
                   uuid_generate_v5(uuid_ns_url(), 'slotease:clinic'), uuid_generate_v5(uuid_ns_url(), 'slotease:person:' || 1 + n % 12), 'seed')
  FROM generate_series(1, 60) n
 WHERE NOT EXISTS (SELECT FROM analytics_events WHERE session_id = 'seed');
SELECT refresh_all_materialized_views();
