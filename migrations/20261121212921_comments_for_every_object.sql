-- 20261121212921_comments_for_every_object
-- create 1 trigger, 305 comments; alter 2 functions, 2 comments
-- proved on PostgreSQL 15.20: converges; 145 rows in 49 tables kept
-- hazards:
--   blocks-writes: blocks writes to experiments.assignments while it runs (SHARE ROW EXCLUSIVE)

BEGIN;
SET LOCAL lock_timeout = '5s';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- ~ function analytics.audit_change()  [Growth/AuditTrail.swift]
CREATE OR REPLACE FUNCTION analytics.audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'analytics', 'pg_temp'
AS $function$
DECLARE
  v_old jsonb := to_jsonb(OLD) - 'search';
  v_new jsonb := to_jsonb(NEW) - 'search';
  v_changes jsonb;
BEGIN
  IF v_old ->> 'access_token' IS NOT NULL THEN
    v_old := v_old || jsonb_build_object('access_token', encode(sha256((v_old ->> 'access_token')::bytea), 'hex'));
  END IF;
  IF v_new ->> 'access_token' IS NOT NULL THEN
    v_new := v_new || jsonb_build_object('access_token', encode(sha256((v_new ->> 'access_token')::bytea), 'hex'));
  END IF;
  v_changes := public.row_changes(v_old, v_new);
  IF v_changes IS NOT NULL THEN
    INSERT INTO audit_trail (table_name, row_id, action, actor, actor_role, changes)
    VALUES (TG_ARGV[0], coalesce(to_jsonb(OLD), to_jsonb(NEW)) ->> 'id', lower(TG_OP)::audit_action,
            coalesce(auth.uid()::text, marketing.visitor_email()), current_setting('role'), v_changes);
  END IF;
  RETURN NULL;
END
$function$;

-- ~ comment on function analytics.audit_change()  [Growth/AuditTrail.swift]
COMMENT ON ROUTINE analytics.audit_change() IS 'Keeps a change in audit_trail. Its argument is the table''s name. Of an access token it keeps a digest, which tells that it changed.';

-- ~ function public.cleanup_old_data(interval)  [Growth/Upkeep.swift]
CREATE OR REPLACE FUNCTION public.cleanup_old_data(p_after interval DEFAULT '90 days'::interval)
 RETURNS TABLE(item text, rows bigint)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  v_gone text[];
BEGIN
  DELETE FROM analytics.events WHERE created_at < now() - p_after;
  item := 'analytics.events'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM analytics.event_aggregations WHERE bucket < now() - p_after;
  item := 'analytics.event_aggregations'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  DELETE FROM onboarding.step_activities WHERE created_at < now() - p_after;
  item := 'onboarding.step_activities'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
  WITH gone AS (DELETE FROM onboarding.sessions WHERE abandoned_at < now() - p_after RETURNING id)
  SELECT 'onboarding.sessions', count(*), array_agg(g.id) INTO item, rows, v_gone FROM gone g;
  UPDATE analytics.audit_trail t SET changes = '{}' WHERE t.table_name = item AND t.row_id = ANY (v_gone);
  RETURN NEXT;
  WITH gone AS (
    DELETE FROM experiments.assignments a USING experiments.experiments x
     WHERE x.id = a.experiment_id AND x.status = 'completed' AND a.assigned_at < now() - p_after
    RETURNING a.id)
  SELECT 'experiments.assignments', count(*), array_agg(g.id) INTO item, rows, v_gone FROM gone g;
  UPDATE analytics.audit_trail t SET changes = '{}' WHERE t.table_name = item AND t.row_id = ANY (v_gone);
  RETURN NEXT;
  DELETE FROM marketing.request_rates WHERE window_start < now() - interval '1 day';
  item := 'marketing.request_rates'; GET DIAGNOSTICS rows = ROW_COUNT; RETURN NEXT;
END
$function$;

-- ~ comment on function public.cleanup_old_data(interval)  [Growth/Upkeep.swift]
COMMENT ON ROUTINE public.cleanup_old_data(interval) IS 'Removes what has served its time, and says how much. Figures and leads stay; the audit trail keeps that there was something, not what it was.';

-- + comment on constraint event_aggregations_events_check on analytics.event_aggregations  [Growth/Events.swift]
COMMENT ON CONSTRAINT event_aggregations_events_check ON analytics.event_aggregations IS 'Counters go up.';

-- + comment on constraint events_name_check on analytics.events  [Growth/Events.swift]
COMMENT ON CONSTRAINT events_name_check ON analytics.events IS 'A name, not a document.';

-- + comment on constraint paidparticipants_data_check on checkin.paidparticipants  [CheckIn/Tables.swift]
COMMENT ON CONSTRAINT paidparticipants_data_check ON checkin.paidparticipants IS 'A sheet''s row by its headers.';

-- + comment on constraint paidparticipants_headers_check on checkin.paidparticipants  [CheckIn/Tables.swift]
COMMENT ON CONSTRAINT paidparticipants_headers_check ON checkin.paidparticipants IS 'A sheet''s first row.';

-- + comment on constraint paidparticipants_row_hash_check on checkin.paidparticipants  [CheckIn/Tables.swift]
COMMENT ON CONSTRAINT paidparticipants_row_hash_check ON checkin.paidparticipants IS 'A digest, of whatever kind the sheet''s program makes.';

-- + comment on constraint request_rates_requests_check on checkin.request_rates  [CheckIn/Tables.swift]
COMMENT ON CONSTRAINT request_rates_requests_check ON checkin.request_rates IS 'A window is there once it has been asked in.';

-- + comment on constraint staff_pins_pin_hash_check on checkin.staff_pins  [CheckIn/Tables.swift]
COMMENT ON CONSTRAINT staff_pins_pin_hash_check ON checkin.staff_pins IS 'Only a bcrypt hash; never a PIN as it is.';

-- + comment on constraint experiments_key_key on experiments.experiments  [Growth/Experiments.swift]
COMMENT ON CONSTRAINT experiments_key_key ON experiments.experiments IS 'A key names one experiment, in code as well.';

-- + comment on constraint experiments_times_check on experiments.experiments  [Growth/Experiments.swift]
COMMENT ON CONSTRAINT experiments_times_check ON experiments.experiments IS 'An experiment ends after it begins.';

-- + comment on constraint experiments_traffic_percentage_check on experiments.experiments  [Growth/Experiments.swift]
COMMENT ON CONSTRAINT experiments_traffic_percentage_check ON experiments.experiments IS 'A share of the visitors, in per cent.';

-- + comment on constraint experiments_variants_check on experiments.experiments  [Growth/Experiments.swift]
COMMENT ON CONSTRAINT experiments_variants_check ON experiments.experiments IS 'Variants with weights that can be drawn from.';

-- + comment on constraint leads_converted_check on marketing.leads  [Growth/Leads.swift]
COMMENT ON CONSTRAINT leads_converted_check ON marketing.leads IS 'Who was won knows since when; others were not yet.';

-- + comment on constraint leads_country_check on marketing.leads  [Growth/Leads.swift]
COMMENT ON CONSTRAINT leads_country_check ON marketing.leads IS 'ISO 3166-1, two letters.';

-- + comment on constraint leads_email_check on marketing.leads  [Growth/Leads.swift]
COMMENT ON CONSTRAINT leads_email_check ON marketing.leads IS 'Addresses are kept in one form, so that equal ones are found.';

-- + comment on constraint leads_email_key on marketing.leads  [Growth/Leads.swift]
COMMENT ON CONSTRAINT leads_email_key ON marketing.leads IS 'A person is one lead, whatever their address''s case.';

-- + comment on constraint leads_metadata_check on marketing.leads  [Growth/Leads.swift]
COMMENT ON CONSTRAINT leads_metadata_check ON marketing.leads IS 'Properties by name.';

-- + comment on constraint leads_score_check on marketing.leads  [Growth/Leads.swift]
COMMENT ON CONSTRAINT leads_score_check ON marketing.leads IS 'Points of a hundred.';

-- + comment on constraint leads_utm_check on marketing.leads  [Growth/Leads.swift]
COMMENT ON CONSTRAINT leads_utm_check ON marketing.leads IS 'Parameters by name.';

-- + comment on constraint sessions_abandoned_check on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON CONSTRAINT sessions_abandoned_check ON onboarding.sessions IS 'An abandoned session knows since when; others are not.';

-- + comment on constraint sessions_completed_check on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON CONSTRAINT sessions_completed_check ON onboarding.sessions IS 'A completed session knows since when; others are not.';

-- + comment on constraint sessions_progress_percentage_check on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON CONSTRAINT sessions_progress_percentage_check ON onboarding.sessions IS 'Of a hundred.';

-- + comment on constraint sessions_session_token_check on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON CONSTRAINT sessions_session_token_check ON onboarding.sessions IS 'Long enough not to be guessed, short enough to index.';

-- + comment on constraint sessions_session_token_key on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON CONSTRAINT sessions_session_token_key ON onboarding.sessions IS 'A token opens one session.';

-- + comment on constraint step_activities_duration_ms_check on onboarding.step_activities  [Growth/Onboarding.swift]
COMMENT ON CONSTRAINT step_activities_duration_ms_check ON onboarding.step_activities IS 'Time does not run backwards.';

-- + comment on constraint alert_rules_thresholds_check on public.alert_rules  [Booking/Monitoring.swift]
COMMENT ON CONSTRAINT alert_rules_thresholds_check ON public.alert_rules IS 'What is critical has been a warning before.';

-- + comment on constraint alert_rules_time_window_check on public.alert_rules  [Booking/Monitoring.swift]
COMMENT ON CONSTRAINT alert_rules_time_window_check ON public.alert_rules IS 'Only a span can be measured.';

-- + comment on constraint class_events_capacity_check on public.class_events  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_events_capacity_check ON public.class_events IS 'Somebody can come.';

-- + comment on constraint class_events_legacy_instance_id_starts_at_key on public.class_events  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_events_legacy_instance_id_starts_at_key ON public.class_events IS 'What was migrated is found again, and migrated once.';

-- + comment on constraint class_events_places_check on public.class_events  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_events_places_check ON public.class_events IS 'Never overbooked, whoever counts.';

-- + comment on constraint class_events_series_id_starts_at_key on public.class_events  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_events_series_id_starts_at_key ON public.class_events IS 'A series is generated once for a time, however often it is asked to.';

-- + comment on constraint class_events_times_check on public.class_events  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_events_times_check ON public.class_events IS 'A class ends after it begins.';

-- + comment on index public.class_instances_organization_id_idx  [Booking/Legacy.swift]
COMMENT ON INDEX public.class_instances_organization_id_idx IS 'An organisation''s classes by time, while both schemas are in use.';

-- + comment on index public.class_registrations_class_instance_id_idx  [Booking/Legacy.swift]
COMMENT ON INDEX public.class_registrations_class_instance_id_idx IS 'A class''s registrations, for the migration and for lists.';

-- + comment on index public.class_registrations_customer_email_idx  [Booking/Legacy.swift]
COMMENT ON INDEX public.class_registrations_customer_email_idx IS 'A person''s registrations by address: matching, forgetting.';

-- + comment on constraint class_series_capacity_check on public.class_series  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_series_capacity_check ON public.class_series IS 'Somebody can come, and a slip of a finger is seen.';

-- + comment on constraint class_series_duration_check on public.class_series  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_series_duration_check ON public.class_series IS 'A class takes time, and ends before its next week.';

-- + comment on constraint class_series_organization_id_legacy_key_key on public.class_series  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_series_organization_id_legacy_key_key ON public.class_series IS 'What was migrated is found again, and migrated once.';

-- + comment on constraint class_series_price_check on public.class_series  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_series_price_check ON public.class_series IS 'Nobody is paid for coming.';

-- + comment on constraint class_series_rrule_check on public.class_series  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_series_rrule_check ON public.class_series IS 'Only what events can be generated from.';

-- + comment on constraint class_series_timezone_check on public.class_series  [Booking/Series.swift]
COMMENT ON CONSTRAINT class_series_timezone_check ON public.class_series IS 'Only what PostgreSQL can compute local times in.';

-- + comment on index public.customer_dashboard_mv_customer_id_key  [Booking/SearchViews.swift]
COMMENT ON INDEX public.customer_dashboard_mv_customer_id_key IS 'A person''s row; lets the view be refreshed while it is read.';

-- + comment on constraint customers_email_check on public.customers  [Booking/Organisations.swift]
COMMENT ON CONSTRAINT customers_email_check ON public.customers IS 'Addresses are kept in one form, so that equal ones are found.';

-- + comment on constraint customers_organization_id_email_key on public.customers  [Booking/Organisations.swift]
COMMENT ON CONSTRAINT customers_organization_id_email_key ON public.customers IS 'A person is one customer of an organisation, whatever their address''s case.';

-- + comment on constraint event_waitlists_customer_id_idempotency_key_key on public.event_waitlists  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT event_waitlists_customer_id_idempotency_key_key ON public.event_waitlists IS 'A request that is sent again queues once.';

-- + comment on constraint event_waitlists_end_check on public.event_waitlists  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT event_waitlists_end_check ON public.event_waitlists IS 'Who was let in has not left, and the other way round.';

-- + comment on constraint event_waitlists_event_fkey on public.event_waitlists  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT event_waitlists_event_fkey ON public.event_waitlists IS 'Of both columns, since the events are partitioned by time.';

-- + comment on constraint event_waitlists_legacy_waitlist_id_key on public.event_waitlists  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT event_waitlists_legacy_waitlist_id_key ON public.event_waitlists IS 'What was migrated is found again, and migrated once.';

-- + comment on index public.event_waitlists_registration_id_idx  [Booking/Registrations.swift]
COMMENT ON INDEX public.event_waitlists_registration_id_idx IS 'Which place a booking came from.';

-- + comment on index public.instructor_schedule_mv_event_id_key  [Booking/SearchViews.swift]
COMMENT ON INDEX public.instructor_schedule_mv_event_id_key IS 'A class''s row; lets the view be refreshed while it is read.';

-- + comment on constraint locations_organization_id_path_key on public.locations  [Booking/Organisations.swift]
COMMENT ON CONSTRAINT locations_organization_id_path_key ON public.locations IS 'A path names one place of an organisation.';

-- + comment on constraint locations_timezone_check on public.locations  [Booking/Organisations.swift]
COMMENT ON CONSTRAINT locations_timezone_check ON public.locations IS 'Only what PostgreSQL can compute local times in.';

-- + comment on index public.notifications_outbox_customer_id_idx  [Booking/Messages.swift]
COMMENT ON INDEX public.notifications_outbox_customer_id_idx IS 'A person''s messages: policies, forgetting.';

-- + comment on index public.org_analytics_mv_organization_id_month_key  [Booking/SearchViews.swift]
COMMENT ON INDEX public.org_analytics_mv_organization_id_month_key IS 'An organisation''s month; lets the view be refreshed while it is read.';

-- + comment on constraint organizations_slug_check on public.organizations  [Booking/Organisations.swift]
COMMENT ON CONSTRAINT organizations_slug_check ON public.organizations IS 'Only what can stand in an address of a page.';

-- + comment on constraint organizations_slug_key on public.organizations  [Booking/Organisations.swift]
COMMENT ON CONSTRAINT organizations_slug_key ON public.organizations IS 'An address of a page names one organisation.';

-- + comment on constraint organizations_timezone_check on public.organizations  [Booking/Organisations.swift]
COMMENT ON CONSTRAINT organizations_timezone_check ON public.organizations IS 'Only what PostgreSQL can compute local times in.';

-- + comment on constraint payments_amount_check on public.payments  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT payments_amount_check ON public.payments IS 'Refunds are a status, not a sign.';

-- + comment on constraint payments_provider_provider_reference_key on public.payments  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT payments_provider_provider_reference_key ON public.payments IS 'A provider''s payment is one payment, however often it is reported.';

-- + comment on index public.payments_customer_id_idx  [Booking/Registrations.swift]
COMMENT ON INDEX public.payments_customer_id_idx IS 'A person''s payments: policies, forgetting.';

-- + comment on index public.payments_registration_id_idx  [Booking/Registrations.swift]
COMMENT ON INDEX public.payments_registration_id_idx IS 'What was paid for a booking.';

-- + comment on constraint registrations_cancelled_check on public.registrations  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT registrations_cancelled_check ON public.registrations IS 'A cancelled booking knows since when; others were not cancelled.';

-- + comment on constraint registrations_customer_id_idempotency_key_key on public.registrations  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT registrations_customer_id_idempotency_key_key ON public.registrations IS 'A request that is sent again books once.';

-- + comment on constraint registrations_event_fkey on public.registrations  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT registrations_event_fkey ON public.registrations IS 'Of both columns, since the events are partitioned by time.';

-- + comment on constraint registrations_idempotency_key_check on public.registrations  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT registrations_idempotency_key_check ON public.registrations IS 'A key that a program can have made.';

-- + comment on constraint registrations_legacy_registration_id_key on public.registrations  [Booking/Registrations.swift]
COMMENT ON CONSTRAINT registrations_legacy_registration_id_key ON public.registrations IS 'What was migrated is found again, and migrated once.';

-- + comment on index public.waitlists_class_instance_id_idx  [Booking/Legacy.swift]
COMMENT ON INDEX public.waitlists_class_instance_id_idx IS 'A class''s queue in its order, for the migration.';

-- + comment on index public.waitlists_customer_email_idx  [Booking/Legacy.swift]
COMMENT ON INDEX public.waitlists_customer_email_idx IS 'A person''s places in queues by address: matching, forgetting.';

-- + comment on constraint webhook_events_provider_external_id_key on public.webhook_events  [Booking/Messages.swift]
COMMENT ON CONSTRAINT webhook_events_provider_external_id_key ON public.webhook_events IS 'A provider''s message is handled once, however often it is sent.';

-- + comment on constraint analytics_events_event_type_check on slotease.analytics_events  [Slotease/Analytics.swift]
COMMENT ON CONSTRAINT analytics_events_event_type_check ON slotease.analytics_events IS 'A name that reports can be made of.';

-- + comment on constraint api_keys_hourly_limit_check on slotease.api_keys  [Slotease/APIKeys.swift]
COMMENT ON CONSTRAINT api_keys_hourly_limit_check ON slotease.api_keys IS 'A key that may ask nothing is revoked instead.';

-- + comment on constraint api_keys_key_hash_check on slotease.api_keys  [Slotease/APIKeys.swift]
COMMENT ON CONSTRAINT api_keys_key_hash_check ON slotease.api_keys IS 'A SHA-256 digest; never a key as it is.';

-- + comment on constraint api_keys_key_hash_key on slotease.api_keys  [Slotease/APIKeys.swift]
COMMENT ON CONSTRAINT api_keys_key_hash_key ON slotease.api_keys IS 'A key is one program''s; how requests find it.';

-- + comment on constraint appointments_times_check on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON CONSTRAINT appointments_times_check ON slotease.appointments IS 'An appointment ends after it begins, and blocks its resource no shorter.';

-- + comment on constraint booking_requests_idempotency_key_check on slotease.booking_requests  [Slotease/Appointments.swift]
COMMENT ON CONSTRAINT booking_requests_idempotency_key_check ON slotease.booking_requests IS 'A key that a program can have made.';

-- + comment on constraint closures_during_check on slotease.closures  [Slotease/Resources.swift]
COMMENT ON CONSTRAINT closures_during_check ON slotease.closures IS 'An empty span closes nothing.';

-- + comment on constraint consents_withdrawn_check on slotease.consents  [Slotease/People.swift]
COMMENT ON CONSTRAINT consents_withdrawn_check ON slotease.consents IS 'What was withdrawn had been given.';

-- + comment on index slotease.daily_appointment_metrics_key  [Slotease/Reports.swift]
COMMENT ON INDEX slotease.daily_appointment_metrics_key IS 'An organisation''s day; lets the view be refreshed while it is read.';

-- + comment on constraint feedback_appointment_id_key on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON CONSTRAINT feedback_appointment_id_key ON slotease.feedback IS 'An appointment is rated once.';

-- + comment on constraint feedback_comment_check on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON CONSTRAINT feedback_comment_check ON slotease.feedback IS 'A comment, not a document.';

-- + comment on constraint feedback_rating_check on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON CONSTRAINT feedback_rating_check ON slotease.feedback IS 'Stars.';

-- + comment on constraint opening_hours_times_check on slotease.opening_hours  [Slotease/Resources.swift]
COMMENT ON CONSTRAINT opening_hours_times_check ON slotease.opening_hours IS 'Hours over midnight are two rows.';

-- + comment on constraint opening_hours_weekday_check on slotease.opening_hours  [Slotease/Resources.swift]
COMMENT ON CONSTRAINT opening_hours_weekday_check ON slotease.opening_hours IS 'ISO 8601: Monday is 1.';

-- + comment on index slotease.organization_stats_organization_id_key  [Slotease/Reports.swift]
COMMENT ON INDEX slotease.organization_stats_organization_id_key IS 'An organisation''s row; lets the view be refreshed while it is read.';

-- + comment on constraint organizations_latitude_check on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT organizations_latitude_check ON slotease.organizations IS 'On the Earth.';

-- + comment on constraint organizations_longitude_check on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT organizations_longitude_check ON slotease.organizations IS 'On the Earth.';

-- + comment on constraint organizations_slug_check on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT organizations_slug_check ON slotease.organizations IS 'Only what can stand in an address of a page.';

-- + comment on constraint organizations_slug_key on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT organizations_slug_key ON slotease.organizations IS 'An address of a page names one organisation.';

-- + comment on constraint organizations_timezone_check on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT organizations_timezone_check ON slotease.organizations IS 'Only what PostgreSQL can compute local times in.';

-- + comment on constraint queue_entries_person_check on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON CONSTRAINT queue_entries_person_check ON slotease.queue_entries IS 'Who waits can be called; who was forgotten no longer waits.';

-- + comment on constraint queue_entries_queue_id_ticket_key on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON CONSTRAINT queue_entries_queue_id_ticket_key ON slotease.queue_entries IS 'A ticket is called once.';

-- + comment on index slotease.queue_performance_key  [Slotease/Reports.swift]
COMMENT ON INDEX slotease.queue_performance_key IS 'A queue''s day; lets the view be refreshed while it is read.';

-- + comment on constraint queues_average_service_check on slotease.queues  [Slotease/Queues.swift]
COMMENT ON CONSTRAINT queues_average_service_check ON slotease.queues IS 'A wait can be estimated.';

-- + comment on constraint queues_counters_check on slotease.queues  [Slotease/Queues.swift]
COMMENT ON CONSTRAINT queues_counters_check ON slotease.queues IS 'Somebody is served.';

-- + comment on constraint queues_organization_id_name_key on slotease.queues  [Slotease/Queues.swift]
COMMENT ON CONSTRAINT queues_organization_id_name_key ON slotease.queues IS 'A name is one queue of an organisation.';

-- + comment on index slotease.service_performance_service_id_key  [Slotease/Reports.swift]
COMMENT ON INDEX slotease.service_performance_service_id_key IS 'A service''s row; lets the view be refreshed while it is read.';

-- + comment on constraint services_buffer_check on slotease.services  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT services_buffer_check ON slotease.services IS 'Time to clean up, within a day.';

-- + comment on constraint services_duration_check on slotease.services  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT services_duration_check ON slotease.services IS 'An appointment takes time, and ends within a day.';

-- + comment on constraint services_organization_id_name_key on slotease.services  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT services_organization_id_name_key ON slotease.services IS 'A name is one service of an organisation.';

-- + comment on constraint services_price_check on slotease.services  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT services_price_check ON slotease.services IS 'Nobody is paid for coming.';

-- + comment on constraint services_step_check on slotease.services  [Slotease/Organizations.swift]
COMMENT ON CONSTRAINT services_step_check ON slotease.services IS 'A list of offered times has an end.';

-- + comment on constraint slot_reservations_during_check on slotease.slot_reservations  [Slotease/Appointments.swift]
COMMENT ON CONSTRAINT slot_reservations_during_check ON slotease.slot_reservations IS 'An empty span overlaps nothing, so it would keep nothing free.';

-- + comment on constraint slot_reservations_no_double_booking on slotease.slot_reservations  [Slotease/Appointments.swift]
COMMENT ON CONSTRAINT slot_reservations_no_double_booking ON slotease.slot_reservations IS 'Nothing is booked twice at a time, whoever writes; an exclusion constraint cannot span partitions.';

-- + comment on index slotease.user_activity_summary_profile_id_key  [Slotease/Reports.swift]
COMMENT ON INDEX slotease.user_activity_summary_profile_id_key IS 'A person''s row; lets the view be refreshed while it is read.';

-- + comment on constraint user_profiles_email_check on slotease.user_profiles  [Slotease/People.swift]
COMMENT ON CONSTRAINT user_profiles_email_check ON slotease.user_profiles IS 'Addresses are kept in one form, so that equal ones are found.';

-- + comment on constraint attendance_checks_response_time_check on webinar.attendance_checks  [Webinar/Registrants.swift]
COMMENT ON CONSTRAINT attendance_checks_response_time_check ON webinar.attendance_checks IS 'Time does not run backwards.';

-- + comment on constraint attendance_checks_status_check on webinar.attendance_checks  [Webinar/Registrants.swift]
COMMENT ON CONSTRAINT attendance_checks_status_check ON webinar.attendance_checks IS 'What a check can answer.';

-- + comment on index webinar.attendance_checks_archive_email_idx  [Webinar/Archive.swift]
COMMENT ON INDEX webinar.attendance_checks_archive_email_idx IS 'A person''s checks: forgetting.';

-- + comment on index webinar.sync_rejects_run_id_idx  [Webinar/Synchronisation.swift]
COMMENT ON INDEX webinar.sync_rejects_run_id_idx IS 'What a run could not take.';

-- + comment on constraint sync_runs_finished_check on webinar.sync_runs  [Webinar/Synchronisation.swift]
COMMENT ON CONSTRAINT sync_runs_finished_check ON webinar.sync_runs IS 'A run that goes on has no end; every other has.';

-- + comment on constraint webinar_registrants_revenue_check on webinar.webinar_registrants  [Webinar/Registrants.swift]
COMMENT ON CONSTRAINT webinar_registrants_revenue_check ON webinar.webinar_registrants IS 'Refunds are not kept here.';

-- + comment on constraint webinar_registrants_webinarjam_id_key on webinar.webinar_registrants  [Webinar/Registrants.swift]
COMMENT ON CONSTRAINT webinar_registrants_webinarjam_id_key ON webinar.webinar_registrants IS 'The provider''s number, which a sync finds a person by.';

-- + comment on constraint accounts_daily_limit_check on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON CONSTRAINT accounts_daily_limit_check ON whatsapp.accounts IS 'An account that may send nothing is paused instead.';

-- + comment on constraint accounts_phone_number_check on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON CONSTRAINT accounts_phone_number_check ON whatsapp.accounts IS 'E.164, as WhatsApp has it.';

-- + comment on constraint accounts_phone_number_key on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON CONSTRAINT accounts_phone_number_key ON whatsapp.accounts IS 'A number is one account''s.';

-- + comment on constraint templates_account_id_name_language_key on whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON CONSTRAINT templates_account_id_name_language_key ON whatsapp.templates IS 'A template has one text in a language.';

-- + comment on constraint templates_name_check on whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON CONSTRAINT templates_name_check ON whatsapp.templates IS 'What WhatsApp accepts as a name.';

-- + comment on constraint templates_rejection_reason_check on whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON CONSTRAINT templates_rejection_reason_check ON whatsapp.templates IS 'A reason is of a rejection.';

-- + comment on trigger events_enrich on analytics.events  [Growth/Events.swift]
COMMENT ON TRIGGER events_enrich ON analytics.events IS 'Fills in what the request knows, and queues the event to be counted.';

-- + trigger assignments_audit on experiments.assignments  [Growth/Experiments.swift]
CREATE TRIGGER assignments_audit AFTER INSERT OR DELETE OR UPDATE ON experiments.assignments FOR EACH ROW EXECUTE FUNCTION analytics.audit_change('experiments.assignments');

-- + comment on trigger assignments_audit on experiments.assignments  [Growth/Experiments.swift]
COMMENT ON TRIGGER assignments_audit ON experiments.assignments IS 'Keeps changes in analytics.audit_trail.';

-- + comment on trigger experiments_audit on experiments.experiments  [Growth/Experiments.swift]
COMMENT ON TRIGGER experiments_audit ON experiments.experiments IS 'Keeps changes in analytics.audit_trail.';

-- + comment on trigger lead_interactions_audit on marketing.lead_interactions  [Growth/Leads.swift]
COMMENT ON TRIGGER lead_interactions_audit ON marketing.lead_interactions IS 'Keeps changes in analytics.audit_trail.';

-- + comment on trigger leads_audit on marketing.leads  [Growth/Leads.swift]
COMMENT ON TRIGGER leads_audit ON marketing.leads IS 'Keeps changes in analytics.audit_trail.';

-- + comment on trigger leads_touch on marketing.leads  [Growth/Leads.swift]
COMMENT ON TRIGGER leads_touch ON marketing.leads IS 'Keeps updated_at.';

-- + comment on trigger sessions_audit on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON TRIGGER sessions_audit ON onboarding.sessions IS 'Keeps changes in analytics.audit_trail.';

-- + comment on trigger step_activities_limit on onboarding.step_activities  [Growth/Onboarding.swift]
COMMENT ON TRIGGER step_activities_limit ON onboarding.step_activities IS 'One sender does not fill the table.';

-- + comment on trigger class_series_touch on public.class_series  [Booking/Series.swift]
COMMENT ON TRIGGER class_series_touch ON public.class_series IS 'Keeps updated_at.';

-- + comment on trigger customers_touch on public.customers  [Booking/Organisations.swift]
COMMENT ON TRIGGER customers_touch ON public.customers IS 'Keeps updated_at.';

-- + comment on trigger organizations_touch on public.organizations  [Booking/Organisations.swift]
COMMENT ON TRIGGER organizations_touch ON public.organizations IS 'Keeps updated_at.';

-- + comment on trigger payments_touch on public.payments  [Booking/Registrations.swift]
COMMENT ON TRIGGER payments_touch ON public.payments IS 'Keeps updated_at.';

-- + comment on trigger api_keys_audit on slotease.api_keys  [Slotease/APIKeys.swift]
COMMENT ON TRIGGER api_keys_audit ON slotease.api_keys IS 'Keeps changes in audit_log.';

-- + comment on trigger appointments_audit on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON TRIGGER appointments_audit ON slotease.appointments IS 'Keeps changes in audit_log.';

-- + comment on trigger appointments_tell on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON TRIGGER appointments_tell ON slotease.appointments IS 'Queues what the customer is told of a booking, a change, a cancellation.';

-- + comment on trigger appointments_touch on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON TRIGGER appointments_touch ON slotease.appointments IS 'Keeps updated_at.';

-- + comment on trigger closures_audit on slotease.closures  [Slotease/Resources.swift]
COMMENT ON TRIGGER closures_audit ON slotease.closures IS 'Keeps changes in audit_log.';

-- + comment on trigger consents_audit on slotease.consents  [Slotease/People.swift]
COMMENT ON TRIGGER consents_audit ON slotease.consents IS 'Keeps changes in audit_log.';

-- + comment on trigger feedback_audit on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON TRIGGER feedback_audit ON slotease.feedback IS 'Keeps changes in audit_log.';

-- + comment on trigger opening_hours_audit on slotease.opening_hours  [Slotease/Resources.swift]
COMMENT ON TRIGGER opening_hours_audit ON slotease.opening_hours IS 'Keeps changes in audit_log.';

-- + comment on trigger organization_members_audit on slotease.organization_members  [Slotease/Organizations.swift]
COMMENT ON TRIGGER organization_members_audit ON slotease.organization_members IS 'Keeps changes in audit_log.';

-- + comment on trigger organizations_audit on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON TRIGGER organizations_audit ON slotease.organizations IS 'Keeps changes in audit_log.';

-- + comment on trigger organizations_touch on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON TRIGGER organizations_touch ON slotease.organizations IS 'Keeps updated_at.';

-- + comment on trigger queue_entries_audit on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON TRIGGER queue_entries_audit ON slotease.queue_entries IS 'Keeps changes in audit_log.';

-- + comment on trigger queue_entries_order_delete on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON TRIGGER queue_entries_order_delete ON slotease.queue_entries IS 'Keeps positions without gaps when somebody is taken out.';

-- + comment on trigger queue_entries_order_update on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON TRIGGER queue_entries_order_update ON slotease.queue_entries IS 'Keeps positions without gaps when somebody is served, leaves or is let forward.';

-- + comment on trigger queues_audit on slotease.queues  [Slotease/Queues.swift]
COMMENT ON TRIGGER queues_audit ON slotease.queues IS 'Keeps changes in audit_log.';

-- + comment on trigger queues_tell on slotease.queues  [Slotease/Queues.swift]
COMMENT ON TRIGGER queues_tell ON slotease.queues IS 'Tells who waits that a queue has closed, opened or changed.';

-- + comment on trigger resources_audit on slotease.resources  [Slotease/Resources.swift]
COMMENT ON TRIGGER resources_audit ON slotease.resources IS 'Keeps changes in audit_log.';

-- + comment on trigger service_resources_audit on slotease.service_resources  [Slotease/Resources.swift]
COMMENT ON TRIGGER service_resources_audit ON slotease.service_resources IS 'Keeps changes in audit_log.';

-- + comment on trigger services_audit on slotease.services  [Slotease/Organizations.swift]
COMMENT ON TRIGGER services_audit ON slotease.services IS 'Keeps changes in audit_log.';

-- + comment on trigger services_touch on slotease.services  [Slotease/Organizations.swift]
COMMENT ON TRIGGER services_touch ON slotease.services IS 'Keeps updated_at.';

-- + comment on trigger user_profiles_audit on slotease.user_profiles  [Slotease/People.swift]
COMMENT ON TRIGGER user_profiles_audit ON slotease.user_profiles IS 'Keeps changes in audit_log.';

-- + comment on trigger user_profiles_touch on slotease.user_profiles  [Slotease/People.swift]
COMMENT ON TRIGGER user_profiles_touch ON slotease.user_profiles IS 'Keeps updated_at.';

-- + comment on trigger webinar_registrants_touch on webinar.webinar_registrants  [Webinar/Registrants.swift]
COMMENT ON TRIGGER webinar_registrants_touch ON webinar.webinar_registrants IS 'Keeps updated_at.';

-- + comment on trigger accounts_audit on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON TRIGGER accounts_audit ON whatsapp.accounts IS 'Keeps changes in analytics.audit_trail.';

-- + comment on trigger accounts_touch on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON TRIGGER accounts_touch ON whatsapp.accounts IS 'Keeps updated_at.';

-- + comment on trigger templates_audit on whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON TRIGGER templates_audit ON whatsapp.templates IS 'Keeps changes in analytics.audit_trail.';

-- + comment on trigger templates_touch on whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON TRIGGER templates_touch ON whatsapp.templates IS 'Keeps updated_at.';

-- + comment on policy admin_read on analytics.audit_trail  [Growth/AuditTrail.swift]
COMMENT ON POLICY admin_read ON analytics.audit_trail IS 'Who runs the platform reads what happened; nobody writes it by hand.';

-- + comment on policy service on analytics.audit_trail  [Growth/AuditTrail.swift]
COMMENT ON POLICY service ON analytics.audit_trail IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_read on analytics.event_aggregations  [Growth/Events.swift]
COMMENT ON POLICY admin_read ON analytics.event_aggregations IS 'Who runs the platform reads what was counted.';

-- + comment on policy service on analytics.event_aggregations  [Growth/Events.swift]
COMMENT ON POLICY service ON analytics.event_aggregations IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_read on analytics.events  [Growth/Events.swift]
COMMENT ON POLICY admin_read ON analytics.events IS 'Who runs the platform reads events; visitors only send them.';

-- + comment on policy service on analytics.events  [Growth/Events.swift]
COMMENT ON POLICY service ON analytics.events IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_read on analytics.metrics  [Growth/Events.swift]
COMMENT ON POLICY admin_read ON analytics.metrics IS 'Who runs the platform reads what was measured.';

-- + comment on policy service on analytics.metrics  [Growth/Events.swift]
COMMENT ON POLICY service ON analytics.metrics IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on analytics.pending_events  [Growth/Events.swift]
COMMENT ON POLICY service ON analytics.pending_events IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on checkin.checkins  [CheckIn/Tables.swift]
COMMENT ON POLICY service ON checkin.checkins IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on checkin.pin_attempts  [CheckIn/Tables.swift]
COMMENT ON POLICY service ON checkin.pin_attempts IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on checkin.request_rates  [CheckIn/Tables.swift]
COMMENT ON POLICY service ON checkin.request_rates IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on checkin.staff_pins  [CheckIn/Tables.swift]
COMMENT ON POLICY service ON checkin.staff_pins IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_read on experiments.assignments  [Growth/Experiments.swift]
COMMENT ON POLICY admin_read ON experiments.assignments IS 'Who runs the platform reads who was given what.';

-- + comment on policy own on experiments.assignments  [Growth/Experiments.swift]
COMMENT ON POLICY own ON experiments.assignments IS 'People see which variants they were given.';

-- + comment on policy own_session on experiments.assignments  [Growth/Experiments.swift]
COMMENT ON POLICY own_session ON experiments.assignments IS 'Visitors see which variants their session was given.';

-- + comment on policy service on experiments.assignments  [Growth/Experiments.swift]
COMMENT ON POLICY service ON experiments.assignments IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on experiments.experiments  [Growth/Experiments.swift]
COMMENT ON POLICY admin ON experiments.experiments IS 'Who runs the platform keeps experiments.';

-- + comment on policy public_read on experiments.experiments  [Growth/Experiments.swift]
COMMENT ON POLICY public_read ON experiments.experiments IS 'Visitors see what runs, to show its variant.';

-- + comment on policy service on experiments.experiments  [Growth/Experiments.swift]
COMMENT ON POLICY service ON experiments.experiments IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on marketing.lead_interactions  [Growth/Leads.swift]
COMMENT ON POLICY admin ON marketing.lead_interactions IS 'Who runs the platform works with what was said.';

-- + comment on policy service on marketing.lead_interactions  [Growth/Leads.swift]
COMMENT ON POLICY service ON marketing.lead_interactions IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on marketing.leads  [Growth/Leads.swift]
COMMENT ON POLICY admin ON marketing.leads IS 'Who runs the platform works with leads.';

-- + comment on policy own on marketing.leads  [Growth/Leads.swift]
COMMENT ON POLICY own ON marketing.leads IS 'Visitors with a proven address see what is kept of them.';

-- + comment on policy service on marketing.leads  [Growth/Leads.swift]
COMMENT ON POLICY service ON marketing.leads IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on marketing.request_rates  [Growth/Leads.swift]
COMMENT ON POLICY service ON marketing.request_rates IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON POLICY admin ON onboarding.sessions IS 'Who runs the platform works with sessions.';

-- + comment on policy own on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON POLICY own ON onboarding.sessions IS 'Who holds a session''s token sees it.';

-- + comment on policy own_insert on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON POLICY own_insert ON onboarding.sessions IS 'Visitors begin sessions of their own.';

-- + comment on policy own_update on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON POLICY own_update ON onboarding.sessions IS 'Who holds a session''s token goes on with it.';

-- + comment on policy service on onboarding.sessions  [Growth/Onboarding.swift]
COMMENT ON POLICY service ON onboarding.sessions IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_read on onboarding.step_activities  [Growth/Onboarding.swift]
COMMENT ON POLICY admin_read ON onboarding.step_activities IS 'Who runs the platform reads where people stop.';

-- + comment on policy own on onboarding.step_activities  [Growth/Onboarding.swift]
COMMENT ON POLICY own ON onboarding.step_activities IS 'Who holds a session''s token sees its steps.';

-- + comment on policy own_insert on onboarding.step_activities  [Growth/Onboarding.swift]
COMMENT ON POLICY own_insert ON onboarding.step_activities IS 'Who holds a session''s token adds steps to it.';

-- + comment on policy service on onboarding.step_activities  [Growth/Onboarding.swift]
COMMENT ON POLICY service ON onboarding.step_activities IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on public.alert_rules  [Booking/Monitoring.swift]
COMMENT ON POLICY service ON public.alert_rules IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on public.class_events  [Booking/Series.swift]
COMMENT ON POLICY admin ON public.class_events IS 'Who runs an organisation keeps its events.';

-- + comment on policy public_read on public.class_events  [Booking/Series.swift]
COMMENT ON POLICY public_read ON public.class_events IS 'Everybody sees what is offered.';

-- + comment on policy service on public.class_events  [Booking/Series.swift]
COMMENT ON POLICY service ON public.class_events IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_update on public.class_events  [Booking/Series.swift]
COMMENT ON POLICY staff_update ON public.class_events IS 'Who works there cancels or moves an event.';

-- + comment on policy service on public.class_instances  [Booking/Legacy.swift]
COMMENT ON POLICY service ON public.class_instances IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_read on public.class_instances  [Booking/Legacy.swift]
COMMENT ON POLICY staff_read ON public.class_instances IS 'Who works there reads what was; nobody writes it any more.';

-- + comment on policy service on public.class_registrations  [Booking/Legacy.swift]
COMMENT ON POLICY service ON public.class_registrations IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_read on public.class_registrations  [Booking/Legacy.swift]
COMMENT ON POLICY staff_read ON public.class_registrations IS 'Who works there reads what was; nobody writes it any more.';

-- + comment on policy admin on public.class_series  [Booking/Series.swift]
COMMENT ON POLICY admin ON public.class_series IS 'Who runs an organisation keeps its series.';

-- + comment on policy public_read on public.class_series  [Booking/Series.swift]
COMMENT ON POLICY public_read ON public.class_series IS 'Everybody sees what is offered.';

-- + comment on policy service on public.class_series  [Booking/Series.swift]
COMMENT ON POLICY service ON public.class_series IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_delete on public.customers  [Booking/Organisations.swift]
COMMENT ON POLICY admin_delete ON public.customers IS 'Only who runs an organisation deletes a customer.';

-- + comment on policy own on public.customers  [Booking/Organisations.swift]
COMMENT ON POLICY own ON public.customers IS 'People see what is kept of them.';

-- + comment on policy service on public.customers  [Booking/Organisations.swift]
COMMENT ON POLICY service ON public.customers IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_insert on public.customers  [Booking/Organisations.swift]
COMMENT ON POLICY staff_insert ON public.customers IS 'Who works there adds customers.';

-- + comment on policy staff_read on public.customers  [Booking/Organisations.swift]
COMMENT ON POLICY staff_read ON public.customers IS 'Who works there sees its customers.';

-- + comment on policy staff_update on public.customers  [Booking/Organisations.swift]
COMMENT ON POLICY staff_update ON public.customers IS 'Who works there keeps customers'' details.';

-- + comment on policy own on public.event_waitlists  [Booking/Registrations.swift]
COMMENT ON POLICY own ON public.event_waitlists IS 'People see their own places in queues.';

-- + comment on policy service on public.event_waitlists  [Booking/Registrations.swift]
COMMENT ON POLICY service ON public.event_waitlists IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_read on public.event_waitlists  [Booking/Registrations.swift]
COMMENT ON POLICY staff_read ON public.event_waitlists IS 'Who works there sees who waits.';

-- + comment on policy service on public.health_checks  [Booking/Monitoring.swift]
COMMENT ON POLICY service ON public.health_checks IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on public.instructors  [Booking/Organisations.swift]
COMMENT ON POLICY admin ON public.instructors IS 'Who runs an organisation keeps its instructors.';

-- + comment on policy service on public.instructors  [Booking/Organisations.swift]
COMMENT ON POLICY service ON public.instructors IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_read on public.instructors  [Booking/Organisations.swift]
COMMENT ON POLICY staff_read ON public.instructors IS 'Who works there sees their colleagues.';

-- + comment on policy admin on public.locations  [Booking/Organisations.swift]
COMMENT ON POLICY admin ON public.locations IS 'Who runs an organisation keeps its places.';

-- + comment on policy public_read on public.locations  [Booking/Organisations.swift]
COMMENT ON POLICY public_read ON public.locations IS 'Everybody sees where classes are.';

-- + comment on policy service on public.locations  [Booking/Organisations.swift]
COMMENT ON POLICY service ON public.locations IS 'The platform''s own programs see and do everything.';

-- + comment on policy own on public.notifications_outbox  [Booking/Messages.swift]
COMMENT ON POLICY own ON public.notifications_outbox IS 'People see what was sent to them.';

-- + comment on policy service on public.notifications_outbox  [Booking/Messages.swift]
COMMENT ON POLICY service ON public.notifications_outbox IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on public.organization_members  [Booking/Organisations.swift]
COMMENT ON POLICY admin ON public.organization_members IS 'Who runs an organisation says who belongs to it.';

-- + comment on policy own on public.organization_members  [Booking/Organisations.swift]
COMMENT ON POLICY own ON public.organization_members IS 'Everybody sees where they belong.';

-- + comment on policy service on public.organization_members  [Booking/Organisations.swift]
COMMENT ON POLICY service ON public.organization_members IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_update on public.organizations  [Booking/Organisations.swift]
COMMENT ON POLICY admin_update ON public.organizations IS 'Who runs an organisation changes what it says of itself.';

-- + comment on policy service on public.organizations  [Booking/Organisations.swift]
COMMENT ON POLICY service ON public.organizations IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_read on public.payments  [Booking/Registrations.swift]
COMMENT ON POLICY admin_read ON public.payments IS 'Who runs an organisation sees what was paid to it.';

-- + comment on policy own on public.payments  [Booking/Registrations.swift]
COMMENT ON POLICY own ON public.payments IS 'People see what they paid.';

-- + comment on policy service on public.payments  [Booking/Registrations.swift]
COMMENT ON POLICY service ON public.payments IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on public.performance_metrics  [Booking/Monitoring.swift]
COMMENT ON POLICY service ON public.performance_metrics IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on public.rate_limits  [Booking/Messages.swift]
COMMENT ON POLICY service ON public.rate_limits IS 'The platform''s own programs see and do everything.';

-- + comment on policy own on public.registrations  [Booking/Registrations.swift]
COMMENT ON POLICY own ON public.registrations IS 'People see their own bookings.';

-- + comment on policy service on public.registrations  [Booking/Registrations.swift]
COMMENT ON POLICY service ON public.registrations IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_read on public.registrations  [Booking/Registrations.swift]
COMMENT ON POLICY staff_read ON public.registrations IS 'Who works there sees who comes.';

-- + comment on policy service on public.waitlists  [Booking/Legacy.swift]
COMMENT ON POLICY service ON public.waitlists IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_read on public.waitlists  [Booking/Legacy.swift]
COMMENT ON POLICY staff_read ON public.waitlists IS 'Who works there reads what was; nobody writes it any more.';

-- + comment on policy service on public.webhook_events  [Booking/Messages.swift]
COMMENT ON POLICY service ON public.webhook_events IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_read on slotease.analytics_events  [Slotease/Analytics.swift]
COMMENT ON POLICY admin_read ON slotease.analytics_events IS 'Who runs an organisation sees what its visitors do.';

-- + comment on policy service on slotease.analytics_events  [Slotease/Analytics.swift]
COMMENT ON POLICY service ON slotease.analytics_events IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_read on slotease.api_keys  [Slotease/APIKeys.swift]
COMMENT ON POLICY admin_read ON slotease.api_keys IS 'Who runs an organisation sees its keys, never what they are.';

-- + comment on policy admin_update on slotease.api_keys  [Slotease/APIKeys.swift]
COMMENT ON POLICY admin_update ON slotease.api_keys IS 'Who runs an organisation renames, limits and revokes its keys.';

-- + comment on policy service on slotease.api_keys  [Slotease/APIKeys.swift]
COMMENT ON POLICY service ON slotease.api_keys IS 'The platform''s own programs see and do everything.';

-- + comment on policy own on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON POLICY own ON slotease.appointments IS 'People see their own appointments.';

-- + comment on policy service on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON POLICY service ON slotease.appointments IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON POLICY staff ON slotease.appointments IS 'Who works there sees who comes.';

-- + comment on policy staff_update on slotease.appointments  [Slotease/Appointments.swift]
COMMENT ON POLICY staff_update ON slotease.appointments IS 'Who works there changes an appointment.';

-- + comment on policy admin_read on slotease.audit_log  [Slotease/Audit.swift]
COMMENT ON POLICY admin_read ON slotease.audit_log IS 'Who runs an organisation reads what happened there; nobody writes it by hand.';

-- + comment on policy service on slotease.audit_log  [Slotease/Audit.swift]
COMMENT ON POLICY service ON slotease.audit_log IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on slotease.booking_requests  [Slotease/Appointments.swift]
COMMENT ON POLICY service ON slotease.booking_requests IS 'The platform''s own programs see and do everything.';

-- + comment on policy public_read on slotease.closures  [Slotease/Resources.swift]
COMMENT ON POLICY public_read ON slotease.closures IS 'Everybody sees when not to come.';

-- + comment on policy service on slotease.closures  [Slotease/Resources.swift]
COMMENT ON POLICY service ON slotease.closures IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff on slotease.closures  [Slotease/Resources.swift]
COMMENT ON POLICY staff ON slotease.closures IS 'Who works there closes for a while.';

-- + comment on policy own on slotease.consents  [Slotease/People.swift]
COMMENT ON POLICY own ON slotease.consents IS 'People see what they agreed to.';

-- + comment on policy own_insert on slotease.consents  [Slotease/People.swift]
COMMENT ON POLICY own_insert ON slotease.consents IS 'People agree for themselves.';

-- + comment on policy own_update on slotease.consents  [Slotease/People.swift]
COMMENT ON POLICY own_update ON slotease.consents IS 'People withdraw for themselves.';

-- + comment on policy service on slotease.consents  [Slotease/People.swift]
COMMENT ON POLICY service ON slotease.consents IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin_update on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON POLICY admin_update ON slotease.feedback IS 'Who runs an organisation publishes what was said.';

-- + comment on policy own on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON POLICY own ON slotease.feedback IS 'People see what they said.';

-- + comment on policy service on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON POLICY service ON slotease.feedback IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff on slotease.feedback  [Slotease/Analytics.swift]
COMMENT ON POLICY staff ON slotease.feedback IS 'Who works there sees what was said.';

-- + comment on policy own on slotease.notifications  [Slotease/Notifications.swift]
COMMENT ON POLICY own ON slotease.notifications IS 'People see what they are told.';

-- + comment on policy own_update on slotease.notifications  [Slotease/Notifications.swift]
COMMENT ON POLICY own_update ON slotease.notifications IS 'People mark as read what they were told.';

-- + comment on policy service on slotease.notifications  [Slotease/Notifications.swift]
COMMENT ON POLICY service ON slotease.notifications IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on slotease.opening_hours  [Slotease/Resources.swift]
COMMENT ON POLICY admin ON slotease.opening_hours IS 'Who runs an organisation keeps its hours.';

-- + comment on policy public_read on slotease.opening_hours  [Slotease/Resources.swift]
COMMENT ON POLICY public_read ON slotease.opening_hours IS 'Everybody sees when to come.';

-- + comment on policy service on slotease.opening_hours  [Slotease/Resources.swift]
COMMENT ON POLICY service ON slotease.opening_hours IS 'The platform''s own programs see and do everything.';

-- + comment on policy own on slotease.organization_members  [Slotease/Organizations.swift]
COMMENT ON POLICY own ON slotease.organization_members IS 'Everybody sees where they belong.';

-- + comment on policy service on slotease.organization_members  [Slotease/Organizations.swift]
COMMENT ON POLICY service ON slotease.organization_members IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_read on slotease.organization_members  [Slotease/Organizations.swift]
COMMENT ON POLICY staff_read ON slotease.organization_members IS 'Who works there sees who else does.';

-- + comment on policy admin_update on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON POLICY admin_update ON slotease.organizations IS 'Who runs an organisation changes what it says of itself.';

-- + comment on policy public_read on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON POLICY public_read ON slotease.organizations IS 'Everybody sees organisations that take appointments.';

-- + comment on policy service on slotease.organizations  [Slotease/Organizations.swift]
COMMENT ON POLICY service ON slotease.organizations IS 'The platform''s own programs see and do everything.';

-- + comment on policy own on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON POLICY own ON slotease.queue_entries IS 'People see their own place.';

-- + comment on policy service on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON POLICY service ON slotease.queue_entries IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff on slotease.queue_entries  [Slotease/Queues.swift]
COMMENT ON POLICY staff ON slotease.queue_entries IS 'Who works there sees who waits.';

-- + comment on policy admin on slotease.queues  [Slotease/Queues.swift]
COMMENT ON POLICY admin ON slotease.queues IS 'Who runs an organisation keeps its queues.';

-- + comment on policy public_read on slotease.queues  [Slotease/Queues.swift]
COMMENT ON POLICY public_read ON slotease.queues IS 'Everybody sees how long a queue is.';

-- + comment on policy service on slotease.queues  [Slotease/Queues.swift]
COMMENT ON POLICY service ON slotease.queues IS 'The platform''s own programs see and do everything.';

-- + comment on policy staff_update on slotease.queues  [Slotease/Queues.swift]
COMMENT ON POLICY staff_update ON slotease.queues IS 'Who works there opens and closes a queue.';

-- + comment on policy service on slotease.rate_limits  [Slotease/APIKeys.swift]
COMMENT ON POLICY service ON slotease.rate_limits IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on slotease.resources  [Slotease/Resources.swift]
COMMENT ON POLICY admin ON slotease.resources IS 'Who runs an organisation keeps its resources.';

-- + comment on policy public_read on slotease.resources  [Slotease/Resources.swift]
COMMENT ON POLICY public_read ON slotease.resources IS 'Everybody sees whom or what they can book.';

-- + comment on policy service on slotease.resources  [Slotease/Resources.swift]
COMMENT ON POLICY service ON slotease.resources IS 'The platform''s own programs see and do everything.';

-- + comment on policy public_read on slotease.service_resources  [Slotease/Resources.swift]
COMMENT ON POLICY public_read ON slotease.service_resources IS 'Everybody sees who or what offers a service.';

-- + comment on policy service on slotease.service_resources  [Slotease/Resources.swift]
COMMENT ON POLICY service ON slotease.service_resources IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on slotease.services  [Slotease/Organizations.swift]
COMMENT ON POLICY admin ON slotease.services IS 'Who runs an organisation keeps its services.';

-- + comment on policy public_read on slotease.services  [Slotease/Organizations.swift]
COMMENT ON POLICY public_read ON slotease.services IS 'Everybody sees what can be booked.';

-- + comment on policy service on slotease.services  [Slotease/Organizations.swift]
COMMENT ON POLICY service ON slotease.services IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on slotease.slot_reservations  [Slotease/Appointments.swift]
COMMENT ON POLICY service ON slotease.slot_reservations IS 'The platform''s own programs see and do everything.';

-- + comment on policy own on slotease.user_profiles  [Slotease/People.swift]
COMMENT ON POLICY own ON slotease.user_profiles IS 'People see their own profile.';

-- + comment on policy own_insert on slotease.user_profiles  [Slotease/People.swift]
COMMENT ON POLICY own_insert ON slotease.user_profiles IS 'People make their own profile.';

-- + comment on policy own_update on slotease.user_profiles  [Slotease/People.swift]
COMMENT ON POLICY own_update ON slotease.user_profiles IS 'People change their own profile.';

-- + comment on policy service on slotease.user_profiles  [Slotease/People.swift]
COMMENT ON POLICY service ON slotease.user_profiles IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on webinar.attendance_checks  [Webinar/Registrants.swift]
COMMENT ON POLICY service ON webinar.attendance_checks IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on webinar.attendance_checks_archive  [Webinar/Archive.swift]
COMMENT ON POLICY service ON webinar.attendance_checks_archive IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on webinar.sync_rejects  [Webinar/Synchronisation.swift]
COMMENT ON POLICY service ON webinar.sync_rejects IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on webinar.sync_runs  [Webinar/Synchronisation.swift]
COMMENT ON POLICY service ON webinar.sync_runs IS 'The platform''s own programs see and do everything.';

-- + comment on policy service on webinar.webinar_registrants_archive  [Webinar/Archive.swift]
COMMENT ON POLICY service ON webinar.webinar_registrants_archive IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON POLICY admin ON whatsapp.accounts IS 'Who runs the platform keeps accounts.';

-- + comment on policy own on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON POLICY own ON whatsapp.accounts IS 'Owners see their accounts.';

-- + comment on policy own_update on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON POLICY own_update ON whatsapp.accounts IS 'Owners change their accounts.';

-- + comment on policy service on whatsapp.accounts  [Growth/WhatsApp.swift]
COMMENT ON POLICY service ON whatsapp.accounts IS 'The platform''s own programs see and do everything.';

-- + comment on policy admin on whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON POLICY admin ON whatsapp.templates IS 'Who runs the platform keeps templates.';

-- + comment on policy own on whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON POLICY own ON whatsapp.templates IS 'Owners keep the templates of their accounts.';

-- + comment on policy service on whatsapp.templates  [Growth/WhatsApp.swift]
COMMENT ON POLICY service ON whatsapp.templates IS 'The platform''s own programs see and do everything.';

COMMIT;
