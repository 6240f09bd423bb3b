package import Catalog
internal import FoundationEssentials
package import Postgres

/// Catalogs by the digest of what they were read from, kept between runs: what did not change is not loaded again.
package struct CatalogCache: Sendable {
  private let folder: String

  /// - Returns: nil when there is no place for it; everything works without.
  package init?() {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? environment["HOME"].map { $0 + "/.cache" }
    guard let base else { return nil }
    folder = base + "/dbtool/catalogs"
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      return nil
    }
  }

  package func catalog(for key: Digest) -> Catalog? {
    guard let text = try? String(contentsOfFile: "\(folder)/\(key)", encoding: .utf8) else { return nil }
    return (try? SchemaLock(parsing: text))?.catalog
  }

  package func contains(_ key: Digest) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(key)") }

  /// A cache that cannot be written is only slow.
  package func store(_ catalog: Catalog, for key: Digest) {
    // What is not modelled has no line in the format; it has to be read anew to be reported.
    guard catalog.unmodeled.isEmpty else { return }
    try? SchemaLock(catalog: catalog).text.write(toFile: "\(folder)/\(key)", atomically: true, encoding: .utf8)
    prune()
  }

  private func prune() {
    let manager = FileManager.default
    guard let names = try? manager.contentsOfDirectory(atPath: folder), names.count > 200 else { return }
    let dated = names.map { name -> (String, Date) in
      let date = try? manager.attributesOfItem(atPath: "\(folder)/\(name)")[.modificationDate] as? Date
      return (name, date ?? .distantPast)
    }
    for (name, _) in dated.sorted(by: { $0.1 < $1.1 }).prefix(100) {
      try? manager.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// Entries of another build of dbtool are not trusted: it may read catalogs differently.
  package static let buildStamp: String = {
    let path = "/proc/self/exe"
    let resolved =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? CommandLine.arguments.first ?? ""
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved) else { return resolved }
    let date = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return "\(resolved) \(date) \(attributes[.size] ?? 0)"
  }()
}
