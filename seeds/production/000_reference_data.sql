-- Production has the reference data of common and nothing made up; this checks that it is there.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.alert_rules) THEN
    RAISE EXCEPTION 'the alert rules of seeds/common are missing';
  END IF;
END
$$;
