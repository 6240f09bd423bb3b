-- 20261121203242_growth
-- create 5 schemas, 16 enums, 18 functions, 14 tables, 6 constraints, 65 indexes, 7 views, 14 triggers, 40 policies, 2 partition windows, 168 grants, 173 comments, 3 cron jobs
-- proved on PostgreSQL 15.20: converges; 121 rows in 41 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + schema analytics  [Growth/GrowthTypes.swift]
CREATE SCHEMA analytics;

-- + comment on schema analytics  [Growth/GrowthTypes.swift]
COMMENT ON SCHEMA analytics IS 'Events, figures and the audit trail.';

-- + schema experiments  [Growth/GrowthTypes.swift]
CREATE SCHEMA experiments;

-- + comment on schema experiments  [Growth/GrowthTypes.swift]
COMMENT ON SCHEMA experiments IS 'A/B tests and feature flags.';

-- + schema marketing  [Growth/GrowthTypes.swift]
CREATE SCHEMA marketing;

-- + comment on schema marketing  [Growth/GrowthTypes.swift]
COMMENT ON SCHEMA marketing IS 'Leads and what was said with them.';

-- + schema onboarding  [Growth/GrowthTypes.swift]
CREATE SCHEMA onboarding;

-- + comment on schema onboarding  [Growth/GrowthTypes.swift]
COMMENT ON SCHEMA onboarding IS 'How new customers set themselves up.';

-- + schema whatsapp  [Growth/GrowthTypes.swift]
CREATE SCHEMA whatsapp;

-- + comment on schema whatsapp  [Growth/GrowthTypes.swift]
COMMENT ON SCHEMA whatsapp IS 'WhatsApp business accounts and message templates.';

-- + enum analytics.audit_action  [Growth/GrowthTypes.swift]
CREATE TYPE analytics.audit_action AS ENUM ('insert', 'update', 'delete');

-- + comment on enum analytics.audit_action  [Growth/GrowthTypes.swift]
COMMENT ON TYPE analytics.audit_action IS 'What was done to a row.';

-- + enum analytics.device  [Growth/GrowthTypes.swift]
CREATE TYPE analytics.device AS ENUM ('desktop', 'mobile', 'tablet', 'bot', 'unknown');

-- + comment on enum analytics.device  [Growth/GrowthTypes.swift]
COMMENT ON TYPE analytics.device IS 'What kind of device an event came from, by what it says of itself.';

-- + enum analytics.event_type  [Growth/GrowthTypes.swift]
CREATE TYPE analytics.event_type AS ENUM ('page_view', 'user_action', 'form_submission', 'conversion', 'experiment', 'system', 'error');

-- + comment on enum analytics.event_type  [Growth/GrowthTypes.swift]
COMMENT ON TYPE analytics.event_type IS 'What kind of event it is; its name says which.';

-- + enum experiments.experiment_status  [Growth/GrowthTypes.swift]
CREATE TYPE experiments.experiment_status AS ENUM ('draft', 'running', 'paused', 'completed');

-- + comment on enum experiments.experiment_status  [Growth/GrowthTypes.swift]
COMMENT ON TYPE experiments.experiment_status IS 'State of an experiment; only running ones take subjects.';

-- + enum marketing.interaction_kind  [Growth/GrowthTypes.swift]
CREATE TYPE marketing.interaction_kind AS ENUM ('email', 'call', 'meeting', 'demo', 'whatsapp', 'note');

-- + comment on enum marketing.interaction_kind  [Growth/GrowthTypes.swift]
COMMENT ON TYPE marketing.interaction_kind IS 'How somebody spoke with a lead; a note speaks with nobody.';

-- + enum marketing.interaction_outcome  [Growth/GrowthTypes.swift]
CREATE TYPE marketing.interaction_outcome AS ENUM ('none', 'answered', 'scheduled', 'declined', 'no_answer');

-- + comment on enum marketing.interaction_outcome  [Growth/GrowthTypes.swift]
COMMENT ON TYPE marketing.interaction_outcome IS 'What came of an interaction.';

-- + enum marketing.lead_persona  [Growth/GrowthTypes.swift]
CREATE TYPE marketing.lead_persona AS ENUM ('founder', 'marketing_manager', 'support_lead', 'developer', 'agency', 'enterprise');

-- + comment on enum marketing.lead_persona  [Growth/GrowthTypes.swift]
COMMENT ON TYPE marketing.lead_persona IS 'What kind of customer a lead would be.';

-- + enum marketing.lead_source  [Growth/GrowthTypes.swift]
CREATE TYPE marketing.lead_source AS ENUM ('website-form', 'landing-page', 'referral', 'event', 'whatsapp', 'import', 'other');

-- + comment on enum marketing.lead_source  [Growth/GrowthTypes.swift]
COMMENT ON TYPE marketing.lead_source IS 'Where a lead came from first.';

-- + enum marketing.lead_status  [Growth/GrowthTypes.swift]
CREATE TYPE marketing.lead_status AS ENUM ('new', 'contacted', 'qualified', 'demo', 'converted', 'lost');

-- + comment on enum marketing.lead_status  [Growth/GrowthTypes.swift]
COMMENT ON TYPE marketing.lead_status IS 'How far a lead has come.';

-- + enum onboarding.onboarding_step  [Growth/GrowthTypes.swift]
CREATE TYPE onboarding.onboarding_step AS ENUM ('business_info', 'bot_setup', 'whatsapp_connection', 'template_creation', 'launch');

-- + comment on enum onboarding.onboarding_step  [Growth/GrowthTypes.swift]
COMMENT ON TYPE onboarding.onboarding_step IS 'The steps of an onboarding, in their order.';

-- + enum onboarding.session_status  [Growth/GrowthTypes.swift]
CREATE TYPE onboarding.session_status AS ENUM ('in_progress', 'completed', 'abandoned');

-- + comment on enum onboarding.session_status  [Growth/GrowthTypes.swift]
COMMENT ON TYPE onboarding.session_status IS 'State of an onboarding; an abandoned one that goes on is in progress again.';

-- + enum onboarding.step_action  [Growth/GrowthTypes.swift]
CREATE TYPE onboarding.step_action AS ENUM ('started', 'completed', 'skipped', 'failed', 'help_viewed');

-- + comment on enum onboarding.step_action  [Growth/GrowthTypes.swift]
COMMENT ON TYPE onboarding.step_action IS 'What somebody did at a step.';

-- + enum whatsapp.account_status  [Growth/GrowthTypes.swift]
CREATE TYPE whatsapp.account_status AS ENUM ('pending', 'verified', 'active', 'suspended');

-- + comment on enum whatsapp.account_status  [Growth/GrowthTypes.swift]
COMMENT ON TYPE whatsapp.account_status IS 'State of a business account.';

-- + enum whatsapp.quality_rating  [Growth/GrowthTypes.swift]
CREATE TYPE whatsapp.quality_rating AS ENUM ('green', 'yellow', 'red');

-- + comment on enum whatsapp.quality_rating  [Growth/GrowthTypes.swift]
COMMENT ON TYPE whatsapp.quality_rating IS 'WhatsApp''s rating of an account''s messages.';

-- + enum whatsapp.template_category  [Growth/GrowthTypes.swift]
CREATE TYPE whatsapp.template_category AS ENUM ('marketing', 'utility', 'authentication');

-- + comment on enum whatsapp.template_category  [Growth/GrowthTypes.swift]
COMMENT ON TYPE whatsapp.template_category IS 'What a template is for, which decides its price.';

-- + enum whatsapp.template_status  [Growth/GrowthTypes.swift]
CREATE TYPE whatsapp.template_status AS ENUM ('draft', 'pending', 'approved', 'rejected');

-- + comment on enum whatsapp.template_status  [Growth/GrowthTypes.swift]
COMMENT ON TYPE whatsapp.template_status IS 'WhatsApp''s word on a template.';

-- + function analytics.aggregate_events()  [Growth/Events.swift]
CREATE OR REPLACE FUNCTION analytics.aggregate_events()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'analytics', 'pg_temp'
AS $function$
BEGIN
  INSERT INTO event_aggregations AS a (bucket, type, name, shard, events)
  SELECT date_trunc('hour', n.created_at, 'UTC'), n.type, n.name, pg_backend_pid(), count(*) FROM new_rows n GROUP BY 1, 2, 3
  ON CONFLICT (bucket, type, name, shard) DO UPDATE SET events = a.events + excluded.events;
  -- A demo counts more than a page.
  INSERT INTO pending_events (day, lead_id, events, points)
  SELECT (n.created_at AT TIME ZONE 'UTC')::date, n.lead_id, count(*),
         sum(CASE WHEN n.name = 'demo_request' THEN 20 WHEN n.type = 'conversion' THEN 30 WHEN n.type = 'form_submission' THEN 10 ELSE 1 END)
    FROM new_rows n GROUP BY 1, 2;
  RETURN NULL;
END
$function$;

-- + comment on function analytics.aggregate_events()  [Growth/Events.swift]
COMMENT ON ROUTINE analytics.aggregate_events() IS 'Counts new events by the hour, each process in rows of its own, and notes what is to be done with them.';

-- + function analytics.audit_change()  [Growth/AuditTrail.swift]
CREATE OR REPLACE FUNCTION analytics.audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'analytics', 'pg_temp'
AS $function$
DECLARE
  v_changes jsonb := public.row_changes(to_jsonb(OLD) - 'access_token' - 'search', to_jsonb(NEW) - 'access_token' - 'search');
BEGIN
  IF v_changes IS NOT NULL THEN
    INSERT INTO audit_trail (table_name, row_id, action, actor, actor_role, changes)
    VALUES (TG_ARGV[0], coalesce(to_jsonb(OLD), to_jsonb(NEW)) ->> 'id', lower(TG_OP)::audit_action,
            coalesce(auth.uid()::text, marketing.visitor_email()), current_setting('role'), v_changes);
  END IF;
  RETURN NULL;
END
$function$;

-- + comment on function analytics.audit_change()  [Growth/AuditTrail.swift]
COMMENT ON ROUTINE analytics.audit_change() IS 'Keeps a change in audit_trail. Its argument is the table''s name.';

-- + function analytics.enrich_event()  [Growth/Events.swift]
CREATE OR REPLACE FUNCTION analytics.enrich_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'analytics', 'pg_temp'
AS $function$
DECLARE
  v_agent text := coalesce(NEW.properties ->> 'user_agent', nullif(current_setting('request.headers', true), '')::jsonb ->> 'user-agent');
  v_country text;
BEGIN
  PERFORM marketing.limit_rate('event', 5000);
  NEW.page := coalesce(NEW.page, NEW.properties ->> 'page');
  NEW.campaign := coalesce(NEW.campaign, NEW.properties ->> 'utm_campaign');
  IF NEW.session_id IS NOT NULL THEN
    SELECT coalesce(NEW.lead_id, s.lead_id), s.country INTO NEW.lead_id, v_country
      FROM (VALUES (0)) AS one LEFT JOIN onboarding.sessions s ON s.session_token = NEW.session_id;
    NEW.variants := coalesce(NEW.variants, (
      SELECT jsonb_object_agg(x.key, a.variant) FROM experiments.assignments a JOIN experiments.experiments x ON x.id = a.experiment_id
       WHERE a.session_id = NEW.session_id AND x.status = 'running'));
  END IF;
  NEW.country := coalesce(NEW.country, CASE WHEN NEW.properties ->> 'country' ~ '^[A-Za-z]{2}$' THEN upper(NEW.properties ->> 'country') END,
                          v_country);
  NEW.device := CASE
    WHEN NEW.device <> 'unknown' OR v_agent IS NULL THEN NEW.device
    WHEN v_agent ~* 'bot|crawl|spider' THEN 'bot'
    WHEN v_agent ~* 'ipad|tablet' THEN 'tablet'
    WHEN v_agent ~* 'mobile|iphone|android' THEN 'mobile'
    ELSE 'desktop' END;
  RETURN NEW;
END
$function$;

-- + comment on function analytics.enrich_event()  [Growth/Events.swift]
COMMENT ON ROUTINE analytics.enrich_event() IS 'Fills in an event''s page, campaign, country, device, lead and experiments.';

-- + function analytics.is_admin()  [Growth/Identity.swift]
CREATE OR REPLACE FUNCTION analytics.is_admin()
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT coalesce(auth.jwt() #>> '{app_metadata,role}' = 'admin', false)
$function$;

-- + comment on function analytics.is_admin()  [Growth/Identity.swift]
COMMENT ON ROUTINE analytics.is_admin() IS 'Whether the person who asks runs the platform: a claim that people cannot give themselves.';

-- + function experiments.are_variants(jsonb)  [Growth/Experiments.swift]
CREATE OR REPLACE FUNCTION experiments.are_variants(p_variants jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE WHEN jsonb_typeof(p_variants) = 'array' AND jsonb_array_length(p_variants) >= 2 THEN (
  SELECT coalesce(bool_and(jsonb_typeof(v -> 'key') = 'string' AND jsonb_typeof(v -> 'weight') = 'number'
                           AND (v ->> 'weight')::numeric > 0), false)
         AND count(DISTINCT v ->> 'key') = count(*)
    FROM jsonb_array_elements(p_variants) AS v) ELSE false END
$function$;

-- + comment on function experiments.are_variants(jsonb)  [Growth/Experiments.swift]
COMMENT ON ROUTINE experiments.are_variants(jsonb) IS 'Whether it is a list of two or more variants with different keys and weights above 0.';

-- + function experiments.bucket_of(text, text)  [Growth/Experiments.swift]
CREATE OR REPLACE FUNCTION experiments.bucket_of(p_what text, p_subject text)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
SELECT ('x' || left(md5(p_what || ':' || p_subject), 8))::bit(32)::bigint / 4294967296.0::double precision
$function$;

-- + comment on function experiments.bucket_of(text, text)  [Growth/Experiments.swift]
COMMENT ON ROUTINE experiments.bucket_of(text, text) IS 'A number from 0 to below 1 that is always the same for a subject: the first 32 bits of an MD5.';

-- + function marketing.limit_inserts()  [Growth/Leads.swift]
CREATE OR REPLACE FUNCTION marketing.limit_inserts()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'marketing', 'pg_temp'
AS $function$
BEGIN
  PERFORM limit_rate(TG_ARGV[0], TG_ARGV[1]::integer);
  RETURN NEW;
END
$function$;

-- + comment on function marketing.limit_inserts()  [Growth/Leads.swift]
COMMENT ON ROUTINE marketing.limit_inserts() IS 'Limits how many rows an hour people insert; its arguments are what they are called and how many.';

-- + function marketing.limit_rate(text, integer)  [Growth/Leads.swift]
CREATE OR REPLACE FUNCTION marketing.limit_rate(p_what text, p_hourly integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'marketing', 'pg_temp'
AS $function$
DECLARE
  v_requests integer;
BEGIN
  IF coalesce(nullif(current_setting('role'), 'none'), session_user) NOT IN ('anon', 'authenticated') OR analytics.is_admin() THEN
    RETURN;
  END IF;
  INSERT INTO request_rates AS r (key, window_start)
  VALUES (p_what || ':' || coalesce(auth.uid()::text, host(visitor_address()), 'unknown'), date_trunc('hour', now(), 'UTC'))
  ON CONFLICT (key, window_start) DO UPDATE SET requests = r.requests + 1
  RETURNING requests INTO v_requests;
  IF v_requests > p_hourly THEN
    RAISE EXCEPTION 'too many requests: % an hour are allowed', p_hourly USING ERRCODE = 'PT429', HINT = 'Try again in an hour.';
  END IF;
END
$function$;

-- + comment on function marketing.limit_rate(text, integer)  [Growth/Leads.swift]
COMMENT ON ROUTINE marketing.limit_rate(text, integer) IS 'For triggers: counts what people do, by their login or their address, and refuses it after so many in an hour. PT429 is how a REST gateway says "too many requests".';

-- + function marketing.normalize_lead()  [Growth/Leads.swift]
CREATE OR REPLACE FUNCTION marketing.normalize_lead()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'marketing', 'pg_temp'
AS $function$
DECLARE
  v_known uuid;
BEGIN
  NEW.email := lower(btrim(NEW.email));
  NEW.company_name := nullif(regexp_replace(btrim(NEW.company_name), '\s+', ' ', 'g'), '');
  NEW.contact_name := nullif(regexp_replace(btrim(NEW.contact_name), '\s+', ' ', 'g'), '');
  NEW.phone := nullif(regexp_replace(regexp_replace(btrim(NEW.phone), '^00', '+'), '[^0-9+]', '', 'g'), '');
  NEW.country := upper(NEW.country);
  NEW.converted_at := CASE WHEN NEW.status = 'converted' THEN coalesce(NEW.converted_at, now()) END;
  IF TG_OP = 'UPDATE' THEN
    RETURN NEW;
  END IF;

  PERFORM limit_rate('lead', 20);
  NEW.ip_address := coalesce(NEW.ip_address, visitor_address());
  -- A merged row is never looked at by the table's checks.
  IF jsonb_typeof(NEW.utm) <> 'object' OR jsonb_typeof(NEW.metadata) <> 'object' THEN
    RAISE EXCEPTION 'utm and metadata are JSON objects' USING ERRCODE = 'check_violation';
  END IF;
  -- Two submissions of one address at once are one lead: the second waits for the first.
  PERFORM pg_advisory_xact_lock(hashtextextended('marketing.leads ' || NEW.email, 0));
  UPDATE leads l
     SET submissions = l.submissions + 1, company_name = coalesce(l.company_name, NEW.company_name),
         contact_name = coalesce(l.contact_name, NEW.contact_name), phone = coalesce(l.phone, NEW.phone),
         persona = coalesce(l.persona, NEW.persona), country = coalesce(l.country, NEW.country),
         utm = NEW.utm || l.utm, metadata = NEW.metadata || l.metadata
   WHERE l.email = NEW.email
  RETURNING l.id INTO v_known;
  RETURN CASE WHEN v_known IS NULL THEN NEW END;
END
$function$;

-- + comment on function marketing.normalize_lead()  [Growth/Leads.swift]
COMMENT ON ROUTINE marketing.normalize_lead() IS 'Writes addresses, numbers and countries in one way, and adds a submission of an address that is known to its lead: what was empty is filled in, what is there stays, consent above all: anybody can type an address.';

-- + function marketing.visitor_address()  [Growth/Identity.swift]
CREATE OR REPLACE FUNCTION marketing.visitor_address()
 RETURNS inet
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  RETURN coalesce(
    btrim(split_part(nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-forwarded-for', ',', -1))::inet,
    inet_client_addr());
EXCEPTION WHEN invalid_text_representation THEN
  RETURN inet_client_addr();
END
$function$;

-- + comment on function marketing.visitor_address()  [Growth/Identity.swift]
COMMENT ON ROUTINE marketing.visitor_address() IS 'Where a request comes from, as the gateway says, or else the connection. The last address is the one that the gateway has seen; those before it are the visitor''s to invent.';

-- + function marketing.visitor_email()  [Growth/Identity.swift]
CREATE OR REPLACE FUNCTION marketing.visitor_email()
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT lower(btrim(coalesce(nullif(current_setting('app.user_email', true), ''), auth.jwt() ->> 'email')))
$function$;

-- + comment on function marketing.visitor_email()  [Growth/Identity.swift]
COMMENT ON ROUTINE marketing.visitor_email() IS 'The address of the person who asks, in lower case; NULL when nobody knows.';

-- + function onboarding.advance_session()  [Growth/Onboarding.swift]
CREATE OR REPLACE FUNCTION onboarding.advance_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'onboarding', 'pg_temp'
AS $function$
DECLARE
  v_steps onboarding_step[] := enum_range(NULL::onboarding_step);
  v_done boolean[] := ARRAY[NEW.business_info_completed_at IS NOT NULL, NEW.bot_setup_completed_at IS NOT NULL,
                            NEW.whatsapp_connection_completed_at IS NOT NULL, NEW.template_creation_completed_at IS NOT NULL,
                            NEW.launch_completed_at IS NOT NULL];
  v_next integer;
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM marketing.limit_rate('session', 20);
  ELSIF OLD.status = 'in_progress' AND NEW.status = 'abandoned' THEN
    -- Nobody did anything; that is why.
    NEW.abandoned_at := coalesce(NEW.abandoned_at, now());
    RETURN NEW;
  ELSIF (NEW.current_step, v_done, NEW.business_info, NEW.bot_configuration) IS DISTINCT FROM
        (OLD.current_step, ARRAY[OLD.business_info_completed_at IS NOT NULL, OLD.bot_setup_completed_at IS NOT NULL,
                                 OLD.whatsapp_connection_completed_at IS NOT NULL, OLD.template_creation_completed_at IS NOT NULL,
                                 OLD.launch_completed_at IS NOT NULL], OLD.business_info, OLD.bot_configuration) THEN
    NEW.last_activity_at := now();
    IF OLD.status = 'abandoned' THEN
      NEW.status := 'in_progress';
      NEW.abandoned_at := NULL;
    END IF;
  END IF;

  NEW.progress_percentage := 100 * coalesce(cardinality(array_positions(v_done, true)), 0) / cardinality(v_done);
  IF v_done[array_position(v_steps, NEW.current_step)] THEN
    v_next := coalesce(array_position(v_done, false, array_position(v_steps, NEW.current_step)), array_position(v_done, false));
    NEW.current_step := v_steps[coalesce(v_next, cardinality(v_steps))];
  END IF;
  IF NEW.status = 'in_progress' AND NOT false = ANY (v_done) THEN
    NEW.status := 'completed';
  END IF;
  NEW.completed_at := CASE WHEN NEW.status = 'completed' THEN coalesce(
    NEW.completed_at, greatest(NEW.business_info_completed_at, NEW.bot_setup_completed_at, NEW.whatsapp_connection_completed_at,
                               NEW.template_creation_completed_at, NEW.launch_completed_at), now()) END;
  NEW.abandoned_at := CASE WHEN NEW.status = 'abandoned' THEN coalesce(NEW.abandoned_at, now()) END;
  NEW.email := lower(btrim(NEW.email));
  IF NEW.lead_id IS NULL AND NEW.email IS NOT NULL THEN
    SELECT l.id INTO NEW.lead_id FROM marketing.leads l WHERE l.email = NEW.email;
  END IF;
  RETURN NEW;
END
$function$;

-- + comment on function onboarding.advance_session()  [Growth/Onboarding.swift]
COMMENT ON ROUTINE onboarding.advance_session() IS 'Counts the steps that are done, goes on to the next one when the step somebody is at is done, and ends the session with the last. Finds the lead by the address.';

-- + function onboarding.session_token()  [Growth/Identity.swift]
CREATE OR REPLACE FUNCTION onboarding.session_token()
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
SELECT coalesce(nullif(current_setting('app.session_token', true), ''),
                nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-session-token')
$function$;

-- + comment on function onboarding.session_token()  [Growth/Identity.swift]
COMMENT ON ROUTINE onboarding.session_token() IS 'The token of the onboarding session that asks; NULL when there is none.';

-- + function public.abandon_inactive_sessions(interval)  [Growth/Upkeep.swift]
CREATE OR REPLACE FUNCTION public.abandon_inactive_sessions(p_after interval DEFAULT '02:00:00'::interval)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO 'onboarding', 'pg_temp'
AS $function$
WITH abandoned AS (
  UPDATE sessions s SET status = 'abandoned'
   WHERE s.status = 'in_progress' AND s.last_activity_at < now() - p_after
  RETURNING 1)
SELECT count(*) FROM abandoned
$function$;

-- + comment on function public.abandon_inactive_sessions(interval)  [Growth/Upkeep.swift]
COMMENT ON ROUTINE public.abandon_inactive_sessions(interval) IS 'Ends onboarding sessions in which nothing has happened; says how many.';

-- + function public.auto_assign_experiments(uuid, text, text)  [Growth/Experiments.swift]
CREATE OR REPLACE FUNCTION public.auto_assign_experiments(user_id uuid DEFAULT NULL::uuid, session_id text DEFAULT NULL::text, country text DEFAULT NULL::text)
 RETURNS TABLE(experiment text, variant text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'experiments', 'pg_temp'
AS $function$
#variable_conflict use_variable
DECLARE
  v_country text := upper(nullif(btrim(country), ''));
  v_experiment experiments;
  v_assignment assignments;
BEGIN
  IF user_id IS NULL AND session_id IS NULL THEN
    RAISE EXCEPTION 'experiments are assigned to a user_id or a session_id' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Somebody else's variants are not asked for, nor fixed, by people.
  IF user_id <> coalesce(auth.uid(), '00000000-0000-0000-0000-000000000000')
     AND coalesce(nullif(current_setting('role'), 'none'), session_user) IN ('anon', 'authenticated') THEN
    RAISE EXCEPTION 'experiments are assigned to oneself' USING ERRCODE = 'insufficient_privilege';
  END IF;

  PERFORM marketing.limit_rate('assign', 1000);

  FOR v_experiment IN
    SELECT x.* FROM experiments x
     WHERE x.status = 'running' AND (x.starts_at IS NULL OR x.starts_at <= now()) AND (x.ends_at IS NULL OR x.ends_at > now())
       AND (x.countries IS NULL OR v_country = ANY (x.countries))
     ORDER BY x.key
  LOOP
    experiment := v_experiment.key;
    SELECT a.* INTO v_assignment FROM assignments a
     WHERE a.experiment_id = v_experiment.id AND (a.user_id = auto_assign_experiments.user_id OR a.session_id = auto_assign_experiments.session_id)
     ORDER BY a.user_id = auto_assign_experiments.user_id DESC NULLS LAST, a.id LIMIT 1;
    IF FOUND THEN
      IF v_assignment.user_id IS NULL AND user_id IS NOT NULL THEN
        UPDATE assignments a SET user_id = auto_assign_experiments.user_id
         WHERE a.id = v_assignment.id AND NOT EXISTS (
           SELECT FROM assignments o WHERE o.experiment_id = a.experiment_id AND o.user_id = auto_assign_experiments.user_id);
      END IF;
      variant := v_assignment.variant;
      RETURN NEXT;
      CONTINUE;
    END IF;

    CONTINUE WHEN bucket_of(v_experiment.key || ' traffic', coalesce(user_id::text, session_id)) * 100 >= v_experiment.traffic_percentage;
    SELECT w.key INTO variant
      FROM (SELECT v.value ->> 'key' AS key, sum((v.value ->> 'weight')::numeric) OVER (ORDER BY v.ordinality) AS upto,
                   sum((v.value ->> 'weight')::numeric) OVER () AS total
              FROM jsonb_array_elements(v_experiment.variants) WITH ORDINALITY AS v) w
     WHERE w.upto > bucket_of(v_experiment.key, coalesce(user_id::text, session_id))::numeric * w.total
     ORDER BY w.upto LIMIT 1;
    INSERT INTO assignments (experiment_id, user_id, session_id, variant, country)
    VALUES (v_experiment.id, user_id, session_id, variant, CASE WHEN v_country ~ '^[A-Z]{2}$' THEN v_country END)
    -- Asked twice at once, both have the same answer.
    ON CONFLICT DO NOTHING;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- + comment on function public.auto_assign_experiments(uuid, text, text)  [Growth/Experiments.swift]
COMMENT ON ROUTINE public.auto_assign_experiments(uuid, text, text) IS 'The variants of somebody in all running experiments that they are for: by weight, the same for a subject whenever and wherever it is asked. Who had one as a session keeps it as a person.';

-- + function public.cleanup_old_data(interval)  [Growth/Upkeep.swift]
CREATE OR REPLACE FUNCTION public.cleanup_old_data(p_after interval DEFAULT '90 days'::interval)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM analytics.events WHERE created_at < now() - p_after;
  item := 'analytics.events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM analytics.event_aggregations WHERE bucket < now() - p_after;
  item := 'analytics.event_aggregations'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM onboarding.step_activities WHERE created_at < now() - p_after;
  item := 'onboarding.step_activities'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM onboarding.sessions WHERE abandoned_at < now() - p_after;
  item := 'onboarding.sessions'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM experiments.assignments a USING experiments.experiments x
   WHERE x.id = a.experiment_id AND x.status = 'completed' AND a.assigned_at < now() - p_after;
  item := 'experiments.assignments'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM marketing.request_rates WHERE window_start < now() - interval '1 day';
  item := 'marketing.request_rates'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
$function$;

-- + comment on function public.cleanup_old_data(interval)  [Growth/Upkeep.swift]
COMMENT ON ROUTINE public.cleanup_old_data(interval) IS 'Removes what has served its time, and says how much. Figures and leads stay.';

-- + function public.gdpr_delete_user_data(text, uuid, text, inet)  [Growth/Upkeep.swift]
CREATE OR REPLACE FUNCTION public.gdpr_delete_user_data(user_email text DEFAULT NULL::text, user_id uuid DEFAULT NULL::uuid, session_token text DEFAULT NULL::text, ip_address inet DEFAULT NULL::inet)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_variable
DECLARE
  v_email text := lower(btrim(user_email));
  v_leads uuid[];
  v_tokens text[];
  v_users uuid[];
  v_accounts uuid[];
  v_rows text[];
  v_known text[];
BEGIN
  IF v_email IS NULL AND user_id IS NULL AND session_token IS NULL AND ip_address IS NULL THEN
    RAISE EXCEPTION 'nobody is named whose data should be deleted' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- From what is known to what it leads to. Not from a session to its lead or another's address: those a visitor may
  -- have made up.
  v_users := ARRAY[user_id];
  v_leads := ARRAY(SELECT l.id FROM marketing.leads l WHERE l.email = v_email)
             || ARRAY(SELECT a.lead_id FROM whatsapp.accounts a WHERE a.owner_id = user_id AND a.lead_id IS NOT NULL);
  v_accounts := ARRAY(SELECT a.id FROM whatsapp.accounts a WHERE a.lead_id = ANY (v_leads) OR a.owner_id = user_id);
  v_users := v_users || ARRAY(SELECT a.owner_id FROM whatsapp.accounts a WHERE a.id = ANY (v_accounts));
  v_tokens := ARRAY(SELECT s.session_token FROM onboarding.sessions s
                     WHERE s.email = v_email OR s.user_id = ANY (v_users)
                        OR (s.lead_id = ANY (v_leads) AND s.email IN (SELECT l.email FROM marketing.leads l WHERE l.id = ANY (v_leads))))
              || ARRAY(SELECT e.session_id FROM analytics.events e WHERE e.user_id = ANY (v_users))
              || ARRAY(SELECT a.session_id FROM experiments.assignments a WHERE a.user_id = ANY (v_users))
              || session_token;
  v_known := v_leads::text[] || v_accounts::text[] || v_users::text[] || v_tokens || v_email
             || ARRAY(SELECT l.email FROM marketing.leads l WHERE l.id = ANY (v_leads));
  v_rows := v_leads::text[] || v_accounts::text[]
            || ARRAY(SELECT s.id::text FROM onboarding.sessions s WHERE s.session_token = ANY (v_tokens))
            || ARRAY(SELECT t.id::text FROM whatsapp.templates t WHERE t.account_id = ANY (v_accounts));

  DELETE FROM analytics.events e
   WHERE e.session_id = ANY (v_tokens) OR e.user_id = ANY (v_users) OR e.lead_id = ANY (v_leads);
  item := 'analytics.events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM analytics.pending_events p WHERE p.lead_id = ANY (v_leads);
  item := 'analytics.pending_events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM experiments.assignments a WHERE a.session_id = ANY (v_tokens) OR a.user_id = ANY (v_users);
  item := 'experiments.assignments'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM whatsapp.templates t WHERE t.account_id = ANY (v_accounts);
  item := 'whatsapp.templates'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM whatsapp.accounts a WHERE a.id = ANY (v_accounts);
  item := 'whatsapp.accounts'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM onboarding.step_activities s USING onboarding.sessions o
   WHERE o.id = s.session_id AND o.session_token = ANY (v_tokens);
  item := 'onboarding.step_activities'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM onboarding.sessions s WHERE s.session_token = ANY (v_tokens);
  item := 'onboarding.sessions'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM marketing.lead_interactions i WHERE i.lead_id = ANY (v_leads);
  item := 'marketing.lead_interactions'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM marketing.leads l WHERE l.id = ANY (v_leads);
  item := 'marketing.leads'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- Somebody who works with leads: what they did stays, without them.
  UPDATE marketing.leads l SET assigned_to = NULL WHERE l.assigned_to = ANY (v_users);
  item := 'marketing.leads assigned'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  UPDATE marketing.lead_interactions i SET created_by = NULL WHERE i.created_by = ANY (v_users);
  item := 'marketing.lead_interactions made'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM marketing.request_rates r WHERE right(r.key, length(host(ip_address)) + 1) = ':' || host(ip_address);
  item := 'marketing.request_rates'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

  -- Last, with what the changes above have said of themselves.
  DELETE FROM analytics.audit_trail t
   WHERE t.row_id = ANY (v_rows)
      -- As a value of its own: an address may be the end of another.
      OR EXISTS (SELECT FROM unnest(v_known) AS k WHERE position(to_jsonb(k)::text IN t.changes::text) > 0);
  item := 'analytics.audit_trail'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  UPDATE analytics.audit_trail t SET actor = NULL WHERE t.actor = ANY (v_known);
  item := 'analytics.audit_trail actors'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
$function$;

-- + comment on function public.gdpr_delete_user_data(text, uuid, text, inet)  [Growth/Upkeep.swift]
COMMENT ON ROUTINE public.gdpr_delete_user_data(text, uuid, text, inet) IS 'Deletes what is kept of a person (GDPR, article 17), found by any of what is known of them and by what leads from there to the rest. Says what it removed.';

-- + function public.process_pending_events(integer)  [Growth/Events.swift]
CREATE OR REPLACE FUNCTION public.process_pending_events(p_limit integer DEFAULT 50000)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'analytics', 'pg_temp'
AS $function$
DECLARE
  v_events bigint;
  v_scored bigint;
  v_days date[];
BEGIN
  WITH taken AS (
    DELETE FROM pending_events p
     WHERE p.id IN (SELECT n.id FROM pending_events n ORDER BY n.id LIMIT p_limit FOR UPDATE SKIP LOCKED)
    RETURNING p.day, p.lead_id, p.events, p.points),
  gains AS (SELECT t.lead_id, sum(t.points) AS points FROM taken t WHERE t.lead_id IS NOT NULL GROUP BY 1),
  -- In one order, so that two at once do not wait for each other.
  locked AS (SELECT l.id FROM marketing.leads l WHERE l.id IN (SELECT g.lead_id FROM gains g) ORDER BY l.id FOR NO KEY UPDATE),
  scored AS (
    UPDATE marketing.leads l SET score = least(100, l.score + g.points) FROM gains g, locked k
     WHERE l.id = g.lead_id AND k.id = l.id AND l.score < 100
    RETURNING 1)
  SELECT coalesce(sum(t.events), 0), (SELECT count(*) FROM scored), array_agg(DISTINCT t.day)
    INTO v_events, v_scored, v_days FROM taken t;
  item := 'events'; rows := v_events; RETURN NEXT;
  item := 'leads scored'; rows := v_scored; RETURN NEXT;

  IF v_days IS NOT NULL THEN
    -- One run makes figures at a time, and sees what those before it have made.
    PERFORM pg_advisory_xact_lock(hashtextextended('analytics.metrics', 0));
    INSERT INTO metrics AS m (name, day, value)
    SELECT f.name, d.day, f.value
      FROM unnest(v_days) AS d (day)
     CROSS JOIN LATERAL (SELECT d.day::timestamp AT TIME ZONE 'UTC' AS first, (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS next) t
     CROSS JOIN LATERAL (
       SELECT 'events' AS name, (SELECT coalesce(sum(a.events), 0) FROM event_aggregations a
                                  WHERE a.bucket >= t.first AND a.bucket < t.next) AS value
       UNION ALL SELECT 'sessions', (SELECT count(DISTINCT e.session_id) FROM events e WHERE e.created_at >= t.first AND e.created_at < t.next)
       UNION ALL SELECT 'demo_requests', (SELECT coalesce(sum(a.events), 0) FROM event_aggregations a
                                           WHERE a.name = 'demo_request' AND a.bucket >= t.first AND a.bucket < t.next)
       UNION ALL SELECT 'conversions', (SELECT coalesce(sum(a.events), 0) FROM event_aggregations a
                                         WHERE a.type = 'conversion' AND a.bucket >= t.first AND a.bucket < t.next)
       UNION ALL SELECT 'leads', (SELECT count(*) FROM marketing.leads l WHERE l.created_at >= t.first AND l.created_at < t.next)
       UNION ALL SELECT 'onboardings', (SELECT count(*) FROM onboarding.sessions s WHERE s.completed_at >= t.first AND s.completed_at < t.next)
     ) f
    ON CONFLICT (name, day) DO UPDATE SET value = excluded.value, updated_at = now() WHERE m.value <> excluded.value;
    item := 'metrics'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;

    -- Shards of hours that are over become one row; those that somebody counts in at this moment, the next time.
    WITH over AS (
      SELECT o.bucket, o.type, o.name, o.shard FROM event_aggregations o
       WHERE o.shard <> 0 AND o.bucket < date_trunc('hour', now(), 'UTC') FOR UPDATE SKIP LOCKED),
    gone AS (
      DELETE FROM event_aggregations a USING over o
       WHERE (a.bucket, a.type, a.name, a.shard) = (o.bucket, o.type, o.name, o.shard)
      RETURNING a.bucket, a.type, a.name, a.events)
    INSERT INTO event_aggregations AS a (bucket, type, name, shard, events)
    SELECT g.bucket, g.type, g.name, 0, sum(g.events) FROM gone g GROUP BY 1, 2, 3
    ON CONFLICT (bucket, type, name, shard) DO UPDATE SET events = a.events + excluded.events;
    item := 'hours added up'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  END IF;
END
$function$;

-- + comment on function public.process_pending_events(integer)  [Growth/Events.swift]
COMMENT ON ROUTINE public.process_pending_events(integer) IS 'Works through the events that came since the last time: leads gain score, the figures of the days concerned are made anew, and hourly counts are added up. Several at once share the work. Says how much it did.';

-- + table analytics.audit_trail  [Growth/AuditTrail.swift]
CREATE TABLE analytics.audit_trail (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  table_name text NOT NULL,
  row_id text,
  action analytics.audit_action NOT NULL,
  actor text,
  actor_role text NOT NULL,
  changes jsonb NOT NULL,
  happened_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT audit_trail_pkey PRIMARY KEY (id, happened_at)
) PARTITION BY RANGE (happened_at);
ALTER TABLE analytics.audit_trail ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.audit_trail FORCE ROW LEVEL SECURITY;

-- + index analytics.audit_trail_actor_idx  [Growth/AuditTrail.swift]
CREATE INDEX audit_trail_actor_idx ON analytics.audit_trail USING btree (actor, happened_at) WHERE (actor IS NOT NULL);

-- + index analytics.audit_trail_happened_at_idx  [Growth/AuditTrail.swift]
CREATE INDEX audit_trail_happened_at_idx ON analytics.audit_trail USING brin (happened_at);

-- + index analytics.audit_trail_row_idx  [Growth/AuditTrail.swift]
CREATE INDEX audit_trail_row_idx ON analytics.audit_trail USING btree (table_name, row_id, happened_at);

-- + comment on table analytics.audit_trail  [Growth/AuditTrail.swift]
COMMENT ON TABLE analytics.audit_trail IS 'Audit trail, a partition a month; written by triggers alone.';

-- + comment on column analytics.audit_trail.actor  [Growth/AuditTrail.swift]
COMMENT ON COLUMN analytics.audit_trail.actor IS 'The login or address of who did it; NULL for programs.';

-- + comment on column analytics.audit_trail.changes  [Growth/AuditTrail.swift]
COMMENT ON COLUMN analytics.audit_trail.changes IS 'The row; of an update, what each changed column was and became.';

-- + comment on column analytics.audit_trail.table_name  [Growth/AuditTrail.swift]
COMMENT ON COLUMN analytics.audit_trail.table_name IS 'With its schema.';

-- + comment on index analytics.audit_trail_actor_idx  [Growth/AuditTrail.swift]
COMMENT ON INDEX analytics.audit_trail_actor_idx IS 'What somebody did; forgetting.';

-- + comment on index analytics.audit_trail_happened_at_idx  [Growth/AuditTrail.swift]
COMMENT ON INDEX analytics.audit_trail_happened_at_idx IS 'What happened on a day.';

-- + comment on index analytics.audit_trail_row_idx  [Growth/AuditTrail.swift]
COMMENT ON INDEX analytics.audit_trail_row_idx IS 'A row''s history; forgetting.';

-- + table analytics.event_aggregations  [Growth/Events.swift]
CREATE TABLE analytics.event_aggregations (
  bucket timestamp with time zone NOT NULL,
  type analytics.event_type NOT NULL,
  name text NOT NULL,
  shard integer DEFAULT 0 NOT NULL,
  events bigint NOT NULL,
  CONSTRAINT event_aggregations_pkey PRIMARY KEY (bucket, type, name, shard),
  CONSTRAINT event_aggregations_events_check CHECK ((events >= 0))
) WITH (fillfactor = '70');
ALTER TABLE analytics.event_aggregations ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.event_aggregations FORCE ROW LEVEL SECURITY;

-- + index analytics.event_aggregations_shards_idx  [Growth/Events.swift]
CREATE INDEX event_aggregations_shards_idx ON analytics.event_aggregations USING btree (bucket) WHERE (shard <> 0);

-- + index analytics.event_aggregations_type_name_idx  [Growth/Events.swift]
CREATE INDEX event_aggregations_type_name_idx ON analytics.event_aggregations USING btree (type, name, bucket) INCLUDE (events);

-- + comment on table analytics.event_aggregations  [Growth/Events.swift]
COMMENT ON TABLE analytics.event_aggregations IS 'Counted events; sum over the shards.';

-- + comment on column analytics.event_aggregations.bucket  [Growth/Events.swift]
COMMENT ON COLUMN analytics.event_aggregations.bucket IS 'The beginning of the hour.';

-- + comment on column analytics.event_aggregations.shard  [Growth/Events.swift]
COMMENT ON COLUMN analytics.event_aggregations.shard IS 'The process that counted: none waits for another. 0 is all that were added up.';

-- + comment on index analytics.event_aggregations_shards_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.event_aggregations_shards_idx IS 'What is to be added up.';

-- + comment on index analytics.event_aggregations_type_name_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.event_aggregations_type_name_idx IS 'One figure over time, from the index alone.';

-- + table analytics.events  [Growth/Events.swift]
CREATE TABLE analytics.events (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  type analytics.event_type NOT NULL,
  name text NOT NULL,
  session_id text,
  user_id uuid,
  lead_id uuid,
  properties jsonb DEFAULT '{}'::jsonb NOT NULL,
  page text,
  campaign text,
  country character(2),
  device analytics.device DEFAULT 'unknown'::analytics.device NOT NULL,
  variants jsonb,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT events_pkey PRIMARY KEY (id, created_at),
  CONSTRAINT events_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
) PARTITION BY RANGE (created_at);
ALTER TABLE analytics.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.events FORCE ROW LEVEL SECURITY;

-- + index analytics.events_campaign_idx  [Growth/Events.swift]
CREATE INDEX events_campaign_idx ON analytics.events USING btree (campaign, created_at) WHERE (campaign IS NOT NULL);

-- + index analytics.events_conversions_idx  [Growth/Events.swift]
CREATE INDEX events_conversions_idx ON analytics.events USING btree (created_at) INCLUDE (name) WHERE (type = 'conversion'::analytics.event_type);

-- + index analytics.events_created_at_idx  [Growth/Events.swift]
CREATE INDEX events_created_at_idx ON analytics.events USING brin (created_at);

-- + index analytics.events_errors_idx  [Growth/Events.swift]
CREATE INDEX events_errors_idx ON analytics.events USING btree (created_at) WHERE (type = 'error'::analytics.event_type);

-- + index analytics.events_lead_id_idx  [Growth/Events.swift]
CREATE INDEX events_lead_id_idx ON analytics.events USING btree (lead_id, created_at) WHERE (lead_id IS NOT NULL);

-- + index analytics.events_page_idx  [Growth/Events.swift]
CREATE INDEX events_page_idx ON analytics.events USING btree (page, created_at) WHERE (type = 'page_view'::analytics.event_type);

-- + index analytics.events_session_id_idx  [Growth/Events.swift]
CREATE INDEX events_session_id_idx ON analytics.events USING btree (session_id, created_at) WHERE (session_id IS NOT NULL);

-- + index analytics.events_type_name_idx  [Growth/Events.swift]
CREATE INDEX events_type_name_idx ON analytics.events USING btree (type, name, created_at);

-- + index analytics.events_user_id_idx  [Growth/Events.swift]
CREATE INDEX events_user_id_idx ON analytics.events USING btree (user_id, created_at) WHERE (user_id IS NOT NULL);

-- + comment on table analytics.events  [Growth/Events.swift]
COMMENT ON TABLE analytics.events IS 'Events, a partition a month; gone after 90 days.';

-- + comment on column analytics.events.campaign  [Growth/Events.swift]
COMMENT ON COLUMN analytics.events.campaign IS 'From the properties: utm_campaign.';

-- + comment on column analytics.events.country  [Growth/Events.swift]
COMMENT ON COLUMN analytics.events.country IS 'From the properties or the session.';

-- + comment on column analytics.events.lead_id  [Growth/Events.swift]
COMMENT ON COLUMN analytics.events.lead_id IS 'Found by the session; no key, since events come fast.';

-- + comment on column analytics.events.page  [Growth/Events.swift]
COMMENT ON COLUMN analytics.events.page IS 'From the properties.';

-- + comment on column analytics.events.session_id  [Growth/Events.swift]
COMMENT ON COLUMN analytics.events.session_id IS 'The browser''s session, or an onboarding''s token.';

-- + comment on column analytics.events.variants  [Growth/Events.swift]
COMMENT ON COLUMN analytics.events.variants IS 'The experiments that the session takes part in.';

-- + comment on index analytics.events_campaign_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_campaign_idx IS 'What a campaign does.';

-- + comment on index analytics.events_conversions_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_conversions_idx IS 'Conversions.';

-- + comment on index analytics.events_created_at_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_created_at_idx IS 'Events of a day; cleaning up.';

-- + comment on index analytics.events_errors_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_errors_idx IS 'The latest errors.';

-- + comment on index analytics.events_lead_id_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_lead_id_idx IS 'What a lead has looked at.';

-- + comment on index analytics.events_page_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_page_idx IS 'Page views by page.';

-- + comment on index analytics.events_session_id_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_session_id_idx IS 'A visit''s course; forgetting.';

-- + comment on index analytics.events_type_name_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_type_name_idx IS 'How often something happens.';

-- + comment on index analytics.events_user_id_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.events_user_id_idx IS 'A customer''s course; forgetting.';

-- + table analytics.metrics  [Growth/Events.swift]
CREATE TABLE analytics.metrics (
  name text NOT NULL,
  day date NOT NULL,
  value numeric NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT metrics_pkey PRIMARY KEY (name, day)
);
ALTER TABLE analytics.metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.metrics FORCE ROW LEVEL SECURITY;

-- + index analytics.metrics_day_idx  [Growth/Events.swift]
CREATE INDEX metrics_day_idx ON analytics.metrics USING btree (day DESC) INCLUDE (name, value);

-- + comment on table analytics.metrics  [Growth/Events.swift]
COMMENT ON TABLE analytics.metrics IS 'Key figures by the day.';

-- + comment on column analytics.metrics.day  [Growth/Events.swift]
COMMENT ON COLUMN analytics.metrics.day IS 'UTC.';

-- + comment on column analytics.metrics.name  [Growth/Events.swift]
COMMENT ON COLUMN analytics.metrics.name IS 'events, sessions, leads, demo_requests, onboardings, conversions.';

-- + comment on index analytics.metrics_day_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.metrics_day_idx IS 'The dashboard, from the index alone.';

-- + table analytics.pending_events  [Growth/Events.swift]
CREATE TABLE analytics.pending_events (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  day date NOT NULL,
  lead_id uuid,
  events integer NOT NULL,
  points integer NOT NULL,
  CONSTRAINT pending_events_pkey PRIMARY KEY (id)
);
ALTER TABLE analytics.pending_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.pending_events FORCE ROW LEVEL SECURITY;

-- + index analytics.pending_events_lead_id_idx  [Growth/Events.swift]
CREATE INDEX pending_events_lead_id_idx ON analytics.pending_events USING btree (lead_id) WHERE (lead_id IS NOT NULL);

-- + comment on table analytics.pending_events  [Growth/Events.swift]
COMMENT ON TABLE analytics.pending_events IS 'Work for process_pending_events.';

-- + comment on column analytics.pending_events.day  [Growth/Events.swift]
COMMENT ON COLUMN analytics.pending_events.day IS 'UTC.';

-- + comment on column analytics.pending_events.points  [Growth/Events.swift]
COMMENT ON COLUMN analytics.pending_events.points IS 'What the lead gains.';

-- + comment on index analytics.pending_events_lead_id_idx  [Growth/Events.swift]
COMMENT ON INDEX analytics.pending_events_lead_id_idx IS 'Forgetting.';

-- + table experiments.assignments  [Growth/Experiments.swift]
CREATE TABLE experiments.assignments (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  experiment_id uuid NOT NULL,
  user_id uuid,
  session_id text,
  variant text NOT NULL,
  country character(2),
  assigned_at timestamp with time zone DEFAULT now() NOT NULL,
  converted_at timestamp with time zone,
  CONSTRAINT assignments_pkey PRIMARY KEY (id)
);
ALTER TABLE experiments.assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE experiments.assignments FORCE ROW LEVEL SECURITY;

-- + index experiments.assignments_assigned_at_idx  [Growth/Experiments.swift]
CREATE INDEX assignments_assigned_at_idx ON experiments.assignments USING btree (assigned_at);

-- + index experiments.assignments_experiment_id_idx  [Growth/Experiments.swift]
CREATE INDEX assignments_experiment_id_idx ON experiments.assignments USING btree (experiment_id, variant) INCLUDE (converted_at);

-- + index experiments.assignments_experiment_id_session_id_key  [Growth/Experiments.swift]
CREATE UNIQUE INDEX assignments_experiment_id_session_id_key ON experiments.assignments USING btree (experiment_id, session_id) WHERE (session_id IS NOT NULL);

-- + index experiments.assignments_experiment_id_user_id_key  [Growth/Experiments.swift]
CREATE UNIQUE INDEX assignments_experiment_id_user_id_key ON experiments.assignments USING btree (experiment_id, user_id) WHERE (user_id IS NOT NULL);

-- + index experiments.assignments_session_id_idx  [Growth/Experiments.swift]
CREATE INDEX assignments_session_id_idx ON experiments.assignments USING btree (session_id) WHERE (session_id IS NOT NULL);

-- + index experiments.assignments_user_id_idx  [Growth/Experiments.swift]
CREATE INDEX assignments_user_id_idx ON experiments.assignments USING btree (user_id) WHERE (user_id IS NOT NULL);

-- + comment on table experiments.assignments  [Growth/Experiments.swift]
COMMENT ON TABLE experiments.assignments IS 'Variants of people and sessions; whoever has one keeps it.';

-- + comment on index experiments.assignments_assigned_at_idx  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.assignments_assigned_at_idx IS 'Subjects by the day; cleaning up.';

-- + comment on index experiments.assignments_experiment_id_idx  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.assignments_experiment_id_idx IS 'Results, from the index alone.';

-- + comment on index experiments.assignments_experiment_id_session_id_key  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.assignments_experiment_id_session_id_key IS 'One variant a session.';

-- + comment on index experiments.assignments_experiment_id_user_id_key  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.assignments_experiment_id_user_id_key IS 'One variant a person.';

-- + comment on index experiments.assignments_session_id_idx  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.assignments_session_id_idx IS 'Enriching events; forgetting.';

-- + comment on index experiments.assignments_user_id_idx  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.assignments_user_id_idx IS 'What a person sees; forgetting.';

-- + table experiments.experiments  [Growth/Experiments.swift]
CREATE TABLE experiments.experiments (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  hypothesis text,
  status experiments.experiment_status DEFAULT 'draft'::experiments.experiment_status NOT NULL,
  variants jsonb NOT NULL,
  traffic_percentage smallint DEFAULT 100 NOT NULL,
  countries text[],
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT experiments_pkey PRIMARY KEY (id),
  CONSTRAINT experiments_key_key UNIQUE (key),
  CONSTRAINT experiments_times_check CHECK ((ends_at > starts_at)),
  CONSTRAINT experiments_traffic_percentage_check CHECK (((traffic_percentage >= 0) AND (traffic_percentage <= 100))),
  CONSTRAINT experiments_variants_check CHECK (experiments.are_variants(variants))
);
ALTER TABLE experiments.experiments ENABLE ROW LEVEL SECURITY;
ALTER TABLE experiments.experiments FORCE ROW LEVEL SECURITY;

-- + index experiments.experiments_countries_idx  [Growth/Experiments.swift]
CREATE INDEX experiments_countries_idx ON experiments.experiments USING gin (countries);

-- + index experiments.experiments_running_idx  [Growth/Experiments.swift]
CREATE INDEX experiments_running_idx ON experiments.experiments USING btree (key) WHERE (status = 'running'::experiments.experiment_status);

-- + index experiments.experiments_status_idx  [Growth/Experiments.swift]
CREATE INDEX experiments_status_idx ON experiments.experiments USING btree (status, created_at DESC);

-- + index experiments.experiments_variants_idx  [Growth/Experiments.swift]
CREATE INDEX experiments_variants_idx ON experiments.experiments USING gin (variants jsonb_path_ops);

-- + comment on table experiments.experiments  [Growth/Experiments.swift]
COMMENT ON TABLE experiments.experiments IS 'Experiments and feature flags.';

-- + comment on column experiments.experiments.countries  [Growth/Experiments.swift]
COMMENT ON COLUMN experiments.experiments.countries IS 'NULL: all.';

-- + comment on column experiments.experiments.key  [Growth/Experiments.swift]
COMMENT ON COLUMN experiments.experiments.key IS 'What programs call it.';

-- + comment on column experiments.experiments.traffic_percentage  [Growth/Experiments.swift]
COMMENT ON COLUMN experiments.experiments.traffic_percentage IS 'How many of all take part.';

-- + comment on column experiments.experiments.variants  [Growth/Experiments.swift]
COMMENT ON COLUMN experiments.experiments.variants IS '[{"key": "control", "weight": 50}, …]';

-- + comment on index experiments.experiments_countries_idx  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.experiments_countries_idx IS 'What runs in a country.';

-- + comment on index experiments.experiments_running_idx  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.experiments_running_idx IS 'What is to be assigned.';

-- + comment on index experiments.experiments_status_idx  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.experiments_status_idx IS 'The list of experiments.';

-- + comment on index experiments.experiments_variants_idx  [Growth/Experiments.swift]
COMMENT ON INDEX experiments.experiments_variants_idx IS 'Which experiments have a variant.';

-- + table marketing.lead_interactions  [Growth/Leads.swift]
CREATE TABLE marketing.lead_interactions (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  lead_id uuid NOT NULL,
  kind marketing.interaction_kind NOT NULL,
  outcome marketing.interaction_outcome DEFAULT 'none'::marketing.interaction_outcome NOT NULL,
  subject text,
  notes text,
  created_by uuid,
  happened_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT lead_interactions_pkey PRIMARY KEY (id)
);
ALTER TABLE marketing.lead_interactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE marketing.lead_interactions FORCE ROW LEVEL SECURITY;

-- + index marketing.lead_interactions_created_by_idx  [Growth/Leads.swift]
CREATE INDEX lead_interactions_created_by_idx ON marketing.lead_interactions USING btree (created_by, happened_at) WHERE (created_by IS NOT NULL);

-- + index marketing.lead_interactions_kind_idx  [Growth/Leads.swift]
CREATE INDEX lead_interactions_kind_idx ON marketing.lead_interactions USING btree (kind, outcome, happened_at);

-- + index marketing.lead_interactions_lead_id_idx  [Growth/Leads.swift]
CREATE INDEX lead_interactions_lead_id_idx ON marketing.lead_interactions USING btree (lead_id, happened_at DESC);

-- + comment on table marketing.lead_interactions  [Growth/Leads.swift]
COMMENT ON TABLE marketing.lead_interactions IS 'Interactions with leads.';

-- + comment on column marketing.lead_interactions.created_by  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.lead_interactions.created_by IS 'The login of who spoke.';

-- + comment on index marketing.lead_interactions_created_by_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.lead_interactions_created_by_idx IS 'What I did; forgetting.';

-- + comment on index marketing.lead_interactions_kind_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.lead_interactions_kind_idx IS 'What works: outcomes by kind.';

-- + comment on index marketing.lead_interactions_lead_id_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.lead_interactions_lead_id_idx IS 'A lead''s history.';

-- + table marketing.leads  [Growth/Leads.swift]
CREATE TABLE marketing.leads (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  email text NOT NULL,
  company_name text,
  contact_name text,
  phone text,
  source marketing.lead_source DEFAULT 'other'::marketing.lead_source NOT NULL,
  status marketing.lead_status DEFAULT 'new'::marketing.lead_status NOT NULL,
  persona marketing.lead_persona,
  country character(2),
  score smallint DEFAULT 0 NOT NULL,
  utm jsonb DEFAULT '{}'::jsonb NOT NULL,
  tags text[] DEFAULT '{}'::text[] NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  marketing_consent boolean DEFAULT false NOT NULL,
  ip_address inet,
  assigned_to uuid,
  submissions integer DEFAULT 1 NOT NULL,
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, ((((COALESCE(company_name, ''::text) || ' '::text) || COALESCE(contact_name, ''::text)) || ' '::text) || email))) STORED,
  next_action_at timestamp with time zone,
  converted_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT leads_pkey PRIMARY KEY (id),
  CONSTRAINT leads_converted_check CHECK (((status = 'converted'::marketing.lead_status) = (converted_at IS NOT NULL))),
  CONSTRAINT leads_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
  CONSTRAINT leads_email_check CHECK (((email = lower(btrim(email))) AND (email ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$'::text))),
  CONSTRAINT leads_email_key UNIQUE (email),
  CONSTRAINT leads_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text)),
  CONSTRAINT leads_score_check CHECK (((score >= 0) AND (score <= 100))),
  CONSTRAINT leads_utm_check CHECK ((jsonb_typeof(utm) = 'object'::text))
);
ALTER TABLE marketing.leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE marketing.leads FORCE ROW LEVEL SECURITY;

-- + index marketing.leads_assigned_to_idx  [Growth/Leads.swift]
CREATE INDEX leads_assigned_to_idx ON marketing.leads USING btree (assigned_to, status) WHERE (assigned_to IS NOT NULL);

-- + index marketing.leads_converted_at_idx  [Growth/Leads.swift]
CREATE INDEX leads_converted_at_idx ON marketing.leads USING btree (converted_at) WHERE (converted_at IS NOT NULL);

-- + index marketing.leads_country_idx  [Growth/Leads.swift]
CREATE INDEX leads_country_idx ON marketing.leads USING btree (country, created_at) WHERE (country IS NOT NULL);

-- + index marketing.leads_created_at_idx  [Growth/Leads.swift]
CREATE INDEX leads_created_at_idx ON marketing.leads USING btree (created_at DESC);

-- + index marketing.leads_ip_address_idx  [Growth/Leads.swift]
CREATE INDEX leads_ip_address_idx ON marketing.leads USING btree (ip_address, created_at) WHERE (ip_address IS NOT NULL);

-- + index marketing.leads_metadata_idx  [Growth/Leads.swift]
CREATE INDEX leads_metadata_idx ON marketing.leads USING gin (metadata jsonb_path_ops);

-- + index marketing.leads_next_action_at_idx  [Growth/Leads.swift]
CREATE INDEX leads_next_action_at_idx ON marketing.leads USING btree (next_action_at) WHERE (next_action_at IS NOT NULL);

-- + index marketing.leads_persona_idx  [Growth/Leads.swift]
CREATE INDEX leads_persona_idx ON marketing.leads USING btree (persona, created_at) WHERE (persona IS NOT NULL);

-- + index marketing.leads_score_idx  [Growth/Leads.swift]
CREATE INDEX leads_score_idx ON marketing.leads USING btree (score DESC) WHERE (status = ANY (ARRAY['new'::marketing.lead_status, 'contacted'::marketing.lead_status, 'qualified'::marketing.lead_status, 'demo'::marketing.lead_status]));

-- + index marketing.leads_search_idx  [Growth/Leads.swift]
CREATE INDEX leads_search_idx ON marketing.leads USING gin (search);

-- + index marketing.leads_source_status_idx  [Growth/Leads.swift]
CREATE INDEX leads_source_status_idx ON marketing.leads USING btree (source, status, created_at);

-- + index marketing.leads_status_created_at_idx  [Growth/Leads.swift]
CREATE INDEX leads_status_created_at_idx ON marketing.leads USING btree (status, created_at DESC);

-- + index marketing.leads_tags_idx  [Growth/Leads.swift]
CREATE INDEX leads_tags_idx ON marketing.leads USING gin (tags);

-- + index marketing.leads_utm_idx  [Growth/Leads.swift]
CREATE INDEX leads_utm_idx ON marketing.leads USING gin (utm jsonb_path_ops);

-- + comment on table marketing.leads  [Growth/Leads.swift]
COMMENT ON TABLE marketing.leads IS 'Leads; an address that comes again is added to the one that is there.';

-- + comment on column marketing.leads.assigned_to  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.assigned_to IS 'The login of who looks after it.';

-- + comment on column marketing.leads.country  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.country IS 'ISO 3166-1.';

-- + comment on column marketing.leads.email  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.email IS 'Lower case; one lead an address.';

-- + comment on column marketing.leads.ip_address  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.ip_address IS 'Where the first submission came from.';

-- + comment on column marketing.leads.metadata  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.metadata IS 'What the form asked besides.';

-- + comment on column marketing.leads.phone  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.phone IS 'Digits with a leading plus.';

-- + comment on column marketing.leads.score  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.score IS '0 to 100; events raise it.';

-- + comment on column marketing.leads.search  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.search IS 'Company, contact and address, for the search field.';

-- + comment on column marketing.leads.submissions  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.submissions IS 'How often the address was submitted.';

-- + comment on column marketing.leads.utm  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.leads.utm IS 'The campaign: source, medium, campaign.';

-- + comment on index marketing.leads_assigned_to_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_assigned_to_idx IS 'My leads; forgetting.';

-- + comment on index marketing.leads_converted_at_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_converted_at_idx IS 'Conversions by the day.';

-- + comment on index marketing.leads_country_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_country_idx IS 'Leads by country.';

-- + comment on index marketing.leads_created_at_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_created_at_idx IS 'The latest leads.';

-- + comment on index marketing.leads_ip_address_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_ip_address_idx IS 'Who submits a lot.';

-- + comment on index marketing.leads_metadata_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_metadata_idx IS 'Leads by their answers.';

-- + comment on index marketing.leads_next_action_at_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_next_action_at_idx IS 'What is due today.';

-- + comment on index marketing.leads_persona_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_persona_idx IS 'Leads by persona.';

-- + comment on index marketing.leads_score_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_score_idx IS 'Whom to call first.';

-- + comment on index marketing.leads_search_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_search_idx IS 'The search field.';

-- + comment on index marketing.leads_source_status_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_source_status_idx IS 'The conversion funnel by source.';

-- + comment on index marketing.leads_status_created_at_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_status_created_at_idx IS 'The pipeline, a column a status.';

-- + comment on index marketing.leads_tags_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_tags_idx IS 'Leads with a tag.';

-- + comment on index marketing.leads_utm_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.leads_utm_idx IS 'What a campaign brought.';

-- + table marketing.request_rates  [Growth/Leads.swift]
CREATE TABLE marketing.request_rates (
  key text NOT NULL,
  window_start timestamp with time zone NOT NULL,
  requests integer DEFAULT 1 NOT NULL,
  CONSTRAINT request_rates_pkey PRIMARY KEY (key, window_start)
) WITH (fillfactor = '70');
ALTER TABLE marketing.request_rates ENABLE ROW LEVEL SECURITY;
ALTER TABLE marketing.request_rates FORCE ROW LEVEL SECURITY;

-- + index marketing.request_rates_window_start_idx  [Growth/Leads.swift]
CREATE INDEX request_rates_window_start_idx ON marketing.request_rates USING btree (window_start);

-- + comment on table marketing.request_rates  [Growth/Leads.swift]
COMMENT ON TABLE marketing.request_rates IS 'Request counts for rate limits; rows are gone after a day.';

-- + comment on column marketing.request_rates.key  [Growth/Leads.swift]
COMMENT ON COLUMN marketing.request_rates.key IS 'What is called from where, for example lead:192.0.2.1.';

-- + comment on index marketing.request_rates_window_start_idx  [Growth/Leads.swift]
COMMENT ON INDEX marketing.request_rates_window_start_idx IS 'Cleaning up.';

-- + table onboarding.sessions  [Growth/Onboarding.swift]
CREATE TABLE onboarding.sessions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  session_token text NOT NULL,
  lead_id uuid,
  user_id uuid,
  email text,
  status onboarding.session_status DEFAULT 'in_progress'::onboarding.session_status NOT NULL,
  current_step onboarding.onboarding_step DEFAULT 'business_info'::onboarding.onboarding_step NOT NULL,
  progress_percentage smallint DEFAULT 0 NOT NULL,
  business_info jsonb DEFAULT '{}'::jsonb NOT NULL,
  bot_configuration jsonb DEFAULT '{}'::jsonb NOT NULL,
  business_info_completed_at timestamp with time zone,
  bot_setup_completed_at timestamp with time zone,
  whatsapp_connection_completed_at timestamp with time zone,
  template_creation_completed_at timestamp with time zone,
  launch_completed_at timestamp with time zone,
  country character(2),
  started_at timestamp with time zone DEFAULT now() NOT NULL,
  last_activity_at timestamp with time zone DEFAULT now() NOT NULL,
  completed_at timestamp with time zone,
  abandoned_at timestamp with time zone,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_abandoned_check CHECK (((status = 'abandoned'::onboarding.session_status) = (abandoned_at IS NOT NULL))),
  CONSTRAINT sessions_completed_check CHECK (((status = 'completed'::onboarding.session_status) = (completed_at IS NOT NULL))),
  CONSTRAINT sessions_progress_percentage_check CHECK (((progress_percentage >= 0) AND (progress_percentage <= 100))),
  CONSTRAINT sessions_session_token_check CHECK (((length(session_token) >= 8) AND (length(session_token) <= 200))),
  CONSTRAINT sessions_session_token_key UNIQUE (session_token)
);
ALTER TABLE onboarding.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE onboarding.sessions FORCE ROW LEVEL SECURITY;

-- + index onboarding.sessions_abandoned_at_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_abandoned_at_idx ON onboarding.sessions USING btree (abandoned_at) WHERE (abandoned_at IS NOT NULL);

-- + index onboarding.sessions_business_info_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_business_info_idx ON onboarding.sessions USING gin (business_info jsonb_path_ops);

-- + index onboarding.sessions_completed_at_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_completed_at_idx ON onboarding.sessions USING btree (completed_at) WHERE (completed_at IS NOT NULL);

-- + index onboarding.sessions_country_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_country_idx ON onboarding.sessions USING btree (country, started_at) WHERE (country IS NOT NULL);

-- + index onboarding.sessions_email_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_email_idx ON onboarding.sessions USING btree (email) WHERE (email IS NOT NULL);

-- + index onboarding.sessions_inactive_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_inactive_idx ON onboarding.sessions USING btree (last_activity_at) WHERE (status = 'in_progress'::onboarding.session_status);

-- + index onboarding.sessions_lead_id_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_lead_id_idx ON onboarding.sessions USING btree (lead_id) WHERE (lead_id IS NOT NULL);

-- + index onboarding.sessions_started_at_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_started_at_idx ON onboarding.sessions USING btree (started_at DESC, current_step, status) INCLUDE (progress_percentage);

-- + index onboarding.sessions_status_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_status_idx ON onboarding.sessions USING btree (status, started_at);

-- + index onboarding.sessions_user_id_idx  [Growth/Onboarding.swift]
CREATE INDEX sessions_user_id_idx ON onboarding.sessions USING btree (user_id) WHERE (user_id IS NOT NULL);

-- + comment on table onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON TABLE onboarding.sessions IS 'Onboarding sessions.';

-- + comment on column onboarding.sessions.progress_percentage  [Growth/Onboarding.swift]
COMMENT ON COLUMN onboarding.sessions.progress_percentage IS 'Kept by a trigger.';

-- + comment on column onboarding.sessions.session_token  [Growth/Onboarding.swift]
COMMENT ON COLUMN onboarding.sessions.session_token IS 'Whoever shows it is the session.';

-- + comment on column onboarding.sessions.user_id  [Growth/Onboarding.swift]
COMMENT ON COLUMN onboarding.sessions.user_id IS 'The login, once there is one.';

-- + comment on index onboarding.sessions_abandoned_at_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_abandoned_at_idx IS 'Whom to write to again; cleaning up.';

-- + comment on index onboarding.sessions_business_info_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_business_info_idx IS 'Customers by trade.';

-- + comment on index onboarding.sessions_completed_at_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_completed_at_idx IS 'Completions by the day.';

-- + comment on index onboarding.sessions_country_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_country_idx IS 'Sessions by country.';

-- + comment on index onboarding.sessions_email_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_email_idx IS 'Whose address it is; forgetting.';

-- + comment on index onboarding.sessions_inactive_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_inactive_idx IS 'What was abandoned.';

-- + comment on index onboarding.sessions_lead_id_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_lead_id_idx IS 'A lead''s sessions; the foreign key.';

-- + comment on index onboarding.sessions_started_at_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_started_at_idx IS 'Drop-off by step, from the index alone.';

-- + comment on index onboarding.sessions_status_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_status_idx IS 'Sessions by state.';

-- + comment on index onboarding.sessions_user_id_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.sessions_user_id_idx IS 'A customer''s session.';

-- + table onboarding.step_activities  [Growth/Onboarding.swift]
CREATE TABLE onboarding.step_activities (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  session_id uuid NOT NULL,
  step onboarding.onboarding_step NOT NULL,
  action onboarding.step_action NOT NULL,
  duration_ms integer,
  properties jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT step_activities_pkey PRIMARY KEY (id),
  CONSTRAINT step_activities_duration_ms_check CHECK ((duration_ms >= 0))
);
ALTER TABLE onboarding.step_activities ENABLE ROW LEVEL SECURITY;
ALTER TABLE onboarding.step_activities FORCE ROW LEVEL SECURITY;

-- + index onboarding.step_activities_created_at_idx  [Growth/Onboarding.swift]
CREATE INDEX step_activities_created_at_idx ON onboarding.step_activities USING brin (created_at);

-- + index onboarding.step_activities_failed_idx  [Growth/Onboarding.swift]
CREATE INDEX step_activities_failed_idx ON onboarding.step_activities USING btree (created_at DESC) WHERE (action = 'failed'::onboarding.step_action);

-- + index onboarding.step_activities_session_id_idx  [Growth/Onboarding.swift]
CREATE INDEX step_activities_session_id_idx ON onboarding.step_activities USING btree (session_id, created_at);

-- + index onboarding.step_activities_step_idx  [Growth/Onboarding.swift]
CREATE INDEX step_activities_step_idx ON onboarding.step_activities USING btree (step, action, created_at) INCLUDE (duration_ms);

-- + comment on table onboarding.step_activities  [Growth/Onboarding.swift]
COMMENT ON TABLE onboarding.step_activities IS 'Activities in onboarding sessions; gone after 90 days.';

-- + comment on column onboarding.step_activities.duration_ms  [Growth/Onboarding.swift]
COMMENT ON COLUMN onboarding.step_activities.duration_ms IS 'Milliseconds.';

-- + comment on index onboarding.step_activities_created_at_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.step_activities_created_at_idx IS 'Cleaning up.';

-- + comment on index onboarding.step_activities_failed_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.step_activities_failed_idx IS 'The latest failures.';

-- + comment on index onboarding.step_activities_session_id_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.step_activities_session_id_idx IS 'A session''s course.';

-- + comment on index onboarding.step_activities_step_idx  [Growth/Onboarding.swift]
COMMENT ON INDEX onboarding.step_activities_step_idx IS 'Time a step takes.';

-- + table whatsapp.accounts  [Growth/WhatsApp.swift]
CREATE TABLE whatsapp.accounts (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  lead_id uuid,
  owner_id uuid,
  business_name text NOT NULL,
  phone_number text NOT NULL,
  phone_number_id text,
  waba_id text,
  access_token bytea,
  status whatsapp.account_status DEFAULT 'pending'::whatsapp.account_status NOT NULL,
  quality_rating whatsapp.quality_rating,
  daily_limit integer DEFAULT 250 NOT NULL,
  webhook_verified_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_daily_limit_check CHECK ((daily_limit > 0)),
  CONSTRAINT accounts_phone_number_check CHECK ((phone_number ~ '^[+][1-9][0-9]{6,14}$'::text)),
  CONSTRAINT accounts_phone_number_key UNIQUE (phone_number)
);
ALTER TABLE whatsapp.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE whatsapp.accounts FORCE ROW LEVEL SECURITY;

-- + index whatsapp.accounts_lead_id_idx  [Growth/WhatsApp.swift]
CREATE INDEX accounts_lead_id_idx ON whatsapp.accounts USING btree (lead_id) WHERE (lead_id IS NOT NULL);

-- + index whatsapp.accounts_owner_id_idx  [Growth/WhatsApp.swift]
CREATE INDEX accounts_owner_id_idx ON whatsapp.accounts USING btree (owner_id) WHERE (owner_id IS NOT NULL);

-- + index whatsapp.accounts_phone_number_id_key  [Growth/WhatsApp.swift]
CREATE UNIQUE INDEX accounts_phone_number_id_key ON whatsapp.accounts USING btree (phone_number_id) WHERE (phone_number_id IS NOT NULL);

-- + index whatsapp.accounts_quality_idx  [Growth/WhatsApp.swift]
CREATE INDEX accounts_quality_idx ON whatsapp.accounts USING btree (quality_rating) WHERE (quality_rating = ANY (ARRAY['yellow'::whatsapp.quality_rating, 'red'::whatsapp.quality_rating]));

-- + index whatsapp.accounts_status_idx  [Growth/WhatsApp.swift]
CREATE INDEX accounts_status_idx ON whatsapp.accounts USING btree (status, created_at);

-- + comment on table whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON TABLE whatsapp.accounts IS 'WhatsApp business accounts of customers.';

-- + comment on column whatsapp.accounts.access_token  [Growth/WhatsApp.swift]
COMMENT ON COLUMN whatsapp.accounts.access_token IS 'Encrypted by the application; the database has no key to it.';

-- + comment on column whatsapp.accounts.daily_limit  [Growth/WhatsApp.swift]
COMMENT ON COLUMN whatsapp.accounts.daily_limit IS 'Messages a day that WhatsApp allows.';

-- + comment on column whatsapp.accounts.owner_id  [Growth/WhatsApp.swift]
COMMENT ON COLUMN whatsapp.accounts.owner_id IS 'The login of the customer.';

-- + comment on column whatsapp.accounts.phone_number  [Growth/WhatsApp.swift]
COMMENT ON COLUMN whatsapp.accounts.phone_number IS 'E.164.';

-- + comment on column whatsapp.accounts.phone_number_id  [Growth/WhatsApp.swift]
COMMENT ON COLUMN whatsapp.accounts.phone_number_id IS 'WhatsApp''s number of it.';

-- + comment on column whatsapp.accounts.waba_id  [Growth/WhatsApp.swift]
COMMENT ON COLUMN whatsapp.accounts.waba_id IS 'WhatsApp''s number of the business account.';

-- + comment on index whatsapp.accounts_lead_id_idx  [Growth/WhatsApp.swift]
COMMENT ON INDEX whatsapp.accounts_lead_id_idx IS 'The foreign key.';

-- + comment on index whatsapp.accounts_owner_id_idx  [Growth/WhatsApp.swift]
COMMENT ON INDEX whatsapp.accounts_owner_id_idx IS 'My accounts; policies.';

-- + comment on index whatsapp.accounts_phone_number_id_key  [Growth/WhatsApp.swift]
COMMENT ON INDEX whatsapp.accounts_phone_number_id_key IS 'Whose a webhook is.';

-- + comment on index whatsapp.accounts_quality_idx  [Growth/WhatsApp.swift]
COMMENT ON INDEX whatsapp.accounts_quality_idx IS 'Whose messages annoy.';

-- + comment on index whatsapp.accounts_status_idx  [Growth/WhatsApp.swift]
COMMENT ON INDEX whatsapp.accounts_status_idx IS 'Accounts by state.';

-- + table whatsapp.templates  [Growth/WhatsApp.swift]
CREATE TABLE whatsapp.templates (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  account_id uuid NOT NULL,
  name text NOT NULL,
  language text DEFAULT 'en'::text NOT NULL,
  category whatsapp.template_category NOT NULL,
  status whatsapp.template_status DEFAULT 'draft'::whatsapp.template_status NOT NULL,
  body text NOT NULL,
  buttons jsonb DEFAULT '[]'::jsonb NOT NULL,
  rejection_reason text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT templates_pkey PRIMARY KEY (id),
  CONSTRAINT templates_account_id_name_language_key UNIQUE (account_id, name, language),
  CONSTRAINT templates_name_check CHECK (((name ~ '^[a-z0-9_]+$'::text) AND (length(name) <= 512))),
  CONSTRAINT templates_rejection_reason_check CHECK (((rejection_reason IS NULL) OR (status = 'rejected'::whatsapp.template_status)))
);
ALTER TABLE whatsapp.templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE whatsapp.templates FORCE ROW LEVEL SECURITY;

-- + index whatsapp.templates_category_idx  [Growth/WhatsApp.swift]
CREATE INDEX templates_category_idx ON whatsapp.templates USING btree (account_id, category) WHERE (status = 'approved'::whatsapp.template_status);

-- + index whatsapp.templates_status_idx  [Growth/WhatsApp.swift]
CREATE INDEX templates_status_idx ON whatsapp.templates USING btree (status, updated_at);

-- + comment on table whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON TABLE whatsapp.templates IS 'Message templates.';

-- + comment on column whatsapp.templates.body  [Growth/WhatsApp.swift]
COMMENT ON COLUMN whatsapp.templates.body IS 'With {{1}}, {{2}}, … for what is filled in.';

-- + comment on index whatsapp.templates_category_idx  [Growth/WhatsApp.swift]
COMMENT ON INDEX whatsapp.templates_category_idx IS 'What can be sent.';

-- + comment on index whatsapp.templates_status_idx  [Growth/WhatsApp.swift]
COMMENT ON INDEX whatsapp.templates_status_idx IS 'What waits for WhatsApp''s word.';

-- + constraint assignments_experiment_id_fkey on experiments.assignments  [Growth/Experiments.swift]
ALTER TABLE experiments.assignments ADD CONSTRAINT assignments_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments.experiments(id) ON DELETE CASCADE;

-- + constraint lead_interactions_lead_id_fkey on marketing.lead_interactions  [Growth/Leads.swift]
ALTER TABLE marketing.lead_interactions ADD CONSTRAINT lead_interactions_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES marketing.leads(id) ON DELETE CASCADE;

-- + constraint sessions_lead_id_fkey on onboarding.sessions  [Growth/Onboarding.swift]
ALTER TABLE onboarding.sessions ADD CONSTRAINT sessions_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES marketing.leads(id) ON DELETE SET NULL;

-- + constraint step_activities_session_id_fkey on onboarding.step_activities  [Growth/Onboarding.swift]
ALTER TABLE onboarding.step_activities ADD CONSTRAINT step_activities_session_id_fkey FOREIGN KEY (session_id) REFERENCES onboarding.sessions(id) ON DELETE CASCADE;

-- + constraint accounts_lead_id_fkey on whatsapp.accounts  [Growth/WhatsApp.swift]
ALTER TABLE whatsapp.accounts ADD CONSTRAINT accounts_lead_id_fkey FOREIGN KEY (lead_id) REFERENCES marketing.leads(id) ON DELETE SET NULL;

-- + constraint templates_account_id_fkey on whatsapp.templates  [Growth/WhatsApp.swift]
ALTER TABLE whatsapp.templates ADD CONSTRAINT templates_account_id_fkey FOREIGN KEY (account_id) REFERENCES whatsapp.accounts(id) ON DELETE CASCADE;

-- + view analytics.daily_events  [Growth/Events.swift]
CREATE VIEW analytics.daily_events WITH (security_invoker = 'true') AS
 SELECT ((a.bucket AT TIME ZONE 'UTC'::text))::date AS day,
    a.type,
    a.name,
    sum(a.events) AS events
   FROM analytics.event_aggregations a
  GROUP BY (((a.bucket AT TIME ZONE 'UTC'::text))::date), a.type, a.name;

-- + comment on column analytics.daily_events.day  [Growth/Events.swift]
COMMENT ON COLUMN analytics.daily_events.day IS 'UTC.';

-- + comment on view analytics.daily_events  [Growth/Events.swift]
COMMENT ON VIEW analytics.daily_events IS 'Events by the day, as of this moment.';

-- + view analytics.daily_overview  [Growth/Events.swift]
CREATE VIEW analytics.daily_overview WITH (security_invoker = 'true') AS
 SELECT m.day,
    COALESCE(max(m.value) FILTER (WHERE (m.name = 'events'::text)), (0)::numeric) AS events,
    COALESCE(max(m.value) FILTER (WHERE (m.name = 'sessions'::text)), (0)::numeric) AS sessions,
    COALESCE(max(m.value) FILTER (WHERE (m.name = 'leads'::text)), (0)::numeric) AS leads,
    COALESCE(max(m.value) FILTER (WHERE (m.name = 'demo_requests'::text)), (0)::numeric) AS demo_requests,
    COALESCE(max(m.value) FILTER (WHERE (m.name = 'onboardings'::text)), (0)::numeric) AS onboardings,
    COALESCE(max(m.value) FILTER (WHERE (m.name = 'conversions'::text)), (0)::numeric) AS conversions
   FROM analytics.metrics m
  GROUP BY m.day;

-- + comment on view analytics.daily_overview  [Growth/Events.swift]
COMMENT ON VIEW analytics.daily_overview IS 'Key figures, a row a day.';

-- + view analytics.hourly_events  [Growth/Events.swift]
CREATE VIEW analytics.hourly_events WITH (security_invoker = 'true') AS
 SELECT a.bucket,
    a.type,
    a.name,
    sum(a.events) AS events
   FROM analytics.event_aggregations a
  GROUP BY a.bucket, a.type, a.name;

-- + comment on view analytics.hourly_events  [Growth/Events.swift]
COMMENT ON VIEW analytics.hourly_events IS 'Events by the hour, as of this moment.';

-- + view experiments.results  [Growth/Experiments.swift]
CREATE VIEW experiments.results WITH (security_invoker = 'true') AS
 SELECT x.key AS experiment,
    a.variant,
    count(*) AS subjects,
    count(a.converted_at) AS conversions,
    round(((100.0 * (count(a.converted_at))::numeric) / (count(*))::numeric), 2) AS conversion_percent
   FROM (experiments.assignments a
     JOIN experiments.experiments x ON ((x.id = a.experiment_id)))
  GROUP BY x.key, a.variant;

-- + comment on view experiments.results  [Growth/Experiments.swift]
COMMENT ON VIEW experiments.results IS 'How variants do.';

-- + view marketing.lead_funnel  [Growth/Leads.swift]
CREATE VIEW marketing.lead_funnel WITH (security_invoker = 'true') AS
 SELECT l.source,
    count(*) AS leads,
    count(*) FILTER (WHERE (l.status = ANY (ARRAY['qualified'::marketing.lead_status, 'demo'::marketing.lead_status, 'converted'::marketing.lead_status]))) AS qualified,
    count(*) FILTER (WHERE (l.status = 'converted'::marketing.lead_status)) AS converted,
    round(((100.0 * (count(*) FILTER (WHERE (l.status = 'converted'::marketing.lead_status)))::numeric) / (count(*))::numeric), 1) AS converted_percent
   FROM marketing.leads l
  WHERE (l.created_at > (now() - '30 days'::interval))
  GROUP BY l.source;

-- + comment on view marketing.lead_funnel  [Growth/Leads.swift]
COMMENT ON VIEW marketing.lead_funnel IS 'Leads of the last 30 days by source, and how far they came.';

-- + view onboarding.drop_off  [Growth/Onboarding.swift]
CREATE VIEW onboarding.drop_off WITH (security_invoker = 'true') AS
 SELECT s.current_step,
    count(*) AS sessions,
    count(*) FILTER (WHERE (s.status = 'abandoned'::onboarding.session_status)) AS abandoned,
    round(avg(s.progress_percentage), 1) AS average_progress
   FROM onboarding.sessions s
  WHERE ((s.started_at > (now() - '30 days'::interval)) AND (s.status <> 'completed'::onboarding.session_status))
  GROUP BY s.current_step;

-- + comment on view onboarding.drop_off  [Growth/Onboarding.swift]
COMMENT ON VIEW onboarding.drop_off IS 'Sessions of the last 30 days that are not completed, by the step they are at.';

-- + view public.index_usage_stats  [Growth/Upkeep.swift]
CREATE VIEW public.index_usage_stats WITH (security_invoker = 'true') AS
 SELECT (s.schemaname)::text AS schemaname,
    (s.relname)::text AS tablename,
    (s.indexrelname)::text AS indexname,
    s.idx_scan,
    s.idx_tup_read,
    s.idx_tup_fetch,
    pg_size_pretty(pg_relation_size((s.indexrelid)::regclass)) AS index_size,
    i.indisunique AS is_unique
   FROM (pg_stat_user_indexes s
     JOIN pg_index i ON ((i.indexrelid = s.indexrelid)));

-- + comment on view public.index_usage_stats  [Growth/Upkeep.swift]
COMMENT ON VIEW public.index_usage_stats IS 'How often each index is used.';

-- + trigger events_aggregate on analytics.events  [Growth/Events.swift]
CREATE TRIGGER events_aggregate AFTER INSERT ON analytics.events REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION analytics.aggregate_events();

-- + trigger events_enrich on analytics.events  [Growth/Events.swift]
CREATE TRIGGER events_enrich BEFORE INSERT ON analytics.events FOR EACH ROW EXECUTE FUNCTION analytics.enrich_event();

-- + comment on trigger events_aggregate on analytics.events  [Growth/Events.swift]
COMMENT ON TRIGGER events_aggregate ON analytics.events IS 'Figures are there at once.';

-- + trigger experiments_audit on experiments.experiments  [Growth/Experiments.swift]
CREATE TRIGGER experiments_audit AFTER INSERT OR DELETE OR UPDATE ON experiments.experiments FOR EACH ROW EXECUTE FUNCTION analytics.audit_change('experiments.experiments');

-- + trigger lead_interactions_audit on marketing.lead_interactions  [Growth/Leads.swift]
CREATE TRIGGER lead_interactions_audit AFTER INSERT OR DELETE OR UPDATE ON marketing.lead_interactions FOR EACH ROW EXECUTE FUNCTION analytics.audit_change('marketing.lead_interactions');

-- + trigger leads_audit on marketing.leads  [Growth/Leads.swift]
CREATE TRIGGER leads_audit AFTER INSERT OR DELETE OR UPDATE ON marketing.leads FOR EACH ROW EXECUTE FUNCTION analytics.audit_change('marketing.leads');

-- + trigger leads_normalize on marketing.leads  [Growth/Leads.swift]
CREATE TRIGGER leads_normalize BEFORE INSERT OR UPDATE ON marketing.leads FOR EACH ROW EXECUTE FUNCTION marketing.normalize_lead();

-- + trigger leads_touch on marketing.leads  [Growth/Leads.swift]
CREATE TRIGGER leads_touch BEFORE UPDATE ON marketing.leads FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + comment on trigger leads_normalize on marketing.leads  [Growth/Leads.swift]
COMMENT ON TRIGGER leads_normalize ON marketing.leads IS 'One lead an address.';

-- + trigger sessions_advance on onboarding.sessions  [Growth/Onboarding.swift]
CREATE TRIGGER sessions_advance BEFORE INSERT OR UPDATE ON onboarding.sessions FOR EACH ROW EXECUTE FUNCTION onboarding.advance_session();

-- + trigger sessions_audit on onboarding.sessions  [Growth/Onboarding.swift]
CREATE TRIGGER sessions_audit AFTER INSERT OR DELETE OR UPDATE ON onboarding.sessions FOR EACH ROW EXECUTE FUNCTION analytics.audit_change('onboarding.sessions');

-- + comment on trigger sessions_advance on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON TRIGGER sessions_advance ON onboarding.sessions IS 'Progress, and the next step.';

-- + trigger step_activities_limit on onboarding.step_activities  [Growth/Onboarding.swift]
CREATE TRIGGER step_activities_limit BEFORE INSERT ON onboarding.step_activities FOR EACH ROW EXECUTE FUNCTION marketing.limit_inserts('activity', '2000');

-- + trigger accounts_audit on whatsapp.accounts  [Growth/WhatsApp.swift]
CREATE TRIGGER accounts_audit AFTER INSERT OR DELETE OR UPDATE ON whatsapp.accounts FOR EACH ROW EXECUTE FUNCTION analytics.audit_change('whatsapp.accounts');

-- + trigger accounts_touch on whatsapp.accounts  [Growth/WhatsApp.swift]
CREATE TRIGGER accounts_touch BEFORE UPDATE ON whatsapp.accounts FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + trigger templates_audit on whatsapp.templates  [Growth/WhatsApp.swift]
CREATE TRIGGER templates_audit AFTER INSERT OR DELETE OR UPDATE ON whatsapp.templates FOR EACH ROW EXECUTE FUNCTION analytics.audit_change('whatsapp.templates');

-- + trigger templates_touch on whatsapp.templates  [Growth/WhatsApp.swift]
CREATE TRIGGER templates_touch BEFORE UPDATE ON whatsapp.templates FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- + policy admin_read on analytics.audit_trail  [Growth/AuditTrail.swift]
CREATE POLICY admin_read ON analytics.audit_trail FOR SELECT TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy service on analytics.audit_trail  [Growth/AuditTrail.swift]
CREATE POLICY service ON analytics.audit_trail FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin_read on analytics.event_aggregations  [Growth/Events.swift]
CREATE POLICY admin_read ON analytics.event_aggregations FOR SELECT TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy service on analytics.event_aggregations  [Growth/Events.swift]
CREATE POLICY service ON analytics.event_aggregations FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin_read on analytics.events  [Growth/Events.swift]
CREATE POLICY admin_read ON analytics.events FOR SELECT TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy public_insert on analytics.events  [Growth/Events.swift]
CREATE POLICY public_insert ON analytics.events FOR INSERT TO anon, authenticated
  WITH CHECK (((user_id IS NULL) OR (user_id = ( SELECT auth.uid() AS uid))));

-- + policy service on analytics.events  [Growth/Events.swift]
CREATE POLICY service ON analytics.events FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + comment on policy public_insert on analytics.events  [Growth/Events.swift]
COMMENT ON POLICY public_insert ON analytics.events IS 'Nobody''s events are told by others.';

-- + policy admin_read on analytics.metrics  [Growth/Events.swift]
CREATE POLICY admin_read ON analytics.metrics FOR SELECT TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy service on analytics.metrics  [Growth/Events.swift]
CREATE POLICY service ON analytics.metrics FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy service on analytics.pending_events  [Growth/Events.swift]
CREATE POLICY service ON analytics.pending_events FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin_read on experiments.assignments  [Growth/Experiments.swift]
CREATE POLICY admin_read ON experiments.assignments FOR SELECT TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy own on experiments.assignments  [Growth/Experiments.swift]
CREATE POLICY own ON experiments.assignments FOR SELECT TO authenticated
  USING ((user_id = ( SELECT auth.uid() AS uid)));

-- + policy own_session on experiments.assignments  [Growth/Experiments.swift]
CREATE POLICY own_session ON experiments.assignments FOR SELECT TO anon, authenticated
  USING ((session_id = ( SELECT onboarding.session_token() AS session_token)));

-- + policy service on experiments.assignments  [Growth/Experiments.swift]
CREATE POLICY service ON experiments.assignments FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on experiments.experiments  [Growth/Experiments.swift]
CREATE POLICY admin ON experiments.experiments FOR ALL TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy public_read on experiments.experiments  [Growth/Experiments.swift]
CREATE POLICY public_read ON experiments.experiments FOR SELECT TO anon, authenticated
  USING ((status = 'running'::experiments.experiment_status));

-- + policy service on experiments.experiments  [Growth/Experiments.swift]
CREATE POLICY service ON experiments.experiments FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on marketing.lead_interactions  [Growth/Leads.swift]
CREATE POLICY admin ON marketing.lead_interactions FOR ALL TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy service on marketing.lead_interactions  [Growth/Leads.swift]
CREATE POLICY service ON marketing.lead_interactions FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on marketing.leads  [Growth/Leads.swift]
CREATE POLICY admin ON marketing.leads FOR ALL TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy own on marketing.leads  [Growth/Leads.swift]
CREATE POLICY own ON marketing.leads FOR SELECT TO anon, authenticated
  USING ((email = ( SELECT marketing.visitor_email() AS visitor_email)));

-- + policy public_insert on marketing.leads  [Growth/Leads.swift]
CREATE POLICY public_insert ON marketing.leads FOR INSERT TO anon, authenticated
  WITH CHECK (((status = 'new'::marketing.lead_status) AND (score = 0) AND (assigned_to IS NULL)));

-- + policy service on marketing.leads  [Growth/Leads.swift]
CREATE POLICY service ON marketing.leads FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + comment on policy public_insert on marketing.leads  [Growth/Leads.swift]
COMMENT ON POLICY public_insert ON marketing.leads IS 'Anybody can leave an address, so many times an hour.';

-- + policy service on marketing.request_rates  [Growth/Leads.swift]
CREATE POLICY service ON marketing.request_rates FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on onboarding.sessions  [Growth/Onboarding.swift]
CREATE POLICY admin ON onboarding.sessions FOR ALL TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy own on onboarding.sessions  [Growth/Onboarding.swift]
CREATE POLICY own ON onboarding.sessions FOR SELECT TO anon, authenticated
  USING ((session_token = ( SELECT onboarding.session_token() AS session_token)));

-- + policy own_insert on onboarding.sessions  [Growth/Onboarding.swift]
CREATE POLICY own_insert ON onboarding.sessions FOR INSERT TO anon, authenticated
  WITH CHECK (((session_token = ( SELECT onboarding.session_token() AS session_token)) AND ((user_id IS NULL) OR (user_id = ( SELECT auth.uid() AS uid)))));

-- + policy own_update on onboarding.sessions  [Growth/Onboarding.swift]
CREATE POLICY own_update ON onboarding.sessions FOR UPDATE TO anon, authenticated
  USING ((session_token = ( SELECT onboarding.session_token() AS session_token)))
  WITH CHECK (((session_token = ( SELECT onboarding.session_token() AS session_token)) AND ((user_id IS NULL) OR (user_id = ( SELECT auth.uid() AS uid)))));

-- + policy service on onboarding.sessions  [Growth/Onboarding.swift]
CREATE POLICY service ON onboarding.sessions FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin_read on onboarding.step_activities  [Growth/Onboarding.swift]
CREATE POLICY admin_read ON onboarding.step_activities FOR SELECT TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy own on onboarding.step_activities  [Growth/Onboarding.swift]
CREATE POLICY own ON onboarding.step_activities FOR SELECT TO anon, authenticated
  USING ((session_id = ( SELECT s.id
   FROM onboarding.sessions s
  WHERE (s.session_token = ( SELECT onboarding.session_token() AS session_token)))));

-- + policy own_insert on onboarding.step_activities  [Growth/Onboarding.swift]
CREATE POLICY own_insert ON onboarding.step_activities FOR INSERT TO anon, authenticated
  WITH CHECK ((session_id = ( SELECT s.id
   FROM onboarding.sessions s
  WHERE (s.session_token = ( SELECT onboarding.session_token() AS session_token)))));

-- + policy service on onboarding.step_activities  [Growth/Onboarding.swift]
CREATE POLICY service ON onboarding.step_activities FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on whatsapp.accounts  [Growth/WhatsApp.swift]
CREATE POLICY admin ON whatsapp.accounts FOR ALL TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy own on whatsapp.accounts  [Growth/WhatsApp.swift]
CREATE POLICY own ON whatsapp.accounts FOR SELECT TO authenticated
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

-- + policy own_update on whatsapp.accounts  [Growth/WhatsApp.swift]
CREATE POLICY own_update ON whatsapp.accounts FOR UPDATE TO authenticated
  USING ((owner_id = ( SELECT auth.uid() AS uid)));

-- + policy service on whatsapp.accounts  [Growth/WhatsApp.swift]
CREATE POLICY service ON whatsapp.accounts FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + policy admin on whatsapp.templates  [Growth/WhatsApp.swift]
CREATE POLICY admin ON whatsapp.templates FOR ALL TO authenticated
  USING (( SELECT analytics.is_admin() AS is_admin));

-- + policy own on whatsapp.templates  [Growth/WhatsApp.swift]
CREATE POLICY own ON whatsapp.templates FOR ALL TO authenticated
  USING ((EXISTS ( SELECT
   FROM whatsapp.accounts a
  WHERE ((a.id = templates.account_id) AND (a.owner_id = ( SELECT auth.uid() AS uid))))));

-- + policy service on whatsapp.templates  [Growth/WhatsApp.swift]
CREATE POLICY service ON whatsapp.templates FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- + grant to anon on schema analytics  [Growth/Growth.swift]
GRANT USAGE ON SCHEMA analytics TO anon;

-- + grant to authenticated on schema analytics  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA analytics TO authenticated;

-- + grant to service_role on schema analytics  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA analytics TO service_role;

-- + grant to anon on schema experiments  [Growth/Growth.swift]
GRANT USAGE ON SCHEMA experiments TO anon;

-- + grant to authenticated on schema experiments  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA experiments TO authenticated;

-- + grant to service_role on schema experiments  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA experiments TO service_role;

-- + grant to anon on schema marketing  [Growth/Growth.swift]
GRANT USAGE ON SCHEMA marketing TO anon;

-- + grant to authenticated on schema marketing  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA marketing TO authenticated;

-- + grant to service_role on schema marketing  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA marketing TO service_role;

-- + grant to anon on schema onboarding  [Growth/Growth.swift]
GRANT USAGE ON SCHEMA onboarding TO anon;

-- + grant to authenticated on schema onboarding  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA onboarding TO authenticated;

-- + grant to service_role on schema onboarding  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA onboarding TO service_role;

-- + grant to authenticated on schema whatsapp  [Growth/Growth.swift]
GRANT USAGE ON SCHEMA whatsapp TO authenticated;

-- + grant to service_role on schema whatsapp  [Growth/GrowthTypes.swift]
GRANT USAGE ON SCHEMA whatsapp TO service_role;

-- + grant to PUBLIC on function analytics.aggregate_events()  [Growth/Events.swift]
REVOKE EXECUTE ON ROUTINE analytics.aggregate_events() FROM PUBLIC;

-- + grant to PUBLIC on function analytics.audit_change()  [Growth/AuditTrail.swift]
REVOKE EXECUTE ON ROUTINE analytics.audit_change() FROM PUBLIC;

-- + grant to authenticated on table analytics.audit_trail  [Growth/AuditTrail.swift]
GRANT SELECT ON TABLE analytics.audit_trail TO authenticated;

-- + grant to service_role on table analytics.audit_trail  [Growth/AuditTrail.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE analytics.audit_trail TO service_role;

-- + grant to authenticated on view analytics.daily_events  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.daily_events TO authenticated;

-- + grant to service_role on view analytics.daily_events  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.daily_events TO service_role;

-- + grant to authenticated on view analytics.daily_overview  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.daily_overview TO authenticated;

-- + grant to service_role on view analytics.daily_overview  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.daily_overview TO service_role;

-- + grant to PUBLIC on function analytics.enrich_event()  [Growth/Events.swift]
REVOKE EXECUTE ON ROUTINE analytics.enrich_event() FROM PUBLIC;

-- + grant to authenticated on table analytics.event_aggregations  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.event_aggregations TO authenticated;

-- + grant to service_role on table analytics.event_aggregations  [Growth/Events.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE analytics.event_aggregations TO service_role;

-- + grant to authenticated on table analytics.events  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.events TO authenticated;

-- + grant to service_role on table analytics.events  [Growth/Events.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE analytics.events TO service_role;

-- + grant to anon on column analytics.events.name  [Growth/Events.swift]
GRANT INSERT (name) ON TABLE analytics.events TO anon;

-- + grant to authenticated on column analytics.events.name  [Growth/Events.swift]
GRANT INSERT (name) ON TABLE analytics.events TO authenticated;

-- + grant to anon on column analytics.events.properties  [Growth/Events.swift]
GRANT INSERT (properties) ON TABLE analytics.events TO anon;

-- + grant to authenticated on column analytics.events.properties  [Growth/Events.swift]
GRANT INSERT (properties) ON TABLE analytics.events TO authenticated;

-- + grant to anon on column analytics.events.session_id  [Growth/Events.swift]
GRANT INSERT (session_id) ON TABLE analytics.events TO anon;

-- + grant to authenticated on column analytics.events.session_id  [Growth/Events.swift]
GRANT INSERT (session_id) ON TABLE analytics.events TO authenticated;

-- + grant to anon on column analytics.events.type  [Growth/Events.swift]
GRANT INSERT (type) ON TABLE analytics.events TO anon;

-- + grant to authenticated on column analytics.events.type  [Growth/Events.swift]
GRANT INSERT (type) ON TABLE analytics.events TO authenticated;

-- + grant to anon on column analytics.events.user_id  [Growth/Events.swift]
GRANT INSERT (user_id) ON TABLE analytics.events TO anon;

-- + grant to authenticated on column analytics.events.user_id  [Growth/Events.swift]
GRANT INSERT (user_id) ON TABLE analytics.events TO authenticated;

-- + grant to authenticated on view analytics.hourly_events  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.hourly_events TO authenticated;

-- + grant to service_role on view analytics.hourly_events  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.hourly_events TO service_role;

-- + grant to PUBLIC on function analytics.is_admin()  [Growth/Identity.swift]
REVOKE EXECUTE ON ROUTINE analytics.is_admin() FROM PUBLIC;

-- + grant to anon on function analytics.is_admin()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE analytics.is_admin() TO anon;

-- + grant to authenticated on function analytics.is_admin()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE analytics.is_admin() TO authenticated;

-- + grant to service_role on function analytics.is_admin()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE analytics.is_admin() TO service_role;

-- + grant to authenticated on table analytics.metrics  [Growth/Events.swift]
GRANT SELECT ON TABLE analytics.metrics TO authenticated;

-- + grant to service_role on table analytics.metrics  [Growth/Events.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE analytics.metrics TO service_role;

-- + grant to service_role on table analytics.pending_events  [Growth/Events.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE analytics.pending_events TO service_role;

-- + grant to anon on table experiments.assignments  [Growth/Experiments.swift]
GRANT SELECT ON TABLE experiments.assignments TO anon;

-- + grant to authenticated on table experiments.assignments  [Growth/Experiments.swift]
GRANT SELECT ON TABLE experiments.assignments TO authenticated;

-- + grant to service_role on table experiments.assignments  [Growth/Experiments.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE experiments.assignments TO service_role;

-- + grant to anon on table experiments.experiments  [Growth/Experiments.swift]
GRANT SELECT ON TABLE experiments.experiments TO anon;

-- + grant to authenticated on table experiments.experiments  [Growth/Experiments.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE experiments.experiments TO authenticated;

-- + grant to service_role on table experiments.experiments  [Growth/Experiments.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE experiments.experiments TO service_role;

-- + grant to authenticated on view experiments.results  [Growth/Experiments.swift]
GRANT SELECT ON TABLE experiments.results TO authenticated;

-- + grant to service_role on view experiments.results  [Growth/Experiments.swift]
GRANT SELECT ON TABLE experiments.results TO service_role;

-- + grant to authenticated on view marketing.lead_funnel  [Growth/Leads.swift]
GRANT SELECT ON TABLE marketing.lead_funnel TO authenticated;

-- + grant to service_role on view marketing.lead_funnel  [Growth/Leads.swift]
GRANT SELECT ON TABLE marketing.lead_funnel TO service_role;

-- + grant to authenticated on table marketing.lead_interactions  [Growth/Leads.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE marketing.lead_interactions TO authenticated;

-- + grant to service_role on table marketing.lead_interactions  [Growth/Leads.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE marketing.lead_interactions TO service_role;

-- + grant to anon on table marketing.leads  [Growth/Leads.swift]
GRANT SELECT ON TABLE marketing.leads TO anon;

-- + grant to authenticated on table marketing.leads  [Growth/Leads.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE marketing.leads TO authenticated;

-- + grant to service_role on table marketing.leads  [Growth/Leads.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE marketing.leads TO service_role;

-- + grant to anon on column marketing.leads.company_name  [Growth/Leads.swift]
GRANT INSERT (company_name) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.contact_name  [Growth/Leads.swift]
GRANT INSERT (contact_name) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.country  [Growth/Leads.swift]
GRANT INSERT (country) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.email  [Growth/Leads.swift]
GRANT INSERT (email) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.marketing_consent  [Growth/Leads.swift]
GRANT INSERT (marketing_consent) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.metadata  [Growth/Leads.swift]
GRANT INSERT (metadata) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.persona  [Growth/Leads.swift]
GRANT INSERT (persona) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.phone  [Growth/Leads.swift]
GRANT INSERT (phone) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.source  [Growth/Leads.swift]
GRANT INSERT (source) ON TABLE marketing.leads TO anon;

-- + grant to anon on column marketing.leads.utm  [Growth/Leads.swift]
GRANT INSERT (utm) ON TABLE marketing.leads TO anon;

-- + grant to PUBLIC on function marketing.limit_inserts()  [Growth/Leads.swift]
REVOKE EXECUTE ON ROUTINE marketing.limit_inserts() FROM PUBLIC;

-- + grant to PUBLIC on function marketing.limit_rate(text, integer)  [Growth/Leads.swift]
REVOKE EXECUTE ON ROUTINE marketing.limit_rate(text, integer) FROM PUBLIC;

-- + grant to PUBLIC on function marketing.normalize_lead()  [Growth/Leads.swift]
REVOKE EXECUTE ON ROUTINE marketing.normalize_lead() FROM PUBLIC;

-- + grant to service_role on table marketing.request_rates  [Growth/Leads.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE marketing.request_rates TO service_role;

-- + grant to PUBLIC on function marketing.visitor_address()  [Growth/Identity.swift]
REVOKE EXECUTE ON ROUTINE marketing.visitor_address() FROM PUBLIC;

-- + grant to anon on function marketing.visitor_address()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE marketing.visitor_address() TO anon;

-- + grant to authenticated on function marketing.visitor_address()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE marketing.visitor_address() TO authenticated;

-- + grant to service_role on function marketing.visitor_address()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE marketing.visitor_address() TO service_role;

-- + grant to PUBLIC on function marketing.visitor_email()  [Growth/Identity.swift]
REVOKE EXECUTE ON ROUTINE marketing.visitor_email() FROM PUBLIC;

-- + grant to anon on function marketing.visitor_email()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE marketing.visitor_email() TO anon;

-- + grant to authenticated on function marketing.visitor_email()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE marketing.visitor_email() TO authenticated;

-- + grant to service_role on function marketing.visitor_email()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE marketing.visitor_email() TO service_role;

-- + grant to PUBLIC on function onboarding.advance_session()  [Growth/Onboarding.swift]
REVOKE EXECUTE ON ROUTINE onboarding.advance_session() FROM PUBLIC;

-- + grant to authenticated on view onboarding.drop_off  [Growth/Onboarding.swift]
GRANT SELECT ON TABLE onboarding.drop_off TO authenticated;

-- + grant to service_role on view onboarding.drop_off  [Growth/Onboarding.swift]
GRANT SELECT ON TABLE onboarding.drop_off TO service_role;

-- + grant to PUBLIC on function onboarding.session_token()  [Growth/Identity.swift]
REVOKE EXECUTE ON ROUTINE onboarding.session_token() FROM PUBLIC;

-- + grant to anon on function onboarding.session_token()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE onboarding.session_token() TO anon;

-- + grant to authenticated on function onboarding.session_token()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE onboarding.session_token() TO authenticated;

-- + grant to service_role on function onboarding.session_token()  [Growth/Identity.swift]
GRANT EXECUTE ON ROUTINE onboarding.session_token() TO service_role;

-- + grant to authenticated on table onboarding.sessions  [Growth/Onboarding.swift]
GRANT DELETE ON TABLE onboarding.sessions TO authenticated;

-- + grant to service_role on table onboarding.sessions  [Growth/Onboarding.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE onboarding.sessions TO service_role;

-- + grant to anon on column onboarding.sessions.abandoned_at  [Growth/Onboarding.swift]
GRANT SELECT (abandoned_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.abandoned_at  [Growth/Onboarding.swift]
GRANT SELECT (abandoned_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.bot_configuration  [Growth/Onboarding.swift]
GRANT SELECT (bot_configuration), UPDATE (bot_configuration) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.bot_configuration  [Growth/Onboarding.swift]
GRANT SELECT (bot_configuration), UPDATE (bot_configuration) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.bot_setup_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (bot_setup_completed_at), UPDATE (bot_setup_completed_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.bot_setup_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (bot_setup_completed_at), UPDATE (bot_setup_completed_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.business_info  [Growth/Onboarding.swift]
GRANT SELECT (business_info), UPDATE (business_info) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.business_info  [Growth/Onboarding.swift]
GRANT SELECT (business_info), UPDATE (business_info) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.business_info_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (business_info_completed_at), UPDATE (business_info_completed_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.business_info_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (business_info_completed_at), UPDATE (business_info_completed_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.completed_at  [Growth/Onboarding.swift]
GRANT SELECT (completed_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.completed_at  [Growth/Onboarding.swift]
GRANT SELECT (completed_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.country  [Growth/Onboarding.swift]
GRANT INSERT (country), SELECT (country) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.country  [Growth/Onboarding.swift]
GRANT INSERT (country), SELECT (country) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.current_step  [Growth/Onboarding.swift]
GRANT SELECT (current_step), UPDATE (current_step) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.current_step  [Growth/Onboarding.swift]
GRANT SELECT (current_step), UPDATE (current_step) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.email  [Growth/Onboarding.swift]
GRANT INSERT (email), SELECT (email), UPDATE (email) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.email  [Growth/Onboarding.swift]
GRANT INSERT (email), SELECT (email), UPDATE (email) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.id  [Growth/Onboarding.swift]
GRANT SELECT (id) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.id  [Growth/Onboarding.swift]
GRANT SELECT (id) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.last_activity_at  [Growth/Onboarding.swift]
GRANT SELECT (last_activity_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.last_activity_at  [Growth/Onboarding.swift]
GRANT SELECT (last_activity_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.launch_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (launch_completed_at), UPDATE (launch_completed_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.launch_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (launch_completed_at), UPDATE (launch_completed_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.progress_percentage  [Growth/Onboarding.swift]
GRANT SELECT (progress_percentage) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.progress_percentage  [Growth/Onboarding.swift]
GRANT SELECT (progress_percentage) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.session_token  [Growth/Onboarding.swift]
GRANT INSERT (session_token), SELECT (session_token) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.session_token  [Growth/Onboarding.swift]
GRANT INSERT (session_token), SELECT (session_token) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.started_at  [Growth/Onboarding.swift]
GRANT SELECT (started_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.started_at  [Growth/Onboarding.swift]
GRANT SELECT (started_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.status  [Growth/Onboarding.swift]
GRANT SELECT (status) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.status  [Growth/Onboarding.swift]
GRANT SELECT (status) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.template_creation_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (template_creation_completed_at), UPDATE (template_creation_completed_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.template_creation_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (template_creation_completed_at), UPDATE (template_creation_completed_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.user_id  [Growth/Onboarding.swift]
GRANT SELECT (user_id) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.user_id  [Growth/Onboarding.swift]
GRANT INSERT (user_id), SELECT (user_id), UPDATE (user_id) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on column onboarding.sessions.whatsapp_connection_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (whatsapp_connection_completed_at), UPDATE (whatsapp_connection_completed_at) ON TABLE onboarding.sessions TO anon;

-- + grant to authenticated on column onboarding.sessions.whatsapp_connection_completed_at  [Growth/Onboarding.swift]
GRANT SELECT (whatsapp_connection_completed_at), UPDATE (whatsapp_connection_completed_at) ON TABLE onboarding.sessions TO authenticated;

-- + grant to anon on table onboarding.step_activities  [Growth/Onboarding.swift]
GRANT INSERT, SELECT ON TABLE onboarding.step_activities TO anon;

-- + grant to authenticated on table onboarding.step_activities  [Growth/Onboarding.swift]
GRANT INSERT, SELECT ON TABLE onboarding.step_activities TO authenticated;

-- + grant to service_role on table onboarding.step_activities  [Growth/Onboarding.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE onboarding.step_activities TO service_role;

-- + grant to PUBLIC on function public.abandon_inactive_sessions(interval)  [Growth/Upkeep.swift]
REVOKE EXECUTE ON ROUTINE public.abandon_inactive_sessions(interval) FROM PUBLIC;

-- + grant to service_role on function public.abandon_inactive_sessions(interval)  [Growth/Upkeep.swift]
GRANT EXECUTE ON ROUTINE public.abandon_inactive_sessions(interval) TO service_role;

-- + grant to PUBLIC on function public.auto_assign_experiments(uuid, text, text)  [Growth/Experiments.swift]
REVOKE EXECUTE ON ROUTINE public.auto_assign_experiments(uuid, text, text) FROM PUBLIC;

-- + grant to anon on function public.auto_assign_experiments(uuid, text, text)  [Growth/Experiments.swift]
GRANT EXECUTE ON ROUTINE public.auto_assign_experiments(uuid, text, text) TO anon;

-- + grant to authenticated on function public.auto_assign_experiments(uuid, text, text)  [Growth/Experiments.swift]
GRANT EXECUTE ON ROUTINE public.auto_assign_experiments(uuid, text, text) TO authenticated;

-- + grant to service_role on function public.auto_assign_experiments(uuid, text, text)  [Growth/Experiments.swift]
GRANT EXECUTE ON ROUTINE public.auto_assign_experiments(uuid, text, text) TO service_role;

-- + grant to PUBLIC on function public.cleanup_old_data(interval)  [Growth/Upkeep.swift]
REVOKE EXECUTE ON ROUTINE public.cleanup_old_data(interval) FROM PUBLIC;

-- + grant to service_role on function public.cleanup_old_data(interval)  [Growth/Upkeep.swift]
GRANT EXECUTE ON ROUTINE public.cleanup_old_data(interval) TO service_role;

-- + grant to PUBLIC on function public.gdpr_delete_user_data(text, uuid, text, inet)  [Growth/Upkeep.swift]
REVOKE EXECUTE ON ROUTINE public.gdpr_delete_user_data(text, uuid, text, inet) FROM PUBLIC;

-- + grant to service_role on function public.gdpr_delete_user_data(text, uuid, text, inet)  [Growth/Upkeep.swift]
GRANT EXECUTE ON ROUTINE public.gdpr_delete_user_data(text, uuid, text, inet) TO service_role;

-- + grant to service_role on view public.index_usage_stats  [Growth/Upkeep.swift]
GRANT SELECT ON TABLE public.index_usage_stats TO service_role;

-- + grant to PUBLIC on function public.process_pending_events(integer)  [Growth/Events.swift]
REVOKE EXECUTE ON ROUTINE public.process_pending_events(integer) FROM PUBLIC;

-- + grant to service_role on function public.process_pending_events(integer)  [Growth/Events.swift]
GRANT EXECUTE ON ROUTINE public.process_pending_events(integer) TO service_role;

-- + grant to service_role on table whatsapp.accounts  [Growth/WhatsApp.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE whatsapp.accounts TO service_role;

-- + grant to authenticated on column whatsapp.accounts.business_name  [Growth/WhatsApp.swift]
GRANT SELECT (business_name), UPDATE (business_name) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.created_at  [Growth/WhatsApp.swift]
GRANT SELECT (created_at) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.daily_limit  [Growth/WhatsApp.swift]
GRANT SELECT (daily_limit) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.id  [Growth/WhatsApp.swift]
GRANT SELECT (id) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.lead_id  [Growth/WhatsApp.swift]
GRANT SELECT (lead_id) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.owner_id  [Growth/WhatsApp.swift]
GRANT SELECT (owner_id) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.phone_number  [Growth/WhatsApp.swift]
GRANT SELECT (phone_number) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.phone_number_id  [Growth/WhatsApp.swift]
GRANT SELECT (phone_number_id) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.quality_rating  [Growth/WhatsApp.swift]
GRANT SELECT (quality_rating) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.status  [Growth/WhatsApp.swift]
GRANT SELECT (status) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.updated_at  [Growth/WhatsApp.swift]
GRANT SELECT (updated_at) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.waba_id  [Growth/WhatsApp.swift]
GRANT SELECT (waba_id) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on column whatsapp.accounts.webhook_verified_at  [Growth/WhatsApp.swift]
GRANT SELECT (webhook_verified_at) ON TABLE whatsapp.accounts TO authenticated;

-- + grant to authenticated on table whatsapp.templates  [Growth/WhatsApp.swift]
GRANT DELETE, SELECT ON TABLE whatsapp.templates TO authenticated;

-- + grant to service_role on table whatsapp.templates  [Growth/WhatsApp.swift]
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE whatsapp.templates TO service_role;

-- + grant to authenticated on column whatsapp.templates.account_id  [Growth/WhatsApp.swift]
GRANT INSERT (account_id) ON TABLE whatsapp.templates TO authenticated;

-- + grant to authenticated on column whatsapp.templates.body  [Growth/WhatsApp.swift]
GRANT INSERT (body), UPDATE (body) ON TABLE whatsapp.templates TO authenticated;

-- + grant to authenticated on column whatsapp.templates.buttons  [Growth/WhatsApp.swift]
GRANT INSERT (buttons), UPDATE (buttons) ON TABLE whatsapp.templates TO authenticated;

-- + grant to authenticated on column whatsapp.templates.category  [Growth/WhatsApp.swift]
GRANT INSERT (category), UPDATE (category) ON TABLE whatsapp.templates TO authenticated;

-- + grant to authenticated on column whatsapp.templates.language  [Growth/WhatsApp.swift]
GRANT INSERT (language), UPDATE (language) ON TABLE whatsapp.templates TO authenticated;

-- + grant to authenticated on column whatsapp.templates.name  [Growth/WhatsApp.swift]
GRANT INSERT (name), UPDATE (name) ON TABLE whatsapp.templates TO authenticated;

-- + cron job growth_cleanup_daily  [Growth/Upkeep.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('growth_cleanup_daily', '20 3 * * *', 'SELECT public.cleanup_old_data()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'growth_cleanup_daily';
  END IF;
END
$dbtool$;

-- + cron job growth_events_process  [Growth/Upkeep.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('growth_events_process', '*/5 * * * *', 'SELECT public.process_pending_events()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'growth_events_process';
  END IF;
END
$dbtool$;

-- + cron job growth_sessions_abandon  [Growth/Upkeep.swift]
DO $dbtool$
BEGIN
  IF to_regclass('cron.job') IS NOT NULL THEN
    PERFORM cron.schedule('growth_sessions_abandon', '*/10 * * * *', 'SELECT public.abandon_inactive_sessions()');
  ELSE
    RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', 'growth_sessions_abandon';
  END IF;
END
$dbtool$;

-- + partition window analytics.audit_trail  [Growth/AuditTrail.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + partition window analytics.events  [Growth/Events.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

COMMIT;
