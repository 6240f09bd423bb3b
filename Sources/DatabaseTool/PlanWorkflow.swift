internal import Catalog
internal import FoundationEssentials
internal import Migrations
internal import Planning
internal import Postgres

/// From the project's files to a proved plan.
struct PlanWorkflow {
  let project: Project
  let states: States
  var renames = RenameMode.ask
  var strategy = OnlineStrategy.Scope.everything
  /// What the lock says whose it is, where that is not this program's database.
  var databaseName: String?

  struct Result {
    var plan: Plan
    var proof: Proof?
    /// Where the migrations lead.
    var source: Catalog
    /// What is declared.
    var target: Catalog
    /// Migration files that the lock does not list yet.
    var unlisted: [MigrationFile]
    var files: [MigrationFile]
    /// Whether the lock was written with other stand-ins for what belongs to others.
    var hasOtherStandIns = false
  }

  /// Compares the declarations with where the migrations lead, and proves the way there.
  ///
  /// - Parameter distrustingLock: read where the migrations lead from PostgreSQL, whatever the lock says.
  func run(distrustingLock: Bool = false) async throws -> Result {
    let lock = try project.lock()
    let files = try project.migrations()
    let unlisted = try MigrationFile.verify(files, against: lock)
    let target = try await states.declared()
    let source = try await source(lock, files, trustingLock: unlisted.isEmpty && !distrustingLock)
    if case .except(let names) = strategy {
      let known = Set((Array(source.facts.keys) + target.facts.keys).filter(\.isRelation).map(\.path))
      for name in names.sorted() where !known.contains(name) {
        throw ToolError("--direct \(name): there is no such table, index or materialized view")
      }
    }
    var plan = try await states.plan(
      from: source, to: target, renaming: renames.renames(from: source, to: target, states, isDeclared: true))
    locate(&plan)
    var proof: Proof?
    if !plan.isEmpty {
      proof = try await prove(&plan, on: try await states.replayTemplate(files), from: source, to: target)
    }
    return Result(
      plan: plan, proof: proof, source: source, target: target, unlisted: unlisted, files: files,
      hasOtherStandIns: project.hasLock && lock.standIns != states.standInDigests)
  }

  /// Makes a plan one that clients do not wait for, and proves it.
  func prove(
    _ plan: inout Plan, on template: ScratchTemplate, from source: Catalog, to target: Catalog
  ) async throws -> Proof {
    let prover = Prover(server: template.server, reader: states.reader)
    var proof: Proof?
    var filled: Set<FactID> = []
    try await template.provideRoles(of: source, and: target, for: plan)
    if let proof = try await convertTables(&plan, on: template, from: source, to: target, prover) { return proof }
    if plan.mayRewrite {
      // Whether a default is written into every row, and whether a type changes every value, is PostgreSQL's to say.
      var direct = plan
      proof = try await prove(&direct, with: prover, from: template, source: source, target: target)
      filled = direct.filledColumns
      do {
        let conversion = try await states.expandAndContract(
          direct, from: source, to: target, on: template, scope: strategy, filled: filled)
        let note = "converting columns beside the clients does not lead to what is declared; it is done directly"
        if let proof = try await adopt(
          conversion, in: &direct, otherwise: note, on: template, from: source, to: target, prover)
        {
          plan = direct
          return proof
        }
      } catch let failure as ProofFailure {
        direct.notes.append("PostgreSQL refuses to convert columns beside the clients: \(failure.error.message)")
      }
      plan = direct
    }
    let online = OnlineStrategy.rewrite(plan, from: source, to: target, scope: strategy, filled: filled)
    if let proof, online.isDirect { return proof }
    let notes = plan.notes
    plan = online.unproved
    plan.notes = notes
    locate(&plan)
    return try await prove(&plan, with: prover, from: template, source: source, target: target)
  }

  private func prove(
    _ plan: inout Plan, with prover: Prover, from template: ScratchTemplate, source: Catalog, target: Catalog
  ) async throws -> Proof {
    var proof = try await prover.prove(&plan, from: template, source: source, target: target)
    try await states.reconcile(&proof)
    return proof
  }

  /// Makes tables anew beside those that clients use, where their partitioning changes.
  ///
  /// - Returns: nil where there is no such table, or it cannot be done so, which the plan's notes say then.
  private func convertTables(
    _ plan: inout Plan, on template: ScratchTemplate, from source: Catalog, to target: Catalog, _ prover: Prover
  ) async throws -> Proof? {
    do {
      let conversion = try await states.tableConversion(
        plan, from: source, to: target, on: template, scope: strategy)
      return try await adopt(
        conversion, in: &plan, otherwise: "making tables anew beside the clients does not lead to what is declared",
        on: template, from: source, to: target, prover)
    } catch let failure as ProofFailure {
      plan.notes.append("PostgreSQL refuses to make tables anew beside the clients: \(failure.error.message)")
    }
    return nil
  }

  /// Takes a plan in two migrations, if there is one and it holds.
  ///
  /// - Parameters:
  ///   - plan: becomes that plan; keeps the reasons of what is done directly.
  ///   - note: what is told where it does not hold.
  private func adopt(
    _ conversion: (plan: Plan?, refusals: [Refusal]), in plan: inout Plan, otherwise note: String,
    on template: ScratchTemplate, from source: Catalog, to target: Catalog, _ prover: Prover
  ) async throws -> Proof? {
    plan.notes += conversion.refusals.map(\.description)
    guard var converted = conversion.plan else { return nil }
    converted.notes = plan.notes
    locate(&converted)
    let proof = try await prove(&converted, with: prover, from: template, source: source, target: target)
    guard proof.holds else {
      plan.notes.append(note)
      return nil
    }
    plan = converted
    return proof
  }

  /// The lock's catalog; with migrations that it does not know, what PostgreSQL makes of all of them.
  private func source(
    _ lock: SchemaLock, _ files: [MigrationFile], trustingLock: Bool
  ) async throws -> Catalog {
    // Another major prints the same schema in other words.
    let isInOurWords =
      lock.catalog.serverVersion.major == (try await states.serverVersion().major) && lock.catalog.otherMajors.isEmpty
    if trustingLock, project.hasLock, isInOurWords, lock.standIns == states.standInDigests { return lock.catalog }
    var catalog = try await states.replayed(files)
    for fact in lock.catalog.facts.values where fact.id.kind.isDeclaredOnly || fact.id.kind == .role {
      catalog.insert(fact)
    }
    // A migration written by hand may word an expression otherwise than the declarations.
    return try await states.settled(catalog.withoutWindowPartitions(of: lock.catalog.windows))
  }

  /// Whether the lock says what the migrations lead to: a line lost in a merge shows nowhere else.
  ///
  /// - Throws: `ToolError` with the differences.
  func verifyLock(_ files: [MigrationFile]) async throws {
    let vouched = try project.lock()
    guard vouched.standIns == states.standInDigests else { throw ToolError(Self.otherStandIns) }
    let lock = vouched.catalog
    let windows = lock.windows
    let replayed = try await states.replayed(files).withoutWindowPartitions(of: windows)
    let expected = lock.removing { $0.id.kind == .role }.withoutWindowPartitions(of: windows)
    let (actual, wanted) = try await states.reconciled(replayed, expected)
    let differences = CatalogDifference.compare(expected: wanted, actual: actual)
    guard !differences.isEmpty else { return }
    let list = differences.prefix(10).map { "\n  \($0.kind.inLock) \($0.id)" }.joined()
    let failures = await states.takeFailedComparisons().map { "\n\($0)" }.joined()
    throw ToolError(
      "schema.lock does not say what the migrations lead to:\(list)"
        + (differences.count > 10 ? "\n  and \(differences.count - 10) more" : "") + failures
        + "\nTake schema.lock back from git, or write it anew with dbtool plan --update-lock.")
  }

  /// What is told where a preset was declared, or has changed, since the lock was written.
  static let otherStandIns =
    "schema.lock was written with other stand-ins for what belongs to others (External). Write it anew: dbtool plan --update-lock."

  func locate(_ plan: inout Plan) {
    for index in plan.steps.indices {
      plan.steps[index].location = states.location(of: plan.steps[index].subject)
    }
  }

  /// A catalog for the lock, in the old lock's words wherever it means the same. Another version prints the same schema in other
  /// words, and a team may have several.
  func inWordsOfLock(_ catalog: Catalog) async throws -> Catalog {
    guard project.hasLock else { return catalog }
    let old = try project.lock().catalog
    // A server of the lock's own major has the last word.
    guard old.serverVersion.number > 0, old.serverVersion.major != catalog.serverVersion.major else { return catalog }
    let (same, known) = try await states.reconciled(old, catalog)
    var result = known
    var isMixed = false
    for fact in known.facts.values {
      guard let kept = old[fact.id], same[fact.id]?.agrees(with: fact) == true, kept.needs.allSatisfy(known.contains)
      else {
        isMixed = true
        continue
      }
      result[fact.id] = kept
    }
    result.serverVersion = old.serverVersion
    result.otherMajors = isMixed ? old.otherMajors.union([catalog.serverVersion.major]) : old.otherMajors
    return result
  }

  /// Writes the migration, or the two of them, then the lock that vouches for them.
  ///
  /// - Returns: the migrations' file names; none when there was nothing but the lock to write.
  func write(_ result: Result, name: String?) throws -> [String] {
    var files = result.files
    var written: [MigrationFile] = []
    var catalog = result.plan.isEmpty ? result.target : result.source
    if let name, let proof = result.proof, !result.plan.isEmpty {
      for (plan, isContract) in result.plan.parts {
        let name = isContract ? "\(name)_contract" : name
        let version = MigrationFile.version(at: Date(), after: files.last?.version)
        let text = MigrationWriter.text(
          for: plan, proof: proof, title: "\(version)_\(name)", isContract: isContract)
        let file = MigrationFile(version: version, name: name, text: text)
        // What cannot be read back is not written.
        _ = try file.segments()
        written.append(file)
        files.append(file)
      }
      for file in written { try Project.write(file.text, to: "\(project.migrationsFolder)/\(file.fileName)") }
      catalog = result.target
    }
    let lock = SchemaLock(
      migrations: files.map(\.lockEntry), catalog: catalog, standIns: states.standInDigests,
      database: databaseName ?? project.databaseName)
    try Project.write(lock.text, to: project.lockPath)
    return written.map(\.fileName)
  }
}

extension FactID {
  /// Whether a strategy can be chosen for it.
  fileprivate var isRelation: Bool { [.table, .materializedView, .index].contains(kind) }
}

extension CatalogDifference.Kind {
  /// What the lock has to do with it, seen from the migrations.
  fileprivate var inLock: String {
    switch self {
    case .missing: "only in the lock:"
    case .extra: "not in the lock:"
    case .different: "different:"
    }
  }
}
