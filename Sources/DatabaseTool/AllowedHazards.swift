internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import Planning

/// A hazard that the user has seen and means: `data-loss`, or `data-loss:app.tasks.status` for one object.
struct AllowedHazard: ExpressibleByArgument, Sendable {
  let code: Hazard.Code
  /// A schema, an object in one, or a part of that, each with all that belongs to it; nil where nothing is named.
  let object: String?

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let code = Hazard.Code(rawValue: parts[0]), parts.count == 1 || !parts[1].isEmpty else { return nil }
    self.code = code
    object = parts.count == 2 ? parts[1] : nil
  }

  static var allValueStrings: [String] {
    Hazard.Code.allCases.map(\.rawValue) + ["\(Hazard.Code.dataLoss.rawValue):<object>"]
  }

  fileprivate func covers(_ id: FactID) -> Bool {
    guard let object else { return false }
    let parts = [id.schema, id.name, id.member].filter { !$0.isEmpty }
    return parts.indices.contains { parts[...$0].joined(separator: ".") == object }
  }
}

/// What `--allow` lets through.
///
/// Whoever allows the loss of one thing has not allowed that of another: a hazard without an object's name is allowed for the only
/// object that it is about.
struct AllowedHazards: Sendable {
  private let allowed: [AllowedHazard]
  private let refused: [Hazard.Code: Set<FactID>]

  /// - Parameter plan: all of what is to be done.
  init(_ allowed: [AllowedHazard], in plan: Plan) {
    self.allowed = allowed
    var refused: [Hazard.Code: Set<FactID>] = [:]
    for step in plan.steps {
      for hazard in step.hazards where hazard.isRefused { refused[hazard.code, default: []].insert(step.subject) }
    }
    self.refused = refused
  }

  func allows(_ hazard: Hazard, of subject: FactID) -> Bool {
    allowed.contains { permission in
      guard permission.code == hazard.code else { return false }
      return permission.object == nil ? (refused[hazard.code]?.count ?? 0) <= 1 : permission.covers(subject)
    }
  }

  /// Why a plan is not carried out, and what to pass to have it so; nil where all is allowed.
  func refusal(of plan: Plan) -> String? {
    var missing: [String] = []
    var codes: Set<String> = []
    var count = 0
    for step in plan.steps {
      for hazard in step.hazards where hazard.isRefused && !allows(hazard, of: step.subject) {
        count += 1
        codes.insert(hazard.code.rawValue)
        let name = [step.subject.schema, step.subject.name, step.subject.member].filter { !$0.isEmpty }
        let argument = "--allow " + ShellWord.quoted("\(hazard.code.rawValue):\(name.joined(separator: "."))")
        if !missing.contains(argument) { missing.append(argument) }
      }
    }
    if count == 0 { return nil }
    return "refused: \(countText(count, "step")) with \(codes.sorted().joined(separator: ", ")). "
      + "Pass \(missing.joined(separator: " ")) to proceed."
  }
}
