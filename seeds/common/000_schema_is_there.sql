-- Nothing common is needed yet beside what the migrations bring; this checks that they have been applied.
DO $$
BEGIN
  IF to_regclass('webinar.webinar_registrants') IS NULL OR to_regclass('checkin.paidparticipants') IS NULL THEN
    RAISE EXCEPTION 'the migrations have not been applied; run dbtool apply first';
  END IF;
END
$$;
