-- A helper at the main door with PIN 2468, and two guests who are in already.
SELECT checkin.set_staff_pin('main door', '2468');
INSERT INTO checkin.checkins (row_hash, checked_in_at, checked_in_by) VALUES
  ('a3f1c0de0001', now() - interval '25 minutes', '192.0.2.10'),
  ('a3f1c0de0004', now() - interval '12 minutes', '192.0.2.11')
ON CONFLICT (row_hash) DO NOTHING;
