-- At scale 1: 20,000 leads, 5,000 onboardings and 1,000,000 events of the last 85 days, in twenty parts, so that it can be
-- told how far it is.
INSERT INTO marketing.leads (id, email, company_name, source, persona, country, created_at)
SELECT uuid_generate_v5(uuid_ns_url(), 'staging:lead:' || n), format('lead%s@staging.example', n), 'Company ' || n,
       (enum_range(NULL::marketing.lead_source))[1 + n % 7], (enum_range(NULL::marketing.lead_persona))[1 + n % 6],
       (ARRAY['CH', 'DE', 'AT', 'FR', 'US', 'GB'])[1 + n % 6], now() - n % 85 * interval '1 day'
  FROM generate_series(1, (current_setting('app.scale')::numeric * 20000)::integer) n
 WHERE NOT EXISTS (SELECT FROM marketing.leads l WHERE l.email = format('lead%s@staging.example', n));
INSERT INTO onboarding.sessions (session_token, email, business_info_completed_at, bot_setup_completed_at, started_at)
SELECT 'staging_' || n, format('lead%s@staging.example', n), now(), CASE WHEN n % 2 = 0 THEN now() END, now() - n % 30 * interval '1 day'
  FROM generate_series(1, (current_setting('app.scale')::numeric * 5000)::integer) n
ON CONFLICT (session_token) DO NOTHING;

-- Part by part forward in time; a part that is there already is passed over.
PREPARE events (integer) AS
INSERT INTO analytics.events (type, name, session_id, properties, created_at)
SELECT (ARRAY['page_view', 'page_view', 'page_view', 'user_action', 'form_submission', 'conversion'])[1 + n % 6]::analytics.event_type,
       (ARRAY['home', 'features', 'pricing', 'demo_request', 'signup', 'first_message'])[1 + n % 6], 'staging_' || 1 + n % 20000,
       jsonb_build_object('page', '/' || n % 20, 'country', (ARRAY['CH', 'DE', 'AT', 'FR'])[1 + n % 4]),
       date_trunc('hour', now()) - interval '85 days' * (1 - ($1 - 1 + n::numeric / p.size)::double precision / 20)
  FROM (SELECT greatest(1, (current_setting('app.scale')::numeric * 50000)::integer) AS size) p, generate_series(1, p.size) n
 WHERE n > (SELECT count(*) FROM analytics.events e WHERE e.session_id LIKE 'staging\_%'
               AND e.created_at > date_trunc('hour', now()) - interval '85 days' * (1 - ($1 - 1)::double precision / 20)
               AND e.created_at <= date_trunc('hour', now()) - interval '85 days' * (1 - $1::double precision / 20));
EXECUTE events (1);
EXECUTE events (2);
EXECUTE events (3);
EXECUTE events (4);
EXECUTE events (5);
EXECUTE events (6);
EXECUTE events (7);
EXECUTE events (8);
EXECUTE events (9);
EXECUTE events (10);
EXECUTE events (11);
EXECUTE events (12);
EXECUTE events (13);
EXECUTE events (14);
EXECUTE events (15);
EXECUTE events (16);
EXECUTE events (17);
EXECUTE events (18);
EXECUTE events (19);
EXECUTE events (20);
DEALLOCATE events;
SELECT process_pending_events(2000000);
