internal import Catalog
internal import Postgres

/// Subscriptions (PostgreSQL: CREATE SUBSCRIPTION).
///
/// As `pg_dump` does it, a new one is not connected: whoever runs it enables it, once the publisher has its slot, and
/// refreshes it. No statement here needs the publisher, so that it runs in a transaction, and on a scratch server.
enum SubscriptionRule: Rule {
  static func create(_ fact: Fact, _ context: RuleContext) -> [String] {
    let options = ["connect = false"] + fact.list(.options)
    return [
      """
      CREATE \(fact.id.objectClause) CONNECTION \(Quote.literal(fact.text(.connection))) \
      PUBLICATION \(publications(fact)) WITH (\(options.joined(separator: ", ")))
      """
    ]
  }

  static func drop(_ fact: Fact, _ context: RuleContext) -> [String] {
    let clause = fact.id.objectClause
    return ["ALTER \(clause) DISABLE", "ALTER \(clause) SET (slot_name = NONE)", "DROP \(clause)"]
  }

  static func dropHazards(_ fact: Fact) -> [Hazard] {
    let secret = "a password in the connection of the \(fact.id), which dbtool does not read, is gone"
    guard let slot = slot(fact) else { return [Hazard(.dataLoss, secret)] }
    return [
      Hazard(
        .dataLoss,
        "the publisher keeps the slot \(slot) of the \(fact.id), and WAL for it; drop it there with "
          + "pg_drop_replication_slot. And \(secret)")
    ]
  }

  /// The publisher's slot that it reads, as a literal; nil when it has none.
  private static func slot(_ fact: Fact) -> String? {
    let option = fact.list(.options).first { name($0) == "slot_name" }
    if option == "slot_name = NONE" { return nil }
    return option.map { String($0.dropFirst("slot_name = ".count)) } ?? Quote.literal(fact.id.name)
  }

  static func alter(_ old: Fact, _ new: Fact, _ context: RuleContext) -> Alteration {
    let before = old.list(.options)
    let after = new.list(.options)
    let names = Set(before.filter { !after.contains($0) } + after.filter { !before.contains($0) }).map(name)
    // The publisher has to know of these too.
    if names.contains("two_phase") || names.contains("failover") { return .replace }
    // A subscription may have a name that no slot can have, as long as nobody says that its slot has it.
    let isSlotName = new.id.name.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "_") || (48...57).contains(byte) || (97...122).contains(byte)
    }
    if names.contains("slot_name"), !isSlotName, !after.contains(where: { name($0) == "slot_name" }) { return .replace }
    let clause = "ALTER \(new.id.objectClause)"
    var change = Change()
    if old.attributes[.connection] != new.attributes[.connection] {
      change.statements.append("\(clause) CONNECTION \(Quote.literal(new.text(.connection)))")
      change.hazards.append(
        Hazard(
          .dataLoss,
          "gives the \(new.id) another connection; a password in the old one, which dbtool does not read, is gone"))
    }
    if old.attributes[.publications] != new.attributes[.publications] {
      change.statements.append("\(clause) SET PUBLICATION \(publications(new)) WITH (refresh = false)")
    }
    let removed = before.map(name).filter { name in !after.contains { Self.name($0) == name } }
    let words = after.filter { !before.contains($0) } + removed.compactMap { usual(new)[$0] }
    if let slot = slot(old), names.contains("slot_name") {
      change.hazards.append(
        Hazard(.dataLoss, "the publisher keeps the slot \(slot), and WAL for it; the \(new.id) no longer reads it"))
    }
    if !words.isEmpty {
      // Without a slot it cannot be enabled.
      if words.contains("slot_name = NONE") { change.statements.append("\(clause) DISABLE") }
      change.statements.append("\(clause) SET (\(words.joined(separator: ", ")))")
    }
    return .inPlace(change)
  }

  /// What CREATE SUBSCRIPTION takes for granted.
  private static func usual(_ fact: Fact) -> [String: String] {
    [
      "slot_name": "slot_name = \(Quote.literal(fact.id.name))",
      "binary": "binary = false", "synchronous_commit": "synchronous_commit = off",
      "disable_on_error": "disable_on_error = false", "password_required": "password_required = true",
      "run_as_owner": "run_as_owner = false", "origin": "origin = any",
    ]
  }

  private static func publications(_ fact: Fact) -> String {
    fact.list(.publications).map(Quote.identifier).joined(separator: ", ")
  }

  /// The word before ` = `.
  private static func name(_ option: String) -> String { String(option.prefix { $0 != " " }) }
}
