package import Catalog
internal import Escaping

/// Where declarations can be read on the web.
package struct SourceLinks: Sendable {
  /// With `{file}` and `{line}` in it.
  private let pattern: String?
  private let resolve: @Sendable (SourceLocation) -> SourceLocation

  /// - Parameters:
  ///   - pattern: an address with `{file}` and `{line}` in it; nil for none.
  ///   - resolve: gives a place its file's path from the repository's root.
  package init(_ pattern: String?, resolve: @escaping @Sendable (SourceLocation) -> SourceLocation = { $0 }) {
    self.pattern = pattern
    self.resolve = resolve
  }

  func url(of location: SourceLocation) -> String? {
    guard let pattern else { return nil }
    let place = resolve(location)
    return pattern.replacing("{file}", with: URIReference.path(place.file)).replacing("{line}", with: "\(place.line)")
  }
}
