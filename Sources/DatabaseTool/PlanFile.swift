internal import ArgumentParser
internal import Catalog
internal import Escaping
internal import FoundationEssentials
internal import Migrations
internal import Postgres

/// What `dbtool apply` would do to one database, written down: it is applied as it is or not at all.
struct PlanFile: Codable {
  struct Migration: Codable, Equatable {
    var file: String
    var digest: String
    /// How many of its parts are done already.
    var done: Int
  }

  /// The schema of the database that it was made for.
  var fingerprint: String
  var database: String
  /// Which database of which server, as far as the role may know.
  var identity: DatabaseIdentity
  /// What the database was marked as: a copy is the same in everything else.
  var mark: String
  var migrations: [Migration]

  /// What is pending in a database now.
  init(_ project: Project, _ target: ConnectionTarget) async throws {
    let (files, lock) = try verifiedFiles(project)
    let windows = lock.catalog.windows
    let states = States(database: project.database)
    // Partitions of a window come and go with the months.
    fingerprint = "\(try await states.live(target).withoutWindowPartitions(of: windows).fingerprint)"
    database = "\(target)"
    (identity, mark, migrations) = try await Connection.with(target) { connection in
      let pending = try await Applier(target: target, files: files).pending(connection).map {
        Migration(file: $0.file.fileName, digest: $0.file.digest.description, done: $0.done)
      }
      let mark = try await DatabaseMarks(connection).environment
      return (try await DatabaseIdentity(connection), mark.map { "\($0)" } ?? EnvironmentMark.none, pending)
    }
  }

  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else { throw ToolError("\(path) cannot be read") }
    do { self = try JSONDecoder().decode(PlanFile.self, from: data) } catch {
      throw ToolError(
        "\(path) is not a plan that dbtool plan --out has written, or an older version wrote it. Make it again")
    }
  }

  func write(to path: String) throws {
    do { try JSON.text(self).write(toFile: path, atomically: true, encoding: .utf8) } catch {
      throw ToolError("\(path) cannot be written")
    }
  }

  /// - Throws: exit code 4 when the database, or what would be applied, is not what it was.
  func verify(_ project: Project, _ target: ConnectionTarget) async throws {
    let now = try await PlanFile(project, target)
    var reasons: [String] = []
    if !now.identity.mayBe(identity) {
      reasons.append("it was made for \(database), which is another database than \(now.database)")
    }
    if mark != now.mark {
      reasons.append("it was made for a database with the mark \(mark), and this one has the mark \(now.mark)")
    }
    if now.fingerprint != fingerprint { reasons.append("the schema of \(now.database) has changed") }
    if now.migrations != migrations { reasons.append("what is pending there is not what was planned") }
    if reasons.isEmpty { return }
    Console.error.failure(
      "the plan is stale: \(reasons.joined(separator: ", and ")). Nothing was applied; make it again with dbtool plan --out."
    )
    throw ExitCode(4)
  }
}
