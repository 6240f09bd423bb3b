/// Text as JavaScript and TypeScript write it.
package enum JavaScript {
  /// In quotes; also where the script stands in a page, of which a `<` might be taken for a part.
  package static func literal(_ text: String) -> String {
    "\""
      + VisibleText.mapped(text) { scalar in
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "<": "\\x3c"
        default: scalar.isHidden ? UTF16Escape.text(scalar) : nil
        }
      } + "\""
  }

  /// A property's name in a type or an object, bare where it can be.
  package static func key(_ name: String) -> String { isIdentifier(name) ? name : literal(name) }

  /// The same in an object literal, in which a plain `__proto__` is no property.
  package static func propertyName(_ name: String) -> String {
    name == "__proto__" ? "[\(literal(name))]" : key(name)
  }

  private static func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, isWord(first), !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy(isWord)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
      true
    default: false
    }
  }
}

/// `\u001b`, as JSON and JavaScript write a code unit of UTF-16.
enum UTF16Escape {
  static func text(_ scalar: Unicode.Scalar) -> String {
    String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}
