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
