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
