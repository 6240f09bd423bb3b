package import Catalog
internal import FoundationEssentials
package import Postgres

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Catalogs by the digest of what they were read from, kept between runs: what did not change is not loaded again.
///
/// What stands there is believed: a plan is made from it. So it is read and written in a folder that nobody else may write to,
/// which stays the one that was looked at, and of the files in it only those count that are this user's own.
package struct CatalogCache: Sendable {
  private final class Folder: Sendable {
    let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
  }

  private let folder: Folder

  /// - Returns: nil when there is no place for it, or others may write there; everything works without.
  package init?() {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? environment["HOME"].map { $0 + "/.cache" }
    guard let base else { return nil }
    self.init(folder: base + "/dbtool/catalogs")
  }

  package init?(folder path: String) {
    do {
      try FileManager.default.createDirectory(
        atPath: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), withIntermediateDirectories: true)
    } catch { return nil }
    // Whoever masks out nothing gets a folder of their own all the same.
    mkdir(path, 0o700)
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    folder = Folder(descriptor)
    guard Self.isOwn(descriptor, S_IFDIR) else { return nil }
  }

  /// Whether it is this user's, and nobody else's to write.
  private static func isOwn(_ descriptor: Int32, _ kind: mode_t) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_uid == geteuid() && status.st_mode & S_IFMT == kind
      && status.st_mode & (S_IWGRP | S_IWOTH) == 0
  }

  package func catalog(for key: Digest) -> Catalog? {
    guard let entry = entry(named: key.description) else { return nil }
    defer { close(entry) }
    guard let data = FileManager.default.contents(atPath: "/dev/fd/\(entry)"),
      let text = String(validating: data, as: UTF8.self)
    else { return nil }
    return (try? SchemaLock(parsing: text))?.catalog
  }

  package func contains(_ key: Digest) -> Bool {
    guard let entry = entry(named: key.description) else { return false }
    close(entry)
    return true
  }

  private func entry(named name: String) -> Int32? {
    let descriptor = openat(folder.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    if Self.isOwn(descriptor, S_IFREG) { return descriptor }
    close(descriptor)
    return nil
  }

  /// A cache that cannot be written is only slow.
  package func store(_ catalog: Catalog, for key: Digest) {
    // What is not modelled has no line in the format; it has to be read anew to be reported.
    guard catalog.unmodeled.isEmpty else { return }
    let name = ".\(UUID().uuidString)"
    let descriptor = openat(folder.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    do {
      try Data(SchemaLock(catalog: catalog).text.utf8).write(to: URL(filePath: "/dev/fd/\(descriptor)"))
      guard renameat(folder.descriptor, name, folder.descriptor, key.description) == 0 else {
        throw CocoaError(.fileWriteUnknown)
      }
    } catch { unlinkat(folder.descriptor, name, 0) }
    prune()
  }

  private func prune() {
    let path = "/dev/fd/\(folder.descriptor)"
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path + "/"), names.count > 200 else {
      return
    }
    let dated = names.map { name -> (name: String, seconds: Int) in
      var status = stat()
      guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return (name, 0) }
      #if canImport(Darwin)
        return (name, status.st_mtimespec.tv_sec)
      #else
        return (name, status.st_mtim.tv_sec)
      #endif
    }
    for entry in dated.sorted(by: { $0.seconds < $1.seconds }).prefix(100) {
      unlinkat(folder.descriptor, entry.name, 0)
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
