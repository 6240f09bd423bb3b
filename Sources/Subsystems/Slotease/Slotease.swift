internal import Hosting
public import SchemaDSL

/// The slotease subsystem: people book times with organisations, or wait in their queues.
///
/// Whatever decides who gets a time or a place in a queue runs as `service_role`; people read what row level security
/// shows them, and change little.
public enum Slotease {
  @DatabaseBuilder public static var items: [any DatabaseItem] {
    Extension("btree_gist", in: .public)
    Extension("cube", in: .public)
    OptionalExtension(
      "postgis", in: .public, for: "searching organisations in an area, by slotease.organizations_within")
    Schema.slotease
    SchemaGrant(.usage, on: .slotease, to: .anon, .authenticated, .serviceRole)
    types
    organizations
    appointments
    queues
    messages
    OrganizationStats.self
    ServicePerformance.self
    DailyAppointmentMetrics.self
    QueuePerformance.self
    UserActivitySummary.self
    organizationDashboard
    maintenance
  }

  @DatabaseBuilder private static var types: [any DatabaseItem] {
    UserRole.self
    OrganizationKind.self
    AppointmentStatus.self
    QueueStatus.self
    EntryStatus.self
    NotificationChannel.self
    NotificationStatus.self
    ConsentPurpose.self
    AuditAction.self
  }

  @DatabaseBuilder private static var organizations: [any DatabaseItem] {
    audit
    AuditLog.self
    myOrganizations
    onSphere
    Organizations.self
    OrganizationMembers.self
    isServedByMe
    UserProfiles.self
    Consents.self
    Services.self
    Resources.self
    ServiceResources.self
    OpeningHours.self
    Closures.self
    APIKeys.self
    RateLimits.self
    nearestOrganizations
    organizationsWithin
    createAPIKey
    authenticateAPIKey
    hasConsent
  }

  @DatabaseBuilder private static var appointments: [any DatabaseItem] {
    checkStep
    reserve
    tellOfAppointment
    Appointments.self
    SlotReservations.self
    BookingRequests.self
    isOpen
    bookingHorizon
    isFree
    availableSlots
    bookAppointment
    rescheduleAppointment
    cancelAppointment
    Feedback.self
    PublishedFeedback.self
  }

  @DatabaseBuilder private static var queues: [any DatabaseItem] {
    reorderQueue
    tellOfQueue
    tellOfEntry
    Queues.self
    QueueEntries.self
    queuePlace
    joinQueue
    callNext
    prioritizeEntry
    finishEntry
  }

  @DatabaseBuilder private static var messages: [any DatabaseItem] {
    Notifications.self
    AnalyticsEvents.self
    notifyUser
    claimNotifications
    finishNotification
    trackEvent
    exportUser
    forgetUser
  }
}
