internal import Hosting
public import SchemaDSL

/// The growth platform: leads come in, set themselves up with WhatsApp, and everything they do is counted.
///
/// Visitors write their own address and their own session; those who run the platform read everything; the platform's
/// programs do the rest.
public enum Growth {
  @DatabaseBuilder public static var items: [any DatabaseItem] {
    schemas
    types
    identity
    auditChange
    AuditTrail.self
    limitRate
    limitInserts
    normalizeLead
    Leads.self
    LeadInteractions.self
    RequestRates.self
    LeadFunnel.self
    advanceSession
    Sessions.self
    StepActivities.self
    DropOff.self
    areVariants
    bucketOf
    Experiments.self
    Assignments.self
    assignExperiments
    ExperimentResults.self
    enrichEvent
    aggregateEvents
    Events.self
    EventAggregations.self
    PendingEvents.self
    Metrics.self
    processEvents
    DailyOverview.self
    HourlyEvents.self
    DailyEvents.self
    Accounts.self
    Templates.self
    upkeep
  }

  @DatabaseBuilder private static var schemas: [any DatabaseItem] {
    Schema.marketing
    Schema.onboarding
    Schema.analytics
    Schema.experiments
    Schema.whatsapp
    SchemaGrant(.usage, on: .marketing, to: .anon, .authenticated, .serviceRole)
    SchemaGrant(.usage, on: .onboarding, to: .anon, .authenticated, .serviceRole)
    SchemaGrant(.usage, on: .analytics, to: .anon, .authenticated, .serviceRole)
    SchemaGrant(.usage, on: .experiments, to: .anon, .authenticated, .serviceRole)
    SchemaGrant(.usage, on: .whatsapp, to: .authenticated, .serviceRole)
  }

  @DatabaseBuilder private static var types: [any DatabaseItem] {
    LeadSource.self
    LeadStatus.self
    LeadPersona.self
    InteractionKind.self
    InteractionOutcome.self
    SessionStatus.self
    OnboardingStep.self
    StepAction.self
    EventType.self
    Device.self
    AuditAction.self
    ExperimentStatus.self
    AccountStatus.self
    Quality.self
    TemplateCategory.self
    TemplateStatus.self
  }

  @DatabaseBuilder private static var identity: [any DatabaseItem] {
    visitorEmail
    visitorAddress
    sessionToken
    isAdmin
  }
}
