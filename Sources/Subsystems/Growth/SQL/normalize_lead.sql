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
