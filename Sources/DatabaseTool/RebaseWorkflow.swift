internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Postgres

/// A branch's migrations, put after those that landed first.
struct RebaseWorkflow {
  private let project: Project
  private let git: Git
  private let states: States
  /// The branch that migrations land on.
  let trunk: String

  struct Result {
    /// All migrations, in their order.
    var files: [MigrationFile]
    var renamed: [(old: MigrationFile, new: MigrationFile)]
    /// Where they lead.
    var catalog: Catalog
    /// Whether something is declared that no migration makes.
    var isBehind: Bool
    /// Whether it was compared with what each side alone has made.
    var isCompared: Bool
  }

  /// - Throws: `ToolError` where there is no such branch.
  init(project: Project, onto branch: String?) throws {
    self.project = project
    git = try Git(project.root)
    trunk = try branch ?? git.trunk()
    guard try git.isCommit(trunk) else { throw ToolError("\(trunk) is no branch or commit here") }
    states = States(database: project.database)
  }

  /// - Throws: `ToolError` with the conflicts.
  func run() async throws -> Result {
    let files = try project.migrations()
    let names = try git.migrations(in: trunk)
    let landed = files.filter { names.contains($0.fileName) }
    let ours = files.filter { !names.contains($0.fileName) }
    try verify(landed, names)
    guard let first = ours.first else { throw ToolError("nothing to rebase: every migration here is on \(trunk)") }
    let renamed = try moved(ours, after: landed.last?.version)
    let result = landed + renamed.map(\.new)

    let base = try base(of: landed, first)
    let (catalog, isCompared) = try await prove(base: base, landed: landed, ours: ours, result: result)
    let lock = try await settled(catalog, result)
    let isBehind = try await !CatalogDifference.compare(expected: states.declared(), actual: lock).isEmpty
    return Result(
      files: result, renamed: renamed.filter { $0.old.version != $0.new.version }, catalog: lock, isBehind: isBehind,
      isCompared: isCompared)
  }

  /// What had landed when the branch began: the commit before its first migration knows, unless the branch was rebased since.
  private func base(of landed: [MigrationFile], _ first: MigrationFile) throws -> [MigrationFile] {
    let names = try git.commitBefore("migrations/\(first.fileName)").map { try git.migrations(in: $0) }
    let older = landed.filter { $0.version < first.version }
    guard let names else { return older }
    let versions = Set(names.map { String($0.prefix { $0 != "_" }) })
    let known = landed.filter { file in
      names.contains(file.fileName)
        // Squashed since.
        || !file.replaced.isEmpty && file.replaced.allSatisfy { versions.contains($0.version) }
    }
    return known.count == landed.count && older.count < landed.count ? older : known
  }

  /// What landed has to be here, as it landed.
  private func verify(_ landed: [MigrationFile], _ names: Set<String>) throws {
    let missing = names.subtracting(landed.map(\.fileName)).sorted()
    guard missing.isEmpty else {
      throw ToolError(
        "\(trunk) has migrations that are not here: \(missing.joined(separator: ", ")). Merge it, or rebase the branch on it, "
          + "first; of schema.lock keep the lines of both sides.")
    }
    let changed = try git.changedMigrations(since: trunk)
    if let file = landed.first(where: { changed.contains($0.fileName) }) {
      throw MigrationError.tampered(file: file.fileName)
    }
  }

  /// The branch's migrations with versions after what landed; as they are where that is so already.
  private func moved(
    _ ours: [MigrationFile], after last: String?
  ) throws -> [(old: MigrationFile, new: MigrationFile)] {
    guard let last, let first = ours.first, first.version <= last else { return ours.map { ($0, $0) } }
    var previous = last
    return ours.map { file in
      previous = MigrationFile.version(at: Date(), after: previous)
      return (file, file.moved(to: previous))
    }
  }

  /// Runs everything in its new order, and compares with what each side alone has made.
  private func prove(
    base: [MigrationFile], landed: [MigrationFile], ours: [MigrationFile], result: [MigrationFile]
  ) async throws -> (Catalog, isCompared: Bool) {
    let (before, after) = (try await states.replayed(base), try await states.replayed(landed))
    // A branch that took in what landed meanwhile may not run without it.
    var alone: Catalog?
    do { alone = try await states.replayed(base + ours) } catch is ReplayFailure {}
    let catalog: Catalog
    do { catalog = try await states.replayed(result) } catch let failure as ReplayFailure {
      let both = alone.map { changed(before, after).intersection(changed(before, $0)).sorted() } ?? []
      throw ToolError(
        "after what landed on \(trunk), this branch's migrations cannot be run: \(failure)"
          + (both.isEmpty ? "" : "\nBoth sides change \(both.map(\.description).joined(separator: ", ")).")
          + advice(ours))
    }
    guard let alone, base.count < landed.count else { return (catalog, false) }
    let conflicts = MergeConflict.find(base: before, landed: after, ours: alone, result: catalog)
    guard conflicts.isEmpty else {
      throw ToolError(
        "this branch and \(trunk) change the same:" + conflicts.prefix(20).map { "\n  \($0)" }.joined()
          + (conflicts.count > 20 ? "\n  and \(conflicts.count - 20) more" : "") + advice(ours))
    }
    return (catalog, true)
  }

  /// The way out of a conflict: the lock of the trunk goes with the migrations that are left.
  private func advice(_ ours: [MigrationFile]) -> String {
    let files = ours.map { ShellWord.quoted("migrations/\($0.fileName)") }.joined(separator: " ")
    return """

      Nothing was written. Bring the declarations together; then plan anew what this branch changes:
        git rm -f --ignore-unmatch \(files)
        git checkout \(ShellWord.quoted(trunk)) -- schema.lock
        dbtool plan --name <what_it_does>
      """
  }

  /// The relations, functions and so on of which something differs.
  private func changed(_ a: Catalog, _ b: Catalog) -> Set<FactID> {
    Set(
      CatalogDifference.compare(expected: a, actual: b).map { difference in
        var id = difference.id.subjectID ?? difference.id
        while let parent = (a[id] ?? b[id])?.parent, parent.kind != .schema { id = parent }
        return id
      })
  }

  /// The catalog with what only declarations and locks know: as declared, where either side's lock has it so.
  private func settled(_ catalog: Catalog, _ files: [MigrationFile]) async throws -> Catalog {
    let declared = try await states.declared()
    // One that a merge has left in conflict says nothing; both sides' own do.
    var locks: [SchemaLock] = []
    if let lock = try? project.lock() { locks.append(lock) }
    for commit in [trunk, "HEAD"] {
      if let lock = try git.text(of: "schema.lock", in: commit).flatMap({ try? SchemaLock(parsing: $0) }) {
        locks.append(lock)
      }
    }
    var now = catalog
    for id in Set((locks.map(\.catalog) + [declared]).flatMap(\.facts.keys))
    where id.kind.isDeclaredOnly || id.kind == .role {
      let known = locks.compactMap { $0.catalog[id] }
      let fact =
        declared[id].flatMap { wanted in known.first { $0.agrees(with: wanted) } }
        ?? locks.first { $0.catalog[id] != nil }?.catalog[id]
      if let fact, declared[id] != nil || known.count == locks.count { now.insert(fact) }
    }
    return try await states.catalog(after: files, within: now)
  }

  /// Moves the files, then writes the lock that vouches for them.
  func write(_ result: Result) throws {
    for (old, new) in result.renamed {
      try Project.write(new.text, to: "\(project.migrationsFolder)/\(new.fileName)")
      try FileManager.default.removeItem(atPath: "\(project.migrationsFolder)/\(old.fileName)")
    }
    let lock = SchemaLock(
      migrations: result.files.map(\.lockEntry), catalog: result.catalog, standIns: states.standInDigests,
      database: project.databaseName)
    try Project.write(lock.text, to: project.lockPath)
  }
}
