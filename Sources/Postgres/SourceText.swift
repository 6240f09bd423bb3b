internal import Escaping

/// The text of a file that people and git keep: SQL, `schema.lock`, waivers.
///
/// Line ends are no content. git turns LF into CRLF and back (`core.autocrlf`), so a text means the same with either, and a mark of
/// byte order before it means nothing. It is read with LF, and so is what PostgreSQL gets of it, string constants included: a
/// CRLF that a constant is to hold is written `E'\r\n'`. A CR alone is what it is, since git leaves it alone.
package struct SourceText: Sendable, Hashable {
  /// With LF, and without a mark of byte order.
  package let text: String
  /// The digest of that.
  package let digest: Digest
  private let others: Set<String>

  package init(_ original: String) {
    text = Self.normalised(original)
    digest = Digest(of: text)
    // Earlier versions wrote the digest of the file's bytes into locks and histories.
    let windows = text.replacingScalar("\n", with: "\r\n")
    others = [Digest(of: original).description, Digest(of: windows).description]
  }

  /// Whether a lock or a history means this text, however its lines ended where that was written.
  package func has(digest other: String) -> Bool { other == digest.description || others.contains(other) }

  /// With LF, and without a mark of byte order.
  package static func normalised(_ text: String) -> String {
    let bytes = text.utf8
    let hasMark = bytes.starts(with: mark)
    guard hasMark || bytes.contains(cr) else { return text }
    return String(decoding: normalised(bytes), as: UTF8.self)
  }

  package static func normalised(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for byte in bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...] {
      if byte == lf, result.last == cr { result.removeLast() }
      result.append(byte)
    }
    return result
  }

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  private static let cr = UInt8(ascii: "\r")
  private static let lf = UInt8(ascii: "\n")
}
