-- One of each, for tests that need something to be there.
SELECT webinar.upsert_registrants('[{"id": 1, "webinar_id": 7, "schedule_id": 70, "email": "one@example.org", "attended_live": "1"}]');
INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash)
VALUES (1, '["Name"]', '{"Name": "One"}', 'hash-one')
ON CONFLICT (row_number) DO UPDATE SET data = excluded.data;
INSERT INTO public.organizations (id, name, slug) VALUES ('00000000-0000-4000-8000-000000000001', 'One', 'one')
ON CONFLICT (id) DO NOTHING;
INSERT INTO public.customers (id, organization_id, email, full_name)
VALUES ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 'one@example.org', 'One')
ON CONFLICT (id) DO NOTHING;
INSERT INTO slotease.organizations (id, name, slug, latitude, longitude)
VALUES ('00000000-0000-4000-8000-000000000003', 'One', 'one', 47.4, 8.5)
ON CONFLICT (id) DO NOTHING;
INSERT INTO marketing.leads (email) SELECT 'one@example.org' WHERE NOT EXISTS (SELECT FROM marketing.leads WHERE email = 'one@example.org');
