internal import Escaping
internal import FoundationEssentials
internal import Postgres

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Text for people, coloured on a terminal unless `NO_COLOR` is set.
struct Console: Sendable {
  private let descriptor: Int32
  private let isTerminal: Bool
  private let isColoured: Bool

  static let output = Console(STDOUT_FILENO)
  static let error = Console(STDERR_FILENO)

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    let environment = ProcessInfo.processInfo.environment
    isTerminal = isatty(descriptor) == 1
    isColoured = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// Whether somebody is there to answer a question.
  static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// Asks, where somebody can answer, and says whether the answer was yes.
  static func isAnswered(_ question: TerminalText) -> Bool {
    guard canAsk else { return false }
    error.write(question)
    return ["y", "yes"].contains((readLine() ?? "").lowercased())
  }

  typealias Style = TerminalText.Style

  func styled(_ text: TerminalText, _ style: Style) -> TerminalText { text.styled(style) }

  func line(_ text: TerminalText = "") { write(text + "\n") }

  func write(_ text: TerminalText) { send(text.rendered(coloured: isColoured)) }

  /// Writes what another program reads, to the last byte. On a terminal it is shown with nothing hidden in it, since somebody reads
  /// it there.
  func emit(_ output: String) { send(isTerminal ? VisibleText.lines(output) : output) }

  private func send(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { piece in
        #if canImport(Glibc)
          Glibc.write(descriptor, piece.baseAddress, piece.count)
        #else
          Darwin.write(descriptor, piece.baseAddress, piece.count)
        #endif
      }
      if count < 0 { if errno == EINTR { continue } else { return } }
      bytes = bytes.dropFirst(count)
    }
  }

  func note(_ text: TerminalText) { line(text.styled(.dim)) }
  func warning(_ text: TerminalText) { line(styled("warning: ", .yellow) + text) }
  func failure(_ text: TerminalText) { line(styled("error: ", .red) + text) }

  /// An error's message. What a server says may have any line in it: those after the first are indented.
  func failure(_ error: any Error) {
    failure("\(lines: Secrets.hidden(in: "\(error)", repeating: Context.typed), continuation: "  ")")
  }
}

/// A table of left-aligned columns.
struct TextTable {
  private var rows: [[TerminalText]] = []
  mutating func add(_ cells: String...) { add(cells) }
  mutating func add(_ cells: [String]) { rows.append(cells.map { "\($0)" }) }
  func print(to console: Console) {
    var widths: [Int] = []
    for row in rows {
      for (index, cell) in row.enumerated() {
        if index == widths.count { widths.append(0) }
        widths[index] = max(widths[index], cell.count)
      }
    }
    for row in rows {
      // The last column is not padded: lines have no trailing spaces.
      let cells = row.enumerated().map { index, cell -> TerminalText in
        if index == row.count - 1 { return cell }
        return cell + "\(String(repeating: " ", count: widths[index] - cell.count))"
      }
      console.line("  " + cells.joined(separator: "  "))
    }
  }
}

enum JSON {
  /// Keys sorted, so that outputs can be compared.
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return JSONText.visible(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}

/// Byte counts for people.
func sizeText(_ bytes: Int) -> String {
  let units = ["B", "KiB", "MiB", "GiB", "TiB"]
  var value = Double(bytes)
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  let rounded = (value * 10).rounded() / 10
  return unit == 0 ? "\(bytes) B" : "\(rounded) \(units[unit])"
}

/// Seconds for people.
func durationText(_ seconds: Double) -> String {
  seconds < 1 ? "\(Int((seconds * 1000).rounded())) ms" : "\((seconds * 10).rounded() / 10) s"
}

extension [String] {
  /// "a, b and c".
  var sentence: String {
    guard count > 1, let last else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " and " + last
  }
}
