internal import ArgumentParser
internal import Escaping
internal import Migrations
internal import Postgres

struct RebaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebase",
    abstract: "Put a branch's migrations after those that landed first.",
    discussion: """
      For a branch that has merged, or was rebased on, the one that migrations land on: of schema.lock keep the lines of both \
      sides. What is not on that branch gets new versions, after the last that is; the order among them stays. All of it is run \
      on a scratch copy, and compared with what each side alone has made: where one undoes what the other does, the objects are \
      named, and nothing is written. schema.lock is written anew.

      A database in which the branch's migrations were applied under their old versions is told by dbtool repair.
      """)

  @Option(
    help: ArgumentHelp(
      "The branch or commit that migrations land on.", discussion: "Default: origin's default branch, main or master.",
      valueName: "branch"))
  var onto: String?

  @Flag(help: "Show what would be done; write nothing.")
  var dryRun = false

  @OptionGroup var project: ProjectOptions

  func run() async throws {
    try await reporting {
      let project = try project.project(.migrations)
      let gate = try await project.holdFiles()
      defer { _ = gate }
      let workflow = try RebaseWorkflow(project: project, onto: onto)
      let result = try await workflow.run()
      let console = Console.output
      if result.renamed.isEmpty {
        console.line("nothing to move: what is not on \(workflow.trunk) comes after it already")
      }
      for (old, new) in result.renamed { console.line("\(old.fileName) -> \(new.fileName)") }
      console.line(
        "proved: all \(result.files.count) migrations run"
          + (result.isCompared
            ? ", and both sides have what they made"
            : "; what each side alone has made is not known, so read what both change"))
      if result.isBehind {
        console.line("the declarations want more than that: dbtool plan")
      }
      if dryRun { return }
      try workflow.write(result)
      if result.renamed.isEmpty { return }
      console.line("next: dbtool plan --check, and where they were applied already: dbtool repair")
    }
  }
}
