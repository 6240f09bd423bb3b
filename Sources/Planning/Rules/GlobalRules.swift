internal import Catalog
internal import Postgres

enum ExternalRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [fact.text(.create)] }
  /// It belongs to somebody else.
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change([new.text(.create)]))
  }
}

/// Made where the server has it; where it has not, a notice says what is skipped.
enum OptionalExtensionRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [fact.text(.create)] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP EXTENSION IF EXISTS \(Quote.identifier(fact.id.name))"]
  }
  /// Another purpose is no other extension; another schema is for a hand to move, since the server may not have it.
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change([new.text(.create)]))
  }
}

/// Roles belong to the server: made where missing, never dropped.
enum RoleRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let name = Quote.identifier(fact.id.name)
    let attributes = fact.list(.attributes).joined(separator: " ")
    let create = "CREATE ROLE \(name)" + (attributes.isEmpty ? "" : " " + attributes)
    let block = """
      DO \(Quote.dollar("""

      BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = \(Quote.literal(fact.id.name))) THEN
          \(create);
        END IF;
      END

      """))
      """
    return [block] + fact.list(.memberOf).map { "GRANT \(Quote.identifier($0)) TO \(name)\(options(of: $0, in: fact))" }
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let name = Quote.identifier(new.id.name)
    var change = Change()
    let before = old.list(.attributes)
    let after = new.list(.attributes)
    if before != after {
      let reset = before.filter { !after.contains($0) }.map(opposite)
      let words =
        reset.filter { word in !after.contains { $0.hasPrefix(word.prefix(10)) } }
        + after.filter { !before.contains($0) }
      change.statements.append("ALTER ROLE \(name) \(words.joined(separator: " "))")
    }
    for group in old.list(.memberOf) {
      let stays = new.list(.memberOf).contains(group) && options(of: group, in: old) == options(of: group, in: new)
      if !stays { change.statements.append("REVOKE \(Quote.identifier(group)) FROM \(name)") }
    }
    for group in new.list(.memberOf) {
      let options = options(of: group, in: new)
      guard !old.list(.memberOf).contains(group) || self.options(of: group, in: old) != options else { continue }
      change.statements.append("GRANT \(Quote.identifier(group)) TO \(name)\(options)")
    }
    return .inPlace(change)
  }

  /// What a membership allows beside what GRANT gives, as `WITH …`.
  private static func options(of group: String, in role: Fact) -> String {
    let entry = role.list(.memberOptions).first { $0.hasPrefix("\(group) WITH ") }
    return entry.map { String($0.dropFirst(group.count)) } ?? ""
  }
  private static func opposite(_ attribute: String) -> String {
    if attribute.hasPrefix("CONNECTION LIMIT") { return "CONNECTION LIMIT -1" }
    return attribute.hasPrefix("NO") ? String(attribute.dropFirst(2)) : "NO" + attribute
  }
}

enum SchemaRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["CREATE SCHEMA \(Quote.identifier(fact.id.name))"]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP SCHEMA \(Quote.identifier(fact.id.name))"]
  }
}

enum ExtensionRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    var sql = "CREATE EXTENSION IF NOT EXISTS \(Quote.identifier(fact.id.name)) WITH SCHEMA "
    sql += Quote.identifier(fact.text(.schema))
    if let version = fact.optionalText(.version) { sql += " VERSION \(Quote.literal(version))" }
    return [sql]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    ["DROP EXTENSION \(Quote.identifier(fact.id.name))"]
  }
  static func dropHazards(_ fact: Fact) -> [Hazard] {
    // Its members are not facts, and some extensions keep rows in tables of their own.
    [Hazard(.dataLoss, "drops extension \(fact.id.name) with everything that belongs to it")]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let name = Quote.identifier(new.id.name)
    var change = Change()
    if old.attributes[.schema] != new.attributes[.schema] {
      change.statements.append("ALTER EXTENSION \(name) SET SCHEMA \(Quote.identifier(new.text(.schema)))")
    }
    if let version = new.optionalText(.version), old.text(.version) != version {
      change.statements.append("ALTER EXTENSION \(name) UPDATE TO \(Quote.literal(version))")
    }
    return .inPlace(change)
  }
}

/// Jobs of pg_cron. A server without the extension is told of and passed over: where it is missing, anybody who may create schemas
/// can make one named `cron` with a function `schedule`. So the schema has to be the extension's, or one's own, as the stand-in is.
enum CronJobRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let schedule = schedule(fact)
    return [guarded(fact.id.name, "PERFORM " + (fact.flag(.active) ? schedule : set(false, schedule)) + ";")]
  }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    // A job that was skipped for want of the extension is not there to be unscheduled. A superuser sees those of other roles, too.
    let body = """
      PERFORM cron.unschedule(jobid) FROM cron.job
           WHERE jobname OPERATOR(pg_catalog.=) \(Quote.literal(fact.id.name))
             AND database OPERATOR(pg_catalog.=) pg_catalog.current_database();
      """
    return [guarded(fact.id.name, body)]
  }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    // cron.schedule replaces a job of the same name and role, and leaves alone whether it is active.
    .inPlace(Change([guarded(new.id.name, "PERFORM " + set(new.flag(.active), schedule(new)) + ";")]))
  }
  private static func schedule(_ fact: Fact) -> String {
    let arguments = [fact.id.name, fact.text(.schedule), fact.text(.command)].map(Quote.literal)
    return "cron.schedule(\(arguments.joined(separator: ", ")))"
  }
  /// By the number that `cron.schedule` returns: other roles may have jobs of that name.
  private static func set(_ active: Bool, _ schedule: String) -> String {
    "cron.alter_job(\(schedule), active => \(active))"
  }
  private static func guarded(_ name: String, _ body: String) -> String {
    """
    DO \(Quote.dollar("""

    BEGIN
      IF EXISTS (SELECT FROM pg_catalog.pg_namespace n
                  WHERE n.nspname = 'cron'
                    AND (pg_catalog.pg_get_userbyid(n.nspowner) = current_user
                         OR EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                                     WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid
                                       AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
                                       AND e.extname = 'pg_cron'))) THEN
        \(body)
      ELSE
        RAISE NOTICE 'pg_cron is not installed in this database: the job % is skipped', \(Quote.literal(name));
      END IF;
    END

    """))
    """
  }
}

enum RawRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [fact.text(.create)] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [fact.text(.drop)] }
  static func dropHazards(_ fact: Fact) -> [Hazard] {
    // Nobody reads the SQL; what it says it makes tells whether rows can be in it.
    let objects = fact.list(.objects).compactMap { try? LockFormat.decodeID($0) }
    let holdsNoRows = { (id: FactID) in
      ![.table, .column, .sequence, .schema, .extension, .compositeType, .domain].contains(id.kind)
    }
    if !objects.isEmpty, objects.allSatisfy(holdsNoRows) { return [] }
    return [Hazard(.dataLoss, "runs the declared drop of the raw SQL \(fact.id.name), which may take rows with it")]
  }
}

/// A window needs no SQL: its partitions are made when the migration is applied and whenever `dbtool partitions` runs. Nor
/// does a setting of the server, which migrations cannot make.
enum DeclaredOnlyRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration { .inPlace(Change()) }
}

enum CommentRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [sql(fact, Quote.literal(fact.text(.text)))] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [sql(fact, "NULL")] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(create(new, context)))
  }
  private static func sql(_ fact: Fact, _ text: String) -> String {
    "COMMENT ON \(fact.id.subjectID?.objectClause ?? "") IS \(text)"
  }
}

/// Security labels (PostgreSQL: SECURITY LABEL).
enum SecurityLabelRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] { [sql(fact, Quote.literal(fact.text(.text)))] }
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [sql(fact, "NULL")] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(create(new, context)))
  }
  private static func sql(_ fact: Fact, _ label: String) -> String {
    "SECURITY LABEL FOR \(Quote.identifier(fact.id.role)) ON \(fact.id.subjectID?.objectClause ?? "") IS \(label)"
  }
}

enum OwnerRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    [sql(fact, Quote.identifier(fact.text(.role)))]
  }
  /// The database's own role is whoever applies its migrations.
  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] { [sql(fact, "CURRENT_USER")] }
  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    .inPlace(Change(create(new, context)))
  }
  private static func sql(_ fact: Fact, _ role: String) -> String {
    "ALTER \(fact.id.subjectID?.objectClause ?? "") OWNER TO \(role)"
  }
}
