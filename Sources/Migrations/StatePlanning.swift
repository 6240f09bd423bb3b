package import Catalog
package import Planning
internal import Postgres

extension States {
  /// What the first migrations led to, with what only declarations know of the objects that were there.
  ///
  /// - Parameter now: what all of them lead to.
  /// - Throws: `ReplayFailure` naming the file and line.
  package func catalog(after files: [MigrationFile], within now: Catalog) async throws -> Catalog {
    let cacheKey = try key(after: files, within: now)
    if let cached = cache?.catalog(for: cacheKey) { return cached }
    let catalog = try await made(after: files, within: now)
    // What was made beside what others wrote is not kept for the project's own runs.
    if SourceTrust.current == .own { cache?.store(catalog, for: cacheKey) }
    return catalog
  }

  /// Names the migrations, and what is taken from elsewhere: what only declarations know, roles, versions of extensions.
  private func key(after files: [MigrationFile], within now: Catalog) throws -> Digest {
    var known = Catalog()
    for fact in now.facts.values where fact.id.kind.isDeclaredOnly || [.role, .extension].contains(fact.id.kind) {
      known.insert(fact)
    }
    return try key(
      "catalog after", CatalogCache.buildStamp, files.map(\.digest.description).joined(separator: " "),
      LockFormat.encode(known))
  }

  private func made(after files: [MigrationFile], within now: Catalog) async throws -> Catalog {
    var catalog = try await replayed(files).withoutWindowPartitions(of: now.windows)
    for fact in now.facts.values where fact.id.kind.isDeclaredOnly || fact.id.kind == .role {
      if let parent = fact.parent, !catalog.contains(parent) { continue }
      catalog.insert(fact)
    }
    var settled = try await settled(catalog)
    // Which version of an extension a server has is its own business, unless it is declared.
    for id in settled.facts.keys where id.kind == .extension {
      settled[id]?.attributes[.version] = now[id]?.attributes[.version]
    }
    return settled
  }

  /// The way from one state to another.
  ///
  /// - Parameter renames: what is the same under another name; indexes and constraints that are found to be so anyway.
  /// - Throws: `PlanError`; `ProofFailure` when PostgreSQL refuses a rename.
  package func plan(from source: Catalog, to target: Catalog, renaming renames: [Rename] = []) async throws -> Plan {
    if source.agrees(with: target) { return Plan(steps: []) }
    var source = source
    let renames = Renames.makingRoom(for: renames, from: source, to: target)
    var steps = Renames.newSchemas(renames, source) + renames.map(\.step)
    var renamed: (count: Int, source: Catalog)?
    let moves = try await extensionMoves(from: source, to: target, after: steps)
    if !renames.isEmpty || !moves.isEmpty {
      // What views, policies and functions say afterwards is PostgreSQL's to write.
      do {
        (source, _) = try await reconciled(try await rebuiltWithDeclared(source, then: renames, steps + moves), target)
        steps += moves
      } catch let failure as ProofFailure {
        // This machine may lack an extension.
        guard !moves.isEmpty else { throw failure }
        guard !renames.isEmpty else { return try await plan(from: source, to: target, after: [], renamed: nil) }
        (source, _) = try await reconciled(try await rebuiltWithDeclared(source, then: renames, steps), target)
      }
      renamed = (steps.count, source)
    }
    return try await plan(from: source, to: target, after: steps, renamed: renamed)
  }

  private func plan(
    from source: Catalog, to target: Catalog, after first: [PlanStep], renamed: (count: Int, source: Catalog)?
  ) async throws -> Plan {
    let certain = CertainRenames(from: source, to: target)
    let rest = try await planReparenting(from: certain.source, to: target)
    var plan = Plan(steps: first + certain.steps + rest.steps)
    plan.renamed = renamed
    plan.isRigid = rest.isRigid
    plan.notes = rest.notes
    return plan
  }

  private func planReparenting(from source: Catalog, to target: Catalog) async throws -> Plan {
    let reparenting = Reparenting(from: source, to: target)
    guard !reparenting.moved.isEmpty else {
      return try await planned(from: source, to: target)
    }
    let (first, last) = (reparenting.withoutPartedKeys, reparenting.withoutJoinedKeys)
    let before: Catalog
    let after: Catalog
    do {
      before = reparenting.catalog(first, alone: try await rebuilt(first, then: reparenting.partings))
      after = reparenting.catalog(last, alone: try await rebuilt(last, then: reparenting.targetPartings))
    } catch is ProofFailure {
      // This machine lacks what a state needs (a role, an extension): the tables are replaced, which is refused as the
      // loss of data that it is.
      return try await planned(from: source, to: target)
    }
    let middle = try await planned(from: before, to: after)
    var plan = Plan(
      steps: try Planner.plan(from: source, to: first).steps + reparenting.partings + middle.steps
        + reparenting.joinings + Planner.plan(from: last, to: target).steps)
    plan.isRigid = true
    plan.notes = middle.notes
    return plan
  }

  private func planned(from source: Catalog, to target: Catalog) async throws -> Plan {
    try Planner.plan(
      from: source, to: target, replacing: try await fixedExtensions(from: source, to: target),
      conversions: try await conversions(from: source, to: target))
  }
}
