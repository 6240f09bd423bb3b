package import Catalog
package import Introspection
package import Planning
package import Postgres

/// What running a plan on a scratch copy showed.
package struct Proof: Sendable {
  /// Facts in which the result is not the target; empty when the plan converges.
  package var differences: [CatalogDifference]
  /// Tables whose rows were not the same afterwards.
  package var lostRows: [FactID]
  /// Columns that would get a number next that a row has, and would not have before.
  package var takenNumbers: [FactID]
  /// What clients would not find after one of the plan's transactions, though it is there before the plan and after it.
  package var gaps: [Gap]
  /// How many rows were there, and in how many tables.
  package var rows: Int
  package var tables: Int
  /// Tables for which no row could be made.
  package var emptyTables: [FactID]
  /// Why not, by the table: what PostgreSQL said of the last row that was tried.
  package var reasons: [FactID: String]
  package var serverVersion: ServerVersion
  /// What the plan leads to, and what it should.
  var result: Catalog
  var expected: Catalog

  package var holds: Bool { differences.isEmpty && lostRows.isEmpty && takenNumbers.isEmpty && gaps.isEmpty }
}

extension States {
  /// Takes differences of wording away: PostgreSQL may print an expression otherwise once it has read what it printed.
  ///
  /// - Throws: `ServerError`; `PostgresError`.
  package func reconcile(_ proof: inout Proof) async throws {
    guard proof.differences.contains(where: \.concernsExpressions) else { return }
    let (result, expected) = try await reconciled(proof.result, proof.expected)
    proof.differences = CatalogDifference.compare(expected: expected, actual: result)
  }
}

/// A step that PostgreSQL refused on the scratch copy.
package struct ProofFailure: Error, CustomStringConvertible {
  package var step: PlanStep
  package var statement: String
  package var error: PostgresError
  package var description: String {
    var text = "the plan cannot be carried out: \(step.action.rawValue) \(step.subject)"
    if let location = step.location { text += " (\(location))" }
    text += "\n  \(statement.replacing("\n", with: "\n  "))\n\(error)"
    if error.sqlState == "23502" {
      text += "\nhelp: the table may have rows; give the column a default, or let it be NULL and fill it first."
    }
    return text
  }
}

extension ProofFailure {
  /// The table whose rows do not fit what a step asks of them; nil where the step would fail on any row, or on none.
  fileprivate func tableOfRow(in source: Catalog) -> FactID? {
    guard error.isAboutRow else { return nil }
    return [error.tableOfRow(in: source), step.subject.table].compactMap { $0 }.first(where: source.contains)
  }
}

extension PostgresError {
  /// Whether a constraint refuses rows: other ones it might take.
  fileprivate var isAboutRow: Bool { ["23503", "23505", "23514", "23P01"].contains(sqlState) }

  /// The table whose rows a constraint refuses.
  package func tableOfRow(in source: Catalog) -> FactID? {
    guard isAboutRow, let table else { return nil }
    let id = FactID(.table, schema: table.schema, name: table.name)
    return source.contains(id) ? id : nil
  }
}

extension Plan {
  /// Puts a hazard where the plan takes away what it is about.
  fileprivate mutating func add(_ hazard: Hazard, of use: ClientUse) {
    func names(_ id: FactID) -> [String] {
      let table = Quote.qualified(id.schema, id.name)
      return [
        id.sqlName, table + (id.member.isEmpty ? "" : "." + Quote.identifier(id.member)),
        id.member.isEmpty ? "" : "\(Quote.identifier(id.member)) of \(table)",
      ]
        + (id.table.map { [$0.sqlName] } ?? [])
    }
    let known = [use.name, use.owner]
    let places = steps.indices.filter { steps[$0].action != .create }
    let place =
      places.last { index in
        names(steps[index].subject).contains(use.name)
      } ?? places.last { index in
        ([steps[index].subject] + steps[index].includes).flatMap(names).contains(where: known.contains)
      } ?? places.last ?? steps.indices.last
    guard let place else { return }
    var hazard = hazard
    hazard.isSeen = true
    steps[place].hazards.append(hazard)
  }

  /// Puts tables that foreign keys refer to before those that have the keys. Others' tables may be referred to, and not locked
  /// by LOCK TABLE.
  fileprivate mutating func rankLocks(by catalogs: [Catalog]) {
    let tables = Set(steps.flatMap(\.locks).map(\.table))
    guard tables.count > 1 else { return }
    var refers: [String: Set<String>] = [:]
    var foreign: Set<String> = []
    for fact in catalogs.flatMap(\.facts.values) {
      if fact.isForeignKey, let table = fact.parent?.sqlName, tables.contains(table) {
        let key = fact.list(.foreign)
        if key.count == 2 { refers[table, default: []].insert(Quote.qualified(key[0], key[1])) }
      } else if fact.id.kind == .owner, let table = fact.parent?.sqlName, tables.contains(table) {
        foreign.insert(table)
      }
    }
    var ranks: [String: Int] = [:]
    func rank(_ table: String) -> Int {
      if let known = ranks[table] { return known }
      // In a ring, one of them has to be first.
      ranks[table] = 0
      let rank =
        (refers[table] ?? []).intersection(tables).subtracting([table]).sorted().map { rank($0) + 1 }.max() ?? 0
      ranks[table] = rank
      return rank
    }
    for table in tables.sorted() { _ = rank(table) }
    for index in steps.indices {
      for place in steps[index].locks.indices {
        let table = steps[index].locks[place].table
        steps[index].locks[place].rank = rank(table)
        if foreign.contains(table) { steps[index].locks[place].nameBefore = nil }
      }
    }
  }
}

extension PlanStep {
  fileprivate func isSame(as other: PlanStep) -> Bool {
    subject == other.subject && action == other.action && statements.exact == other.statements.exact
  }
}

extension ScratchTemplate {
  /// Makes the roles that two states speak of, where the server lacks them, but for those that a plan makes itself.
  ///
  /// - Throws: `ServerError`; `PostgresError`.
  package func provideRoles(of source: Catalog, and target: Catalog, for plan: Plan) async throws {
    let made = plan.steps.filter { $0.action == .create && $0.subject.kind == .role }.map(\.subject.name)
    try await server.provide(roles: source.rolesInUse.union(target.rolesInUse).subtracting(made))
  }
}

/// Runs a plan on a scratch copy, watches what it locks and rewrites, and compares the result with the target.
package struct Prover: Sendable {
  private let server: ScratchServer
  private let reader: CatalogReader

  package init(server: ScratchServer, reader: CatalogReader) {
    self.server = server
    self.reader = reader
  }

  /// The proof's own rows are of no account: where a plan refuses those of a table, it is tried without them, and a hazard
  /// (`Hazard.Code.refusesValues`) says that others may be refused as well.
  ///
  /// - Parameters:
  ///   - plan: gets the locks and hazards that were observed.
  ///   - template: a scratch database in the source state.
  /// - Throws: `ProofFailure` when a statement fails.
  package func prove(
    _ plan: inout Plan, from template: ScratchTemplate, source: Catalog, target: Catalog
  ) async throws -> Proof {
    try await template.provideRoles(of: source, and: target, for: plan)
    var steps = plan
    var emptied: [FactID] = []
    var races = 0
    while true {
      let (attempt, without) = (steps, emptied)
      do {
        let (proved, proof) = try await server.withDatabase(from: template) { database in
          let (plan, rows) = try await database.withLoading {
            try await run(attempt, without: without, $0, source: source, target: target)
          }
          return (plan, try await judge(rows, database, source: source, target: target))
        }
        plan = proved
        return proof
      } catch let failure as ProofFailure {
        if failure.error.isConcurrentCatalogUpdate, races < PostgresError.mostConcurrentUpdates {
          races += 1
          continue
        }
        guard let table = failure.tableOfRow(in: source), !emptied.contains(table),
          let index = steps.steps.firstIndex(where: { $0.isSame(as: failure.step) })
        else { throw failure }
        emptied.append(table)
        guard !steps.steps[index].hazards.contains(where: { $0.code == .refusesValues }) else { continue }
        steps.steps[index].hazards.append(
          Hazard(
            .refusesValues,
            "\(failure.step.subject) stops the migration if a row does not fit it. The proof's own rows did not: "
              + "\(failure.error.message)"))
      }
    }
  }

  private func run(
    _ plan: Plan, without emptied: [FactID], _ session: LoadingSession, source: Catalog, target: Catalog
  ) async throws -> (Plan, KeptRows) {
    var plan = plan
    let connection = session.connection
    try await ProofRows.fill(connection, source: source, target: target)
    let reasons = try await ProofRows.reasons(connection)
    try await ProofRows.empty(emptied, connection)
    let dropped = Set(plan.steps.filter { $0.action == .drop }.map(\.subject))
    // Tables are counted under the names that they have in the end; to give them does nothing to their rows.
    let counted = plan.renamed?.source ?? source
    let contents = { try await ProofRows.contents(connection, source: counted, target: target, replaced: dropped) }
    var before: [FactID: ProofRows.Content] = [:]
    var observer = LockObserver(existing: [source, counted])
    try await observer.start(connection)
    let taken = try await ProofNumbers.taken(connection)
    let segments = plan.segments
    // Where there is but one transaction, nobody sees anything in between.
    let names = segments.count > 1 ? try await ProofNames(connection) : nil
    var uses: Set<ClientUse> = []
    var index = 0
    for segment in segments {
      if index > 0 { try await names?.look(after: index) }
      let isTransaction = segment[0].mode.isTransactional
      if isTransaction { try await connection.execute("BEGIN; SET LOCAL check_function_bodies = off") }
      try await observer.newTransaction(connection)
      for step in segment {
        if index == plan.renamed?.count ?? 0 {
          before = try await contents()
          uses = try await ClientUse.all(connection)
          // Counting scans too, and is not the step's doing.
          try await observer.forgetScans(connection)
        }
        try await run(step, session)
        let observed = try await observer.observe(connection)
        plan.steps[index].locks = observed.locks
        plan.steps[index].hazards += observed.hazards
        index += 1
      }
      guard isTransaction else { continue }
      do { try await connection.execute("COMMIT") } catch let error as PostgresError {
        throw ProofFailure(step: segment[segment.count - 1], statement: "COMMIT", error: error)
      }
    }
    if plan.steps.count == plan.renamed?.count ?? 0 { before = try await contents() }
    let after = try await contents()
    let changed = plan.steps.filter { $0.action != .drop && $0.hazards.contains { $0.isRefused } }.map(\.subject)
    // A plan may lose a position where it says so.
    let newlyTaken = try await ProofNumbers.taken(connection).subtracting(taken).filter { column in
      !changed.contains { $0.schema == column.schema && $0.name == column.name || $0.kind == .sequence }
    }
    let gaps = try await names?.gaps() ?? []
    plan.rankLocks(by: [source, target])
    if !uses.isEmpty {
      // What is lost with rows is told where that is planned.
      let lost = ClientUseHazards(from: uses, to: try await ClientUse.all(connection)).lost(except: ["table", "column"])
      for change in lost { plan.add(change.hazard, of: change.use) }
    }
    try await ProofRows.removeDefaultPartitions(connection)
    return (
      plan, KeptRows(before: before, after: after, takenNumbers: newlyTaken.sorted(), gaps: gaps, reasons: reasons)
    )
  }

  /// What was in the tables.
  private struct KeptRows {
    var before: [FactID: ProofRows.Content]
    var after: [FactID: ProofRows.Content]
    var takenNumbers: [FactID]
    var gaps: [Gap]
    var reasons: [FactID: String]
  }

  private func judge(
    _ rows: KeptRows, _ database: ScratchDatabase, source: Catalog, target: Catalog
  ) async throws -> Proof {
    let windows = target.windows.union(source.windows)
    // Roles are the scratch server's, shared with other databases; raw and external facts are nobody's to read.
    let (read, version) = try await Connection.with(database.reading) {
      (try await reader.read($0), await $0.serverVersion)
    }
    let result = read.removing { $0.id.kind == .role }.withoutWindowPartitions(of: windows)
    let expected = target.removing { $0.id.kind == .role }.withoutWindowPartitions(of: windows)
    let before = rows.before
    let lost = before.filter { rows.after[$0.key] != $0.value }.map(\.key).sorted()
    return Proof(
      differences: CatalogDifference.compare(expected: expected, actual: result), lostRows: lost,
      takenNumbers: rows.takenNumbers, gaps: rows.gaps,
      rows: before.values.reduce(0) { $0 + $1.rows }, tables: before.values.count { $0.rows > 0 },
      emptyTables: before.filter { $0.value.rows == 0 }.map(\.key).sorted(), reasons: rows.reasons,
      serverVersion: version, result: result, expected: expected)
  }

  private func run(_ step: PlanStep, _ session: LoadingSession) async throws {
    // Raw and external SQL may be several statements.
    if step.subject.kind == .raw || step.subject.kind == .external {
      for statement in step.statements {
        do { try await session.execute(statement) } catch let error as PostgresError {
          throw ProofFailure(step: step, statement: statement, error: error)
        }
      }
      return
    }
    guard !step.statements.isEmpty else { return }
    let results = try await session.pipeline(step.statements)
    for (statement, result) in zip(step.statements, results) {
      if case .failure(let error) = result { throw ProofFailure(step: step, statement: statement, error: error) }
    }
  }
}
