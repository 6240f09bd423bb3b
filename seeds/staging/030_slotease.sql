-- At scale 1: 1,000 organisations around the world, 20,000 people, 100,000 appointments of last month and 100,000 events.
SET LOCAL search_path = slotease, public;
INSERT INTO organizations (id, name, slug, kind, timezone, latitude, longitude)
SELECT uuid_generate_v5(uuid_ns_url(), 'staging:slotease:' || n), 'Place ' || n, 'staging-' || n,
       (enum_range(NULL::organization_kind))[1 + n % 6], (ARRAY['Europe/Zurich', 'America/New_York', 'Asia/Tokyo'])[1 + n % 3],
       degrees(asin(2 * ((n * 0.754877666) % 1) - 1)), 360 * ((n * 0.569840291) % 1) - 180
  FROM generate_series(1, greatest(1, (current_setting('app.scale')::numeric * 1000)::integer)) n
ON CONFLICT DO NOTHING;
INSERT INTO opening_hours (organization_id, weekday, opens, closes)
SELECT o.id, n, '08:00', '18:00' FROM organizations o, generate_series(1, 7) n WHERE o.slug LIKE 'staging-%'
ON CONFLICT DO NOTHING;
INSERT INTO services (id, organization_id, name, duration, price)
SELECT uuid_generate_v5(uuid_ns_url(), o.slug || ':service'), o.id, 'Talk', '20 minutes', 50 FROM organizations o WHERE o.slug LIKE 'staging-%'
ON CONFLICT DO NOTHING;
INSERT INTO resources (id, organization_id, name)
SELECT uuid_generate_v5(uuid_ns_url(), o.slug || ':resource'), o.id, 'Room' FROM organizations o WHERE o.slug LIKE 'staging-%'
ON CONFLICT DO NOTHING;
INSERT INTO service_resources (service_id, resource_id)
SELECT s.id, r.id FROM services s JOIN resources r ON r.organization_id = s.organization_id
  JOIN organizations o ON o.id = s.organization_id AND o.slug LIKE 'staging-%'
ON CONFLICT DO NOTHING;
INSERT INTO user_profiles (id, user_id, full_name, email)
SELECT uuid_generate_v5(uuid_ns_url(), o.slug || ':person:' || n), uuid_generate_v5(uuid_ns_url(), o.slug || ':user:' || n), 'Person ' || n,
       format('p%s@%s.example', n, o.slug)
  FROM organizations o, generate_series(1, 20) n WHERE o.slug LIKE 'staging-%'
ON CONFLICT DO NOTHING;

INSERT INTO appointments (id, organization_id, service_id, resource_id, customer_id, starts_at, ends_at, blocked_until, status, price, created_at)
SELECT uuid_generate_v5(uuid_ns_url(), o.slug || ':appointment:' || n), o.id, uuid_generate_v5(uuid_ns_url(), o.slug || ':service'),
       uuid_generate_v5(uuid_ns_url(), o.slug || ':resource'), uuid_generate_v5(uuid_ns_url(), o.slug || ':person:' || 1 + n % 20),
       t.at, t.at + interval '20 minutes', t.at + interval '20 minutes',
       CASE WHEN n % 11 = 0 THEN 'no_show' WHEN n % 13 = 0 THEN 'cancelled' ELSE 'completed' END::appointment_status, 50, t.at - interval '3 days'
  FROM organizations o, generate_series(1, 100) n, LATERAL (SELECT date_trunc('day', now()) - n * interval '8 hours' AS at) t
 WHERE o.slug LIKE 'staging-%'
ON CONFLICT DO NOTHING;

INSERT INTO analytics_events (organization_id, session_id, event_type, properties, created_at)
SELECT o.id, 'staging', (ARRAY['page_view', 'slot_viewed', 'booking_started'])[1 + n % 3], jsonb_build_object('page', '/' || n % 10),
       now() - n * interval '7 hours'
  FROM organizations o, generate_series(1, 100) n
 WHERE o.slug LIKE 'staging-%'
   AND NOT EXISTS (SELECT FROM analytics_events e WHERE e.organization_id = o.id AND e.session_id = 'staging');
SELECT refresh_all_materialized_views();
