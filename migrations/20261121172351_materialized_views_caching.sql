-- 20261121172351_materialized_views_caching
-- create 4 functions, 8 indexes, 4 materialized views, 17 grants, 19 comments
-- proved on PostgreSQL 15.20: converges; 64 rows in 22 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- + function public.refresh_all_materialized_views()  [Booking/SearchViews.swift]
CREATE OR REPLACE FUNCTION public.refresh_all_materialized_views()
 RETURNS TABLE(view_name text, milliseconds integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
  v_started timestamptz;
BEGIN
  FOREACH view_name IN ARRAY ARRAY['event_search_mv', 'customer_dashboard_mv', 'instructor_schedule_mv', 'org_analytics_mv']
  LOOP
    v_started := clock_timestamp();
    EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY public.%I', view_name);
    milliseconds := extract(epoch FROM clock_timestamp() - v_started) * 1000;
    INSERT INTO performance_metrics (metric_name, metric_value, tags)
    VALUES ('materialized_view_refresh', milliseconds, jsonb_build_object('operation', view_name));
    RETURN NEXT;
  END LOOP;
END
$function$;

-- + comment on function public.refresh_all_materialized_views()  [Booking/SearchViews.swift]
COMMENT ON ROUTINE public.refresh_all_materialized_views() IS 'Refreshes the materialized views of booking while they can be read; says how long each took.';

-- + materialized view public.customer_dashboard_mv  [Booking/SearchViews.swift]
CREATE MATERIALIZED VIEW public.customer_dashboard_mv AS
 SELECT c.id AS customer_id,
    c.organization_id,
    COALESCE(b.upcoming, (0)::bigint) AS upcoming,
    b.next_starts_at,
    COALESCE(b.past, (0)::bigint) AS past,
    COALESCE(b.attended, (0)::bigint) AS attended,
    COALESCE(b.missed, (0)::bigint) AS missed,
    COALESCE(b.cancelled, (0)::bigint) AS cancelled,
    COALESCE(q.waiting, (0)::bigint) AS waiting,
    COALESCE(m.paid, (0)::numeric) AS paid
   FROM (((public.customers c
     LEFT JOIN ( SELECT r.customer_id,
            count(*) FILTER (WHERE ((r.status = 'confirmed'::public.registration_status) AND (r.event_starts_at > now()))) AS upcoming,
            min(r.event_starts_at) FILTER (WHERE ((r.status = 'confirmed'::public.registration_status) AND (r.event_starts_at > now()))) AS next_starts_at,
            count(*) FILTER (WHERE ((r.status = 'confirmed'::public.registration_status) AND (r.event_starts_at <= now()))) AS past,
            count(*) FILTER (WHERE (r.attendance = 'attended'::public.attendance)) AS attended,
            count(*) FILTER (WHERE (r.attendance = 'no_show'::public.attendance)) AS missed,
            count(*) FILTER (WHERE (r.status = 'cancelled'::public.registration_status)) AS cancelled
           FROM public.registrations r
          GROUP BY r.customer_id) b ON ((b.customer_id = c.id)))
     LEFT JOIN ( SELECT w.customer_id,
            count(*) AS waiting
           FROM public.event_waitlists w
          WHERE ((w.promoted_at IS NULL) AND (w.left_at IS NULL))
          GROUP BY w.customer_id) q ON ((q.customer_id = c.id)))
     LEFT JOIN ( SELECT p.customer_id,
            sum(p.amount) AS paid
           FROM public.payments p
          WHERE (p.status = 'succeeded'::public.payment_status)
          GROUP BY p.customer_id) m ON ((m.customer_id = c.id)));

-- + function public.customer_dashboard()  [Booking/SearchViews.swift]
CREATE OR REPLACE FUNCTION public.customer_dashboard()
 RETURNS SETOF public.customer_dashboard_mv
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
SELECT d.* FROM customer_dashboard_mv d JOIN customers c ON c.id = d.customer_id WHERE c.user_id = auth.uid()
$function$;

-- + comment on function public.customer_dashboard()  [Booking/SearchViews.swift]
COMMENT ON ROUTINE public.customer_dashboard() IS 'The rows of customer_dashboard_mv that are the asking person''s own.';

-- + index public.customer_dashboard_mv_customer_id_key  [Booking/SearchViews.swift]
CREATE UNIQUE INDEX customer_dashboard_mv_customer_id_key ON public.customer_dashboard_mv USING btree (customer_id);

-- + comment on materialized view public.customer_dashboard_mv  [Booking/SearchViews.swift]
COMMENT ON MATERIALIZED VIEW public.customer_dashboard_mv IS 'What each customer has booked, visited and paid. Others reach it through customer_dashboard.';

-- + materialized view public.event_search_mv  [Booking/SearchViews.swift]
CREATE MATERIALIZED VIEW public.event_search_mv AS
 SELECT e.id AS event_id,
    e.organization_id,
    o.name AS organization_name,
    e.title,
    e.starts_at,
    e.ends_at,
    l.name AS location_name,
    l.path AS location_path,
    i.name AS instructor_name,
    (e.capacity - e.reg_count) AS places_left,
    (e.price)::numeric AS price,
    e.currency,
    ((setweight(to_tsvector('simple'::regconfig, e.title), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, concat_ws(' '::text, i.name, l.name, o.name)), 'B'::"char")) || setweight(to_tsvector('simple'::regconfig, COALESCE(s.description, ''::text)), 'C'::"char")) AS search
   FROM ((((public.class_events e
     JOIN public.organizations o ON ((o.id = e.organization_id)))
     LEFT JOIN public.class_series s ON ((s.id = e.series_id)))
     LEFT JOIN public.locations l ON ((l.id = e.location_id)))
     LEFT JOIN public.instructors i ON ((i.id = e.instructor_id)))
  WHERE ((e.status = 'scheduled'::public.event_status) AND (e.starts_at > (now() - '01:00:00'::interval)));

-- + index public.event_search_mv_event_id_key  [Booking/SearchViews.swift]
CREATE UNIQUE INDEX event_search_mv_event_id_key ON public.event_search_mv USING btree (event_id);

-- + index public.event_search_mv_location_path_idx  [Booking/SearchViews.swift]
CREATE INDEX event_search_mv_location_path_idx ON public.event_search_mv USING gist (location_path);

-- + index public.event_search_mv_search_idx  [Booking/SearchViews.swift]
CREATE INDEX event_search_mv_search_idx ON public.event_search_mv USING gin (search);

-- + index public.event_search_mv_starts_at_idx  [Booking/SearchViews.swift]
CREATE INDEX event_search_mv_starts_at_idx ON public.event_search_mv USING btree (starts_at);

-- + comment on column public.event_search_mv.places_left  [Booking/SearchViews.swift]
COMMENT ON COLUMN public.event_search_mv.places_left IS 'When the view was refreshed; booking knows better.';

-- + comment on column public.event_search_mv.search  [Booking/SearchViews.swift]
COMMENT ON COLUMN public.event_search_mv.search IS 'Title, description, place and instructor.';

-- + comment on index public.event_search_mv_event_id_key  [Booking/SearchViews.swift]
COMMENT ON INDEX public.event_search_mv_event_id_key IS 'Refreshing beside readers.';

-- + comment on index public.event_search_mv_location_path_idx  [Booking/SearchViews.swift]
COMMENT ON INDEX public.event_search_mv_location_path_idx IS 'Everything below a place.';

-- + comment on index public.event_search_mv_search_idx  [Booking/SearchViews.swift]
COMMENT ON INDEX public.event_search_mv_search_idx IS 'Full text search.';

-- + comment on index public.event_search_mv_starts_at_idx  [Booking/SearchViews.swift]
COMMENT ON INDEX public.event_search_mv_starts_at_idx IS 'What is next.';

-- + comment on materialized view public.event_search_mv  [Booking/SearchViews.swift]
COMMENT ON MATERIALIZED VIEW public.event_search_mv IS 'Events that can be booked, for searching; refreshed every five minutes.';

-- + materialized view public.instructor_schedule_mv  [Booking/SearchViews.swift]
CREATE MATERIALIZED VIEW public.instructor_schedule_mv AS
 SELECT e.id AS event_id,
    e.instructor_id,
    e.organization_id,
    e.title,
    e.starts_at,
    e.ends_at,
    e.reg_count AS registered,
    e.capacity,
    (EXISTS ( SELECT
           FROM public.class_events o
          WHERE ((o.instructor_id = e.instructor_id) AND (o.id <> e.id) AND (o.status = 'scheduled'::public.event_status) AND (o.starts_at < e.ends_at) AND (o.starts_at > (e.starts_at - '7 days'::interval)) AND (o.ends_at > e.starts_at)))) AS "overlaps"
   FROM public.class_events e
  WHERE ((e.instructor_id IS NOT NULL) AND (e.status = 'scheduled'::public.event_status) AND ((e.starts_at >= (now() - '1 day'::interval)) AND (e.starts_at <= (now() + '60 days'::interval))));

-- + function public.instructor_schedule()  [Booking/SearchViews.swift]
CREATE OR REPLACE FUNCTION public.instructor_schedule()
 RETURNS SETOF public.instructor_schedule_mv
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
SELECT d.* FROM instructor_schedule_mv d JOIN instructors i ON i.id = d.instructor_id
 WHERE i.user_id = auth.uid() ORDER BY d.starts_at
$function$;

-- + comment on function public.instructor_schedule()  [Booking/SearchViews.swift]
COMMENT ON ROUTINE public.instructor_schedule() IS 'The rows of instructor_schedule_mv that are the asking instructor''s own.';

-- + index public.instructor_schedule_mv_event_id_key  [Booking/SearchViews.swift]
CREATE UNIQUE INDEX instructor_schedule_mv_event_id_key ON public.instructor_schedule_mv USING btree (event_id);

-- + index public.instructor_schedule_mv_instructor_id_idx  [Booking/SearchViews.swift]
CREATE INDEX instructor_schedule_mv_instructor_id_idx ON public.instructor_schedule_mv USING btree (instructor_id, starts_at);

-- + comment on column public.instructor_schedule_mv."overlaps"  [Booking/SearchViews.swift]
COMMENT ON COLUMN public.instructor_schedule_mv."overlaps" IS 'They have another class at that time.';

-- + comment on index public.instructor_schedule_mv_instructor_id_idx  [Booking/SearchViews.swift]
COMMENT ON INDEX public.instructor_schedule_mv_instructor_id_idx IS 'One instructor''s week.';

-- + comment on materialized view public.instructor_schedule_mv  [Booking/SearchViews.swift]
COMMENT ON MATERIALIZED VIEW public.instructor_schedule_mv IS 'Instructors'' classes of the next 60 days.';

-- + materialized view public.org_analytics_mv  [Booking/SearchViews.swift]
CREATE MATERIALIZED VIEW public.org_analytics_mv AS
 SELECT e.organization_id,
    (date_trunc('month'::text, (e.starts_at AT TIME ZONE o.timezone)))::date AS month,
    count(*) FILTER (WHERE (e.status <> 'cancelled'::public.event_status)) AS events,
    COALESCE(sum(e.capacity) FILTER (WHERE (e.status <> 'cancelled'::public.event_status)), (0)::bigint) AS places,
    COALESCE(sum(e.reg_count) FILTER (WHERE (e.status <> 'cancelled'::public.event_status)), (0)::bigint) AS registered,
    round(((100.0 * (sum(e.reg_count) FILTER (WHERE (e.status <> 'cancelled'::public.event_status)))::numeric) / (NULLIF(sum(e.capacity) FILTER (WHERE (e.status <> 'cancelled'::public.event_status)), 0))::numeric), 1) AS utilisation,
    count(*) FILTER (WHERE (e.status = 'cancelled'::public.event_status)) AS cancelled_events,
    COALESCE(sum((e.price * (e.reg_count)::numeric)) FILTER (WHERE (e.status <> 'cancelled'::public.event_status)), (0)::numeric) AS revenue
   FROM (public.class_events e
     JOIN public.organizations o ON ((o.id = e.organization_id)))
  GROUP BY e.organization_id, ((date_trunc('month'::text, (e.starts_at AT TIME ZONE o.timezone)))::date);

-- + function public.organization_analytics(uuid)  [Booking/SearchViews.swift]
CREATE OR REPLACE FUNCTION public.organization_analytics(p_organization_id uuid)
 RETURNS SETOF public.org_analytics_mv
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
SELECT d.* FROM org_analytics_mv d
 WHERE d.organization_id = p_organization_id
   AND has_organization_role(p_organization_id, ARRAY['owner', 'admin']::member_role[])
 ORDER BY d.month
$function$;

-- + comment on function public.organization_analytics(uuid)  [Booking/SearchViews.swift]
COMMENT ON ROUTINE public.organization_analytics(uuid) IS 'The months of an organisation, for those who run it.';

-- + index public.org_analytics_mv_organization_id_month_key  [Booking/SearchViews.swift]
CREATE UNIQUE INDEX org_analytics_mv_organization_id_month_key ON public.org_analytics_mv USING btree (organization_id, month);

-- + comment on column public.org_analytics_mv.month  [Booking/SearchViews.swift]
COMMENT ON COLUMN public.org_analytics_mv.month IS 'The month of the events'' start, in the organisation''s time zone.';

-- + comment on column public.org_analytics_mv.revenue  [Booking/SearchViews.swift]
COMMENT ON COLUMN public.org_analytics_mv.revenue IS 'Price of the places taken; what was paid is in payments.';

-- + comment on column public.org_analytics_mv.utilisation  [Booking/SearchViews.swift]
COMMENT ON COLUMN public.org_analytics_mv.utilisation IS 'Percent of the places that were taken.';

-- + comment on materialized view public.org_analytics_mv  [Booking/SearchViews.swift]
COMMENT ON MATERIALIZED VIEW public.org_analytics_mv IS 'Organisations by the month.';

-- + grant to PUBLIC on function public.customer_dashboard()  [Booking/SearchViews.swift]
REVOKE EXECUTE ON ROUTINE public.customer_dashboard() FROM PUBLIC;

-- + grant to authenticated on function public.customer_dashboard()  [Booking/SearchViews.swift]
GRANT EXECUTE ON ROUTINE public.customer_dashboard() TO authenticated;

-- + grant to service_role on function public.customer_dashboard()  [Booking/SearchViews.swift]
GRANT EXECUTE ON ROUTINE public.customer_dashboard() TO service_role;

-- + grant to service_role on materialized view public.customer_dashboard_mv  [Booking/SearchViews.swift]
GRANT SELECT ON TABLE public.customer_dashboard_mv TO service_role;

-- + grant to anon on materialized view public.event_search_mv  [Booking/SearchViews.swift]
GRANT SELECT ON TABLE public.event_search_mv TO anon;

-- + grant to authenticated on materialized view public.event_search_mv  [Booking/SearchViews.swift]
GRANT SELECT ON TABLE public.event_search_mv TO authenticated;

-- + grant to service_role on materialized view public.event_search_mv  [Booking/SearchViews.swift]
GRANT SELECT ON TABLE public.event_search_mv TO service_role;

-- + grant to PUBLIC on function public.instructor_schedule()  [Booking/SearchViews.swift]
REVOKE EXECUTE ON ROUTINE public.instructor_schedule() FROM PUBLIC;

-- + grant to authenticated on function public.instructor_schedule()  [Booking/SearchViews.swift]
GRANT EXECUTE ON ROUTINE public.instructor_schedule() TO authenticated;

-- + grant to service_role on function public.instructor_schedule()  [Booking/SearchViews.swift]
GRANT EXECUTE ON ROUTINE public.instructor_schedule() TO service_role;

-- + grant to service_role on materialized view public.instructor_schedule_mv  [Booking/SearchViews.swift]
GRANT SELECT ON TABLE public.instructor_schedule_mv TO service_role;

-- + grant to service_role on materialized view public.org_analytics_mv  [Booking/SearchViews.swift]
GRANT SELECT ON TABLE public.org_analytics_mv TO service_role;

-- + grant to PUBLIC on function public.organization_analytics(uuid)  [Booking/SearchViews.swift]
REVOKE EXECUTE ON ROUTINE public.organization_analytics(uuid) FROM PUBLIC;

-- + grant to authenticated on function public.organization_analytics(uuid)  [Booking/SearchViews.swift]
GRANT EXECUTE ON ROUTINE public.organization_analytics(uuid) TO authenticated;

-- + grant to service_role on function public.organization_analytics(uuid)  [Booking/SearchViews.swift]
GRANT EXECUTE ON ROUTINE public.organization_analytics(uuid) TO service_role;

-- + grant to PUBLIC on function public.refresh_all_materialized_views()  [Booking/SearchViews.swift]
REVOKE EXECUTE ON ROUTINE public.refresh_all_materialized_views() FROM PUBLIC;

-- + grant to service_role on function public.refresh_all_materialized_views()  [Booking/SearchViews.swift]
GRANT EXECUTE ON ROUTINE public.refresh_all_materialized_views() TO service_role;

COMMIT;
