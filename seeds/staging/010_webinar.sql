-- Registrants for load tests: 100,000 at scale 1, two thirds of whom came. In ten parts, so that it can be told how far it is.

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 0)::integer + 1, (current_setting('app.scale')::numeric * 10000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 10000)::integer + 1, (current_setting('app.scale')::numeric * 20000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 20000)::integer + 1, (current_setting('app.scale')::numeric * 30000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 30000)::integer + 1, (current_setting('app.scale')::numeric * 40000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 40000)::integer + 1, (current_setting('app.scale')::numeric * 50000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 50000)::integer + 1, (current_setting('app.scale')::numeric * 60000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 60000)::integer + 1, (current_setting('app.scale')::numeric * 70000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 70000)::integer + 1, (current_setting('app.scale')::numeric * 80000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 80000)::integer + 1, (current_setting('app.scale')::numeric * 90000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 90000)::integer + 1, (current_setting('app.scale')::numeric * 100000)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;

ANALYZE webinar.webinar_registrants;
