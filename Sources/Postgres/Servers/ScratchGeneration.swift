internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Which of the servers with the same settings is in use: one that was changed beyond its databases is let go, and ends with its
/// last user, while those who come later start another.
struct ScratchGeneration: Sendable {
  /// The server's folder, without the generation's number.
  let path: String
  private let number: Int

  init(path: String) {
    self.path = path
    let text = try? String(contentsOfFile: path + ".generation", encoding: .utf8)
    number = text.flatMap { Int($0.trimmedTrailing) } ?? 0
  }

  /// The folder's name.
  var name: String {
    String(directory[(directory.lastIndex(of: "/").map(directory.index(after:)) ?? directory.startIndex)...])
  }

  /// The folder of the server in use.
  var directory: String { number == 0 ? path : "\(path)-\(number)" }

  /// Lets the server go. Done twice, it is the same.
  func end() throws {
    try "\(number + 1)\n".write(toFile: path + ".generation", atomically: true, encoding: .utf8)
    // Nobody will find it, so that it need not wait for anybody (`dbtool_supervise`). Left alone, it idles out.
    _ = truncate(directory + ".users", 1)
  }
}
