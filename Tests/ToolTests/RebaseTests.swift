import FoundationEssentials
import Postgres
import TestSupport
import Testing

/// Two branches with migrations, as two people make them.
@Suite(.serialized) struct RebaseTests {
  @Test func aBranchComesAfterWhatLanded() async throws {
    let team = try await Team("CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT id FROM t;")
    defer { team.project.remove() }
    try await team.land("20260301000000_theirs", "CREATE TABLE u (id int REFERENCES t);")
    try await team.branch(
      "20260201000000_ours", "ALTER TABLE t ADD COLUMN ours int;", "20260201000001_more", "CREATE TABLE w ();")
    try await team.merge()
    let preview = try await team.project.dbtool("rebase", "--dry-run")
    #expect(preview.status == 0 && preview.output.contains("20260201000000_ours.sql -> "), "\(preview.output)")
    #expect(try team.project.migrations.contains("20260201000000_ours.sql"))
    let rebased = try await team.project.dbtool("rebase")
    #expect(rebased.status == 0, "\(rebased.output)")
    let names = try team.project.migrations.map { String($0.drop { $0 != "_" }) }
    #expect(names == ["_base.sql", "_theirs.sql", "_ours.sql", "_more.sql"])
    // The lock vouches for it, and nothing is left to move.
    let again = try await team.project.dbtool("rebase")
    #expect(again.status == 0 && again.output.contains("nothing to move"), "\(again.output)")
    #expect(try await team.project.dbtool("apply").status == 0)
  }

  @Test func whatOneUndoesOfTheOtherIsNamed() async throws {
    let view = "CREATE OR REPLACE VIEW v AS SELECT id"
    for (theirs, ours, words) in [
      ("\(view), 'theirs' AS theirs FROM t;", "\(view), 'ours' AS ours FROM t;", ["cannot be run", "view public.v"]),
      (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';",
        ["function public.f()", "made by both"]
      ),
      (
        "ALTER TABLE t RENAME COLUMN note TO remark;", "CREATE INDEX ON t (note);",
        ["cannot be run", "does not exist", "table public.t"]
      ),
      (
        "ALTER TABLE t ALTER note SET NOT NULL;", "ALTER TABLE t DROP COLUMN note;",
        ["column public.t.note", "dropped by this branch"]
      ),
      (
        "GRANT SELECT ON t TO PUBLIC;", "REVOKE ALL ON t FROM PUBLIC; GRANT INSERT ON t TO PUBLIC;",
        ["grant to PUBLIC"]
      ),
    ] {
      let team = try await Team("CREATE TABLE t (id int PRIMARY KEY, note text); CREATE VIEW v AS SELECT id FROM t;")
      defer { team.project.remove() }
      try await team.land("20260301000000_theirs", theirs)
      try await team.branch("20260201000000_ours", ours)
      try await team.merge()
      let lock = try team.project.read("schema.lock")
      let rebased = try await team.project.dbtool("rebase")
      #expect(rebased.status == 1 && words.allSatisfy(rebased.output.contains), "\(words) \(rebased.output)")
      #expect(try team.project.migrations.contains("20260201000000_ours.sql"))
      #expect(try team.project.read("schema.lock") == lock)
    }
  }

  /// The way out that a conflict's message names, word for word.
  @Test func theAdviceIsFollowedToItsEnd() async throws {
    let team = try await Team("CREATE TABLE t (id int PRIMARY KEY);")
    defer { team.project.remove() }
    try await team.land("20260301000000_theirs", "ALTER TABLE t ADD COLUMN note text;")
    try await team.branch(
      "20260201000000_ours", "ALTER TABLE t ADD COLUMN note text;", "20260201000001_more", "CREATE TABLE w ();")
    try await team.merge()
    let check = try await team.project.dbtool("plan", "--check")
    #expect(check.status != 0 && !check.output.contains("nothing to do"), "\(check.output)")
    let rebased = try await team.project.dbtool("rebase")
    try #require(rebased.status == 1, "\(rebased.output)")
    let commands = rebased.output.split(separator: "\n").map { $0.drop { $0 == " " } }.filter {
      $0.hasPrefix("git ") || $0.hasPrefix("dbtool ")
    }
    try #require(commands.count == 3, "\(rebased.output)")
    for command in commands {
      if command.hasPrefix("git ") {
        try await team.git(command.split(separator: " ").dropFirst().map(String.init))
      } else {
        #expect(command == "dbtool plan --name <what_it_does>")
        // What the example declares has no table t.
        let plan = try await team.project.dbtool("plan", "--name", "anew", "--allow", "data-loss")
        #expect(plan.status == 0, "\(plan.output)")
      }
    }
    let after = try await team.project.dbtool("plan", "--check")
    #expect(after.status == 0, "\(after.output)")
    #expect(try await team.project.dbtool("apply").status == 0)
  }

  /// Two branches whose migrations cannot both run, though nothing is left to plan.
  @Test func whatDoesNotRunIsNoPlanWithNothingToDo() async throws {
    let team = try await Team("CREATE TABLE t (id int PRIMARY KEY);")
    defer { team.project.remove() }
    for branch in ["main", "mine"] {
      try await team.git("checkout", "-q", branch)
      let plan = try await team.project.dbtool("plan", "--name", "on_\(branch)", "--allow", "data-loss")
      try #require(plan.status == 0, "\(plan.output)")
      // Both may be written within one second.
      let file = try #require(try team.project.migrations.first { $0.hasSuffix("_on_\(branch).sql") })
      let (version, other) = (String(file.prefix { $0 != "_" }), branch == "main" ? "20260601000000" : "20260701000000")
      try team.project.write(
        try team.project.read("migrations/\(file)"), to: "migrations/\(file.replacing(version, with: other))")
      try FileManager.default.removeItem(atPath: "\(team.project.root)/migrations/\(file)")
      try team.project.write(
        try team.project.read("schema.lock").replacing(version, with: other), to: "schema.lock")
      try await team.git("add", ".")
      try await team.git("commit", "-qm", branch)
    }
    try await team.merge()
    let check = try await team.project.dbtool("plan", "--check")
    #expect(check.status == 1 && !check.output.contains("nothing to do"), "\(check.output)")
    #expect(check.output.contains("dbtool rebase"), "\(check.output)")
  }

  /// What was applied before it was moved.
  @Test func anApplyAfterARebaseNamesTheCommandThatHelps() async throws {
    let team = try await Team("CREATE TABLE t (id int PRIMARY KEY);")
    defer { team.project.remove() }
    try await team.branch("20260201000000_ours", "CREATE TABLE w ();")
    try #require(try await team.project.dbtool("apply").status == 0)
    try await team.land("20260301000000_theirs", "CREATE TABLE u ();")
    try await team.git("checkout", "-q", "mine")
    try await team.merge()
    let rebased = try await team.project.dbtool("rebase")
    try #require(rebased.status == 0, "\(rebased.output)")
    let apply = try await team.project.dbtool("apply")
    #expect(
      apply.status == 1 && apply.output.contains("20260201000000_ours, which is migrations/")
        && apply.output.contains("dbtool repair"), "\(apply.output)")
    let repair = try await team.project.dbtool("repair")
    #expect(repair.status == 0, "\(repair.output)")
    let next = try await team.project.dbtool("apply")
    #expect(next.status == 0, "\(next.output)")
  }

  /// `git rebase` makes it look as if the branch had begun after what landed.
  @Test func aBranchThatWasRebasedIsComparedToo() async throws {
    let team = try await Team("CREATE TABLE t (id int PRIMARY KEY);")
    defer { team.project.remove() }
    try await team.land("20260301000000_theirs", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';")
    try await team.branch(
      "20260201000000_ours", "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';")
    try await team.git("rebase", "-q", "main")
    let rebased = try await team.project.dbtool("rebase")
    #expect(rebased.status == 1 && rebased.output.contains("function public.f()"), "\(rebased.output)")
  }

  /// A branch that has taken in what landed cannot be run without it.
  @Test func aBranchThatBuildsOnWhatItTookInIsMoved() async throws {
    let team = try await Team("CREATE TABLE t (id int PRIMARY KEY);")
    defer { team.project.remove() }
    try await team.branch("20260201000000_first", "CREATE TABLE first ();")
    try await team.land("20260301000000_theirs", "CREATE TABLE u (id int);")
    try await team.git("checkout", "-q", "mine")
    try await team.merge()
    try await team.branch("20260302000000_second", "ALTER TABLE u ADD COLUMN more int;")
    try await team.land("20260401000000_last", "CREATE TABLE z ();")
    try await team.git("checkout", "-q", "mine")
    try await team.merge()
    let rebased = try await team.project.dbtool("rebase")
    #expect(rebased.status == 0 && rebased.output.contains("is not known"), "\(rebased.output)")
    let names = try team.project.migrations.map { String($0.drop { $0 != "_" }) }
    #expect(names == ["_base.sql", "_theirs.sql", "_last.sql", "_first.sql", "_second.sql"])
  }

  @Test func whatIsNotMergedIsToldFirst() async throws {
    let team = try await Team("CREATE TABLE t (id int PRIMARY KEY);")
    defer { team.project.remove() }
    try await team.land("20260301000000_theirs", "CREATE TABLE u ();")
    try await team.branch("20260201000000_ours", "CREATE TABLE w ();")
    let early = try await team.project.dbtool("rebase")
    #expect(early.status == 1 && early.output.contains("not here: 20260301000000_theirs.sql"), "\(early.output)")
    let nowhere = try await team.project.dbtool("rebase", "--onto=--upload-pack=x")
    #expect(nowhere.status == 1 && nowhere.output.contains("no branch"), "\(nowhere.output)")
    try await team.git("checkout", "-q", "main")
    let nothing = try await team.project.dbtool("rebase")
    #expect(nothing.status == 1 && nothing.output.contains("nothing to rebase"), "\(nothing.output)")
  }
}

/// A repository with a project in it: `main`, on which migrations land, and a branch.
private struct Team {
  let project: TestProject

  init(_ base: String) async throws {
    // A small database: what is declared is not what this is about.
    project = try TestProject(binary: try TestBinary.example())
    try project.write("schema.lock merge=union\n", to: ".gitattributes")
    try await git("init", "-q", "-b", "main")
    try await migrate("20260101000000_base", base)
    try await git("add", ".")
    try await git("commit", "-qm", "base")
    // What other tests leave in a commit's parents is not this project's.
    try await git("commit", "-q", "--allow-empty", "-m", "next")
    try await git("branch", "mine")
  }

  /// Somebody else's migration, on `main`.
  func land(_ name: String, _ sql: String) async throws {
    try await git("checkout", "-q", "main")
    try await migrate(name, sql)
    try await git("add", ".")
    try await git("commit", "-qm", name)
  }

  /// Migrations on the branch, which stays checked out.
  func branch(_ migrations: String...) async throws {
    try await git("checkout", "-q", "mine")
    for index in stride(from: 0, to: migrations.count, by: 2) {
      try await migrate(migrations[index], migrations[index + 1])
    }
    try await git("add", ".")
    try await git("commit", "-qm", "mine")
  }

  func merge() async throws { try await git("merge", "-q", "-m", "merge", "main") }

  private func migrate(_ name: String, _ sql: String) async throws {
    try project.write("BEGIN;\n\(sql)\nCOMMIT;\n", to: "migrations/\(name).sql")
    let plan = try await project.dbtool("plan", "--update-lock")
    try #require(plan.status == 0, "\(plan.output)")
  }

  func git(_ arguments: String...) async throws { try await git(arguments) }

  func git(_ arguments: [String]) async throws {
    let outcome = try await ChildProcess.run(
      "/usr/bin/git", ["-c", "user.name=a", "-c", "user.email=a@localhost"] + arguments,
      environment: ["HOME": project.home, "PATH": "/usr/bin:/bin"], in: project.root)
    try #require(outcome.status == 0, "\(outcome.output)")
  }
}
