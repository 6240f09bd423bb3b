internal import FoundationEssentials

/// Times as files hold them.
enum UTCTime {
  /// 14 digits, as migrations are named: `20260131120000`.
  static func timestamp(_ date: Date) -> String { parts(date).joined() }

  /// A day: `2026-01-31`.
  static func day(_ date: Date) -> String { parts(date).prefix(3).joined(separator: "-") }

  private static func parts(_ date: Date) -> [String] {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    func padded(_ value: Int?, _ width: Int) -> String {
      let text = String(value ?? 0)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return [padded(parts.year, 4)]
      + [parts.month, parts.day, parts.hour, parts.minute, parts.second].map { padded($0, 2) }
  }
}
