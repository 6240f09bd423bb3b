-- The thresholds of the booking guide. Who has tuned one keeps it.
INSERT INTO public.alert_rules (name, metric_name, aggregate, time_window, warning, critical, unit, description) VALUES
  ('booking_response_time', 'booking_operation_duration', 'average', '5 minutes', 2000, 5000, 'ms', 'Booking takes long.'),
  ('database_response_time', 'database_response_time', 'p95', '15 minutes', 500, 1000, 'ms', 'The database answers slowly.'),
  ('error_rate', 'booking_error', 'count', '5 minutes', 10, 50, 'errors', 'Many bookings fail.'),
  ('waitlist_processing_delay', 'waitlist_delay', 'maximum', '15 minutes', 300, 900, 's',
   'Somebody waits for an event that has free places.'),
  ('partition_maintenance', 'partitions_missing', 'maximum', '1 day', 0, 1, 'partitions',
   'Months to come have no partition of class_events.')
ON CONFLICT (name) DO NOTHING;
