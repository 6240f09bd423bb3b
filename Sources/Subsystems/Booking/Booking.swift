internal import Hosting
public import SchemaDSL

/// The booking subsystem: organisations offer classes, customers take places in them, and whoever finds a class full
/// waits for one. It lives in `public`, since its clients call everything there.
///
/// Whatever counts places runs as `service_role`, in functions that lock the event first; people read what row level
/// security shows them.
public enum Booking {
  @DatabaseBuilder public static var items: [any DatabaseItem] {
    model
    operations
    searchViews
    jobs
    monitoring
  }

  /// The data model with its partitions, and how events come into it.
  @DatabaseBuilder private static var model: [any DatabaseItem] {
    Extension("uuid-ossp", in: .public)
    Extension("ltree", in: .public)
    MemberRole.self
    EventStatus.self
    RegistrationStatus.self
    Attendance.self
    PaymentStatus.self
    NotificationChannel.self
    DeliveryStatus.self
    SchemaGrant(.usage, on: .public, to: .anon, .authenticated, .serviceRole)
    hasRole
    Organizations.self
    OrganizationMembers.self
    Locations.self
    Instructors.self
    Customers.self
    isRecurrenceRule
    recurrenceDates
    regenerateSeries
    ClassSeries.self
    ClassEvents.self
    maintainPartitions
    generateEvents
    Registrations.self
    EventWaitlists.self
    Payments.self
    WebhookEvents.self
    NotificationsOutbox.self
    RateLimits.self
    ClassInstances.self
    ClassRegistrations.self
    Waitlists.self
    legacyAddress
    migrateLegacy
  }

  /// What a client calls.
  @DatabaseBuilder private static var operations: [any DatabaseItem] {
    promoteEventWaitlist
    waitlistPosition
    bookEvent
    cancelBooking
    leaveWaitlist
    promoteWaitlists
    markAttendance
    cancelEvent
    takeRateLimit
    receiveWebhook
    processWebhooks
    claimNotifications
    finishNotification
    forgetCustomer
    forgetInstructor
  }

  @DatabaseBuilder private static var searchViews: [any DatabaseItem] {
    EventSearch.self
    CustomerDashboard.self
    InstructorSchedule.self
    OrganizationAnalytics.self
    myDashboard
    mySchedule
    organizationAnalytics
    refreshViews
  }

  @DatabaseBuilder private static var monitoring: [any DatabaseItem] {
    HealthStatus.self
    MetricAggregate.self
    PerformanceMetrics.self
    HealthChecks.self
    AlertRules.self
    ActiveAlerts.self
    recordHealth
    reportError
    healthCheckDatabase
    healthCheckBooking
    healthSummary
    performanceSummary
    simulateLoad
  }
}
