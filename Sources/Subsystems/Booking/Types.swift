public import SchemaDSL

extension Booking {
  /// What a member may do in an organisation.
  public enum MemberRole: String, PostgresEnum {
    case owner, admin, staff
    public static let typeName = TypeName("member_role", in: .public)
    public static let comment: String? = "What a member may do in an organisation; owners and admins run it."
  }

  public enum EventStatus: String, PostgresEnum {
    case scheduled, cancelled, completed
    public static let typeName = TypeName("event_status", in: .public)
    public static let comment: String? = "State of a class event; only scheduled ones can be booked."
  }

  /// Whether a registration holds a place.
  public enum RegistrationStatus: String, PostgresEnum {
    case confirmed, cancelled
    public static let typeName = TypeName("registration_status", in: .public)
    public static let comment: String? = "A confirmed registration holds one place of its event."
  }

  public enum Attendance: String, PostgresEnum {
    case attended
    case noShow = "no_show"
    public static let typeName = TypeName("attendance", in: .public)
    public static let comment: String? = "Whether somebody who was registered came."
  }

  public enum PaymentStatus: String, PostgresEnum {
    case pending, succeeded, failed
    case refundPending = "refund_pending"
    case refunded
    public static let typeName = TypeName("payment_status", in: .public)
    public static let comment: String? = "State of a payment; a cancelled booking's payment waits to be refunded."
  }

  public enum NotificationChannel: String, PostgresEnum {
    case email, sms, push
    public static let typeName = TypeName("notification_channel", in: .public)
    public static let comment: String? = "How a notification is delivered."
  }

  public enum DeliveryStatus: String, PostgresEnum {
    case pending, sent, failed
    public static let typeName = TypeName("delivery_status", in: .public)
    public static let comment: String? = "State of a notification in the outbox."
  }

  public enum HealthStatus: String, PostgresEnum {
    case healthy, warning, critical
    public static let typeName = TypeName("health_status", in: .public)
    public static let comment: String? = "Outcome of a health check, or severity of an alert."
  }

  /// How an alert's value is made of a metric's values.
  public enum MetricAggregate: String, PostgresEnum {
    case average, p95, maximum, sum, count
    public static let typeName = TypeName("metric_aggregate", in: .public)
    public static let comment: String? = "How an alert's value is made of the values of a metric."
  }
}
