internal import Hosting
public import SchemaDSL

extension Growth {
  /// Somebody who might become a customer.
  public struct Leads: Table {
    public static let name = RelationName("leads", in: .marketing)

    let id = Column("id", .uuid, default: .randomUUID)
    let email = Column("email", .text, comment: "Lower case; one lead an address.").personal(.contact)
    let companyName = Column("company_name", .text, null: true)
    let contactName = Column("contact_name", .text, null: true).personal(.identity)
    let phone = Column("phone", .text, null: true, comment: "Digits with a leading plus.").personal(.contact)
    let source = Column("source", .enum(LeadSource.self), default: .case(.other))
    let status = Column("status", .enum(LeadStatus.self), default: .case(.new))
    let persona = Column("persona", .enum(LeadPersona.self), null: true)
    let country = Column("country", .char(2), null: true, comment: "ISO 3166-1.")
    let score = Column("score", .smallint, default: 0, comment: "0 to 100; events raise it.")
    let utm = Column("utm", .jsonb, default: "{}", comment: "The campaign: source, medium, campaign.")
    let tags = Column("tags", .array(of: .text), default: "{}")
    let metadata = Column("metadata", .jsonb, default: "{}", comment: "What the form asked besides.").personal(.content)
    let marketingConsent = Column("marketing_consent", .boolean, default: false)
    let address = Column("ip_address", .inet, null: true, comment: "Where the first submission came from.").personal(
      .device)
    let assignedTo = Column("assigned_to", .uuid, null: true, comment: "The login of who looks after it.").personal(
      .identity)
    let submissions = Column("submissions", .integer, default: 1, comment: "How often the address was submitted.")
    let search = Column("search", .tsvector, null: true, comment: "Company, contact and address, for the search field.")
      .personal(.identity)
    let nextActionAt = Column("next_action_at", .timestamptz, null: true)
    let convertedAt = Column("converted_at", .timestamptz, null: true)
    let createdAt = Column("created_at", .timestamptz, default: .now)
    let updatedAt = Column("updated_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Leads; an address that comes again is added to the one that is there.")
      PrimaryKey(id)
      Unique(email, comment: "A person is one lead, whatever their address's case.")
      Check(
        "leads_email_check",
        "\(email) = lower(btrim(\(email))) AND \(email) ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$'",
        comment: "Addresses are kept in one form, so that equal ones are found.")
      Check("leads_utm_check", "jsonb_typeof(\(utm)) = 'object'", comment: "Parameters by name.")
      Check("leads_metadata_check", "jsonb_typeof(\(metadata)) = 'object'", comment: "Properties by name.")
      Check("leads_score_check", "\(score) BETWEEN 0 AND 100", comment: "Points of a hundred.")
      Check("leads_country_check", "\(country) ~ '^[A-Z]{2}$'", comment: "ISO 3166-1, two letters.")
      Check(
        "leads_converted_check", "(\(status) = \(LeadStatus.converted)) = (\(convertedAt) IS NOT NULL)",
        comment: "Who was won knows since when; others were not yet.")
      Generated(
        search,
        as:
          "to_tsvector('simple', coalesce(\(companyName), '') || ' ' || coalesce(\(contactName), '') || ' ' || \(email))"
      )
      Index("leads_created_at_idx", on: createdAt.descending, comment: "The latest leads.")
      Index(
        "leads_status_created_at_idx", on: status, createdAt.descending, comment: "The pipeline, a column a status.")
      Index("leads_source_status_idx", on: source, status, createdAt, comment: "The conversion funnel by source.")
      Index(
        "leads_score_idx", on: score.descending, where: "\(status) IN ('new', 'contacted', 'qualified', 'demo')",
        comment: "Whom to call first.")
      Index("leads_persona_idx", on: persona, createdAt, where: "\(persona) IS NOT NULL", comment: "Leads by persona.")
      Index("leads_country_idx", on: country, createdAt, where: "\(country) IS NOT NULL", comment: "Leads by country.")
      Index(
        "leads_assigned_to_idx", on: assignedTo, status, where: "\(assignedTo) IS NOT NULL",
        comment: "My leads; forgetting.")
      Index(
        "leads_next_action_at_idx", on: nextActionAt, where: "\(nextActionAt) IS NOT NULL",
        comment: "What is due today.")
      Index(
        "leads_converted_at_idx", on: convertedAt, where: "\(convertedAt) IS NOT NULL",
        comment: "Conversions by the day.")
      Index(
        "leads_ip_address_idx", on: address, createdAt, where: "\(address) IS NOT NULL", comment: "Who submits a lot.")
      Index("leads_tags_idx", on: tags, using: .gin, comment: "Leads with a tag.")
      Index("leads_utm_idx", on: utm.opclass("jsonb_path_ops"), using: .gin, comment: "What a campaign brought.")
      Index(
        "leads_metadata_idx", on: metadata.opclass("jsonb_path_ops"), using: .gin, comment: "Leads by their answers.")
      Index("leads_search_idx", on: search, using: .gin, comment: "The search field.")
      Trigger("leads_normalize", .before, .insert, .update, call: normalizeLead, comment: "One lead an address.")
      Hosting.touched(Self.name)
      audited(Self.name)
      Hosting.secured()
      Policy(
        "public_insert", for: .insert, to: .anon, .authenticated,
        check: "\(status) = \(LeadStatus.new) AND \(score) = 0 AND \(assignedTo) IS NULL",
        comment: "Anybody can leave an address, so many times an hour.")
      Policy(
        "own", for: .select, to: .anon, .authenticated, using: "\(email) = (SELECT \(visitorEmail)())",
        comment: "Visitors with a proven address see what is kept of them.")
      Policy("admin", to: .authenticated, using: asksAsAdmin, comment: "Who runs the platform works with leads.")
      Grant(
        .insert,
        on: [email, companyName, contactName, phone, source, persona, country, utm, metadata, marketingConsent],
        to: .anon)
      Grant(.select, to: .anon)
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      // Without a login only the form's columns can be written, which the matrix, with its whole rows, does not try.
      Access(.nobody, .staff, own: .insert, other: .insert)
      Access(.customer, own: [.select, .insert], other: .insert)
      Access(.admin, own: .all, other: .all)
    }
  }

  /// What was said with a lead.
  public struct LeadInteractions: Table {
    public static let name = RelationName("lead_interactions", in: .marketing)

    let id = Column("id", .bigint, identity: .always)
    let leadID = Column("lead_id", .uuid, references: \Leads.id, onDelete: .cascade)
    let kind = Column("kind", .enum(InteractionKind.self))
    let outcome = Column("outcome", .enum(InteractionOutcome.self), default: .case(.none))
    let subject = Column("subject", .text, null: true).personal(.content)
    let notes = Column("notes", .text, null: true).personal(.content)
    let createdBy = Column("created_by", .uuid, null: true, comment: "The login of who spoke.").personal(.identity)
    let happenedAt = Column("happened_at", .timestamptz, default: .now)

    public init() {}

    public var body: TableBody {
      Comment("Interactions with leads.")
      PrimaryKey(id)
      Index("lead_interactions_lead_id_idx", on: leadID, happenedAt.descending, comment: "A lead's history.")
      Index(
        "lead_interactions_created_by_idx", on: createdBy, happenedAt, where: "\(createdBy) IS NOT NULL",
        comment: "What I did; forgetting.")
      Index("lead_interactions_kind_idx", on: kind, outcome, happenedAt, comment: "What works: outcomes by kind.")
      audited(Self.name)
      Hosting.secured()
      Policy(
        "admin", to: .authenticated, using: asksAsAdmin, comment: "Who runs the platform works with what was said.")
      Grant(.select, .insert, .update, .delete, to: .authenticated)
      Access(.admin, own: .all, other: .all)
    }
  }

  /// Requests without a login, in an hour.
  public struct RequestRates: Table {
    public static let name = RelationName("request_rates", in: .marketing)

    let key = Column("key", .text, comment: "What is called from where, for example lead:192.0.2.1.").personal(.device)
    let windowStart = Column("window_start", .timestamptz)
    let requests = Column("requests", .integer, default: 1)

    public init() {}

    public var body: TableBody {
      Comment("Request counts for rate limits; rows are gone after a day.")
      PrimaryKey(key, windowStart)
      Index("request_rates_window_start_idx", on: windowStart, comment: "Cleaning up.")
      StorageParameters(["fillfactor": "70"])
      Hosting.secured()
    }
  }

  static let limitRate = Function(
    "limit_rate", in: .marketing, [.init("p_what", .text), .init("p_hourly", .integer)], returns: .void,
    security: .definer, settings: ["search_path": "marketing, pg_temp"], execute: [],
    comment: """
      For triggers: counts what people do, by their login or their address, and refuses it after so many in an hour. PT429 is \
      how a REST gateway says "too many requests".
      """,
    body: .inline(
      """
      DECLARE
        v_requests integer;
      BEGIN
        IF coalesce(nullif(current_setting('role'), 'none'), session_user) NOT IN ('anon', 'authenticated') OR analytics.is_admin() THEN
          RETURN;
        END IF;
        INSERT INTO request_rates AS r (key, window_start)
        VALUES (p_what || ':' || coalesce(auth.uid()::text, host(visitor_address()), 'unknown'), date_trunc('hour', now(), 'UTC'))
        ON CONFLICT (key, window_start) DO UPDATE SET requests = r.requests + 1
        RETURNING requests INTO v_requests;
        IF v_requests > p_hourly THEN
          RAISE EXCEPTION 'too many requests: % an hour are allowed', p_hourly USING ERRCODE = 'PT429', HINT = 'Try again in an hour.';
        END IF;
      END
      """))

  static let limitInserts = Function(
    "limit_inserts", in: .marketing, returns: .trigger, security: .definer,
    settings: ["search_path": "marketing, pg_temp"], execute: [],
    comment: "Limits how many rows an hour people insert; its arguments are what they are called and how many.",
    body: .inline("BEGIN\n  PERFORM limit_rate(TG_ARGV[0], TG_ARGV[1]::integer);\n  RETURN NEW;\nEND"))

  static let normalizeLead = Function(
    "normalize_lead", in: .marketing, returns: .trigger, security: .definer,
    settings: ["search_path": "marketing, pg_temp"], execute: [],
    comment: """
      Writes addresses, numbers and countries in one way, and adds a submission of an address that is known to its lead: \
      what was empty is filled in, what \
      is there stays, consent above all: anybody can type an address.
      """,
    body: .file(PackageResources.normalize_lead_sql, "Growth/SQL/normalize_lead.sql"))

  /// The document's funnel.
  public struct LeadFunnel: View {
    public static let name = RelationName("lead_funnel", in: .marketing)

    let source = Column("source", .enum(LeadSource.self))
    let leads = Column("leads", .bigint)
    let qualified = Column("qualified", .bigint)
    let converted = Column("converted", .bigint)
    let convertedPercent = Column("converted_percent", .numeric)

    public init() {}

    public var query: SQL {
      let l = Leads.as("l")
      return """
        SELECT \(l.source), count(*), count(*) FILTER (WHERE \(l.status) IN ('qualified', 'demo', 'converted')),
               count(*) FILTER (WHERE \(l.status) = 'converted'),
               round(100.0 * count(*) FILTER (WHERE \(l.status) = 'converted') / count(*), 1)
          FROM \(l) WHERE \(l.createdAt) > now() - interval '30 days'
         GROUP BY 1
        """
    }

    public var body: TableBody {
      Comment("Leads of the last 30 days by source, and how far they came.")
      Grant(.select, to: .authenticated, .serviceRole)
    }
  }
}
