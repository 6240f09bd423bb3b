internal import FoundationEssentials
internal import Migrations

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

extension MigrationFile {
  /// The version of one that is written at a moment; later than the last one even when two are written within a second.
  static func version(at moment: Date, after last: String?) -> String {
    var date = moment
    while true {
      let version = UTCTime.timestamp(date)
      guard let last, version <= last else { return version }
      date.addTimeInterval(1)
      if version.prefix(4) < last.prefix(4) { return String((Int(last) ?? 0) + 1) }
    }
  }
}
