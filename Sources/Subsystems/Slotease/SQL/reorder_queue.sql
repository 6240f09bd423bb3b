DECLARE
  v_queues uuid[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    v_queues := ARRAY(SELECT DISTINCT n.queue_id FROM new_rows n WHERE n.status = 'waiting');
  ELSIF TG_OP = 'DELETE' THEN
    v_queues := ARRAY(SELECT DISTINCT o.queue_id FROM old_rows o WHERE o.status = 'waiting');
  ELSE
    -- What this function itself changes changes no order.
    v_queues := ARRAY(
      SELECT DISTINCT unnest(ARRAY[o.queue_id, n.queue_id]) FROM old_rows o JOIN new_rows n ON n.id = o.id
       WHERE (o.queue_id, o.status, o.priority) IS DISTINCT FROM (n.queue_id, n.status, n.priority)
         AND 'waiting' IN (o.status, n.status));
  END IF;
  IF cardinality(v_queues) = 0 THEN
    RETURN NULL;
  END IF;

  -- One after the other, and in one order.
  PERFORM FROM queues q WHERE q.id = ANY (v_queues) ORDER BY q.id FOR NO KEY UPDATE;
  UPDATE queue_entries e SET position = o.position
    FROM (SELECT n.id, CASE WHEN n.status = 'waiting' THEN
                   (row_number() OVER (PARTITION BY n.queue_id, n.status ORDER BY n.priority DESC, n.id))::integer END AS position
            FROM queue_entries n
           WHERE n.queue_id = ANY (v_queues) AND (n.status = 'waiting' OR n.position IS NOT NULL)) o
   WHERE e.id = o.id AND e.position IS DISTINCT FROM o.position;
  PERFORM pg_notify('slotease_queues', json_build_object('queue_id', q, 'waiting',
            (SELECT count(*) FROM queue_entries e WHERE e.queue_id = q AND e.status = 'waiting'))::text)
     FROM unnest(v_queues) AS q;
  RETURN NULL;
END
