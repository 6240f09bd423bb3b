internal import Catalog
internal import FoundationEssentials

/// Finds the files that `#fileID` names, which knows a module and a file's name only.
struct SourceFiles {
  /// The repository's folder, or the project's where there is none.
  private let base: String
  private let paths: [String: [String]]

  /// - Parameter root: the project's folder.
  init(root: String) {
    let manager = FileManager.default
    var base = root
    while base.contains("/"), !manager.fileExists(atPath: "\(base)/.git") {
      base = String(base[..<(base.lastIndex(of: "/") ?? base.startIndex)])
    }
    self.base = base.isEmpty || !manager.fileExists(atPath: "\(base)/.git") ? root : base
    var paths: [String: [String]] = [:]
    for folder in ["Sources", "Plugins", "Tests"] {
      var waiting = ["\(root)/\(folder)"]
      while let folder = waiting.popLast() {
        for name in ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted() where !name.hasPrefix(".") {
          if name.hasSuffix(".swift") {
            paths[name, default: []].append("\(folder)/\(name)")
          } else if !name.contains(".") {
            waiting.append("\(folder)/\(name)")
          }
        }
      }
    }
    self.paths = paths
    self.root = root
  }

  private let root: String

  /// The place with a path from the repository's folder; as it is where there is no such file.
  func resolved(_ place: SourceLocation) -> SourceLocation {
    let parts = place.file.split(separator: "/").map(String.init)
    guard let module = parts.first, let name = parts.last else { return place }
    let candidates = paths[name] ?? []
    let found = candidates.first { $0.split(separator: "/").contains { $0 == module } } ?? candidates.first
    let path = found ?? (place.file.hasPrefix("/") ? place.file : "\(root)/\(place.file)")
    return SourceLocation(
      file: path.hasPrefix(base + "/") ? String(path.dropFirst(base.count + 1)) : path, line: place.line)
  }
}
