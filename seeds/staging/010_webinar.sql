-- Registrants for load tests: 100,000 at scale 1, two thirds of whom came. In ten parts, so that it can be told how far it is.
PREPARE registrants (integer) AS
INSERT INTO webinar.webinar_registrants (webinarjam_id, webinar_id, schedule_id, email, first_name, last_name, webinar_name, event_date,
                                         attended_live, purchased_live, revenue_live)
SELECT 1000000 + n, 100 + n % 50, n % 10, format('person%s@staging.example', n), 'Person', n::text, 'Load test ' || n % 50,
       date_trunc('hour', now()) - n % 700 * interval '1 day', n % 3 <> 0, n % 21 = 0, CASE WHEN n % 21 = 0 THEN 97 ELSE 0 END
  FROM generate_series((current_setting('app.scale')::numeric * 10000 * ($1 - 1))::integer + 1, (current_setting('app.scale')::numeric * 10000 * $1)::integer) n
ON CONFLICT (webinarjam_id) DO NOTHING;
EXECUTE registrants (1);
EXECUTE registrants (2);
EXECUTE registrants (3);
EXECUTE registrants (4);
EXECUTE registrants (5);
EXECUTE registrants (6);
EXECUTE registrants (7);
EXECUTE registrants (8);
EXECUTE registrants (9);
EXECUTE registrants (10);
DEALLOCATE registrants;

ANALYZE webinar.webinar_registrants;
