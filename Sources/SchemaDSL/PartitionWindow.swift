/// Partitions the table by ranges of time, kept as a window around now (section 5.11 "Table Partitioning").
public struct Partitions: TableItem {
  /// Who creates and retires partitions.
  public enum Runner: Sendable {
    /// `dbtool partitions`, from cron or CI.
    case dbtool
    /// Functions that the migrations install, called by pg_cron: no dbtool is needed afterwards. From inside a function
    /// PostgreSQL cannot detach concurrently, nor write an archive; see the comments that the functions have.
    case database(schedule: String = "25 1 * * *")
  }

  /// How a moment is written in the partition key.
  enum Key: Sendable { case date, timestamp, instant, uuid }

  let window: PartitionWindow
  let column: ColumnStorage
  let key: Key
  let runner: Runner
  public let location: SourceReference

  public init<Value: PartitionableTime>(
    _ window: PartitionWindow, by column: Column<Value>, runner: Runner = .dbtool, file: StaticString = #fileID,
    line: Int = #line
  ) {
    self.window = window
    self.column = column.storage
    key = Value.self == Values.Date.self ? .date : Value.self == Values.Timestamp.self ? .timestamp : .instant
    self.runner = runner
    location = SourceReference(file, line)
  }

  /// By the time in identifiers that are made in the order of time: UUIDs of version 7 (RFC 9562), whose first 48 bits are
  /// milliseconds since 1970. Others would land in any partition, or in none.
  public init(
    _ window: PartitionWindow, byTimeOf column: Column<Values.UUID>, runner: Runner = .dbtool,
    file: StaticString = #fileID, line: Int = #line
  ) {
    self.window = window
    self.column = column.storage
    key = .uuid
    self.runner = runner
    location = SourceReference(file, line)
  }
}

/// How wide partitions are, which ones there should be, and what becomes of those that nobody needs any more.
///
/// A window is a state that is wanted, not a list: partitions inside it come and go with the clock and are never drift; one
/// that is missing is. `dbtool partitions` keeps it.
public struct PartitionWindow: Sendable {
  /// What happens to a partition that lies before the window.
  public enum Retirement: String, Sendable {
    /// Nothing: it stays where it is.
    case stay
    /// It becomes a table of its own, under its name.
    case detach
    /// The partition is detached and dropped.
    case drop
    /// The partition is detached, written to a file by `dbtool partitions apply --archive-to`, checked, and dropped.
    case archive
  }

  let unit: String
  let ahead: Int
  let keep: Int
  let timeZone: String
  let retirement: Retirement

  /// A partition a day, from midnight to midnight.
  ///
  /// - Parameters:
  ///   - ahead: how many coming ones there are beside the present one.
  ///   - keep: how many past ones there are.
  ///   - timeZone: where the day begins; a name that PostgreSQL knows.
  ///   - retirement: what becomes of older ones.
  public static func daily(
    ahead: Int = 14, keep: Int = 90, timeZone: String = "UTC", retirement: Retirement = .detach
  ) -> PartitionWindow {
    PartitionWindow(unit: "day", ahead: ahead, keep: keep, timeZone: timeZone, retirement: retirement)
  }

  /// A partition a week, from Monday on (ISO 8601).
  public static func weekly(
    ahead: Int = 6, keep: Int = 52, timeZone: String = "UTC", retirement: Retirement = .detach
  ) -> PartitionWindow {
    PartitionWindow(unit: "week", ahead: ahead, keep: keep, timeZone: timeZone, retirement: retirement)
  }

  /// A partition a month: this one, `ahead` coming ones, and `keep` past ones.
  public static func monthly(
    ahead: Int = 3, keep: Int = 24, timeZone: String = "UTC", retirement: Retirement = .detach
  ) -> PartitionWindow {
    PartitionWindow(unit: "month", ahead: ahead, keep: keep, timeZone: timeZone, retirement: retirement)
  }

  /// A partition a year.
  public static func yearly(
    ahead: Int = 1, keep: Int = 10, timeZone: String = "UTC", retirement: Retirement = .detach
  ) -> PartitionWindow {
    PartitionWindow(unit: "year", ahead: ahead, keep: keep, timeZone: timeZone, retirement: retirement)
  }
}
