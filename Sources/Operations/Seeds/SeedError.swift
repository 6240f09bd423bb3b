package import Migrations
package import Postgres

/// Why seeds were not loaded.
package enum SeedError: Error, CustomStringConvertible {
  case badEnvironment
  case noEnvironment(String, known: [String])
  case otherEnvironment(String, mark: EnvironmentMark)
  case badCSVName(String)
  case badEnding(String)
  case unmatched(String, keys: [String])
  case noTable(path: String, table: String)
  case noHeader(String)
  case badHeader(String, reason: String)
  case endMark(path: String, line: Int)
  case transaction(path: String, line: Int)
  case unreadable(String, reason: String)
  case notAFile(String, kind: String)
  case outside(String)
  case notText(String)
  case changedMeanwhile(String)
  case failed(path: String, line: Int?, PostgresError)

  package var description: String {
    switch self {
    case .badEnvironment:
      return "an environment is a name with letters, digits, _, - and . that begins with a letter or a digit."
    case .noEnvironment(let name, let known):
      return "there are no seeds for the environment \(name): seeds/\(name) does not exist. "
        + (known.isEmpty ? "There are none for any other either." : "Known: \(known.joined(separator: ", ")).")
    case .otherEnvironment(let name, let mark):
      return
        "this database is marked as \(mark.shown); it takes the seeds of common and \(mark.shown), not those of \(name). "
        + "Nothing was loaded. If the mark is wrong, dbtool mark changes it."
    case .badCSVName(let path):
      return "\(path): a CSV file is named for its table, for example 010_webinar.attendees.csv"
    case .badEnding(let path):
      return "\(path): seeds end with .sql or .csv, in small letters. Nothing was loaded."
    case .unmatched(let path, let keys):
      return "\(path) was loaded before, and has changed since; which rows are the same cannot be told, since "
        + (keys.isEmpty
          ? "the table has no primary key"
          : "the file has not all of its primary key (\(keys.joined(separator: ", ")))")
        + ", so all of them would be loaded again. Put the key into the file, or new rows into a file of their own."
    case .noTable(let path, let table): return "\(path): there is no table \(table)"
    case .transaction(let path, let line):
      return
        "\(path), line \(line): a seed file is one transaction, together with its history; take BEGIN and COMMIT out."
    case .noHeader(let path): return "\(path): the first line has to name the columns"
    case .badHeader(let path, let reason): return "\(path), line 1: \(reason)"
    case .endMark(let path, let line):
      return
        "\(path), line \(line): for PostgreSQL before version 18 a line \\. ends the file, and what follows it would be lost; nothing of "
        + "this file was kept. Take the line out, or write \"\\.\" if it is a value."
    case .unreadable(let path, let reason): return "\(path) cannot be read: \(reason)"
    case .notAFile(let path, let kind): return "\(path) is \(kind), not a file; seeds are files."
    case .outside(let path):
      return "\(path) leads out of the project's folder by a symbolic link. Put the file itself there. It was not read."
    case .notText(let path): return "\(path) is not text in UTF-8."
    case .changedMeanwhile(let path):
      return "\(path) was changed while it was read; nothing of it was kept. Run it again."
    case .failed(let path, let line, let error):
      return
        "\(path)\(line.map { ", line \($0)" } ?? ""): \(error)\nNothing of this file was kept; files before it are loaded."
    }
  }
}
