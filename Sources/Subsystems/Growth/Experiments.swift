internal import Hosting
public import SchemaDSL

extension Growth {
  /// A question, and the variants that are to answer it.
  public struct Experiments: Table {
    public static let name = RelationName("experiments", in: .experiments)

    let id = Column("id", .uuid, default: .randomUUID)
    let key = Column("key", .text, comment: "What programs call it.")
    let name = Column("name", .text)
    let hypothesis = Column("hypothesis", .text, null: true)
    let status = Column("status", .enum(ExperimentStatus.self), default: .case(.draft))
    let variants = Column("variants", .jsonb, comment: "[{\"key\": \"control\", \"weight\": 50}, …]")
    let traffic = Column("traffic_percentage", .smallint, default: 100, comment: "How many of all take part.")
    let countries = Column("countries", .array(of: .text), null: true, comment: "NULL: all.")
    let startsAt = Column("starts_at", .timestamptz, null: true)
    let endsAt = Column("ends_at", .timestamptz, null: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Experiments and feature flags.")
      PrimaryKey(id)
      Unique(key, comment: "A key names one experiment, in code as well.")
      Check(
        "experiments_variants_check", "\(areVariants)(\(variants))",
        comment: "Variants with weights that can be drawn from.")
      Check(
        "experiments_traffic_percentage_check", "\(traffic) BETWEEN 0 AND 100",
        comment: "A share of the visitors, in per cent.")
      Check("experiments_times_check", "\(endsAt) > \(startsAt)", comment: "An experiment ends after it begins.")
      Index(
        "experiments_running_idx", on: key, where: "\(status) = \(ExperimentStatus.running)",
        comment: "What is to be assigned.")
      Index("experiments_status_idx", on: status, createdAt.descending, comment: "The list of experiments.")
      Index("experiments_countries_idx", on: countries, using: .gin, comment: "What runs in a country.")
      Index(
        "experiments_variants_idx", on: variants.opclass("jsonb_path_ops"), using: .gin,
        comment: "Which experiments have a variant.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "public_read", for: .select, to: .anon, .authenticated, using: "\(status) = \(ExperimentStatus.running)",
        comment: "Visitors see what runs, to show its variant.")
      Policy("admin", to: .authenticated, using: asksAsAdmin, comment: "Who runs the platform keeps experiments.")
      Grant(.select, to: .anon)
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.anon, .nobody, .customer, .staff, own: .select, other: .select)
      Access(.admin, own: .all, other: .all)
    }
  }

  /// Who sees what.
  public struct Assignments: Table {
    public static let name = RelationName("assignments", in: .experiments)

    let id = Column("id", .bigint, identity: .always)
    let experimentID = Column("experiment_id", .uuid, references: \Experiments.id, onDelete: .cascade)
    let userID = Column("user_id", .uuid, null: true).personal(.identity)
    let sessionID = Column("session_id", .text, null: true).personal(.device)
    let variant = Column("variant", .text)
    let country = Column("country", .char(2), null: true)
    let assignedAt = Column("assigned_at", .timestamptz, default: .now)
    let convertedAt = Column("converted_at", .timestamptz, null: true).personal(.behaviour)

    public init() {}

    public var body: TableBody {
      Comment("Variants of people and sessions; whoever has one keeps it.")
      PrimaryKey(id)
      Index(
        "assignments_experiment_id_user_id_key", on: experimentID, userID, unique: true, where: "\(userID) IS NOT NULL",
        comment: "One variant a person.")
      Index(
        "assignments_experiment_id_session_id_key", on: experimentID, sessionID, unique: true,
        where: "\(sessionID) IS NOT NULL", comment: "One variant a session.")
      Index(
        "assignments_experiment_id_idx", on: experimentID, variant, including: [convertedAt],
        comment: "Results, from the index alone.")
      Index(
        "assignments_session_id_idx", on: sessionID, where: "\(sessionID) IS NOT NULL",
        comment: "Enriching events; forgetting.")
      Index(
        "assignments_user_id_idx", on: userID, where: "\(userID) IS NOT NULL",
        comment: "What a person sees; forgetting.")
      Index("assignments_assigned_at_idx", on: assignedAt, comment: "Subjects by the day; cleaning up.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "own", for: .select, to: .authenticated, using: "\(userID) = (SELECT auth.uid())",
        comment: "People see which variants they were given.")
      Policy(
        "own_session", for: .select, to: .anon, .authenticated, using: Growth.isMySession("\(sessionID)"),
        comment: "Visitors see which variants their session was given.")
      Policy(
        "admin_read", for: .select, to: .authenticated, using: asksAsAdmin,
        comment: "Who runs the platform reads who was given what.")
      Grant(.select, to: .anon, .authenticated)
      Access(.customer, own: .select)
      Access(.admin, own: .select, other: .select)
    }
  }

  static let areVariants = Function(
    "are_variants", in: .experiments, [.init("p_variants", .jsonb)], returns: .type(.boolean), language: .sql,
    volatility: .immutable, parallel: .safe,
    comment: "Whether it is a list of two or more variants with different keys and weights above 0.",
    body: .inline(
      """
      SELECT CASE WHEN jsonb_typeof(p_variants) = 'array' AND jsonb_array_length(p_variants) >= 2 THEN (
        SELECT coalesce(bool_and(jsonb_typeof(v -> 'key') = 'string' AND jsonb_typeof(v -> 'weight') = 'number'
                                 AND (v ->> 'weight')::numeric > 0), false)
               AND count(DISTINCT v ->> 'key') = count(*)
          FROM jsonb_array_elements(p_variants) AS v) ELSE false END
      """))

  static let bucketOf = Function(
    "bucket_of", in: .experiments, [.init("p_what", .text), .init("p_subject", .text)],
    returns: .type(.doublePrecision), language: .sql, volatility: .immutable, parallel: .safe, strict: true,
    comment: "A number from 0 to below 1 that is always the same for a subject: the first 32 bits of an MD5.",
    body: .inline(
      "SELECT ('x' || left(md5(p_what || ':' || p_subject), 8))::bit(32)::bigint / 4294967296.0::double precision"))

  static let assignExperiments = Function(
    "auto_assign_experiments", in: .public,
    [
      .init("user_id", .uuid, default: "NULL"), .init("session_id", .text, default: "NULL"),
      .init("country", .text, default: "NULL"),
    ],
    returns: .table(.init("experiment", .text), .init("variant", .text)),
    security: .definer, settings: ["search_path": "experiments, pg_temp"],
    execute: [.anon, .authenticated, .serviceRole],
    comment: """
      The variants of somebody in all running experiments that they are for: by weight, the same for a subject whenever \
      and wherever it is asked. Who had one as a session keeps it as a person.
      """,
    body: .file(PackageResources.auto_assign_experiments_sql, "Growth/SQL/auto_assign_experiments.sql"))

  public struct ExperimentResults: View {
    public static let name = RelationName("results", in: .experiments)

    let experiment = Column("experiment", .text)
    let variant = Column("variant", .text)
    let subjects = Column("subjects", .bigint)
    let conversions = Column("conversions", .bigint)
    let conversionPercent = Column("conversion_percent", .numeric)

    public init() {}

    public var query: SQL {
      let a = Assignments.as("a")
      let x = Experiments.as("x")
      return """
        SELECT \(x.key), \(a.variant), count(*), count(\(a.convertedAt)), round(100.0 * count(\(a.convertedAt)) / count(*), 2)
          FROM \(a) JOIN \(x) ON \(x.id) = \(a.experimentID)
         GROUP BY 1, 2
        """
    }

    public var body: TableBody {
      Comment("How variants do.")
      Grant(.select, to: .authenticated, .serviceRole)
    }
  }
}
