internal import FoundationEssentials
internal import Migrations
internal import Postgres

/// The repository that a project is in, asked by `git`.
struct Git {
  private let program: String
  private let root: String

  /// - Throws: `ToolError` where there is no git or no repository.
  init(_ root: String) throws {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    guard
      let program = folders.map({ "\($0)/git" }).first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { throw ToolError("there is no git in PATH, which knows what has landed") }
    self.program = program
    self.root = root
    let outcome = try run("rev-parse", "--git-dir")
    guard outcome.status == 0 else {
      throw ToolError("\(root) is in no git repository that git would read: \(outcome.output.trimmedTrailing)")
    }
  }

  /// The branch that others land on: `origin`'s own, or else `main` or `master`.
  ///
  /// - Throws: `ToolError` where there is none of these.
  func trunk() throws -> String {
    for name in ["origin/HEAD", "origin/main", "origin/master", "main", "master"] where try isCommit(name) {
      return name
    }
    throw ToolError("nothing tells on which branch migrations land; say --onto <branch>")
  }

  func isCommit(_ reference: String) throws -> Bool {
    try run("rev-parse", "--verify", "--quiet", "--end-of-options", reference + "^{commit}").status == 0
  }

  /// The migrations' file names in a commit.
  func migrations(in commit: String) throws -> Set<String> {
    let list = try lines("ls-tree", "--name-only", commit, "migrations/")
    return Set(list.filter { $0.hasSuffix(".sql") }.map { String($0.dropFirst("migrations/".count)) })
  }

  /// The migrations of a commit whose files here are others. git's own comparison would run the filters that the
  /// repository's attributes name.
  func changedMigrations(since commit: String) throws -> Set<String> {
    var committed: [String: String] = [:]
    for line in try lines("ls-tree", commit, "migrations/") {
      // <mode> blob <object>	migrations/<name>
      let parts = line.split(separator: "\t", maxSplits: 1)
      guard parts.count == 2, let object = parts[0].split(separator: " ").last else { continue }
      committed[String(parts[1].dropFirst("migrations/".count))] = String(object)
    }
    let here = try FileManager.default.contentsOfDirectory(atPath: root + "/migrations").filter { $0.hasSuffix(".sql") }
    let common = here.filter { committed[$0] != nil }
    guard !common.isEmpty else { return [] }
    var changed: Set<String> = []
    let objects = try lines(["hash-object", "--no-filters", "--"] + common.map { "migrations/\($0)" })
    for (name, object) in zip(common, objects) where committed[name] != object {
      // Line ends are no content.
      let file = try String(contentsOfFile: "\(root)/migrations/\(name)", encoding: .utf8)
      let other = try text(of: "migrations/\(name)", in: commit)
      if other.map(SourceText.normalised) != SourceText.normalised(file) { changed.insert(name) }
    }
    return changed
  }

  /// A file as it is in a commit; nil when it is not there.
  func text(of path: String, in commit: String) throws -> String? {
    let outcome = try run("cat-file", "blob", "\(commit):./\(path)")
    return outcome.status == 0 ? outcome.output : nil
  }

  /// The commit before the one in which a file first came; nil for one that was never committed, or came with the first commit.
  func commitBefore(_ path: String) throws -> String? {
    guard
      let first = try lines(
        "log", "--diff-filter=A", "--format=%H", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--", path
      ).last
    else { return nil }
    let parent = first + "^"
    return try isCommit(parent) ? parent : nil
  }

  private func lines(_ arguments: String...) throws -> [String] { try lines(arguments) }

  private func lines(_ arguments: [String]) throws -> [String] {
    let outcome = try run(arguments)
    guard outcome.status == 0 else {
      throw ToolError("git \(arguments.joined(separator: " ")): \(outcome.output.trimmedTrailing)")
    }
    return outcome.output.split(separator: "\n").map(String.init)
  }

  private func run(_ arguments: String...) throws -> ChildProcess.Outcome { try run(arguments) }

  /// A repository's own settings name programs. git refuses those of another user (`safe.directory`), which is left alone; and what
  /// is asked here needs none of them.
  private func run(_ arguments: [String]) throws -> ChildProcess.Outcome {
    var environment = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "GIT_DIR"].contains($0.key) }
    // What is missing here is not fetched, by whatever program a remote names.
    environment["GIT_ALLOW_PROTOCOL"] = "none"
    environment["GIT_NO_LAZY_FETCH"] = "1"
    environment["GIT_TERMINAL_PROMPT"] = "0"
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    let settings = [
      "core.quotePath=false", "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "gpg.program=false",
      "gpg.ssh.program=false", "gpg.x509.program=false", "core.sshCommand=false", "credential.helper=",
    ]
    return try ChildProcess.run(
      program, settings.flatMap { ["-c", $0] } + arguments, environment: environment, in: root)
  }
}
