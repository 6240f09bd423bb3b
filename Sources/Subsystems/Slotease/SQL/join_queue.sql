#variable_conflict use_column
DECLARE
  v_queue queues;
  v_entry bigint;
BEGIN
  IF p_customer_id IS NOT NULL THEN
    PERFORM FROM user_profiles p WHERE p.id = p_customer_id AND p.anonymized_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there is nobody % who could wait', p_customer_id USING ERRCODE = 'no_data_found';
    END IF;
  END IF;
  SELECT * INTO v_queue FROM queues q WHERE q.id = p_queue_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no queue %', p_queue_id USING ERRCODE = 'no_data_found';
  END IF;
  SELECT e.id INTO v_entry FROM queue_entries e
   WHERE e.queue_id = p_queue_id AND e.customer_id = p_customer_id AND e.status = 'waiting';
  IF NOT FOUND THEN
    IF v_queue.status <> 'open' THEN
      RAISE EXCEPTION 'queue % is %', v_queue.name, v_queue.status USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE queues q SET last_ticket = last_ticket + 1 WHERE q.id = p_queue_id RETURNING q.last_ticket INTO ticket;
    INSERT INTO queue_entries (queue_id, organization_id, customer_id, guest_name, ticket, priority)
    VALUES (p_queue_id, v_queue.organization_id, p_customer_id, p_guest_name, ticket, p_priority)
    RETURNING id INTO v_entry;
  END IF;
  RETURN QUERY SELECT * FROM queue_place(v_entry);
END
