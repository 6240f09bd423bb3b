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
