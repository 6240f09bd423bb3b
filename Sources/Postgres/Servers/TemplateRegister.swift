internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The templates of a scratch server that dbtool has made, with what was left out of each.
///
/// It is a file beside the server's folder. What is loaded may gain a superuser's rights in its server some day, and then make
/// databases, and say of them what it likes; it cannot write here.
struct TemplateRegister: Sendable {
  private let path: String

  init(directory: String) { path = Self.path(directory) }

  static func path(_ directory: String) -> String { directory + ".templates" }

  /// Adds one. That is done before others can find it.
  ///
  /// - Throws: `ServerError.system`.
  func add(_ oid: String, _ name: String, leftOut: [LeftOut]) throws {
    // Written at once, to the end, whoever else writes.
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw ServerError.system("open \(path)", errno) }
    defer { close(file) }
    let line = Array("\(oid)\t\(name)\t\(LeftOut.encode(leftOut))\n".utf8)
    guard write(file, line, line.count) == line.count else { throw ServerError.system("write \(path)", errno) }
  }

  /// What was left out of a template; nil where dbtool has made none of this number and name.
  func leftOut(of oid: String, _ name: String) -> [LeftOut]? { all["\(oid)\t\(name)"] }

  /// By number and name.
  private var all: [String: [LeftOut]] {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    var entries: [String: [LeftOut]] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      entries["\(parts[0])\t\(parts[1])"] = LeftOut.decode(String(parts[2]))
    }
    return entries
  }

  /// Whether dbtool has made all of these, each `number<tab>name`.
  func holds(_ templates: Set<String>) -> Bool { templates.isSubset(of: all.keys) }
}
