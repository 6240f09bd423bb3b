-- Two sessions of one webinar: 60 registrants, two thirds of whom came, some of whom bought; taken over like a page of
-- WebinarJam, with one bad record for the review list.
SELECT webinar.upsert_registrants((
  SELECT jsonb_agg(jsonb_build_object(
           'id', n, 'lead_id', 9000 + n, 'webinar_id', 7, 'schedule_id', 70 + n % 2, 'event_id', 700,
           'email', format(' Person%s@Example.org ', n), 'first_name', 'Person', 'last_name', n::text,
           'phone_country_code', '+1', 'phone_number', format('555-01%s', lpad(n::text, 2, '0')),
           'webinar_name', 'From spreadsheet to database', 'schedule', CASE n % 2 WHEN 0 THEN 'Tuesday 18:00' ELSE 'Friday 12:00' END,
           'event_date', to_char(date_trunc('day', now()) - interval '3 days' * (1 + n % 2) + interval '18 hours', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'signup_date', to_char(now() - interval '10 days' - n * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'attended_live', CASE WHEN n % 3 = 0 THEN '0' ELSE '1' END,
           'date_live', CASE WHEN n % 3 <> 0 THEN to_char(date_trunc('day', now()) - interval '3 days' * (1 + n % 2) + interval '18 hours 2 minutes', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END,
           'time_live', CASE WHEN n % 3 <> 0 THEN format('00:%s:00', 10 + n % 50) END,
           'purchased_live', CASE WHEN n % 7 = 0 THEN '1' ELSE '0' END,
           'revenue_live', CASE WHEN n % 7 = 0 THEN '97.00' ELSE 'n/a' END,
           'attended_replay', CASE WHEN n % 9 = 0 THEN '1' ELSE '0' END))
         || jsonb_build_array(jsonb_build_object('id', 'broken', 'webinar_id', 7, 'schedule_id', 70, 'email', 'x@example.org'))
    FROM generate_series(1, 60) n));

-- Yesterday's checks, so that the dashboard has hours to show.
DELETE FROM webinar.attendance_checks WHERE ghl_contact_id LIKE 'seed-%';
INSERT INTO webinar.attendance_checks (registrant_id, ghl_contact_id, email, attended, attendance_status, response_time_ms, checked_at)
SELECT r.id, 'seed-' || r.webinarjam_id, r.email, r.attended_live,
       CASE WHEN r.attended_live THEN 'attended' ELSE 'no_show' END, 2 + r.webinarjam_id % 9,
       now() - interval '20 minutes' * r.webinarjam_id
  FROM webinar.webinar_registrants r WHERE r.webinarjam_id <= 60;
