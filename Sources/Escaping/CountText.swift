/// A number of things in words: `1 row`, `2 rows`.
///
/// - Parameter plural: where that is more than an s.
package func countText(_ count: Int, _ noun: String, plural: String? = nil) -> String {
  "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}
