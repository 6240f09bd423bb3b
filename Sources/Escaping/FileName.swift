/// Names of files that are made of names of objects, which may hold any character but NUL.
package enum FileName {
  /// The longest, in bytes, that every usual file system takes with an ending after it.
  private static let limit = 200

  /// A name that no other object's is, on file systems too that do not tell capitals from small letters: those are spelled out as
  /// `-41-`, as everything is but small letters, digits and `_`.
  package static func slug(_ text: String) -> String {
    let slug = text.unicodeScalars.map { scalar in
      switch scalar {
      case "a"..."z", "0"..."9", "_": String(scalar)
      default: "-\(String(scalar.value, radix: 16))-"
      }
    }.joined()
    return shortened(slug, of: text)
  }

  /// A name that reads like the object's, and may be another object's too: letters, digits, `_` and `-` of every script stay;
  /// anything else, dots and slashes among it, becomes `_`.
  package static func readable(_ text: String) -> String {
    let name = VisibleText.mapped(text) { scalar in
      let isKept =
        (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_" || scalar == "-")
        && !scalar.isHidden
      return isKept ? nil : "_"
    }
    return shortened(name.isEmpty ? "_" : name, of: text)
  }

  private static func shortened(_ name: String, of text: String) -> String {
    guard name.utf8.count > limit else { return name }
    // FNV-1a: the same name everywhere; nobody's security rests on it.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var scalars = String.UnicodeScalarView()
    var count = 0
    for scalar in name.unicodeScalars {
      count += String(scalar).utf8.count
      if count > limit - 20 { break }
      scalars.append(scalar)
    }
    return "\(String(scalars))--\(String(hash, radix: 16))"
  }
}
