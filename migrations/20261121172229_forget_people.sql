-- 20261121172229_forget_people
-- create 3 functions, 5 server settings, 6 grants, 3 comments
-- proved on PostgreSQL 15.20: converges; 31 rows in 11 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + function checkin.forget_address(inet)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.forget_address(p_address inet)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE sql
 SET search_path TO 'checkin', 'pg_temp'
AS $function$
WITH attempts AS (DELETE FROM pin_attempts WHERE address = p_address RETURNING 1),
requests AS (DELETE FROM request_rates WHERE address = p_address RETURNING 1),
arrivals AS (UPDATE checkins SET checked_in_by = NULL WHERE checked_in_by = host(p_address) RETURNING 1)
SELECT 'pin_attempts', (SELECT count(*) FROM attempts)
UNION ALL SELECT 'request_rates', (SELECT count(*) FROM requests)
UNION ALL SELECT 'checkins', (SELECT count(*) FROM arrivals)
$function$;

-- + comment on function checkin.forget_address(inet)  [CheckIn/Functions.swift]
COMMENT ON ROUTINE checkin.forget_address(inet) IS 'Removes what is known of a device''s address; who was checked in from there stays checked in.';

-- + function checkin.forget_participant(text)  [CheckIn/Functions.swift]
CREATE OR REPLACE FUNCTION checkin.forget_participant(p_row_hash text)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE sql
 SET search_path TO 'checkin', 'pg_temp'
AS $function$
WITH participant AS (DELETE FROM paidparticipants WHERE row_hash = p_row_hash RETURNING 1),
arrival AS (DELETE FROM checkins WHERE row_hash = p_row_hash RETURNING 1)
SELECT 'paidparticipants', (SELECT count(*) FROM participant)
UNION ALL SELECT 'checkins', (SELECT count(*) FROM arrival)
$function$;

-- + comment on function checkin.forget_participant(text)  [CheckIn/Functions.swift]
COMMENT ON ROUTINE checkin.forget_participant(text) IS 'Removes a participant and their check-in (GDPR, article 17); says what it removed.';

-- + function webinar.forget_person(text)  [Webinar/Archive.swift]
CREATE OR REPLACE FUNCTION webinar.forget_person(p_email text)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'webinar', 'pg_temp'
AS $function$
DECLARE
  v_email text := lower(btrim(p_email));
BEGIN
  DELETE FROM attendance_checks c WHERE lower(btrim(c.email)) = v_email;
  item := 'attendance_checks'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM attendance_checks_archive c WHERE lower(btrim(c.email)) = v_email;
  item := 'attendance_checks_archive'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM webinar_registrants r WHERE lower(btrim(r.email)) = v_email;
  item := 'webinar_registrants'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM webinar_registrants_archive r WHERE lower(btrim(r.email)) = v_email;
  item := 'webinar_registrants_archive'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM sync_rejects j WHERE lower(btrim(j.record ->> 'email')) = v_email;
  item := 'sync_rejects'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
$function$;

-- + comment on function webinar.forget_person(text)  [Webinar/Archive.swift]
COMMENT ON ROUTINE webinar.forget_person(text) IS 'Removes all that is known of an address (GDPR, article 17), from the archive too; says what it removed.';

-- + grant to PUBLIC on function checkin.forget_address(inet)  [CheckIn/Functions.swift]
REVOKE EXECUTE ON ROUTINE checkin.forget_address(inet) FROM PUBLIC;

-- + grant to service_role on function checkin.forget_address(inet)  [CheckIn/Functions.swift]
GRANT EXECUTE ON ROUTINE checkin.forget_address(inet) TO service_role;

-- + grant to PUBLIC on function checkin.forget_participant(text)  [CheckIn/Functions.swift]
REVOKE EXECUTE ON ROUTINE checkin.forget_participant(text) FROM PUBLIC;

-- + grant to service_role on function checkin.forget_participant(text)  [CheckIn/Functions.swift]
GRANT EXECUTE ON ROUTINE checkin.forget_participant(text) TO service_role;

-- + grant to PUBLIC on function webinar.forget_person(text)  [Webinar/Archive.swift]
REVOKE EXECUTE ON ROUTINE webinar.forget_person(text) FROM PUBLIC;

-- + grant to service_role on function webinar.forget_person(text)  [Webinar/Archive.swift]
GRANT EXECUTE ON ROUTINE webinar.forget_person(text) TO service_role;

-- + server setting effective_cache_size  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + server setting maintenance_work_mem  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + server setting max_connections  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + server setting shared_buffers  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- + server setting work_mem  [Platform/Platform.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

COMMIT;
