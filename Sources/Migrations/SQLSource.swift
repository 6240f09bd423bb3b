package import Catalog
internal import FoundationEssentials

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Files of SQL that people and other tools write.
package enum SQLSource {
  package enum Failure: Error, CustomStringConvertible {
    case outside(String)
    case unreadable(String, reason: String)
    case notText(SourceLocation)

    package var description: String {
      switch self {
      case .outside(let path):
        "\(path) leads out of its folder and of the one that dbtool runs in, by a symbolic link. Put the file itself there. It was not read."
      case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
      case .notText(let location):
        "\(location): the file is not UTF-8. Write it anew (pg_dump --encoding=UTF8), or convert it with iconv."
      }
    }
  }

  /// The bytes of a file that is in its folder, in another that is named, or in the one that dbtool runs in; and whatever somebody
  /// hands over as a device.
  ///
  /// - Throws: `Failure`.
  package static func bytes(
    _ path: String, in folders: [String] = [], shown: String? = nil
  ) throws(Failure) -> [UInt8] {
    let name = shown ?? path
    var resolved = path
    if !isHandedOver(path) {
      let own = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
      do { resolved = try ContainedPath.resolve(path, in: [own.isEmpty ? "/" : own, "."] + folders) } catch {
        switch error {
        case .outside: throw .outside(name)
        case .unreadable(let reason): throw .unreadable(name, reason: reason)
        }
      }
    }
    guard let data = FileManager.default.contents(atPath: resolved) else {
      throw .unreadable(name, reason: String(cString: strerror(errno)))
    }
    return Array(data)
  }

  /// Whether it names an open file of the process: standard input, or what a shell puts in the place of `<(…)`. Other devices, and
  /// what is in /dev/shm, are files like others.
  private static func isHandedOver(_ path: String) -> Bool {
    path == "/dev/stdin" || ["/dev/fd/", "/proc/self/fd/"].contains { path.hasPrefix($0) && !path.contains("..") }
  }

  /// - Parameters:
  ///   - folders: further ones that it may be in.
  ///   - shown: what people call it.
  /// - Throws: `Failure`.
  package static func read(
    _ path: String, in folders: [String] = [], shown: String? = nil
  ) throws(Failure) -> String {
    try text(of: bytes(path, in: folders, shown: shown), shown ?? path)
  }

  /// - Throws: `Failure.notText`.
  package static func text(of bytes: [UInt8], _ path: String) throws(Failure) -> String {
    if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) { return text }
    // The first character that is none stands after what can be decoded.
    let valid = String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix { $0 != "\u{FFFD}" && $0 != "\0" }
    throw .notText(SourceLocation(file: path, line: 1 + valid.count { $0 == "\n" }))
  }
}
