internal import Hosting
public import SchemaDSL

extension Growth {
  /// A new customer's way to their first message.
  public struct Sessions: Table {
    public static let name = RelationName("sessions", in: .onboarding)

    let id = Column("id", .uuid, default: .randomUUID)
    let token = Column("session_token", .text, comment: "Whoever shows it is the session.").personal(.device)
    let leadID = Column("lead_id", .uuid, null: true, references: \Leads.id, onDelete: .setNull)
    let userID = Column("user_id", .uuid, null: true, comment: "The login, once there is one.").personal(.identity)
    let email = Column("email", .text, null: true).personal(.contact)
    let status = Column("status", .enum(SessionStatus.self), default: .case(.inProgress))
    let currentStep = Column("current_step", .enum(OnboardingStep.self), default: .case(.businessInfo))
    let progress = Column("progress_percentage", .smallint, default: 0, comment: "Kept by a trigger.")
    let businessInfo = Column("business_info", .jsonb, default: "{}").personal(.content)
    let botConfiguration = Column("bot_configuration", .jsonb, default: "{}").personal(.content)
    let businessInfoAt = Column("business_info_completed_at", .timestamptz, null: true)
    let botSetupAt = Column("bot_setup_completed_at", .timestamptz, null: true)
    let whatsappAt = Column("whatsapp_connection_completed_at", .timestamptz, null: true)
    let templateAt = Column("template_creation_completed_at", .timestamptz, null: true)
    let launchAt = Column("launch_completed_at", .timestamptz, null: true)
    let country = Column("country", .char(2), null: true)
    let startedAt = Column("started_at", .timestamptz, default: .now)
    let lastActivityAt = Column("last_activity_at", .timestamptz, default: .now)
    let completedAt = Column("completed_at", .timestamptz, null: true)
    let abandonedAt = Column("abandoned_at", .timestamptz, null: true)

    public init() {}

    public var body: TableBody {
      Comment("Onboarding sessions.")
      PrimaryKey(id)
      Unique(token, comment: "A token opens one session.")
      Check(
        "sessions_session_token_check", "length(\(token)) BETWEEN 8 AND 200",
        comment: "Long enough not to be guessed, short enough to index.")
      Check("sessions_progress_percentage_check", "\(progress) BETWEEN 0 AND 100", comment: "Of a hundred.")
      Check(
        "sessions_completed_check", "(\(status) = \(SessionStatus.completed)) = (\(completedAt) IS NOT NULL)",
        comment: "A completed session knows since when; others are not.")
      Check(
        "sessions_abandoned_check", "(\(status) = \(SessionStatus.abandoned)) = (\(abandonedAt) IS NOT NULL)",
        comment: "An abandoned session knows since when; others are not.")
      Index(
        "sessions_lead_id_idx", on: leadID, where: "\(leadID) IS NOT NULL",
        comment: "A lead's sessions; the foreign key.")
      Index("sessions_user_id_idx", on: userID, where: "\(userID) IS NOT NULL", comment: "A customer's session.")
      Index("sessions_email_idx", on: email, where: "\(email) IS NOT NULL", comment: "Whose address it is; forgetting.")
      Index(
        "sessions_inactive_idx", on: lastActivityAt, where: "\(status) = \(SessionStatus.inProgress)",
        comment: "What was abandoned.")
      Index(
        "sessions_started_at_idx", on: startedAt.descending, currentStep, status, including: [progress],
        comment: "Drop-off by step, from the index alone.")
      Index("sessions_status_idx", on: status, startedAt, comment: "Sessions by state.")
      Index(
        "sessions_completed_at_idx", on: completedAt, where: "\(completedAt) IS NOT NULL",
        comment: "Completions by the day.")
      Index(
        "sessions_abandoned_at_idx", on: abandonedAt, where: "\(abandonedAt) IS NOT NULL",
        comment: "Whom to write to again; cleaning up.")
      Index(
        "sessions_country_idx", on: country, startedAt, where: "\(country) IS NOT NULL", comment: "Sessions by country."
      )
      Index(
        "sessions_business_info_idx", on: businessInfo.opclass("jsonb_path_ops"), using: .gin,
        comment: "Customers by trade.")
      Trigger(
        "sessions_advance", .before, .insert, .update, call: advanceSession, comment: "Progress, and the next step.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .anon, .authenticated, using: Growth.isMySession("\(token)"),
        comment: "Who holds a session's token sees it.")
      let honest: SQL = "\(Growth.isMySession("\(token)")) AND (\(userID) IS NULL OR \(userID) = (SELECT auth.uid()))"
      Policy(
        "own_insert", for: .insert, to: .anon, .authenticated, check: honest,
        comment: "Visitors begin sessions of their own.")
      Policy(
        "own_update", for: .update, to: .anon, .authenticated, using: Growth.isMySession("\(token)"), check: honest,
        comment: "Who holds a session's token goes on with it.")
      Policy("admin", to: .authenticated, using: asksAsAdmin, comment: "Who runs the platform works with sessions.")
      // Not lead_id, which would tell whether an address is known; what follows from the steps is the trigger's to say.
      Grant(
        .select,
        on: [
          id, token, userID, email, status, currentStep, progress, businessInfo, botConfiguration, businessInfoAt,
          botSetupAt,
          whatsappAt, templateAt, launchAt, country, startedAt, lastActivityAt, completedAt, abandonedAt,
        ], to: .anon, .authenticated)
      Grant(.insert, on: [token, email, country], to: .anon, .authenticated)
      Grant(
        .update,
        on: [
          email, currentStep, businessInfo, botConfiguration, businessInfoAt, botSetupAt, whatsappAt, templateAt,
          launchAt,
        ], to: .anon, .authenticated)
      Grant(.insert, .update, on: [userID], to: .authenticated)
      Grant(.delete, to: .authenticated)
      Access(.customer, own: [.select, .update])
      Access(.admin, own: [.select, .update, .delete], other: [.select, .update, .delete])
    }
  }

  /// What somebody did at a step.
  public struct StepActivities: Table {
    public static let name = RelationName("step_activities", in: .onboarding)

    let id = Column("id", .bigint, identity: .always)
    let sessionID = Column("session_id", .uuid, references: \Sessions.id, onDelete: .cascade)
    let step = Column("step", .enum(OnboardingStep.self))
    let action = Column("action", .enum(StepAction.self))
    let duration = Column("duration_ms", .integer, null: true, comment: "Milliseconds.")
    let properties = Column("properties", .jsonb, default: "{}").personal(.behaviour)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Activities in onboarding sessions; gone after 90 days.")
      PrimaryKey(id)
      Check("step_activities_duration_ms_check", "\(duration) >= 0", comment: "Time does not run backwards.")
      Trigger(
        "step_activities_limit", .before, .insert, call: limitInserts, ["activity", "2000"],
        comment: "One sender does not fill the table.")
      Index("step_activities_session_id_idx", on: sessionID, createdAt, comment: "A session's course.")
      Index(
        "step_activities_step_idx", on: step, action, createdAt, including: [duration], comment: "Time a step takes.")
      Index("step_activities_created_at_idx", on: createdAt, using: .brin, comment: "Cleaning up.")
      Index(
        "step_activities_failed_idx", on: createdAt.descending, where: "\(action) = \(StepAction.failed)",
        comment: "The latest failures.")
      Hosting.secured()
      let s = Sessions.as("s")
      let mine: SQL = "\(sessionID) = (SELECT \(s.id) FROM \(s) WHERE \(Growth.isMySession("\(s.token)")))"
      Policy(
        "own", for: .select, to: .anon, .authenticated, using: mine,
        comment: "Who holds a session's token sees its steps.")
      Policy(
        "own_insert", for: .insert, to: .anon, .authenticated, check: mine,
        comment: "Who holds a session's token adds steps to it.")
      Policy(
        "admin_read", for: .select, to: .authenticated, using: asksAsAdmin,
        comment: "Who runs the platform reads where people stop.")
      Grant(.select, .insert, to: .anon, .authenticated)
      Access(.customer, own: [.select, .insert])
      Access(.admin, own: .select, other: .select)
    }
  }

  static let advanceSession = Function(
    "advance_session", in: .onboarding, returns: .trigger, security: .definer,
    settings: ["search_path": "onboarding, pg_temp"], execute: [],
    comment: """
      Counts the steps that are done, goes on to the next one when the step somebody is at is done, and ends the session \
      with the last. Finds the lead by the address.
      """,
    body: .file(PackageResources.advance_session_sql, "Growth/SQL/advance_session.sql"))

  /// Where people stop.
  public struct DropOff: View {
    public static let name = RelationName("drop_off", in: .onboarding)

    let step = Column("current_step", .enum(OnboardingStep.self))
    let sessions = Column("sessions", .bigint)
    let abandoned = Column("abandoned", .bigint)
    let averageProgress = Column("average_progress", .numeric)

    public init() {}

    public var query: SQL {
      let s = Sessions.as("s")
      return """
        SELECT \(s.currentStep), count(*), count(*) FILTER (WHERE \(s.status) = 'abandoned'), round(avg(\(s.progress)), 1)
          FROM \(s) WHERE \(s.startedAt) > now() - interval '30 days' AND \(s.status) <> 'completed'
         GROUP BY 1
        """
    }

    public var body: TableBody {
      Comment("Sessions of the last 30 days that are not completed, by the step they are at.")
      Grant(.select, to: .authenticated, .serviceRole)
    }
  }
}
