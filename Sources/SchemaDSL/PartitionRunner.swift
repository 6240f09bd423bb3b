internal import Catalog
internal import Postgres

/// The functions and jobs that keep a window from inside the database.
///
/// They make and keep the same partitions as `dbtool partitions` does, under the same names and with the same lock, so that
/// either may run.
struct PartitionRunner {
  private let table: RelationName
  private let window: PartitionWindow
  private let key: Partitions.Key
  private let schedule: String

  /// - Returns: nil where dbtool itself does it.
  init?(_ table: RelationName, _ partitions: Partitions) {
    guard case .database(let schedule) = partitions.runner else { return nil }
    self.table = table
    self.schedule = schedule
    window = partitions.window
    key = partitions.key
  }

  func render(into rendering: inout Rendering, _ location: SourceLocation) {
    guard window.retirement != .archive else {
      rendering.problem(
        Diagnostic(
          .error, code: "archive-from-inside", "a function cannot write the archive of \(table.sql)",
          object: table.sql, location: location,
          help: "let dbtool partitions keep this window, or choose .detach or .drop"))
      return
    }
    // Nobody calls them but the job, which runs as who has made it. The moment is a parameter, for rehearsals: a setting would
    // be found on the role and the database too, and whoever owns these would move the clock.
    let moment = Function.Parameter("moment", .timestamptz, default: "pg_catalog.now()")
    var create = Function(
      name("create"), in: table.schema, [moment], returns: .setOf(.text), execute: [],
      comment: """
        Creates the partitions of \(table.name) that are missing: this \(window.unit), \(window.ahead) to come, and \
        \(window.keep) past. One that cannot be made is a warning, and the others are made.
        """, body: .inline(SQL(raw: createBody)))
    create.location = location
    create.render(into: &rendering)
    job("create", "PERFORM", location, into: &rendering)
    guard window.retirement != .stay else { return }
    var retire = Function.procedure(
      name("retire"), in: table.schema, [moment], execute: [],
      comment: """
        Detaches the partitions of \(table.name) that its window no longer keeps\
        \(window.retirement == .drop ? ", and drops them" : ""), each in a transaction of its own. PostgreSQL cannot detach \
        concurrently from inside a function: each takes ACCESS EXCLUSIVE on the table for a moment, and gives way after a \
        second without it.
        """, body: .inline(SQL(raw: retireBody)))
    retire.location = location
    retire.render(into: &rendering)
    job("retire", "CALL", location, into: &rendering)
  }

  private func name(_ suffix: String) -> String { MadeUpName(table.name, label: "partitions_\(suffix)").text }

  private func job(
    _ suffix: String, _ call: String, _ location: SourceLocation, into rendering: inout Rendering
  ) {
    let jobName = MadeUpName(table.schema.name, table.name, label: "partitions_\(suffix)").text
    let command = PartitionRunnerTrust.command(call, table.schema.name, name(suffix))
    var job = CronJob(jobName, schedule: schedule, SQL(raw: command))
    job.location = location
    job.render(into: &rendering)
  }

  // MARK: What both say

  private var parent: String { Quote.literal(table.sql) }
  private var unit: String { "interval '1 \(window.unit)'" }
  private var zone: String { Quote.literal(window.timeZone) }
  private var start: String { "pg_catalog.date_trunc('\(window.unit)', moment AT TIME ZONE \(zone))" }

  /// A local time as a text of the key's type.
  private func literal(_ moment: String) -> String { WindowSQL.bound(moment, keyType, zone) }

  private var keyType: String {
    switch key {
    case .date: "date"
    case .timestamp: "timestamp without time zone"
    case .instant: "timestamp with time zone"
    case .uuid: "uuid"
    }
  }

  private var suffix: String { WindowSQL.suffix(window.unit) }

  /// A procedure that ends transactions can have no settings of its own; so both begin with them, and what comes before
  /// PostgreSQL's own names in the `search_path` of whoever calls them is not found.
  private let settings = """
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
            pg_catalog.set_config('lock_timeout', '1s', true), pg_catalog.set_config('timezone', 'UTC', true),
            pg_catalog.set_config('datestyle', 'ISO', true);
    """

  /// The schema inside of a literal that `format` reads.
  private var schema: String {
    Quote.insideFormat(Quote.insideLiteral(Quote.identifier(table.schema.name)))
  }

  // MARK: Their bodies

  private var createBody: String {
    """
    DECLARE
      v_low timestamp;
      v_name pg_catalog.text;
      v_from pg_catalog.text;
      v_to pg_catalog.text;
      v_saying pg_catalog.text;
      v_parent pg_catalog.pg_class;
      v_default pg_catalog.regclass;
      v_many boolean;
    BEGIN
      \(settings.replacing("\n", with: "\n  "))
      PERFORM pg_catalog.pg_advisory_xact_lock(\(AdvisoryKey.partitions(of: table.sql).arguments));
      SELECT c.* INTO STRICT v_parent FROM pg_catalog.pg_class c WHERE c.oid = \(parent)::regclass;
      FOR v_low IN
        SELECT d FROM pg_catalog.generate_series(
          \(start) - \(window.keep) * \(unit), \(start) + \(window.ahead) * \(unit), \(unit)) d
      LOOP
        v_name := \(Quote.literal(WindowSQL.stem(of: table.name))) || pg_catalog.to_char(v_low, '\(suffix)');
        v_from := \(literal("v_low"));
        v_to := \(literal("(v_low + \(unit))"));
        CONTINUE WHEN EXISTS (
          SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = v_parent.oid
             AND pg_catalog.pg_get_expr(c.relpartbound, c.oid)
                 = pg_catalog.format('FOR VALUES FROM (%L) TO (%L)', v_from, v_to));
        BEGIN
          LOCK TABLE ONLY \(table.sql) IN SHARE UPDATE EXCLUSIVE MODE;
          SELECT NULLIF(p.partdefid, 0) INTO v_default FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = v_parent.oid;
          \(PartitionRunnerTrust.refusal("v_parent.oid", with: "v_default::pg_catalog.oid").replacing("\n", with: "\n      "))
          -- To attach one, all of a default partition is read while nobody can use it.
          IF v_default IS NOT NULL THEN
            EXECUTE pg_catalog.format('SELECT count(*) > 10000 FROM (SELECT FROM %s LIMIT 10001) AS sample', v_default)
              INTO v_many;
            IF v_many THEN
              RAISE EXCEPTION 'the default partition % has more than 10000 rows', v_default;
            END IF;
          END IF;
          EXECUTE pg_catalog.format(
            'CREATE TABLE \(schema).%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED '
            'INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING STATISTICS INCLUDING COMMENTS)', v_name, v_parent.oid::regclass);
          FOR v_saying IN
            SELECT pg_catalog.format('OWNER TO %I', pg_catalog.pg_get_userbyid(v_parent.relowner))
             WHERE pg_catalog.pg_get_userbyid(v_parent.relowner) <> current_user
            UNION ALL SELECT 'ENABLE ROW LEVEL SECURITY' WHERE v_parent.relrowsecurity
            UNION ALL SELECT 'FORCE ROW LEVEL SECURITY' WHERE v_parent.relforcerowsecurity
          LOOP
            EXECUTE pg_catalog.format('ALTER TABLE \(schema).%I ', v_name) || v_saying;
          END LOOP;
          FOR v_saying IN
            SELECT pg_catalog.format(
                     'GRANT %s ON TABLE \(schema).%I TO %s%s', x.privilege_type, v_name,
                     CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END,
                     CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
              FROM pg_catalog.aclexplode(v_parent.relacl) x WHERE x.grantee <> v_parent.relowner
            UNION ALL
            SELECT pg_catalog.format('COMMENT ON TABLE \(schema).%I IS %L', v_name,
                                     pg_catalog.obj_description(v_parent.oid, 'pg_class'))
             WHERE pg_catalog.obj_description(v_parent.oid, 'pg_class') IS NOT NULL
          LOOP
            EXECUTE v_saying;
          END LOOP;
          EXECUTE pg_catalog.format(
            'ALTER TABLE %s ATTACH PARTITION \(schema).%I FOR VALUES FROM (%L) TO (%L)',
            v_parent.oid::regclass, v_name, v_from, v_to);
          RETURN NEXT v_name;
        EXCEPTION WHEN OTHERS THEN
          RAISE WARNING 'partition % is not made: %', v_name, SQLERRM;
        END;
      END LOOP;
    END
    """
  }

  private var retireBody: String {
    """
    DECLARE
      v_partition record;
      v_first pg_catalog.text;
      v_saying pg_catalog.text;
    BEGIN
      \(settings.replacing("\n", with: "\n  "))
      FOR v_partition IN
        SELECT c.oid, c.oid::regclass AS name, b.bound, pg_catalog.split_part(b.bound, '''', 2) AS low,
               pg_catalog.split_part(b.bound, '''', 4) AS high
          FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
         CROSS JOIN LATERAL (
           SELECT pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound,
                  pg_catalog.set_config('timezone', 'UTC', true), pg_catalog.set_config('datestyle', 'ISO', true)) b
         WHERE i.inhparent = \(parent)::regclass AND NOT i.inhdetachpending ORDER BY c.relname
      LOOP
        \(settings.replacing("\n", with: "\n    "))
        v_first := \(literal("(\(start) - \(window.keep) * \(unit))"));
        -- What has another form of bound is none of the window's.
        CONTINUE WHEN v_partition.bound <> pg_catalog.format('FOR VALUES FROM (%L) TO (%L)', v_partition.low, v_partition.high);
        CONTINUE WHEN v_partition.high::\(keyType) > v_first::\(keyType);
        BEGIN
          LOCK TABLE ONLY \(table.sql) IN ACCESS EXCLUSIVE MODE;
          \(PartitionRunnerTrust.refusal("\(parent)::pg_catalog.regclass::pg_catalog.oid", with: "v_partition.oid")
            .replacing("\n", with: "\n      "))
          EXECUTE pg_catalog.format('ALTER TABLE %s DETACH PARTITION %s', \(parent)::regclass, v_partition.name);
          \(window.retirement == .drop ? "EXECUTE pg_catalog.format('DROP TABLE %s', v_partition.name);" : "NULL;")
        EXCEPTION WHEN OTHERS THEN
          RAISE WARNING 'partition % is not retired: %', v_partition.name, SQLERRM;
        END;
        COMMIT;
      END LOOP;
    END
    """
  }
}
