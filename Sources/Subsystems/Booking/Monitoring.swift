internal import Hosting
public import SchemaDSL

extension Booking {
  /// What was measured: a row an operation.
  public struct PerformanceMetrics: Table {
    public static let name = RelationName("performance_metrics", in: .public)

    let id = Column("id", .bigint, identity: .always)
    let metricName = Column("metric_name", .text)
    let metricValue = Column(
      "metric_value", .doublePrecision, comment: "Milliseconds for durations, seconds for waits.")
    let tags = Column("tags", .jsonb, default: "{}", comment: "The operation and its outcome.")
    let recordedAt = Column("recorded_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Measured values, a partition a month.")
      PrimaryKey(id, recordedAt)
      Partitions(.monthly(ahead: 3, keep: 3, retirement: .stay), by: recordedAt)
      Index("performance_metrics_name_idx", on: metricName, recordedAt, comment: "Alerts and dashboards.")
      Hosting.secured()
    }
  }

  public struct HealthChecks: Table {
    public static let name = RelationName("health_checks", in: .public)

    let id = Column("id", .bigint, identity: .always)
    let checkName = Column("check_name", .text)
    let status = Column("status", .enum(HealthStatus.self))
    let value = Column("value", .doublePrecision, null: true)
    let message = Column("message", .text)
    let checkedAt = Column("checked_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Outcomes of health checks.")
      PrimaryKey(id)
      Index("health_checks_name_idx", on: checkName, checkedAt.descending, comment: "The latest of each.")
      Index("health_checks_checked_at_idx", on: checkedAt, comment: "Cleaning up.")
      Hosting.secured()
    }
  }

  /// When a metric is worth waking somebody.
  public struct AlertRules: Table {
    public static let name = RelationName("alert_rules", in: .public)

    let name = Column("name", .text)
    let metricName = Column("metric_name", .text)
    let aggregate = Column("aggregate", .enum(MetricAggregate.self), default: .case(.average))
    let window = Column("time_window", .interval, default: "00:05:00")
    let warning = Column("warning", .doublePrecision, comment: "Above it the alert is a warning.")
    let critical = Column("critical", .doublePrecision, comment: "Above it the alert is critical.")
    let unit = Column("unit", .text, default: "ms")
    let description = Column("description", .text)
    let active = Column("active", .boolean, default: true)

    public init() {}

    public var body: TableBody {
      Comment("Thresholds of alerts.")
      PrimaryKey(name)
      Check(
        "alert_rules_thresholds_check", "\(critical) >= \(warning)",
        comment: "What is critical has been a warning before.")
      Check("alert_rules_time_window_check", "\(window) > interval '0'", comment: "Only a span can be measured.")
      Hosting.secured()
    }
  }

  /// The rules whose thresholds are exceeded at this moment.
  public struct ActiveAlerts: View {
    public static let name = RelationName("active_alerts", in: .public)

    let name = Column("name", .text)
    let severity = Column("severity", .enum(HealthStatus.self))
    let value = Column("value", .doublePrecision)
    let threshold = Column("threshold", .doublePrecision)
    let unit = Column("unit", .text)
    let description = Column("description", .text)

    public init() {}

    public var query: SQL {
      let r = AlertRules.as("r")
      let m = PerformanceMetrics.as("m")
      return """
        SELECT \(r.name),
               CASE WHEN v.value > \(r.critical) THEN \(HealthStatus.critical) ELSE \(HealthStatus.warning) END,
               v.value, CASE WHEN v.value > \(r.critical) THEN \(r.critical) ELSE \(r.warning) END, \(r.unit), \(r.description)
          FROM \(r)
         CROSS JOIN LATERAL (
               SELECT CASE \(r.aggregate)
                        WHEN 'average' THEN avg(\(m.metricValue))
                        WHEN 'p95' THEN percentile_cont(0.95) WITHIN GROUP (ORDER BY \(m.metricValue))
                        WHEN 'maximum' THEN max(\(m.metricValue))
                        WHEN 'sum' THEN sum(\(m.metricValue))
                        ELSE count(*) END AS value
                 FROM \(m) WHERE \(m.metricName) = \(r.metricName) AND \(m.recordedAt) > now() - \(r.window)) v
         WHERE \(r.active) AND v.value > \(r.warning)
        """
    }

    public var body: TableBody {
      Comment("Alerts that are on.")
      Grant(.select, to: .serviceRole)
    }
  }

  private static let checkColumns: Function.Result = .table(
    .init("check_name", .text), .init("status", .enum(HealthStatus.self)), .init("value", .doublePrecision),
    .init("message", .text))

  static let healthCheckDatabase = Function(
    "health_check_database", in: .public, returns: checkColumns, settings: ["search_path": "public, pg_temp"],
    execute: [.serviceRole],
    comment:
      "Connections, long transactions, response time and partitions to come; the outcome is kept in health_checks.",
    body: .file(PackageResources.health_check_database_sql, "Booking/SQL/health_check_database.sql"))

  static let healthCheckBooking = Function(
    "health_check_booking_system", in: .public, returns: checkColumns, settings: ["search_path": "public, pg_temp"],
    execute: [.serviceRole],
    comment: "Counters, overbooking, waitlists, outbox and webhooks; the outcome is kept in health_checks.",
    body: .file(PackageResources.health_check_booking_sql, "Booking/SQL/health_check_booking.sql"))

  static let recordHealth = Function(
    "record_health_check", in: .public,
    [
      .init("p_name", .text), .init("p_value", .doublePrecision), .init("p_warning", .doublePrecision),
      .init("p_critical", .doublePrecision), .init("p_message", .text),
    ],
    returns: .row(of: HealthChecks.self), language: .sql, settings: ["search_path": "public, pg_temp"],
    execute: [.serviceRole],
    comment:
      "Keeps the outcome of a check, and its value as a metric: critical above one value, a warning above another.",
    body: .inline(
      """
      WITH measured AS (
        INSERT INTO performance_metrics (metric_name, metric_value, tags)
        VALUES (p_name, p_value, '{"operation": "health_check"}'))
      INSERT INTO health_checks (check_name, status, value, message)
      VALUES (p_name,
              CASE WHEN p_value > p_critical THEN 'critical' WHEN p_value > p_warning THEN 'warning' ELSE 'healthy' END::health_status,
              p_value, p_message)
      RETURNING *
      """))

  static let reportError = Function(
    "report_booking_error", in: .public, [.init("p_operation", .text), .init("p_sqlstate", .text)], returns: .void,
    language: .sql, settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "For callers: counts an operation that failed, which its own transaction cannot do.",
    body: .inline(
      """
      INSERT INTO performance_metrics (metric_name, metric_value, tags)
      VALUES ('booking_error', 1, jsonb_build_object('operation', p_operation, 'sqlstate', p_sqlstate))
      """))

  static let healthSummary = Function(
    "get_system_health_summary", in: .public, returns: .type(.jsonb), language: .sql, volatility: .stable,
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "The latest outcome of every check, the alerts that are on, and the worst of both.",
    body: .inline(
      """
      WITH latest AS (
        SELECT DISTINCT ON (h.check_name) h.check_name, h.status, h.value, h.message, h.checked_at
          FROM health_checks h WHERE h.checked_at > now() - interval '1 hour'
         ORDER BY h.check_name, h.checked_at DESC),
      alerts AS (SELECT a.* FROM active_alerts a)
      SELECT jsonb_build_object(
               'status', coalesce((SELECT max(s.status) FROM (SELECT status FROM latest UNION ALL SELECT severity FROM alerts) s),
                                  'healthy'),
               'checked_at', (SELECT max(l.checked_at) FROM latest l),
               'checks', coalesce((SELECT jsonb_agg(to_jsonb(l) ORDER BY l.status DESC, l.check_name) FROM latest l), '[]'),
               'alerts', coalesce((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.severity DESC, a.name) FROM alerts a), '[]'))
      """))

  static let performanceSummary = Function(
    "get_booking_performance_summary", in: .public, [.init("p_window", .interval, default: "interval '24 hours'")],
    returns: .table(
      .init("operation", .text), .init("operations", .bigint), .init("average_ms", .doublePrecision),
      .init("p95_ms", .doublePrecision), .init("maximum_ms", .doublePrecision)),
    language: .sql, volatility: .stable, settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: "How long booking and cancelling took in the last 24 hours.",
    body: .inline(
      """
      SELECT m.tags ->> 'operation', count(*), avg(m.metric_value),
             percentile_cont(0.95) WITHIN GROUP (ORDER BY m.metric_value), max(m.metric_value)
        FROM performance_metrics m
       WHERE m.metric_name = 'booking_operation_duration' AND m.recorded_at > now() - p_window
       GROUP BY 1 ORDER BY 1
      """))

  static let simulateLoad = Function(
    "simulate_booking_load", in: .public, [.init("p_bookings", .integer), .init("p_seconds", .integer)],
    returns: .table(
      .init("bookings", .integer), .init("confirmed", .integer), .init("waitlisted", .integer),
      .init("failed", .integer),
      .init("average_ms", .doublePrecision), .init("p95_ms", .doublePrecision), .init("per_second", .doublePrecision)),
    settings: ["search_path": "public, pg_temp"], execute: [.serviceRole],
    comment: """
      Books p_bookings times for a made-up event with room for four fifths of them, p_seconds at most, one after the other, \
      and undoes it all; the figures stay in performance_metrics. For many clients at once use pgbench.
      """,
    body: .file(PackageResources.simulate_booking_load_sql, "Booking/SQL/simulate_booking_load.sql"))
}
