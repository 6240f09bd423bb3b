DECLARE
  v_kind text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    -- A move into another month's partition arrives as a row that was there before.
    v_kind := CASE WHEN NEW.created_at < now() THEN 'appointment_rescheduled' ELSE 'appointment_' || NEW.status END;
  ELSIF NEW.status <> OLD.status THEN
    v_kind := 'appointment_' || NEW.status;
  ELSIF (NEW.starts_at, NEW.resource_id) <> (OLD.starts_at, OLD.resource_id) THEN
    v_kind := 'appointment_rescheduled';
  ELSE
    RETURN NULL;
  END IF;
  PERFORM notify_user(NEW.customer_id, v_kind, jsonb_build_object('appointment_id', NEW.id, 'starts_at', NEW.starts_at),
                      NEW.organization_id);
  PERFORM pg_notify('slotease_appointments', json_build_object('appointment_id', NEW.id, 'organization_id', NEW.organization_id,
                                                               'kind', v_kind)::text);
  RETURN NULL;
END
