internal import Catalog
internal import Postgres

struct SchemaItem: DatabaseItem {
  let schema: Schema
  func render(into rendering: inout Rendering) {
    let id = FactID(.schema, name: schema.name)
    // `public` is in every database, and may be gone from this one.
    rendering.add(.schema, "CREATE SCHEMA IF NOT EXISTS \(Quote.identifier(schema.name))", id, schema.location)
    rendering.add(comment: schema.comment, on: "SCHEMA \(Quote.identifier(schema.name))", id, schema.location)
  }
}

struct RoleItem: DatabaseItem {
  let role: Role
  func render(into rendering: inout Rendering) {
    rendering.note(role: role.name)
    let id = FactID(.role, name: role.name)
    // Roles are the server's: another database of the scratch server may have made it at this moment.
    var body = "CREATE ROLE \(role.sql)"
    if !role.attributes.isEmpty { body += " " + role.attributes.map(\.rawValue).joined(separator: " ") }
    let sql = """
      DO \(Quote.dollar("""
      BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = \(Quote.literal(role.name))) THEN
          \(body);
        END IF;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END
      """))
      """
    rendering.add(.role, sql, id, role.location)
    guard !role.isExternal else {
      rendering.add(
        overlay: Fact(FactID(.external, name: "role \(role.name)"), [.create: .text(sql)]), role.location)
      return
    }
    for group in role.memberOf {
      rendering.add(
        .grant, "GRANT \(Quote.identifier(group)) TO \(role.sql)", id.about(.grant, role: group), role.location)
    }
    // The scratch server's roles are shared by all its databases, so what the declaration says is not read back.
    rendering.add(
      overlay: Fact(
        id,
        [
          .attributes: .ifPresent(role.attributes.map(\.rawValue).sorted()),
          .memberOf: .ifPresent(role.memberOf.sorted()),
        ], needs: role.memberOf.map { FactID(.role, name: $0) }), role.location)
  }
}

struct EnumDeclaration<E: PostgresEnum>: DatabaseItem {
  func render(into rendering: inout Rendering) {
    let name = E.typeName
    let id = FactID(.enumType, schema: name.schema.name, name: name.name)
    let location = name.location
    let labels = E.allCases.map { Quote.literal($0.rawValue) }.joined(separator: ", ")
    rendering.add(.type, "CREATE TYPE \(name.sql) AS ENUM (\(labels))", id, location)
    rendering.note(formerName: name.formerName, of: id)
    for (label, former) in E.renamedLabels {
      rendering.note(
        formerName: former, of: FactID(.enumType, schema: id.schema, name: id.name, member: label.rawValue))
    }
    rendering.add(comment: E.comment, on: "TYPE \(name.sql)", id, location)
  }
}

extension Extension {
  public func render(into rendering: inout Rendering) {
    let schemaClause = schema.map { " SCHEMA \(Quote.identifier($0.name))" } ?? ""
    let versionClause = version.map { " VERSION \(Quote.literal($0))" } ?? ""
    rendering.add(
      .extension, "CREATE EXTENSION IF NOT EXISTS \(Quote.identifier(name))\(schemaClause)\(versionClause)",
      FactID(.extension, name: name), location)
    if version != nil { rendering.add(versionedExtension: name) }
  }
}

extension Sequence {
  public func render(into rendering: inout Rendering) {
    let id = FactID(.sequence, schema: name.schema.name, name: name.name)
    var sql = "CREATE SEQUENCE \(name.sql)"
    if let increment { sql += " INCREMENT BY \(increment)" }
    if let minimum { sql += " MINVALUE \(minimum)" }
    if let maximum { sql += " MAXVALUE \(maximum)" }
    if let start { sql += " START WITH \(start)" }
    if let cache { sql += " CACHE \(cache)" }
    if cycles { sql += " CYCLE" }
    rendering.add(.sequence, sql, id, location)
    rendering.add(comment: comment, on: "SEQUENCE \(name.sql)", id, location)
  }
}

extension Function {
  public func render(into rendering: inout Rendering) {
    let id = FactID(.function, schema: schema.name, name: name, member: parameters.map(\.type).joined(separator: ", "))
    let list = parameters.map { parameter in
      var text = (parameter.isVariadic ? "VARIADIC " : "") + Quote.identifier(parameter.name) + " " + parameter.type
      if let value = parameter.defaultValue { text += " DEFAULT " + value.text }
      return text
    }.joined(separator: ", ")
    var sql = "CREATE OR REPLACE \(keyword) \(qualifiedName)(\(list))"
    if !isProcedure { sql += "\n RETURNS \(result.sql)" }
    sql += "\n LANGUAGE \(language.rawValue)"
    if !isProcedure {
      if volatility != .volatile { sql += " \(volatility.rawValue)" }
      if isStrict { sql += " STRICT" }
      if parallel != .unsafe { sql += " PARALLEL \(parallel.rawValue)" }
    }
    if security == .definer { sql += " \(security.rawValue)" }
    // A search_path is a list of names, every other setting one value.
    for (key, value) in settings {
      sql += "\n SET \(Quote.identifier(key)) TO \(settingValue(key, value))"
    }
    sql += "\nAS \(Quote.dollar(body.text, tag: "function"))"
    rendering.add(.function, sql, id, location, bodyFile: body.file)
    rendering.note(function: id, location)
    rendering.add(comment: comment, on: "\(keyword) \(signature)", id, location)
    if let execute {
      // A platform's default privileges give what is new to roles of its own.
      let others = (["PUBLIC"] + rendering.externalRoles.sorted().map(Quote.identifier)).joined(separator: ", ")
      rendering.add(.grant, "REVOKE ALL ON \(keyword) \(signature) FROM \(others)", id.about(.grant), location)
      if !execute.isEmpty {
        rendering.add(
          .grant, grantSQL([.execute], on: "\(keyword) \(signature)", to: execute), id.about(.grant), location)
      }
    }
  }

  private func settingValue(_ key: String, _ value: String) -> String {
    guard key == "search_path" else { return Quote.literal(value) }
    let names = Self.names(inList: value)
    return names.isEmpty ? "''" : names.map(Quote.identifier).joined(separator: ", ")
  }

  /// The names in a list as `search_path` has it: with commas between them, quoted where they hold one.
  private static func names(inList list: String) -> [String] {
    var isQuoted = false
    let parts = list.unicodeScalars.split { scalar in
      if scalar == "\"" { isQuoted.toggle() }
      return scalar == "," && !isQuoted
    }
    return parts.map { part in
      var part = part.drop { $0 == " " }
      while part.last == " " { part.removeLast() }
      return Quote.unquoted(String(part))
    }.filter { !$0.isEmpty }
  }
}

extension SchemaGrant {
  public func render(into rendering: inout Rendering) {
    let id = FactID(.schema, name: schema.name)
    rendering.add(
      .grant, grantSQL(privileges, on: "SCHEMA \(Quote.identifier(schema.name))", to: roles),
      id.about(.grant, role: roles.first?.name ?? ""), location)
  }
}

extension DefaultPrivileges {
  public func render(into rendering: inout Rendering) {
    let place = schema.map { " IN SCHEMA \(Quote.identifier($0.name))" } ?? ""
    rendering.add(
      .defaultPrivilege,
      "ALTER DEFAULT PRIVILEGES\(place) "
        + grantSQL(privileges, on: objects.rawValue, to: roles),
      FactID(.defaultPrivilege, schema: schema?.name ?? "", name: objects.rawValue, role: roles.first?.name ?? ""),
      location)
  }
}

extension Setting {
  public func render(into rendering: inout Rendering) {
    let id = FactID(.setting, name: name, role: role?.name ?? "")
    // Neither is ever read from a database, so that no plan would be done with it.
    if Secrets.isSecret(setting: name) {
      rendering.problem(
        Diagnostic(
          .error, code: "secret-setting", "the setting \(name) may be a secret by its name, so it is never read",
          object: "\(id)", location: location, help: "set it by hand, or give it a name without such a word"))
    } else if name.contains("."), Secrets.isSecret(value: "\(value)") {
      rendering.problem(
        Diagnostic(
          .error, code: "secret-setting", "the value of the setting \(name) holds a secret, so it is never read",
          object: "\(id)", location: location, help: "set it by hand, or leave the secret out"))
    }
    rendering.add(
      .grant, DatabaseSetting.statement("SET \(DatabaseSetting.quoted(name)) TO \(value)", role: role?.name ?? ""), id,
      location)
  }
}

extension ServerSetting {
  public func render(into rendering: inout Rendering) {
    rendering.add(overlay: Fact(FactID(.serverSetting, name: name), [.text: .text(value)]), location)
  }
}

extension Publication {
  public func render(into rendering: inout Rendering) {
    let id = FactID(.publication, name: name)
    let quoted = Quote.identifier(name)
    rendering.add(
      .publication,
      "CREATE PUBLICATION \(quoted) FOR TABLE \(tables.map(\.sql).joined(separator: ", "))"
        + (viaRoot ? " WITH (publish_via_partition_root = true)" : ""), id, location)
    rendering.add(comment: comment, on: "PUBLICATION \(quoted)", id, location)
  }
}

extension OptionalExtension {
  public func render(into rendering: inout Rendering) {
    let id = FactID(.optionalExtension, name: name)
    let message = Quote.literal("\(name) is not available on this server: \(purpose) is skipped")
    let sql = """
      DO \(Quote.dollar("""

      BEGIN
        IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = \(Quote.literal(name))) THEN
          CREATE EXTENSION IF NOT EXISTS \(Quote.identifier(name)) SCHEMA \(Quote.identifier(schema.name));
        ELSE
          RAISE NOTICE '%', \(message);
        END IF;
      END

      """))
      """
    rendering.add(.extension, sql, id, location)
    rendering.add(
      overlay: Fact(
        id, [.create: .text(sql), .text: .text(purpose)],
        needs: [FactID(.schema, name: schema.name)]), location)
  }
}

extension CronJob {
  public func render(into rendering: inout Rendering) {
    let id = FactID(.cronJob, name: name)
    let arguments = [name, schedule, command.text].map(Quote.literal).joined(separator: ", ")
    rendering.add(.job, "SELECT cron.schedule(\(arguments))", id, location)
    if !isActive {
      rendering.add(
        .job,
        "SELECT cron.alter_job((SELECT jobid FROM cron.job WHERE jobname = \(Quote.literal(name))), active => false)",
        id, location)
    }
  }
}

extension RawSQL {
  public func render(into rendering: inout Rendering) {
    let id = FactID(.raw, name: name)
    rendering.add(.raw, create.text, id, location)
    rendering.add(
      overlay: Fact(
        id,
        [
          .create: .text(create.text), .drop: .text(drop.text),
          .objects: .ifPresent(creates.map { LockFormat.encode($0.id) }),
        ]), location)
  }
}

extension DeclaredSQL {
  public func render(into rendering: inout Rendering) {
    var id = FactID(.raw, name: "\(location)")
    if let declares {
      do { id = try LockFormat.decodeID(declares) } catch {
        rendering.problem(
          Diagnostic(
            .error, code: "unknown-object", "\(declares) names no object", location: location,
            help: "write it as schema.lock does, for example domain public positive"))
      }
    }
    rendering.add(isLast ? .lastSQL : .raw, sql.text, id, location)
  }
}
