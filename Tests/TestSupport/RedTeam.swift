import FoundationEssentials
package import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Counts attacks and those that got through, for `make redteam`.
package enum RedTeam {
  /// Judges one attack.
  ///
  /// - Parameter gotThrough: what the attack has got, for people; nil when it has got nothing.
  package static func judge(
    _ attack: String, gotThrough: String?, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    record("\(gotThrough == nil ? "held" : "THROUGH") \(attack)")
    #expect(gotThrough == nil, "\(attack) got through: \(gotThrough ?? "")", sourceLocation: sourceLocation)
  }

  /// A line in the file that `DBTOOL_REDTEAM_LOG` names; one write, so that lines of several tests do not mix.
  private static func record(_ line: String) {
    guard let path = ProcessInfo.processInfo.environment["DBTOOL_REDTEAM_LOG"] else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array((line.replacing("\n", with: " ") + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
}

/// A place outside of a scratch server where an attack leaves something, and a secret that it reads.
package struct Bait: Sendable {
  package let folder: TemporaryBait

  package init() throws { folder = try TemporaryBait() }

  /// What everybody who is let out could make.
  package var canary: String { folder.path + "/canary" }
  /// What everybody who is let out could read.
  package var secretFile: String { folder.path + "/secret" }
  package var secret: String { folder.secret }

  /// Whether something was left.
  package var isTaken: Bool { FileManager.default.fileExists(atPath: canary) }

  package func remove() { try? FileManager.default.removeItem(atPath: folder.path) }
}

/// A folder that every user may write to.
package struct TemporaryBait: Sendable {
  package let path: String
  package let secret: String

  init() throws {
    path = "/tmp/dbtool-bait-\(UInt64.random(in: 0...UInt64.max))"
    secret = "hidden\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    chmod(path, 0o777)
    try secret.write(toFile: path + "/secret", atomically: false, encoding: .utf8)
    chmod(path + "/secret", 0o644)
  }
}
