-- Six leads, one of each kind: two have become customers and send messages, two are setting themselves up, two have stopped
-- on the way. Four weeks of visits lead to them, more of them on working days and in the middle of the day.
INSERT INTO marketing.leads (id, email, company_name, contact_name, phone, source, status, persona, country, utm, tags, metadata,
                             marketing_consent, created_at)
SELECT uuid_generate_v5(uuid_ns_url(), 'lead:' || l.email), l.email, l.company, l.contact, l.phone, l.source::marketing.lead_source,
       l.status::marketing.lead_status, l.persona::marketing.lead_persona, l.country, l.utm::jsonb, l.tags::text[], l.metadata::jsonb,
       l.consent, date_trunc('day', now()) - l.days * interval '1 day' + interval '10 hours'
  FROM (VALUES
    ('maria@tresor.example', 'Trésor Bakery', 'Maria Rossi', '+41445550301', 'website-form', 'converted', 'founder', 'CH', '{"campaign": "spring"}', '{food,retail}', '{"team": 4}', true, 26),
    ('tom@northwind.example', 'Northwind Support', 'Tom Becker', '+4930555030', 'referral', 'converted', 'support_lead', 'DE', '{}', '{support}', '{"team": 25}', true, 21),
    ('lena@brightads.example', 'Bright Ads', 'Lena Fischer', NULL, 'landing-page', 'demo', 'agency', 'AT', '{"campaign": "agencies"}', '{agency}', '{"clients": 12}', true, 12),
    ('sam@devtools.example', 'Devtools Inc', 'Sam Okafor', NULL, 'website-form', 'qualified', 'developer', 'US', '{"campaign": "docs"}', '{api}', '{"language": "swift"}', false, 9),
    ('claire@grandhotel.example', 'Grand Hôtel', 'Claire Dubois', '+33155503011', 'event', 'contacted', 'marketing_manager', 'FR', '{}', '{travel}', '{"rooms": 220}', true, 6),
    ('procurement@megacorp.example', 'Megacorp', 'Jordan Lee', NULL, 'whatsapp', 'new', 'enterprise', 'GB', '{}', '{}', '{"seats": 900}', false, 1)
  ) AS l (email, company, contact, phone, source, status, persona, country, utm, tags, metadata, consent, days)
 WHERE NOT EXISTS (SELECT FROM marketing.leads o WHERE o.email = l.email);

INSERT INTO marketing.lead_interactions (lead_id, kind, outcome, subject, notes, happened_at)
SELECT l.id, i.kind::marketing.interaction_kind, i.outcome::marketing.interaction_outcome, i.subject, i.notes, l.created_at + i.hours * interval '1 hour'
  FROM (VALUES ('maria@tresor.example', 'call', 'answered', 'First call', 'Wants order messages on Saturdays.', 5),
               ('maria@tresor.example', 'demo', 'scheduled', 'Demo', NULL, 30), ('tom@northwind.example', 'email', 'answered', 'Migration', NULL, 20),
               ('lena@brightads.example', 'demo', 'scheduled', 'Demo for two clients', NULL, 26),
               ('sam@devtools.example', 'whatsapp', 'answered', 'Webhooks', 'Asked for the API limits.', 3),
               ('claire@grandhotel.example', 'call', 'no_answer', NULL, NULL, 4)) AS i (email, kind, outcome, subject, notes, hours)
  JOIN marketing.leads l ON l.email = i.email
 WHERE NOT EXISTS (SELECT FROM marketing.lead_interactions o WHERE o.lead_id = l.id AND o.kind = i.kind::marketing.interaction_kind);

-- Setting up: how many of the five steps each has done, and how long ago they were last seen.
INSERT INTO onboarding.sessions (id, session_token, user_id, email, country, business_info, status, started_at, last_activity_at,
                                 business_info_completed_at, bot_setup_completed_at, whatsapp_connection_completed_at,
                                 template_creation_completed_at, launch_completed_at)
SELECT uuid_generate_v5(uuid_ns_url(), 'onboarding:' || l.email), 'sess_dev_' || split_part(l.email, '@', 1),
       uuid_generate_v5(uuid_ns_url(), 'user:' || l.email), l.email, l.country, jsonb_build_object('name', l.company_name, 'tags', l.tags),
       CASE WHEN s.steps < 5 AND s.idle > 2 THEN 'abandoned' ELSE 'in_progress' END::onboarding.session_status, t.started, now() - s.idle * interval '1 hour',
       CASE WHEN s.steps >= 1 THEN t.started + interval '4 minutes' END, CASE WHEN s.steps >= 2 THEN t.started + interval '11 minutes' END,
       CASE WHEN s.steps >= 3 THEN t.started + interval '25 minutes' END, CASE WHEN s.steps >= 4 THEN t.started + interval '40 minutes' END,
       CASE WHEN s.steps >= 5 THEN t.started + interval '55 minutes' END
  FROM (VALUES ('maria@tresor.example', 5, 480), ('tom@northwind.example', 5, 300), ('lena@brightads.example', 3, 1),
               ('sam@devtools.example', 2, 0), ('claire@grandhotel.example', 1, 70), ('procurement@megacorp.example', 0, 20)) AS s (email, steps, idle)
  JOIN marketing.leads l ON l.email = s.email
 CROSS JOIN LATERAL (SELECT now() - (s.idle + 1) * interval '1 hour' AS started) t
ON CONFLICT (session_token) DO NOTHING;
INSERT INTO onboarding.step_activities (session_id, step, action, duration_ms, created_at)
SELECT s.id, p.step, a.action, CASE WHEN a.action = 'completed' THEN 60000 + abs(hashtext(s.id::text || p.step)) % 600000 END,
       s.started_at + p.number * interval '8 minutes' + CASE WHEN a.action = 'completed' THEN interval '6 minutes' ELSE '0' END
  FROM onboarding.sessions s
 CROSS JOIN unnest(enum_range(NULL::onboarding.onboarding_step)) WITH ORDINALITY AS p (step, number)
 CROSS JOIN unnest('{started,completed}'::onboarding.step_action[]) AS a (action)
 WHERE s.session_token LIKE 'sess\_dev\_%'
   AND (p.number * 20 <= s.progress_percentage OR (p.step = s.current_step AND a.action = 'started' AND s.status <> 'completed'))
   AND NOT EXISTS (SELECT FROM onboarding.step_activities o WHERE o.session_id = s.id);

INSERT INTO experiments.experiments (key, name, hypothesis, status, variants, traffic_percentage, countries, starts_at) VALUES
  ('hero-text', 'Text of the first page', 'Saying what it costs brings better leads.', 'running',
   '[{"key": "control", "weight": 50}, {"key": "price", "weight": 50}]', 100, NULL, now() - interval '30 days'),
  ('onboarding-video', 'Video beside the bot setup', 'Fewer stop at the second step.', 'running',
   '[{"key": "control", "weight": 60}, {"key": "video", "weight": 30}, {"key": "call", "weight": 10}]', 80, '{CH,DE,AT,FR}', now() - interval '14 days'),
  ('blue-button', 'Blue button', NULL, 'completed', '[{"key": "green", "weight": 1}, {"key": "blue", "weight": 1}]', 100, NULL, now() - interval '80 days')
ON CONFLICT (key) DO NOTHING;

-- 850 visits: each goes on as far as its number says, from the first page to the conversion.
CREATE TEMPORARY TABLE visits ON COMMIT DROP AS
SELECT n, 'visit_' || n AS session_id, abs(hashtext('depth ' || n)) % 100 AS depth, (ARRAY['CH', 'DE', 'AT', 'FR', 'US', 'GB'])[1 + abs(hashtext('country ' || n)) % 6] AS country,
       date_trunc('day', now()) - (1 + d.day) * interval '1 day' + (ARRAY[7, 9, 10, 11, 11, 13, 14, 14, 15, 16, 18, 20])[1 + abs(hashtext('hour ' || n)) % 12] * interval '1 hour'
         + abs(hashtext('minute ' || n)) % 3600 * interval '1 second' AS at
  FROM generate_series(1, 850) n
 -- A day of the weekend is chosen again, by another number, three times of four.
 CROSS JOIN LATERAL (SELECT abs(hashtext('day ' || n)) % 28 AS first, abs(hashtext('again ' || n)) % 28 AS second) c
 CROSS JOIN LATERAL (SELECT CASE WHEN extract(isodow FROM CURRENT_DATE - 1 - c.first) > 5 AND n % 4 > 0 THEN c.second ELSE c.first END AS day) d
 WHERE NOT EXISTS (SELECT FROM analytics.events e WHERE e.session_id = 'visit_1');
SELECT count(*) FROM visits v, auto_assign_experiments(session_id => v.session_id, country => v.country) a WHERE v.n % 2 = 0;
INSERT INTO analytics.events (type, name, session_id, properties, created_at)
SELECT f.type::analytics.event_type, f.name, v.session_id,
       jsonb_strip_nulls(jsonb_build_object('page', f.page, 'country', v.country, 'utm_campaign', CASE WHEN v.n % 5 = 0 THEN 'spring' END,
         'user_agent', (ARRAY['Mozilla/5.0 (Macintosh)', 'Mozilla/5.0 (iPhone) Mobile', 'Mozilla/5.0 (iPad)', 'Mozilla/5.0 (Windows NT 10.0)'])[1 + v.n % 4])),
       v.at + f.number * interval '50 seconds'
  FROM visits v
  JOIN (VALUES (1, 'page_view', 'home', '/', 100), (2, 'page_view', 'features', '/features', 75), (3, 'page_view', 'pricing', '/pricing', 55),
               (4, 'page_view', 'demo', '/demo', 40), (5, 'user_action', 'demo_request', '/demo', 25), (6, 'form_submission', 'signup', '/signup', 12),
               (7, 'conversion', 'first_message', NULL, 5)) AS f (number, type, name, page, share) ON v.depth < f.share
 ORDER BY v.at, f.number;
INSERT INTO analytics.events (type, name, session_id, properties, created_at)
SELECT 'page_view', 'onboarding', s.session_token, jsonb_build_object('page', '/onboarding/' || s.current_step), s.started_at
  FROM onboarding.sessions s
 WHERE s.session_token LIKE 'sess\_dev\_%' AND NOT EXISTS (SELECT FROM analytics.events e WHERE e.session_id = s.session_token);
UPDATE experiments.assignments a SET converted_at = e.created_at FROM analytics.events e
 WHERE e.session_id = a.session_id AND e.type = 'conversion' AND a.converted_at IS NULL;

INSERT INTO whatsapp.accounts (id, lead_id, owner_id, business_name, phone_number, phone_number_id, waba_id, status, quality_rating, daily_limit,
                               webhook_verified_at)
SELECT uuid_generate_v5(uuid_ns_url(), 'whatsapp:' || l.email), l.id, uuid_generate_v5(uuid_ns_url(), 'user:' || l.email), l.company_name,
       l.phone, '1000' || length(l.email), '2000' || length(l.email), 'active', 'green', 1000, now() - interval '10 days'
  FROM marketing.leads l WHERE l.status = 'converted' AND l.phone IS NOT NULL AND l.email LIKE '%.example'
ON CONFLICT (phone_number) DO NOTHING;
INSERT INTO whatsapp.templates (account_id, name, language, category, status, body, rejection_reason)
SELECT a.id, t.name, t.language, t.category::whatsapp.template_category, t.status::whatsapp.template_status, t.body, t.reason
  FROM whatsapp.accounts a
 CROSS JOIN (VALUES ('order_ready', 'en', 'utility', 'approved', 'Hello {{1}}, your order is ready.', NULL),
                    ('order_ready', 'de', 'utility', 'pending', 'Hallo {{1}}, deine Bestellung ist bereit.', NULL),
                    ('weekend_offer', 'en', 'marketing', 'rejected', 'BUY NOW {{1}}', 'Too loud.')) AS t (name, language, category, status, body, reason)
ON CONFLICT (account_id, name, language) DO NOTHING;

SELECT public.process_pending_events();
