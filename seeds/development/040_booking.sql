-- Two studios in Zurich and New York. Yoga on Monday and Wednesday is full, and four people wait for the next one; there
-- were classes last week, to which most people came.
INSERT INTO public.organizations (id, name, slug, timezone) VALUES
  (uuid_generate_v5(uuid_ns_url(), 'org:limmat'), 'Limmat Yoga', 'limmat-yoga', 'Europe/Zurich'),
  (uuid_generate_v5(uuid_ns_url(), 'org:hudson'), 'Hudson Boxing', 'hudson-boxing', 'America/New_York')
ON CONFLICT (slug) DO NOTHING;

INSERT INTO public.organization_members (organization_id, user_id, role)
SELECT o.id, uuid_generate_v5(uuid_ns_url(), 'user:' || r.role || ':' || o.slug), r.role::member_role
  FROM public.organizations o, unnest(ARRAY['owner', 'staff']) AS r (role)
 WHERE o.slug IN ('limmat-yoga', 'hudson-boxing')
ON CONFLICT DO NOTHING;

INSERT INTO public.locations (organization_id, path, name, address, timezone)
SELECT o.id, l.path::ltree, l.name, l.address, o.timezone
  FROM (VALUES ('limmat-yoga', 'zurich', 'Zürich', NULL), ('limmat-yoga', 'zurich.wiedikon', 'Wiedikon', 'Birmensdorferstrasse 1'),
               ('limmat-yoga', 'zurich.wiedikon.hall', 'Great hall', NULL), ('hudson-boxing', 'manhattan', 'Manhattan', '10th Avenue 1'),
               ('hudson-boxing', 'manhattan.ring', 'Ring', NULL)) AS l (slug, path, name, address)
  JOIN public.organizations o ON o.slug = l.slug
ON CONFLICT (organization_id, path) DO NOTHING;

INSERT INTO public.instructors (id, organization_id, user_id, name, email, biography)
SELECT uuid_generate_v5(uuid_ns_url(), 'instructor:' || i.email), o.id,
       CASE WHEN i.is_staff THEN uuid_generate_v5(uuid_ns_url(), 'user:staff:' || o.slug) END, i.name, i.email, i.biography
  FROM (VALUES ('limmat-yoga', 'Anna Keller', 'anna@limmat.example', true, 'Teaches yoga since 2009.'),
               ('limmat-yoga', 'Luca Rossi', 'luca@limmat.example', false, 'Pilates and breathing.'),
               ('hudson-boxing', 'Grace Lee', 'grace@hudson.example', true, 'Golden Gloves 2014.')) AS i (slug, name, email, is_staff, biography)
  JOIN public.organizations o ON o.slug = i.slug
ON CONFLICT DO NOTHING;

INSERT INTO public.customers (id, organization_id, user_id, email, full_name, phone)
SELECT uuid_generate_v5(uuid_ns_url(), 'customer:' || o.slug || ':' || n), o.id,
       CASE WHEN n <= 10 THEN uuid_generate_v5(uuid_ns_url(), 'user:customer:' || n) END,
       format('%s%s@example.org', lower(p.first), n), p.first || ' ' || p.last, '+41 44 555 01 ' || lpad(n::text, 2, '0')
  FROM public.organizations o
 CROSS JOIN generate_series(1, 20) n
 CROSS JOIN LATERAL (
       SELECT (ARRAY['Ada', 'Ben', 'Cleo', 'Dan', 'Eva', 'Finn', 'Gina', 'Hugo', 'Ines', 'Jan'])[1 + n % 10] AS first,
              (ARRAY['Abt', 'Bär', 'Costa', 'Diaz', 'Egli', 'Frei', 'Graf'])[1 + n % 7] AS last) p
 WHERE o.slug IN ('limmat-yoga', 'hudson-boxing')
ON CONFLICT DO NOTHING;

INSERT INTO public.class_series (id, organization_id, location_id, instructor_id, title, description, rrule, starts_on, start_time,
                                 duration, timezone, capacity, price, currency)
SELECT uuid_generate_v5(uuid_ns_url(), 'series:' || s.title), o.id, l.id, i.id, s.title, s.description, s.rule,
       CURRENT_DATE - 14, s.start_time::time, s.duration::interval, o.timezone, s.capacity, s.price, s.currency
  FROM (VALUES
    ('limmat-yoga', 'Vinyasa yoga', 'For people with some experience.', 'FREQ=WEEKLY;BYDAY=MO,WE', '18:00', '75 minutes', 8, 28, 'CHF', 'zurich.wiedikon.hall', 'anna@limmat.example'),
    ('limmat-yoga', 'Early pilates', 'Half an hour before work.', 'FREQ=WEEKLY;BYDAY=TU,TH', '06:45', '30 minutes', 12, 18, 'CHF', 'zurich.wiedikon.hall', 'luca@limmat.example'),
    ('limmat-yoga', 'Long breath', 'The first Saturday of the month.', 'FREQ=MONTHLY;BYDAY=1SA', '10:00', '3 hours', 20, 60, 'CHF', 'zurich.wiedikon', 'luca@limmat.example'),
    ('hudson-boxing', 'Boxing basics', 'Gloves are there.', 'FREQ=DAILY', '19:00', '1 hour', 16, 25, 'USD', 'manhattan.ring', 'grace@hudson.example')
  ) AS s (slug, title, description, rule, start_time, duration, capacity, price, currency, path, email)
  JOIN public.organizations o ON o.slug = s.slug
  JOIN public.locations l ON l.organization_id = o.id AND l.path = s.path::ltree
  JOIN public.instructors i ON i.organization_id = o.id AND i.email = s.email
ON CONFLICT DO NOTHING;

SELECT public.generate_events_for_all(CURRENT_DATE + interval '45 days');

-- Twelve people want the eight places of the next yoga class; four of them wait.
SELECT b.outcome
  FROM (SELECT e.id FROM public.class_events e WHERE e.title = 'Vinyasa yoga' AND e.starts_at > now() + interval '1 hour'
         ORDER BY e.starts_at LIMIT 1) e
 CROSS JOIN generate_series(1, 12) n
 CROSS JOIN LATERAL public.book_event(
         e.id, uuid_generate_v5(uuid_ns_url(), 'customer:limmat-yoga:' || n), 'seed:yoga', 'stripe', 'pi_seed_yoga_' || n) b;

-- A few in each of the next boxing classes.
SELECT count(*)
  FROM (SELECT e.id, row_number() OVER (ORDER BY e.starts_at) AS number FROM public.class_events e
         WHERE e.title = 'Boxing basics' AND e.starts_at > now() + interval '1 hour' ORDER BY e.starts_at LIMIT 7) e
 CROSS JOIN generate_series(1, 20) n
 CROSS JOIN LATERAL (SELECT WHERE (n * 7 + e.number) % 3 = 0) chosen
 CROSS JOIN LATERAL public.book_event(
         e.id, uuid_generate_v5(uuid_ns_url(), 'customer:hudson-boxing:' || n), 'seed:boxing:' || e.number) b;

-- Last week's classes, with who came.
INSERT INTO public.class_events (id, organization_id, title, starts_at, ends_at, capacity, reg_count, status, price, currency)
SELECT uuid_generate_v5(uuid_ns_url(), 'past:' || d), o.id, 'Vinyasa yoga', date_trunc('day', now()) - d * interval '1 day' + interval '17 hours',
       date_trunc('day', now()) - d * interval '1 day' + interval '18 hours 15 minutes', 8, 6, 'completed', 28, 'CHF'
  FROM public.organizations o, generate_series(2, 9, 2) d
 WHERE o.slug = 'limmat-yoga'
ON CONFLICT DO NOTHING;
INSERT INTO public.registrations (id, event_id, event_starts_at, organization_id, customer_id, idempotency_key, attendance, created_at)
SELECT uuid_generate_v5(uuid_ns_url(), 'past:' || e.id || ':' || n), e.id, e.starts_at, e.organization_id,
       uuid_generate_v5(uuid_ns_url(), 'customer:limmat-yoga:' || n), 'seed:past:' || e.id,
       CASE WHEN n = 5 THEN 'no_show' ELSE 'attended' END::attendance, e.starts_at - interval '3 days'
  FROM public.class_events e, generate_series(1, 6) n
 WHERE e.id IN (SELECT uuid_generate_v5(uuid_ns_url(), 'past:' || d) FROM generate_series(2, 9, 2) d)
ON CONFLICT DO NOTHING;

SELECT public.health_check_database();
SELECT public.health_check_booking_system();
SELECT public.refresh_all_materialized_views();
