/// A statement that PostgreSQL lets only a superuser carry out, and that evaluates nothing of what was loaded: it may be
/// carried out with a superuser's rights in a scratch server (`ScratchRights`).
///
/// The list is closed. What is not on it runs with the rights of the one who loads, and is refused by PostgreSQL itself. No
/// statement on it holds an expression: to parse one is to call types' input functions, which look at the checks of domains.
struct SuperuserStatement {
  /// What has to be looked at, beside the statement, when it is carried out.
  enum Kind: String {
    case `extension`, language, function, wrapper, event, grant, role, owner, member, setting, other
    /// An extension that is made where the server has it.
    case availableExtension = "available extension"
    /// An extension that is updated: its script runs, though it is there.
    case updatedExtension = "updated extension"
    /// An extension that is moved to another schema, with all that belongs to it.
    case movedExtension = "moved extension"
    /// An event trigger that is given to a role, as `pg_dump` writes it. PostgreSQL has it belong to superusers alone, and no role
    /// here is one.
    case eventOwner = "event owner"
  }

  var kind: Kind
  /// The role that gets something, the parameter that is set, the extension, the kind of what privileges are on, where the
  /// kind has one.
  var detail = ""
  /// Whether its names are found in `pg_catalog` alone, wherever the session looks for them.
  var hasOwnPath = false
  /// Whether it makes what runs as native code, or has native code take one type for another: whoever does that on purpose
  /// is kept in by the operating system alone.
  var isNative = false

  private static let candidates: Set<String> = [
    "CreateExtensionStmt", "AlterExtensionStmt", "CreatePLangStmt", "DefineStmt", "CreateOpClassStmt",
    "CreateOpFamilyStmt", "AlterOpFamilyStmt", "CreateCastStmt", "CreateTransformStmt", "CreateAmStmt", "CreateFdwStmt",
    "AlterFdwStmt", "CreateForeignServerStmt", "AlterForeignServerStmt", "CreateEventTrigStmt", "AlterEventTrigStmt",
    "CreateFunctionStmt", "AlterFunctionStmt", "CreatePublicationStmt", "AlterPublicationStmt",
    "CreateSubscriptionStmt", "AlterSubscriptionStmt", "DropSubscriptionStmt", "AlterOwnerStmt", "AlterTableStmt",
    "GrantStmt", "AlterDefaultPrivilegesStmt", "CommentStmt", "CreateRoleStmt", "AlterRoleStmt", "CreateSchemaStmt",
    "DropStmt", "RenameStmt", "AlterObjectSchemaStmt", "GrantRoleStmt", "DropRoleStmt",
    "AlterRoleSetStmt",
  ]

  /// Whether statements of this kind may be on the list.
  static func isCandidate(_ name: String) -> Bool { candidates.contains(name) }

  /// Whether a function says of itself that it is leakproof.
  static func saysLeakproof(_ function: ParseTree) -> Bool {
    options(function["options"]).contains {
      $0.name == "leakproof" && $0.value?["Boolean"]?["boolval"]?.isTrue != false
    }
  }

  /// - Parameters:
  ///   - name: the statement's node.
  ///   - tree: what is in it, if it has to be looked at.
  /// - Returns: nil for what the loading role carries out itself, or is refused.
  init?(_ name: String, _ tree: () -> ParseTree?) {
    guard Self.candidates.contains(name) else { return nil }
    guard let node = tree()?[name], let found = Self.right(name, node),
      node.holdsNoExpression
    else { return nil }
    self = found
  }

  init(_ kind: Kind, role detail: String = "", hasOwnPath: Bool = false) {
    self.kind = kind
    self.detail = detail
    self.hasOwnPath = hasOwnPath
  }

  private static func native(_ kind: Kind) -> SuperuserStatement {
    var statement = SuperuserStatement(kind)
    statement.isNative = true
    return statement
  }

  private static func right(_ name: String, _ node: ParseTree) -> SuperuserStatement? {
    switch name {
    case "AlterExtensionStmt":
      return node["extname"]?.text.map { SuperuserStatement(.updatedExtension, role: Quote.identifier($0)) }
    case "CreateExtensionStmt":
      let schema = options(node["options"]).first { $0.name == "schema" }?.value?["String"]?["sval"]?.text
      return node["extname"]?.text.map { script(of: $0, schema: schema) }
    case "CreatePLangStmt":
      // Without a handler it is the extension of that name.
      if node["plhandler"] == nil { return node["plname"]?.text.map { script(of: $0) } }
      return SuperuserStatement(.language)
    case "CreateOpClassStmt", "CreateOpFamilyStmt", "AlterOpFamilyStmt", "CreateTransformStmt", "CreateAmStmt":
      return native(.other)
    case "CreateCastStmt": return node["func"] == nil ? native(.other) : nil
    case "CreateEventTrigStmt", "AlterEventTrigStmt": return SuperuserStatement(.event)
    case "AlterPublicationStmt", "AlterSubscriptionStmt",
      "DropSubscriptionStmt":
      return SuperuserStatement(.other)
    case "CreateSubscriptionStmt":
      // One that connects would do so with the server's own rights, wherever it likes.
      return options(node["options"]).contains {
        $0.name == "connect" && ["false", "off", "no", "0"].contains($0.value?["String"]?["sval"]?.text)
      } ? SuperuserStatement(.other) : nil
    case "CreateFdwStmt", "AlterFdwStmt", "CreateForeignServerStmt", "AlterForeignServerStmt":
      let validator = options(node["func_options"]).first { $0.name == "validator" }?.value?["List"]?["items"]?.names
      return SuperuserStatement(
        .wrapper, role: validator.map { $0.map { Quote.identifier($0) }.joined(separator: ".") } ?? "")
    case "DefineStmt":
      switch node["kind"]?.text {
      case "OBJECT_TYPE", "OBJECT_TSPARSER", "OBJECT_TSTEMPLATE": return native(.other)
      case "OBJECT_AGGREGATE":
        // An initial value is read by the type's input function, which looks at the checks of a domain.
        let hasValue = options(node["definition"]).contains { ["initcond", "minitcond"].contains($0.name) }
        let isInternal = options(node["definition"]).contains { option in
          ["stype", "mstype"].contains(option.name) && option.value?["TypeName"]?["names"]?.names.last == "internal"
        }
        return hasValue || !isInternal ? nil : native(.other)
      default: return nil
      }
    case "CreateFunctionStmt": return function(node)
    case "AlterFunctionStmt":
      let actions = options(node["actions"]).map(\.name)
      guard actions.allSatisfy(["leakproof", "support"].contains) else { return nil }
      return actions.contains("support") ? native(.function) : SuperuserStatement(.function)
    case "CreatePublicationStmt":
      let ofSchemas = node["pubobjects"]?.elements.contains {
        $0["PublicationObjSpec"]?["pubobjtype"]?.text?.hasPrefix("PUBLICATIONOBJ_TABLES_IN") == true
      }
      return node["for_all_tables"]?.isTrue == true || ofSchemas == true ? SuperuserStatement(.other) : nil
    case "CreateSchemaStmt":
      guard let role = role(node["authrole"]), node["schemaElts"] == nil else { return nil }
      return SuperuserStatement(.owner, role: role)
    case "GrantStmt": return grant(node)
    case "AlterDefaultPrivilegesStmt":
      let roles = options(node["options"]).filter { $0.name == "roles" }.flatMap {
        $0.value?["List"]?["items"]?.elements ?? []
      }
      return !roles.isEmpty && roles.allSatisfy { role($0["RoleSpec"]) != nil } ? SuperuserStatement(.other) : nil
    case "CreateRoleStmt", "AlterRoleStmt", "GrantRoleStmt", "DropRoleStmt", "AlterRoleSetStmt": return role(name, node)
    default: return ownership(name, node)
    }
  }

  /// What runs the script of an extension: its name, and the schema that the statement names.
  private static func script(of name: String, schema: String? = nil) -> SuperuserStatement {
    let names = [name] + (schema.map { [$0] } ?? [])
    return SuperuserStatement(.extension, role: names.map { Quote.identifier($0) }.joined(separator: "."))
  }

  /// What belongs to a superuser, or is given to somebody else.
  private static func ownership(_ name: String, _ node: ParseTree) -> SuperuserStatement? {
    switch name {
    case "AlterOwnerStmt":
      // Not of what the databases of a server share.
      if ["OBJECT_DATABASE", "OBJECT_TABLESPACE"].contains(node["objectType"]?.text) { return nil }
      guard let role = role(node["newowner"]) else { return nil }
      guard node["objectType"]?.text == "OBJECT_EVENT_TRIGGER", let name = node["object"]?["String"]?["sval"]?.text
      else {
        return SuperuserStatement(.owner, role: role)
      }
      return SuperuserStatement(.eventOwner, role: ArrayText.encode([name, role]))
    case "AlterTableStmt":
      guard let commands = node["cmds"]?.elements.compactMap({ $0["AlterTableCmd"] }), let first = commands.first else {
        return nil
      }
      if commands.count == 1, first["subtype"]?.text == "AT_ChangeOwner" {
        return role(first["newowner"]).map { SuperuserStatement(.owner, role: $0) }
      }
      // Before version 15 the copies that partitions have of a trigger are PostgreSQL's own, as those of foreign keys are.
      let switches = [
        "AT_EnableTrigAll", "AT_DisableTrigAll", "AT_EnableTrig", "AT_DisableTrig", "AT_EnableAlwaysTrig",
        "AT_EnableReplicaTrig",
      ]
      return commands.allSatisfy { $0["subtype"]?.text.map(switches.contains) == true }
        ? SuperuserStatement(.other) : nil
    case "CommentStmt": return node["objtype"]?.text.map(superusers.contains) == true ? SuperuserStatement(.other) : nil
    case "DropStmt": return node["removeType"]?.text.map(superusers.contains) == true ? SuperuserStatement(.other) : nil
    case "RenameStmt":
      return node["renameType"]?.text.map(superusers.contains) == true ? SuperuserStatement(.other) : nil
    case "AlterObjectSchemaStmt":
      if node["objectType"]?.text == "OBJECT_EXTENSION" { return SuperuserStatement(.movedExtension) }
      return node["objectType"]?.text.map(superusers.contains) == true ? SuperuserStatement(.other) : nil
    default: return nil
    }
  }

  /// Kinds of objects that belong to superusers, or to nobody.
  private static let superusers: Set<String> = [
    "OBJECT_EXTENSION", "OBJECT_EVENT_TRIGGER", "OBJECT_FDW", "OBJECT_ACCESS_METHOD", "OBJECT_PUBLICATION",
    "OBJECT_SUBSCRIPTION", "OBJECT_TSPARSER", "OBJECT_TSTEMPLATE", "OBJECT_CAST", "OBJECT_TRANSFORM", "OBJECT_LANGUAGE",
  ]

  /// A function in C, one of PostgreSQL's own under another name, or one that says of itself what only a superuser may.
  private static func function(_ node: ParseTree) -> SuperuserStatement? {
    let options = options(node["options"])
    let language = options.first { $0.name == "language" }?.value?["String"]?["sval"]?.text?.lowercased() ?? "sql"
    if language == "c" {
      // Its library is loaded when it is made, so that has to be the installation's.
      let library = options.first { $0.name == "as" }?.value?["List"]?["items"]?.names.first ?? ""
      guard library.hasPrefix("$libdir/"), !library.contains("..") else { return nil }
      return native(.function)
    }
    if language == "internal" { return native(.function) }
    // PostgreSQL has a support function judge any function's calls, and believes it.
    if options.contains(where: { $0.name == "support" }) { return native(.function) }
    // A language that says of itself that it is not to be trusted, and is (`ScratchRights.asSuperuser`).
    return ["sql", "plpgsql"].contains(language) ? nil : SuperuserStatement(.function)
  }

  /// Privileges on what an extension, or nobody, may own.
  private static func grant(_ node: ParseTree) -> SuperuserStatement? {
    let own = [
      "OBJECT_TABLE", "OBJECT_SEQUENCE", "OBJECT_COLUMN", "OBJECT_DOMAIN", "OBJECT_TYPE", "OBJECT_LARGEOBJECT",
    ]
    if node["targtype"]?.text == "ACL_TARGET_OBJECT", node["objtype"]?.text.map(own.contains) == true { return nil }
    if ["OBJECT_PARAMETER_ACL", "OBJECT_DATABASE", "OBJECT_TABLESPACE"].contains(node["objtype"]?.text) { return nil }
    let isOfColumns = (node["privileges"]?.elements ?? []).contains { $0["AccessPriv"]?["cols"] != nil }
    return isOfColumns ? nil : SuperuserStatement(.grant, role: node["objtype"]?.text ?? "")
  }

  /// What makes roles, changes them and makes them members of each other. From version 16 on only those may who have made
  /// them, and some attributes only superusers give. dbtool's own roles are not anybody's to change.
  private static func role(_ name: String, _ node: ParseTree) -> SuperuserStatement? {
    func roles(_ key: String) -> [String?] { (node[key]?.elements ?? []).map { role($0["RoleSpec"]) } }
    let named: [String?] =
      switch name {
      case "CreateRoleStmt": [node["role"]?.text]
      case "GrantRoleStmt":
        (node["granted_roles"]?.elements ?? []).map { $0["AccessPriv"]?["priv_name"]?.text } + roles("grantee_roles")
      case "DropRoleStmt": roles("roles")
      default: [role(node["role"])]
      }
    let known = named.compactMap { $0 }
    guard !known.isEmpty, known.count == named.count, !known.contains(where: isOwn), areOthers(node) else { return nil }
    if name == "AlterRoleSetStmt" {
      return node["setstmt"]?["name"]?.text.map { SuperuserStatement(.setting, role: $0) }
    }
    return SuperuserStatement(.role, role: name == "CreateRoleStmt" ? known[0] : "")
  }

  /// Whether the roles that a role is to be a member of, or to have as members, are not dbtool's own.
  static func areOthers(_ node: ParseTree) -> Bool {
    options(node["options"]).allSatisfy { option in
      let roles = (option.value?["List"]?["items"]?.elements ?? []).filter { $0["RoleSpec"] != nil }
      return roles.allSatisfy { role($0["RoleSpec"]) != nil }
    }
  }

  static func isOwn(_ role: String) -> Bool {
    ScratchRights.owners.contains(role) || role.hasPrefix("scratch_")
  }

  /// A role that is named; not whoever runs the statement, who would be another.
  static func role(_ spec: ParseTree?) -> String? {
    guard let spec, spec["roletype"]?.text == "ROLESPEC_CSTRING", let name = spec["rolename"]?.text, !isOwn(name) else {
      return nil
    }
    return name
  }

  static func options(_ list: ParseTree?) -> [(name: String, value: ParseTree?)] {
    (list?.elements ?? []).compactMap { element in
      guard let option = element["DefElem"], let name = option["defname"]?.text else { return nil }
      return (name, option["arg"])
    }
  }
}
