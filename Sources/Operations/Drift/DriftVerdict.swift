internal import Catalog
internal import Escaping

/// What a difference is called, and how bad it is.
struct DriftVerdict: Equatable {
  var code: String
  var severity: Diagnostic.Severity

  private init(_ code: String, _ severity: Diagnostic.Severity) {
    self.code = code
    self.severity = severity
  }

  /// - Parameters:
  ///   - expected: the fact as the migrations leave it; nil where there should be none.
  ///   - actual: the fact as it is.
  init(_ difference: CatalogDifference, expected: Fact?, actual: Fact?) {
    if let access = Self.access(difference.id, expected, actual) {
      self = access
      return
    }
    let kind = difference.id.kind
    let code = "\(difference.kind.rawValue)-\(kind.word.replacingScalar("_", with: "-"))"
    switch difference.kind {
    case .missing:
      self.init(code, Self.serves(kind, expected) ? .error : .warning)
    case .extra:
      if let actual, actual.attributes[.valid] == .flag(false) {
        self.init("invalid-index", .warning)
      } else {
        self.init(code, Self.widens(kind, actual) ? .error : .warning)
      }
    case .different:
      let keys = difference.attributes
      self =
        keys.compactMap { Self.special($0, kind) }.max { $0.severity < $1.severity } ?? DriftVerdict(code, .warning)
      if severity < .error, keys.contains(where: { !Self.isMinor($0.key, of: kind) }), Self.serves(kind, expected) {
        self.init(code, .error)
      }
    }
  }

  /// Privileges: what matters is whether somebody may do more or less, whichever way it is written down.
  private static func access(_ id: FactID, _ expected: Fact?, _ actual: Fact?) -> DriftVerdict? {
    let prefix: String
    let usual: [String]
    switch id.kind {
    case .grant:
      prefix = ""
      usual = id.subject.map { $0.usualPrivileges(of: id.role) } ?? []
    case .defaultPrivilege:
      prefix = "default-"
      let subject: FactKind? = id.name == "FUNCTIONS" ? .function : id.name == "TYPES" ? .enumType : nil
      usual = id.schema.isEmpty ? subject.map { $0.usualPrivileges(of: id.role) } ?? [] : []
    default: return nil
    }
    let isWider: Bool
    if id.role == FactID.delegates {
      isWider = !Set(actual?.delegated ?? []).isSubset(of: expected?.delegated ?? [])
    } else if id.role == FactID.ownerRole {
      // Owners can grant whatever they have, so that only what they lack makes a difference.
      isWider = !Set(expected?.list(.revoked) ?? []).isSubset(of: actual?.list(.revoked) ?? [])
    } else {
      let wanted = expected.map { $0.list(.privileges) } ?? usual
      let found = actual.map { $0.list(.privileges) } ?? usual
      isWider = !Set(found).isSubset(of: wanted)
    }
    return DriftVerdict(prefix + (isWider ? "widened-grant" : "narrowed-grant"), .error)
  }

  /// Attributes with a name of their own.
  private static func special(_ change: CatalogDifference.AttributeChange, _ kind: FactKind) -> DriftVerdict? {
    switch change.key {
    case .rowSecurity, .forcedRowSecurity:
      return change.expected == .flag(true) ? DriftVerdict("row-security-off", .error) : nil
    case .valid: return DriftVerdict("invalid-index", .error)
    case .validated: return DriftVerdict("unvalidated-constraint", .warning)
    case .columnSettings:
      // A column may not be NULL, or may.
      func isRequired(_ value: AttributeValue?) -> Bool {
        if case .list(let settings)? = value { settings.contains("SET NOT NULL") } else { false }
      }
      guard isRequired(change.expected) != isRequired(change.actual) else { return nil }
      return DriftVerdict("different-\(kind.word.replacingScalar("_", with: "-"))", .error)
    case .enabled where kind != .triggerState:
      return DriftVerdict(kind == .rule ? "disabled-rule" : "disabled-trigger", .error)
    case .options where kind == .view:
      func options(_ value: AttributeValue?, _ name: String) -> [String] {
        guard case .list(let options)? = value else { return [] }
        return options.filter {
          $0.hasPrefix("\(name)=") && !["false", "off", "0"].contains($0.dropFirst(name.count + 1))
        }
      }
      func differs(_ name: String) -> Bool {
        let (a, b) = (options(change.expected, name), options(change.actual, name))
        return name == "check_option" ? a != b : a.isEmpty != b.isEmpty
      }
      if differs("security_invoker") { return DriftVerdict("security-invoker", .error) }
      return differs("security_barrier") || differs("check_option") ? DriftVerdict("view-protection", .error) : nil
    default: return nil
    }
  }

  /// Whether clients or guarantees rely on it.
  private static func serves(_ kind: FactKind, _ fact: Fact?) -> Bool {
    switch kind {
    case .comment, .statistics, .setting, .partitionIndex: false
    case .index: fact?.flag(.unique) ?? false
    default: true
    }
  }

  /// Whether it gives somebody more than was meant, or acts on rows by itself.
  private static func widens(_ kind: FactKind, _ fact: Fact?) -> Bool {
    switch kind {
    case .policy: fact?.attributes[.permissive] != .flag(false)
    case .owner, .securityLabel, .trigger, .rule, .eventTrigger, .publication, .publicationTable, .publicationSchema,
      .subscription:
      true
    default: false
    }
  }

  private static func isMinor(_ key: AttributeKey, of kind: FactKind) -> Bool {
    // The options of these kinds say what is sent where, not how fast.
    minor.contains(key)
      && !(key == .options && [.publication, .subscription, .foreignServer, .foreignTable].contains(kind))
  }

  /// Attributes that change how fast something is, or how it is called, and not what it does.
  private static let minor: Set<AttributeKey> = [
    .statistics, .storage, .compression, .options, .clustered, .tablespace, .accessMethod, .cache, .start, .minimum,
    .increment, .columnSettings, .name, .usual, .notNullName, .notNullNames, .version, .validated, .text,
  ]
}
