-- 20261122023443_old_partitions_stay
-- alter 10 partition windows
-- proved on PostgreSQL 15.20: converges; 145 rows in 49 tables kept
-- hazards: none

BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '1min';
-- Bodies may refer to what is created after them.
SET LOCAL check_function_bodies = off;

-- ~ partition window analytics.audit_trail  [Growth/AuditTrail.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window analytics.events  [Growth/Events.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window checkin.pin_attempts  [CheckIn/Tables.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window public.class_events  [Booking/Series.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window public.performance_metrics  [Booking/Monitoring.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window slotease.analytics_events  [Slotease/Analytics.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window slotease.appointments  [Slotease/Appointments.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window slotease.audit_log  [Slotease/Audit.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window slotease.notifications  [Slotease/Notifications.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

-- ~ partition window webinar.attendance_checks_archive  [Webinar/Archive.swift]
-- (its partitions are made by dbtool apply and dbtool partitions)

COMMIT;
