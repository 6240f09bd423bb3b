DECLARE
  v_entry queue_entries;
BEGIN
  IF p_status NOT IN ('served', 'left', 'no_show') THEN
    RAISE EXCEPTION 'a wait does not end as %', p_status USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- The queue first, as everywhere: nobody waits in a circle.
  PERFORM FROM queues q WHERE q.id = (SELECT e.queue_id FROM queue_entries e WHERE e.id = p_entry_id) FOR NO KEY UPDATE;
  UPDATE queue_entries e SET status = p_status, finished_at = clock_timestamp()
   WHERE e.id = p_entry_id
     AND CASE WHEN p_status = 'left' THEN e.status IN ('waiting', 'called') ELSE e.status = 'called' END
  RETURNING e.* INTO v_entry;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF p_status = 'served' THEN
    -- The latest counts for a tenth: a slow hour shows, one long talk does not.
    UPDATE queues q
       SET average_service = greatest(interval '1 second', q.average_service * 0.9 + (v_entry.finished_at - v_entry.called_at) * 0.1)
     WHERE q.id = v_entry.queue_id;
  END IF;
  RETURN true;
END
