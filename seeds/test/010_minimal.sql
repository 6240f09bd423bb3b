-- One of each, for tests that need something to be there.
SELECT webinar.upsert_registrants('[{"id": 1, "webinar_id": 7, "schedule_id": 70, "email": "one@example.org", "attended_live": "1"}]');
INSERT INTO checkin.paidparticipants (row_number, headers, data, row_hash)
VALUES (1, '["Name"]', '{"Name": "One"}', 'hash-one')
ON CONFLICT (row_number) DO UPDATE SET data = excluded.data;
