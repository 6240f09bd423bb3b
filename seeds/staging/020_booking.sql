-- At scale 1: 20 studios, 20,000 customers, 200 series of daily classes with their events of the next 60 days, and 50,000
-- registrations.
INSERT INTO public.organizations (id, name, slug, timezone)
SELECT uuid_generate_v5(uuid_ns_url(), 'staging:org:' || n), 'Studio ' || n, 'staging-' || n,
       (ARRAY['Europe/Zurich', 'America/New_York', 'Asia/Tokyo'])[1 + n % 3]
  FROM generate_series(1, greatest(1, (current_setting('app.scale')::numeric * 20)::integer)) n
ON CONFLICT DO NOTHING;

INSERT INTO public.customers (id, organization_id, email, full_name)
SELECT uuid_generate_v5(uuid_ns_url(), 'staging:customer:' || o.slug || ':' || n), o.id, format('c%s@staging.example', n), 'Customer ' || n
  FROM public.organizations o, generate_series(1, 1000) n WHERE o.slug LIKE 'staging-%'
ON CONFLICT DO NOTHING;

INSERT INTO public.class_series (id, organization_id, title, rrule, starts_on, start_time, timezone, capacity, price)
SELECT uuid_generate_v5(uuid_ns_url(), 'staging:series:' || o.slug || ':' || n), o.id, 'Class ' || n, 'FREQ=DAILY', CURRENT_DATE,
       time '07:00' + n * interval '1 hour', o.timezone, 10 + n, 20
  FROM public.organizations o, generate_series(1, 10) n WHERE o.slug LIKE 'staging-%'
ON CONFLICT DO NOTHING;

SELECT public.generate_events_for_all(CURRENT_DATE + interval '60 days');

INSERT INTO public.registrations (event_id, event_starts_at, organization_id, customer_id, idempotency_key)
SELECT e.id, e.starts_at, e.organization_id, uuid_generate_v5(uuid_ns_url(), 'staging:customer:' || o.slug || ':' || 1 + (e.number * 7 + n) % 1000),
       'staging:' || e.id
  FROM (SELECT e.*, row_number() OVER (PARTITION BY e.organization_id ORDER BY e.starts_at, e.id) AS number FROM public.class_events e) e
  JOIN public.organizations o ON o.id = e.organization_id AND o.slug LIKE 'staging-%'
 CROSS JOIN generate_series(1, 5) n
 WHERE e.number <= 500 AND e.starts_at > now()
ON CONFLICT DO NOTHING;

UPDATE public.class_events e SET reg_count = k.places
  FROM (SELECT r.event_id, r.event_starts_at, count(*) AS places FROM public.registrations r WHERE r.status = 'confirmed' GROUP BY 1, 2) k
 WHERE e.id = k.event_id AND e.starts_at = k.event_starts_at AND e.reg_count <> k.places;

SELECT public.refresh_all_materialized_views();
