internal import Escaping
package import Postgres

/// Where archives are written: a folder of a file system, as far as an archive needs one.
///
/// A second implementation, in the tests, forgets what was not brought to the disk.
package protocol ArchiveFolder: Sendable {
  var path: String { get }

  /// What is in it.
  func names() throws -> [String]

  /// Makes a file that was not there; whoever writes it has it locked until it is closed.
  func create(_ name: String) throws -> any ArchiveWriter

  /// Opens a file for reading what is on the disk.
  func reader(_ name: String) throws -> any ArchiveReader

  /// Whether a file is one that this user has written, and nobody else may write to.
  func isOwn(_ name: String) throws -> Bool

  /// Waits until the contents of a file are on the disk.
  func sync(_ name: String) throws

  /// Waits until the names are on the disk.
  func sync() throws

  /// Gives a file its name, which nothing had.
  func publish(_ name: String, as new: String) throws

  /// Removes a file that nobody writes.
  func removeAbandoned(_ name: String) throws

  /// How many bytes may be written.
  func freeBytes() throws -> Int

  /// Looks whether it still is where its path leads.
  func checkPlace() throws
}

/// A file that is being written.
package protocol ArchiveWriter: Sendable {
  func write(_ bytes: UnsafeRawBufferPointer) throws
  /// Waits until all of it is on the disk.
  func sync() throws
  func close() throws
}

/// A file that is being read.
package protocol ArchiveReader: Sendable {
  /// - Returns: the next piece; nothing at the end.
  func next() throws -> [UInt8]
  func close()
}

/// Opens the folder of archives, when there is something to archive.
package typealias ArchivePlace = @Sendable () throws -> any ArchiveFolder

extension ArchiveFolder {
  private func read(_ name: String, _ body: ([UInt8]) throws -> Void) throws {
    let file = try reader(name)
    defer { file.close() }
    while true {
      let piece = try file.next()
      if piece.isEmpty { return }
      try body(piece)
    }
  }

  /// A whole file.
  ///
  /// - Throws: `ArchiveError.unreadable` for one that is larger than `limit`.
  func contents(_ name: String, limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try read(name) { piece in
      guard bytes.count + piece.count <= limit else {
        throw ArchiveError.unreadable("\(path)/\(name)", "it has more than \(limit) bytes")
      }
      bytes += piece
    }
    return bytes
  }

  /// The digest, the lines and the bytes of a file.
  func measure(_ name: String) throws -> CopiedOut {
    let digest = RunningDigest()
    var (lines, bytes) = (0, 0)
    try read(name) { piece in
      piece.withUnsafeBytes { digest.update($0) }
      bytes += piece.count
      for byte in piece where byte == UInt8(ascii: "\n") { lines += 1 }
    }
    return CopiedOut(rows: lines, bytes: bytes, digest: digest.finish())
  }
}

/// Why an archive was not written or not read.
package enum ArchiveError: Error, CustomStringConvertible {
  /// What the system refused.
  case system(String, String, reason: String)
  case unsafe(String, String)
  case noSpace(String, needed: Int, free: Int)
  /// A file of that name is there.
  case exists(String)
  case moved(String)
  case differs(String, String)
  case unreadable(String, String)
  case refused(String)

  /// What stands in an archive may be an enemy's.
  package var description: String { VisibleText.line(text) }

  private var text: String {
    switch self {
    case .system(let what, let path, let reason): "cannot \(what) \(path): \(reason)"
    case .unsafe(let path, let reason): "\(path) is no safe folder for archives: \(reason)"
    case .noSpace(let path, let needed, let free):
      "\(path) has \(free >> 20) MiB free, and the archive may need \(needed >> 20) MiB: make room, or pass another folder"
    case .exists(let path): "\(path) is there already; nothing is overwritten"
    case .moved(let path): "another folder has come to \(path) meanwhile"
    case .differs(let path, let reason): "\(path) is not what the partition holds: \(reason)"
    case .unreadable(let path, let reason): "\(path) is no archive of a partition that dbtool can read: \(reason)"
    case .refused(let reason): reason
    }
  }
}
