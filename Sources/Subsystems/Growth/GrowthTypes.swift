public import SchemaDSL

extension Schema {
  public static let marketing = Schema("marketing", comment: "Leads and what was said with them.")
  public static let onboarding = Schema("onboarding", comment: "How new customers set themselves up.")
  public static let analytics = Schema("analytics", comment: "Events, figures and the audit trail.")
  public static let experiments = Schema("experiments", comment: "A/B tests and feature flags.")
  public static let whatsapp = Schema("whatsapp", comment: "WhatsApp business accounts and message templates.")
}

extension Growth {
  public enum LeadSource: String, PostgresEnum {
    case websiteForm = "website-form"
    case landingPage = "landing-page"
    case referral, event, whatsapp
    case importFile = "import"
    case other
    public static let typeName = TypeName("lead_source", in: .marketing)
    public static let comment: String? = "Where a lead came from first."
  }

  public enum LeadStatus: String, PostgresEnum {
    case new, contacted, qualified, demo, converted, lost
    public static let typeName = TypeName("lead_status", in: .marketing)
    public static let comment: String? = "How far a lead has come."
  }

  public enum LeadPersona: String, PostgresEnum {
    case founder
    case marketingManager = "marketing_manager"
    case supportLead = "support_lead"
    case developer, agency, enterprise
    public static let typeName = TypeName("lead_persona", in: .marketing)
    public static let comment: String? = "What kind of customer a lead would be."
  }

  public enum InteractionKind: String, PostgresEnum {
    case email, call, meeting, demo, whatsapp, note
    public static let typeName = TypeName("interaction_kind", in: .marketing)
    public static let comment: String? = "How somebody spoke with a lead; a note speaks with nobody."
  }

  public enum InteractionOutcome: String, PostgresEnum {
    case none, answered, scheduled, declined
    case noAnswer = "no_answer"
    public static let typeName = TypeName("interaction_outcome", in: .marketing)
    public static let comment: String? = "What came of an interaction."
  }

  public enum SessionStatus: String, PostgresEnum {
    case inProgress = "in_progress"
    case completed, abandoned
    public static let typeName = TypeName("session_status", in: .onboarding)
    public static let comment: String? = "State of an onboarding; an abandoned one that goes on is in progress again."
  }

  public enum OnboardingStep: String, PostgresEnum {
    case businessInfo = "business_info"
    case botSetup = "bot_setup"
    case whatsappConnection = "whatsapp_connection"
    case templateCreation = "template_creation"
    case launch
    public static let typeName = TypeName("onboarding_step", in: .onboarding)
    public static let comment: String? = "The steps of an onboarding, in their order."
  }

  public enum StepAction: String, PostgresEnum {
    case started, completed, skipped, failed
    case helpViewed = "help_viewed"
    public static let typeName = TypeName("step_action", in: .onboarding)
    public static let comment: String? = "What somebody did at a step."
  }

  public enum EventType: String, PostgresEnum {
    case pageView = "page_view"
    case userAction = "user_action"
    case formSubmission = "form_submission"
    case conversion, experiment, system, error
    public static let typeName = TypeName("event_type", in: .analytics)
    public static let comment: String? = "What kind of event it is; its name says which."
  }

  public enum Device: String, PostgresEnum {
    case desktop, mobile, tablet, bot, unknown
    public static let typeName = TypeName("device", in: .analytics)
    public static let comment: String? = "What kind of device an event came from, by what it says of itself."
  }

  public enum AuditAction: String, PostgresEnum {
    case insert, update, delete
    public static let typeName = TypeName("audit_action", in: .analytics)
    public static let comment: String? = "What was done to a row."
  }

  public enum ExperimentStatus: String, PostgresEnum {
    case draft, running, paused, completed
    public static let typeName = TypeName("experiment_status", in: .experiments)
    public static let comment: String? = "State of an experiment; only running ones take subjects."
  }

  public enum AccountStatus: String, PostgresEnum {
    case pending, verified, active, suspended
    public static let typeName = TypeName("account_status", in: .whatsapp)
    public static let comment: String? = "State of a business account."
  }

  public enum Quality: String, PostgresEnum {
    case green, yellow, red
    public static let typeName = TypeName("quality_rating", in: .whatsapp)
    public static let comment: String? = "WhatsApp's rating of an account's messages."
  }

  public enum TemplateCategory: String, PostgresEnum {
    case marketing, utility, authentication
    public static let typeName = TypeName("template_category", in: .whatsapp)
    public static let comment: String? = "What a template is for, which decides its price."
  }

  public enum TemplateStatus: String, PostgresEnum {
    case draft, pending, approved, rejected
    public static let typeName = TypeName("template_status", in: .whatsapp)
    public static let comment: String? = "WhatsApp's word on a template."
  }
}
