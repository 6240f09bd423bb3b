DECLARE
  v_frequency text := substring(p_rule FROM 'FREQ=([A-Z]+)');
  v_interval integer := coalesce(substring(p_rule FROM 'INTERVAL=([0-9]+)')::integer, 1);
  v_count integer := substring(p_rule FROM 'COUNT=([0-9]+)')::integer;
  v_until date := to_date(substring(p_rule FROM 'UNTIL=([0-9]{8})'), 'YYYYMMDD');
  v_days text[] := string_to_array(substring(p_rule FROM 'BYDAY=([^;]+)'), ',');
  v_month_days integer[] := string_to_array(substring(p_rule FROM 'BYMONTHDAY=([^;]+)'), ',')::integer[];
  -- To know which is the tenth one has to count from the first.
  v_first date := CASE WHEN v_count IS NULL THEN greatest(p_starts_on, p_from) ELSE p_starts_on END;
  v_last date := least(p_to, coalesce(v_until, p_to));
BEGIN
  RETURN QUERY
  SELECT o.day
    FROM (
      SELECT d.day, row_number() OVER (ORDER BY d.day) AS number
        FROM (SELECT v_first + i AS day,
                     left(to_char(v_first + i, 'DY'), 2) AS weekday,
                     extract(day FROM v_first + i)::integer AS day_of_month,
                     extract(day FROM (date_trunc('month', (v_first + i)::timestamp) + interval '1 month - 1 day'))::integer
                       AS days_in_month,
                     (extract(year FROM v_first + i) * 12 + extract(month FROM v_first + i)
                       - extract(year FROM p_starts_on) * 12 - extract(month FROM p_starts_on))::integer AS months
                FROM generate_series(0, v_last - v_first) i) d
       WHERE CASE v_frequency
               WHEN 'DAILY' THEN
                 (d.day - p_starts_on) % v_interval = 0 AND (v_days IS NULL OR d.weekday = ANY (v_days))
               WHEN 'WEEKLY' THEN
                 (date_trunc('week', d.day::timestamp)::date - date_trunc('week', p_starts_on::timestamp)::date) / 7
                   % v_interval = 0
                 AND d.weekday = ANY (coalesce(v_days, ARRAY[left(to_char(p_starts_on, 'DY'), 2)]))
               WHEN 'MONTHLY' THEN
                 d.months % v_interval = 0
                 AND (v_month_days IS NULL OR d.day_of_month = ANY (v_month_days)
                      OR d.day_of_month - d.days_in_month - 1 = ANY (v_month_days))
                 AND (v_days IS NULL OR d.weekday = ANY (v_days)
                      OR ((d.day_of_month + 6) / 7) || d.weekday = ANY (v_days)
                      OR (-((d.days_in_month - d.day_of_month) / 7 + 1)) || d.weekday = ANY (v_days))
                 AND (v_days IS NOT NULL OR v_month_days IS NOT NULL
                      OR d.day_of_month = extract(day FROM p_starts_on))
               WHEN 'YEARLY' THEN
                 d.months % (12 * v_interval) = 0 AND d.day_of_month = extract(day FROM p_starts_on)
             END) o
   WHERE o.day BETWEEN p_from AND v_last AND (v_count IS NULL OR o.number <= v_count)
   ORDER BY o.day;
END
