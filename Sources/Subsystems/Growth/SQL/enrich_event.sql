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
