/// A parsed query as PostgreSQL keeps it (`pg_node_tree`, written by its `outfuncs.c`): names and types are resolved in it.
indirect enum NodeTree {
  case node(String, [String: NodeTree])
  case list([NodeTree])
  case text(String)
  case nothing

  /// - Returns: nil for what is not of this form.
  init?(_ text: String) {
    var reader = Reader(Array(text.utf8))
    guard let tree = reader.value(), reader.isAtEnd else { return nil }
    self = tree
  }

  /// What kind of node it is, for example `VAR`.
  var kind: String? { if case .node(let kind, _) = self { kind } else { nil } }

  /// A field of a node.
  subscript(field: String) -> NodeTree? { if case .node(_, let fields) = self { fields[field] } else { nil } }

  var text: String? { if case .text(let text) = self { text } else { nil } }

  var int: Int? { text.flatMap { Int($0) } }

  var items: [NodeTree] { if case .list(let items) = self { items } else { [] } }

  var isNothing: Bool { if case .nothing = self { true } else { false } }

  private struct Reader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private enum Token: Equatable {
      case open, close, openNode, closeNode
      case word(String)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
    }

    private mutating func skipSpace() {
      while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    var isAtEnd: Bool { bytes[position...].allSatisfy(Self.isSpace) }

    private mutating func token() -> Token? {
      skipSpace()
      guard position < bytes.count else { return nil }
      let first = bytes[position]
      position += 1
      switch first {
      case UInt8(ascii: "("): return .open
      case UInt8(ascii: ")"): return .close
      case UInt8(ascii: "{"): return .openNode
      case UInt8(ascii: "}"): return .closeNode
      default: break
      }
      position -= 1
      var word: [UInt8] = []
      while position < bytes.count, !Self.isSpace(bytes[position]), !"(){}".utf8.contains(bytes[position]) {
        if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
        word.append(bytes[position])
        position += 1
      }
      return .word(String(decoding: word, as: UTF8.self))
    }

    mutating func value() -> NodeTree? { token().flatMap { value($0) } }

    private mutating func value(_ token: Token) -> NodeTree? {
      switch token {
      case .word(let word): return word == "<>" ? .nothing : .text(word)
      case .open:
        var items: [NodeTree] = []
        while let next = self.token() {
          if next == .close { return .list(items) }
          guard let item = value(next) else { return nil }
          items.append(item)
        }
        return nil
      case .openNode:
        guard case .word(let kind)? = self.token() else { return nil }
        var fields: [String: NodeTree] = [:]
        while let next = self.token() {
          if next == .closeNode { return .node(kind, fields) }
          // A name may begin with a colon too: whatever stands after a field's name is its value.
          guard case .word(let field) = next, field.hasPrefix(":"), let value = value() else { return nil }
          fields[String(field.dropFirst())] = value
          skipBytes()
        }
        return nil
      case .close, .closeNode: return nil
      }
    }

    /// The bytes of a constant stand in brackets after their number.
    private mutating func skipBytes() {
      let start = position
      guard token() == .word("[") else {
        position = start
        return
      }
      while let next = token(), next != .word("]") {}
    }
  }
}
