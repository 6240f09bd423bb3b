internal import Catalog
internal import Postgres

/// A function or procedure as a constant of the namespace `Functions`.
struct RoutineWriter {
  let scope: ImportScope
  let routine: Fact
  let parts: ImportDetails.Routine

  /// - Returns: nil for one that the DSL cannot say.
  init?(_ scope: ImportScope, _ routine: Fact) {
    guard let parts = scope.details.routines[routine.id], parts.isPlain, scope.schema(routine.id.schema) != nil,
      routine.optionalText(.routine) == nil || routine.optionalText(.routine) == "PROCEDURE",
      // Without a search_path of its own, the DSL would pin one.
      !parts.isDefiner || parts.settings.contains(where: { $0.hasPrefix("search_path=") }),
      parts.settings.allSatisfy(Self.isPlain)
    else { return nil }
    let inputs = parts.parameters.filter { $0.mode != "t" }
    let isTable = parts.parameters.contains { $0.mode == "t" }
    guard inputs.allSatisfy({ !$0.name.isEmpty && ["i", "v"].contains($0.mode) }),
      !isTable || parts.parameters.filter({ $0.mode == "t" }).allSatisfy({ !$0.name.isEmpty })
    else { return nil }
    if routine.optionalText(.routine) == "PROCEDURE", isTable || parts.isStrict || parts.parallel != "u" { return nil }
    self.scope = scope
    self.routine = routine
    self.parts = parts
  }

  /// A list of plain names, or one value.
  private static func isPlain(_ setting: String) -> Bool {
    guard setting.hasPrefix("search_path=") else {
      // Other lists of names are quoted name by name as well.
      return setting.contains("=") && !listSettings.contains { setting.hasPrefix($0 + "=") }
    }
    if setting == emptyPath { return true }
    return setting.dropFirst("search_path=".count).split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
      name in
      let plain = name.drop { $0 == " " }
      let word =
        plain.hasPrefix("\"") && plain.hasSuffix("\"") && plain.count > 2 ? plain.dropFirst().dropLast() : plain
      return !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "_$".contains($0) }
    }
  }

  /// Settings that are lists of names (`GUC_LIST_QUOTE`).
  private static let listSettings = [
    "temp_tablespaces", "session_preload_libraries", "local_preload_libraries", "shared_preload_libraries",
    "unix_socket_directories",
  ]

  /// PostgreSQL's way to write that no schema is searched.
  private static let emptyPath = "search_path=\"\""

  /// - Parameter name: the constant's.
  func text(named name: String) -> String {
    scope.say(routine.id)
    let isProcedure = routine.optionalText(.routine) == "PROCEDURE"
    let inputs = parts.parameters.filter { $0.mode != "t" }
    var arguments = [SwiftText.literal(routine.id.name), "in: \(scope.schema(routine.id.schema) ?? ".public")"]
    if !inputs.isEmpty { arguments.append("[\(inputs.map(parameter).joined(separator: ", "))]") }
    if !isProcedure { arguments.append("returns: \(result)") }
    if parts.language != "plpgsql" { arguments.append("language: .\(parts.language)") }
    if !isProcedure, let word = ["s": ".stable", "i": ".immutable"][parts.volatility] {
      arguments.append("volatility: \(word)")
    }
    if parts.isDefiner { arguments.append("security: .definer") }
    if !isProcedure {
      if let word = ["s": ".safe", "r": ".restricted"][parts.parallel] { arguments.append("parallel: \(word)") }
      if parts.isStrict { arguments.append("strict: true") }
    }
    if !parts.settings.isEmpty {
      let pairs = parts.settings.map { setting in
        if setting == Self.emptyPath { return "\"search_path\": \"\"" }
        let pair = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return "\(SwiftText.literal(pair[0])): \(SwiftText.literal(pair[1]))"
      }
      arguments.append("settings: [\(pairs.joined(separator: ", "))]")
    }
    if let roles = callers { arguments.append("execute: [\(roles.joined(separator: ", "))]") }
    let comment = scope.commentArgument(on: routine.id, indentation: 6)
    return """
      extension Functions {
        static let \(name) = Function\(isProcedure ? ".procedure" : "")(
          \(arguments.joined(separator: ", "))\(comment),
          body: \(body))
      }

      """
  }

  private func parameter(_ parameter: ImportDetails.Routine.Parameter) -> String {
    var arguments = [SwiftText.literal(parameter.name), scope.types.word(parameter.type).code]
    if let value = parameter.defaultValue { arguments.append("default: \(SwiftText.literal(value, indentation: 4))") }
    if parameter.mode == "v" { arguments.append("variadic: true") }
    return ".init(\(arguments.joined(separator: ", ")))"
  }

  private var result: String {
    let columns = parts.parameters.filter { $0.mode == "t" }
    if !columns.isEmpty { return ".table(\(columns.map(parameter).joined(separator: ", ")))" }
    switch (parts.returnsSet, parts.result) {
    case (false, "void"): return ".void"
    case (false, "trigger"): return ".trigger"
    case (let isSet, let type): return "\(isSet ? ".setOf" : ".type")(\(scope.types.word(type).code))"
    }
  }

  /// The roles that may call it, where not everybody may.
  private var callers: [String]? {
    let grants = scope.grants(on: routine.id).filter {
      $0.id.role != FactID.ownerRole && $0.id.role != FactID.delegates
    }
    guard let everybody = grants.first(where: { $0.id.role.isEmpty }), everybody.list(.privileges).isEmpty,
      grants.allSatisfy({ $0.id.role.isEmpty || $0.list(.privileges) == ["EXECUTE"] && scope.role($0.id.role) != nil })
    else { return nil }
    scope.say(grants.map(\.id))
    return grants.filter { !$0.id.role.isEmpty }.compactMap { scope.role($0.id.role) }
  }

  private var body: String {
    let source = parts.source
    guard source.hasPrefix("\n"), source.hasSuffix("\n"), source.utf8.count > 2 else {
      return ".verbatim(\(SwiftText.literal(source, indentation: 6)))"
    }
    return ".inline(\(SwiftText.literal(String(source.dropFirst().dropLast()), indentation: 6)))"
  }
}
