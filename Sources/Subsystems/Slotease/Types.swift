public import SchemaDSL

extension Schema {
  public static let slotease = Schema("slotease", comment: "Appointments and queues of organisations.")
}

extension Slotease {
  /// What a person is to an organisation; each may do what those before it may.
  public enum UserRole: String, PostgresEnum {
    case customer, staff, admin
    case superAdmin = "super_admin"
    public static let typeName = TypeName("user_role", in: .slotease)
    public static let comment: String? =
      "What a person is to an organisation; each role may do what those before it may."
  }

  public enum OrganizationKind: String, PostgresEnum {
    case hospital, clinic, bank, salon, government, other
    public static let typeName = TypeName("organization_kind", in: .slotease)
    public static let comment: String? = "What an organisation is."
  }

  public enum AppointmentStatus: String, PostgresEnum {
    case scheduled, confirmed
    case checkedIn = "checked_in"
    case inProgress = "in_progress"
    case completed, cancelled
    case noShow = "no_show"
    public static let typeName = TypeName("appointment_status", in: .slotease)
    public static let comment: String? = "State of an appointment; cancelled and no_show ones hold no time."
  }

  public enum QueueStatus: String, PostgresEnum {
    case open, paused, closed
    public static let typeName = TypeName("queue_status", in: .slotease)
    public static let comment: String? = "Whether a queue can be joined (open) and is served (open, paused)."
  }

  public enum EntryStatus: String, PostgresEnum {
    case waiting, called, served, left
    case noShow = "no_show"
    public static let typeName = TypeName("entry_status", in: .slotease)
    public static let comment: String? = "State of somebody in a queue; only those who wait have a position."
  }

  public enum NotificationChannel: String, PostgresEnum {
    case app, email, sms, push
    public static let typeName = TypeName("notification_channel", in: .slotease)
    public static let comment: String? =
      "How a notification reaches its person; app ones are only read in the application."
  }

  public enum NotificationStatus: String, PostgresEnum {
    case pending, sent, failed
    public static let typeName = TypeName("notification_status", in: .slotease)
    public static let comment: String? = "State of a notification's delivery."
  }

  public enum ConsentPurpose: String, PostgresEnum {
    case terms, marketing, analytics
    case healthData = "health_data"
    public static let typeName = TypeName("consent_purpose", in: .slotease)
    public static let comment: String? = "What a person agrees to."
  }

  public enum AuditAction: String, PostgresEnum {
    case insert, update, delete
    public static let typeName = TypeName("audit_action", in: .slotease)
    public static let comment: String? = "What was done to a row."
  }
}
