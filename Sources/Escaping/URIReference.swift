/// Parts of a URI reference (RFC 3986).
package enum URIReference {
  /// A path: what is not unreserved is percent-encoded, but for the slashes.
  package static func path(_ path: String) -> String { encoded(path) { $0 == UInt8(ascii: "/") } }

  static func percent(_ text: String) -> String { text.utf8.map(percent).joined() }

  private static func encoded(_ text: String, _ isKept: (UInt8) -> Bool) -> String {
    text.utf8.map { isUnreserved($0) || isKept($0) ? String(Unicode.Scalar($0)) : percent($0) }.joined()
  }

  private static func percent(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
