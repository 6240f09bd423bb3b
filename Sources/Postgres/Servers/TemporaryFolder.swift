internal import FoundationEssentials

/// A new folder of our own, which nobody else may enter.
package struct TemporaryFolder: Sendable {
  package let path: String

  /// - Throws: `ServerError.system`.
  package init() throws { path = try ServerFolders.makeTemporary() }

  package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
