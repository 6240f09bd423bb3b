internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import Migrations
internal import Planning
internal import SchemaDSL

/// The option `--renames`, which `plan` and `diff` share.
struct RenameOptions: ParsableArguments {
  @Option(
    name: .customLong("renames"),
    help: ArgumentHelp(
      "Take what looks like something that is gone for the same, renamed: auto, ask or off.",
      discussion: """
        Tables are known by their columns, columns by their type and place, views, sequences and types by their \
        definition. ask puts the question where somebody can answer, and elsewhere tells what it would have asked. What is declared \
        with renamed(from:) is not asked about.
        """))
  var mode: RenameMode = .ask
}

/// What is done with what looks like something that is gone.
enum RenameMode: String, ExpressibleByArgument, CaseIterable {
  case auto, ask, off

  /// What is renamed: what the declarations say, and what is chosen of what looks like it.
  func renames(from source: Catalog, to target: Catalog, _ states: States, isDeclared: Bool) -> [Rename] {
    let declared =
      isDeclared ? Renames.declared(states.rendering.formerNames, from: source, to: target) : []
    guard self != .off else { return declared }
    let names = Dictionary(uniqueKeysWithValues: declared.map { ($0.from, $0.to) })
    let likely = Renames.likely(from: source.renaming(names), to: target).filter { rename in
      !declared.contains { $0.to == rename.to || $0.from == rename.from }
    }
    return declared + likely.filter(isTaken)
  }

  private func isTaken(_ rename: Rename) -> Bool {
    if self == .auto { return true }
    let question = "\(rename.to) looks like \(rename.from): \(rename.evidence)"
    guard Console.canAsk else {
      Console.error.note("\(question). --renames auto renames it and keeps what is in it; so does renamed(from:).")
      return false
    }
    return Console.isAnswered("\(question). Rename it? [y/N] ")
  }
}
