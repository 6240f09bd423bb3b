import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Every command block of the README and the guides is run, in the order in which a reader meets it.
///
/// `swift` and `make` are stood in for: that what `init` and `import` write compiles is tested there, and `make` runs these tests.
@Suite struct GuideTests {
  struct Block: Sendable, CustomTestStringConvertible {
    var file: String
    var line: Int
    /// The kind of folder that it is run in.
    var place: String
    var script: String
    var testDescription: String { "\(file):\(line)" }
  }

  static let files: [String] = {
    let folder = TestProject.repository + "/Documentation"
    let guides = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".md") }
    return ["README.md", "CONTRIBUTING.md"] + guides.sorted().map { "Documentation/" + $0 }
  }()

  private static func blocks(of file: String) throws -> [Block] {
    let text = try String(contentsOfFile: "\(TestProject.repository)/\(file)", encoding: .utf8)
    var blocks: [Block] = []
    var place = "platform"
    var open: Block?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("<!-- run in: ") { place = String(line.dropFirst(13).prefix { $0 != " " }) }
      if line == "```sh" {
        open = Block(file: file, line: index + 1, place: place, script: "")
      } else if line == "```", let block = open {
        blocks.append(block)
        open = nil
        place = "platform"
      } else {
        open?.script += line + "\n"
      }
    }
    return blocks
  }

  @Test(arguments: files)
  func everyCommandIsRun(file: String) async throws {
    let blocks = try Self.blocks(of: file)
    var projects: [String: Folder] = [:]
    defer { for folder in projects.values { folder.project.remove() } }
    for block in blocks {
      // Empty is empty each time; elsewhere, a block goes on where the last one stopped.
      let folder: Folder
      if block.place != "empty", let known = projects[block.place] {
        folder = known
      } else {
        folder = try await Folder(block.place)
        projects[block.place == "empty" ? "empty \(block.line)" : block.place] = folder
      }
      let outcome = try await folder.run(block.script)
      #expect(outcome.status == 0, "\(block.file), line \(block.line):\n\(block.script)\n\(outcome.output)")
    }
    #expect(file == "Documentation/README.md" || !blocks.isEmpty)
  }

  /// Whoever follows a link arrives.
  @Test(arguments: files)
  func linksLeadSomewhere(file: String) throws {
    let path = "\(TestProject.repository)/\(file)"
    let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for part in text.split(separator: "](").dropFirst() {
      let target = part.prefix { $0 != ")" && $0 != "#" }
      guard !target.isEmpty, !target.contains("://") else { continue }
      #expect(FileManager.default.fileExists(atPath: "\(folder)/\(target)"), "\(file): \(target)")
    }
  }
}

/// A folder with what a block needs, and databases beside it.
private struct Folder {
  let project: TestProject
  private var variables: [String: String] = [:]

  init(_ place: String) async throws {
    let isSmall = ["example", "branches", "supabase", "empty"].contains(place)
    project = try TestProject(binary: isSmall ? try TestBinary.example() : nil)
    let manager = FileManager.default
    if place == "platform" {
      try project.write(
        "SET lock_timeout = '1s'; ALTER TABLE webinar.sync_runs ADD COLUMN note text;", to: "change.sql")
      try project.copyPlatform()
      try manager.createSymbolicLink(
        atPath: project.root + "/Sources", withDestinationPath: TestProject.repository + "/Sources")
      try manager.createDirectory(atPath: project.root + "/.build/debug", withIntermediateDirectories: true)
      try manager.createSymbolicLink(atPath: project.root + "/.build/debug/dbtool", withDestinationPath: project.binary)
    }
    try manager.createDirectory(atPath: project.home + "/bin", withIntermediateDirectories: true)
    try manager.createSymbolicLink(atPath: project.home + "/bin/dbtool", withDestinationPath: project.binary)
    // What they build and test is built and tested elsewhere.
    for (name, script) in [
      ("swift", "case \"$1\" in run) shift; [ \"$1\" = shop ] || exit 1; dbtool \"$2\" --help > /dev/null ;; esac"),
      ("make", "exec /usr/bin/make --dry-run -C '\(TestProject.repository)' \"$@\" > /dev/null"),
    ] {
      let path = project.home + "/bin/\(name)"
      try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: false, encoding: .utf8)
      try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    if place == "branches" { try await makeBranches() }
    if place == "supabase" {
      try manager.createDirectory(atPath: project.root + "/supabase/migrations", withIntermediateDirectories: true)
      try project.write(
        "create table notes (id bigint primary key);\n", to: "supabase/migrations/20260101000000_notes.sql")
    }
    let isApplied =
      try await ["platform", "branches"].contains(place) ? project.dbtool("apply") : project.dbtool("postgres", "start")
    try #require(isApplied.status == 0, "\(isApplied.output)")
    let socket = try await CommandTests().socket(project)
    let name = isSmall ? "library" : "platform"
    func url(_ database: String) -> String { "postgres:///\(database)?host=\(socket)&user=postgres" }
    variables = ["URL": url(name), "A": url(name), "B": url(name), "EXISTING": url("existing"), "EDITOR": "true"]
    variables["VERSION"] = try project.migrations.last.map { String($0.prefix(14)) }
    try await Connection.with(try ConnectionTarget(url(name)).unpinned) { connection in
      try await connection.execute("CREATE DATABASE existing")
      if place == "supabase" {
        try await connection.execute(
          """
          CREATE SCHEMA supabase_migrations;
          CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
          INSERT INTO supabase_migrations.schema_migrations VALUES ('20260101000000', '{}', 'notes');
          CREATE TABLE notes (id bigint PRIMARY KEY);
          """)
      }
    }
    try await Connection.with(try ConnectionTarget(url("existing")).unpinned) {
      _ = try await $0.execute("CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL)")
    }
  }

  /// A branch with a migration, and another that landed meanwhile with an earlier version's place.
  private func makeBranches() async throws {
    let outcome = try await run(
      """
      export GIT_CONFIG_GLOBAL="$HOME/gitconfig"
      git config --global user.name a && git config --global user.email a@localhost
      git init -q -b main
      echo 'schema.lock merge=union' > .gitattributes
      add() { printf 'BEGIN;\\nCREATE TABLE %s (id int);\\nCOMMIT;\\n' "$2" > "migrations/$1.sql"; dbtool plan --update-lock; git add .; git commit -qm "$2"; }
      add 20260101000000_base base
      git commit -q --allow-empty -m next
      git checkout -q -b mine
      git checkout -q main
      add 20260301000000_theirs theirs
      git checkout -q mine
      add 20260201000000_ours ours
      """)
    try #require(outcome.status == 0, "\(outcome.output)")
  }

  func run(_ script: String) async throws -> ChildProcess.Outcome {
    var environment = variables
    environment["HOME"] = project.home
    environment["GIT_CONFIG_GLOBAL"] = project.home + "/gitconfig"
    environment["DBTOOL_STATE_DIR"] = project.home + "/state"
    environment["PATH"] = "\(project.home)/bin:/usr/local/bin:/usr/bin:/bin"
    environment["NO_COLOR"] = "1"
    for name in ["PG_BIN", "DBTOOL_RUNTIME_DIR"] {
      if let value = ProcessInfo.processInfo.environment[name] { environment[name] = value }
    }
    return try await ChildProcess.run("/bin/sh", ["-eu", "-c", script], environment: environment, in: project.root)
  }
}
