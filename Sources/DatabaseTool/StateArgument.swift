internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Postgres
internal import SchemaDSL

/// A state of a database, as the command line names it.
enum StateArgument: CustomStringConvertible {
  case empty, schema, lock, migrations
  case url(ConnectionTarget)
  /// A `.sql` file, or a folder of them.
  case path(String)

  /// - Throws: `ToolError` when the text names nothing.
  init(_ text: String) throws {
    switch text {
    case "empty": self = .empty
    case "schema": self = .schema
    case "lock": self = .lock
    case "migrations": self = .migrations
    default:
      if FileManager.default.fileExists(atPath: text) {
        self = .path(text)
        return
      }
      guard text.contains("://") || text.contains("=") else {
        throw ToolError(
          "\(text) is neither a file or folder, nor a database URL, nor empty, schema, lock or migrations")
      }
      self = .url(try ConnectionTarget(text))
    }
  }

  /// The state in a title; a URL without what it may hold.
  var description: String {
    switch self {
    case .empty: "empty"
    case .schema: "schema"
    case .lock: "lock"
    case .migrations: "migrations"
    case .url(let target): "\(target)"
    case .path(let path): path
    }
  }

  /// Whether it knows what no server holds.
  var isDeclared: Bool {
    switch self {
    case .schema, .lock: true
    default: false
    }
  }

  /// Whether it is the project's own: what the project leaves to others is left out of what it is compared with.
  func belongs(to project: Project) async throws -> Bool {
    switch self {
    case .schema, .lock, .migrations: return true
    case .empty, .path: return false
    case .url(let target):
      do {
        return try await Connection.with(target) { try await DatabaseMarks($0) }.project == project.databaseName
      } catch let error as PostgresError where error.kind == .connection { throw error } catch {
        // There is a history, which this role may not read, or nobody should.
        return true
      }
    }
  }

  /// The declarations whose externals apply: none where no state is the project's.
  static func database(for states: [StateArgument], _ project: Project) async throws -> Database {
    for state in states where try await state.belongs(to: project) { return project.database }
    return Database(project.databaseName) {}
  }

  /// Whether it is read from the project's folder.
  private var isOfFolder: Bool {
    switch self {
    case .lock, .migrations: true
    default: false
    }
  }

  func catalog(_ project: Project, _ states: States) async throws -> Catalog {
    if isOfFolder {
      try project.verifyDatabase()
      // Of a folder that is no project, both would be the state of an empty database.
      try project.verifyMigrations()
    }
    return switch self {
    case .empty: try await states.empty()
    case .schema: try await states.declared()
    case .lock: try verifiedFiles(project).1.catalog
    case .migrations: try await states.replayed(try project.migrations())
    case .url(let target): try await states.live(target)
    case .path(let path): try await states.read(template: try await states.sqlTemplate(path: path))
    }
  }

  /// A scratch database in the state, to prove on.
  func template(_ catalog: Catalog, _ project: Project, _ states: States) async throws -> ScratchTemplate {
    switch self {
    case .empty: try await states.replayTemplate([])
    case .schema: try await states.declaredTemplate()
    case .lock, .migrations: try await states.replayTemplate(try project.migrations())
    case .path(let path): try await states.sqlTemplate(path: path)
    // A live database is not copied; its schema is rebuilt.
    case .url: try await states.rebuiltTemplate(catalog)
    }
  }

  /// Whether it is SQL in files.
  var isPath: Bool { if case .path = self { true } else { false } }

  /// Who owns everything, or most of it, in what pg_dump has written; nil where the other state has that role own
  /// something by name.
  func usualOwner(_ states: States, unless other: Catalog, _ known: Set<String>) async throws -> String? {
    guard case .path(let path) = self, let owner = try await states.usualOwner(ofDump: path), !known.contains(owner),
      !other.facts.values.contains(where: { fact in
        fact.id.kind == .owner && fact.text(.role) == owner
          || fact.id.kind == .defaultPrivilege && fact.id.member == owner
      })
    else { return nil }
    return owner
  }
}

extension Catalog {
  /// Says what was there in a database, and is not compared.
  func leftOutText(of state: StateArgument) -> TerminalText? {
    guard case .url = state, !leftOut.isEmpty else { return nil }
    let they = leftOut.count == 1 ? "it belongs" : "they belong"
    return "left out of \(state), since \(they) to others (External, or a tool's history): \(leftOut.sentence)"
  }
}
