#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Where a path leads that others may have made a symbolic link of.
///
/// An error shows words of what it is about: a link among migrations would have it show those of any file that whoever runs dbtool can
/// read, on a pull request perhaps.
package enum ContainedPath {
  package enum Failure: Error {
    case outside
    case unreadable(reason: String)
  }

  /// - Parameters:
  ///   - path: it, or a link to it.
  ///   - folders: those in one of which it has to be.
  /// - Throws: `Failure`.
  package static func resolve(_ path: String, in folders: [String]) throws(Failure) -> String {
    guard let resolved = realPath(path) else { throw .unreadable(reason: String(cString: strerror(errno))) }
    for folder in folders {
      guard let base = realPath(folder) else { continue }
      if resolved.utf8.starts(with: (base == "/" ? base : base + "/").utf8) { return resolved }
    }
    throw .outside
  }

  private static func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
