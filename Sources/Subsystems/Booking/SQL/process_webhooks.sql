DECLARE
  v_event webhook_events;
  v_done integer := 0;
BEGIN
  FOR v_event IN
    SELECT * FROM webhook_events w
     WHERE w.processed_at IS NULL AND w.attempts < 10
     ORDER BY w.received_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    BEGIN
      CASE v_event.type
        WHEN 'payment_intent.succeeded' THEN
          UPDATE payments SET status = 'succeeded'
           WHERE provider = v_event.provider AND provider_reference = v_event.payload #>> '{data,object,id}'
             AND status = 'pending';
        WHEN 'payment_intent.payment_failed' THEN
          UPDATE payments SET status = 'failed'
           WHERE provider = v_event.provider AND provider_reference = v_event.payload #>> '{data,object,id}'
             AND status = 'pending';
        WHEN 'charge.refunded' THEN
          UPDATE payments SET status = 'refunded'
           WHERE provider = v_event.provider AND provider_reference = v_event.payload #>> '{data,object,payment_intent}'
             AND status IN ('succeeded', 'refund_pending');
        ELSE NULL; -- Nothing of ours.
      END CASE;
      UPDATE webhook_events SET processed_at = now(), attempts = attempts + 1, last_error = NULL WHERE id = v_event.id;
      v_done := v_done + 1;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
      UPDATE webhook_events SET attempts = attempts + 1, last_error = SQLERRM WHERE id = v_event.id;
    END;
  END LOOP;
  RETURN v_done;
END
