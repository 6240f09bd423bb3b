import Catalog
import FoundationEssentials
import Migrations
import Operations
import Platform
import Postgres
import TestSupport

/// The platform, built by its declarations and with its partitions: a copy for each test.
enum PlatformDatabase {
  /// The schemas of the subsystems.
  static let schemas = [
    "public", "webinar", "checkin", "slotease", "marketing", "onboarding", "analytics", "experiments", "whatsapp",
  ]
  /// The same as literals for SQL.
  static var schemaList: String { schemas.map(Quote.literal).joined(separator: ", ") }

  /// One day for the whole run, as SQL: midnight may pass between two statements of a test.
  static let today: String = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day], from: Date())
    return "make_date(\(parts.year ?? 0), \(parts.month ?? 0), \(parts.day ?? 0))"
  }()

  static let states = Task { States(database: Platform.database) }

  private static let template = Task {
    let states = await PlatformDatabase.states.value
    let server = try await Databases.server.value
    let catalog = try await states.declared()
    let base = try await states.declaredTemplate()
    return try await server.template(for: Digest(of: "platform tests \(catalog.fingerprint)"), from: base) {
      connection in
      let made = try await createPartitions(catalog, connection)
      guard let failure = made.compactMap(\.failure).first else { return }
      throw PostgresError(.server, failure)
    }
  }

  /// As the owner of the tables: what he has written does not run with a superuser's rights.
  static func createPartitions(
    _ catalog: Catalog, _ connection: Connection
  ) async throws -> [PartitionManager.Outcome] {
    try await connection.execute("SET SESSION AUTHORIZATION \(ScratchRights.owner)")
    let made = try await PartitionManager(catalog: catalog).create(connection)
    try await connection.execute("RESET SESSION AUTHORIZATION")
    return made
  }

  static func with(_ body: @Sendable (ScratchDatabase) async throws -> Void) async throws {
    let server = try await Databases.server.value
    let template = try await template.value
    try await Databases.gate.pass { try await server.withDatabase(from: template, body) }
  }

  static func connected(_ body: @Sendable (Connection) async throws -> Void) async throws {
    try await with { try await Connection.with($0.target, body) }
  }
}
