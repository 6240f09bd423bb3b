internal import FoundationEssentials
internal import Migrations
internal import Postgres

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An open seed file, read from its beginning to its end in pieces: a large one is never in memory as a whole.
///
/// Line ends are no content: CR LF becomes LF. Nor is a byte order mark.
final class SeedSource {
  private let path: String
  private let descriptor: Int32
  /// How many bytes it has.
  let size: Int
  /// How many of them were read.
  private(set) var position = 0
  /// Whether a line has ended with CR LF.
  private(set) var hasCarriageReturns = false
  private var carriageReturnWaits = false
  private var isAtEnd = false

  private static let pieceSize = 1 << 16

  /// Opens a regular file in the project's folder.
  ///
  /// - Parameters:
  ///   - path: what people call it, for example `seeds/common/010_rooms.csv`.
  ///   - root: the project's folder.
  /// - Throws: `SeedError` for what is none, or lies elsewhere; of that nothing is read.
  init(_ path: String, in root: String) throws {
    self.path = path
    let resolved = try Self.resolved(path, in: root)
    // What it leads to is known; a pipe would wait for its other end.
    descriptor = open(resolved, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw SeedError.unreadable(path, reason: String(cString: strerror(errno))) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw SeedError.unreadable(path, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw SeedError.notAFile(path, kind: Self.kind(status.st_mode))
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Where a path of the project leads.
  ///
  /// - Throws: `SeedError.outside` where that is not in the project's folder.
  static func resolved(_ path: String, in root: String) throws -> String {
    do { return try ContainedPath.resolve("\(root)/\(path)", in: [root]) } catch {
      switch error {
      case .outside: throw SeedError.outside(path)
      case .unreadable(let reason): throw SeedError.unreadable(path, reason: reason)
      }
    }
  }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }

  /// The bytes as they are in the file.
  private func rawPiece() throws -> [UInt8]? {
    while true {
      let path = path
      let descriptor = descriptor
      var failure: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
        let got = read(descriptor, buffer.baseAddress, buffer.count)
        if got < 0 { failure = errno }
        count = max(0, got)
      }
      if failure == EINTR { continue }
      if failure != 0 { throw SeedError.unreadable(path, reason: String(cString: strerror(failure))) }
      position += piece.count
      return piece.isEmpty ? nil : piece
    }
  }

  /// The next piece of the content; nil at its end.
  ///
  /// - Throws: `SeedError.unreadable`.
  func next() throws -> [UInt8]? {
    while !isAtEnd {
      let isFirst = position == 0
      guard var piece = try rawPiece() else {
        isAtEnd = true
        return carriageReturnWaits ? [Self.carriageReturn] : nil
      }
      if isFirst, piece.starts(with: [0xEF, 0xBB, 0xBF]) { piece.removeFirst(3) }
      piece = withoutCarriageReturns(piece)
      if !piece.isEmpty { return piece }
    }
    return nil
  }

  private static let carriageReturn = UInt8(ascii: "\r")

  private func withoutCarriageReturns(_ piece: [UInt8]) -> [UInt8] {
    let isHeld = piece.withUnsafeBytes { bytes in
      bytes.baseAddress.map { memchr($0, Int32(Self.carriageReturn), bytes.count) != nil } ?? false
    }
    if !carriageReturnWaits, !isHeld { return piece }
    var result: [UInt8] = []
    result.reserveCapacity(piece.count + 1)
    for byte in piece {
      if carriageReturnWaits {
        if byte == UInt8(ascii: "\n") { hasCarriageReturns = true } else { result.append(Self.carriageReturn) }
        carriageReturnWaits = false
      }
      if byte == Self.carriageReturn { carriageReturnWaits = true } else { result.append(byte) }
    }
    return result
  }

  // MARK: Digests

  /// What is known of a file's content without keeping it.
  struct Content {
    /// Of the content, whatever its line ends.
    var digest: Digest
    /// Of the file as it is, as an older dbtool made it; nil where that is the same.
    var digestOfFile: Digest?
  }

  /// Reads a file once, or twice where its line ends are those of Windows.
  ///
  /// - Parameter suffix: what is digested after it, if the text is in it.
  static func content(_ path: String, in root: String, with suffix: (ifHolding: String, text: String)?) throws
    -> Content
  {
    let source = try SeedSource(path, in: root)
    let digest = try source.digest(suffix) { try source.next() }
    guard source.hasCarriageReturns else { return Content(digest: digest) }
    let raw = try SeedSource(path, in: root)
    return Content(digest: digest, digestOfFile: try raw.digest(suffix) { try raw.rawPiece() })
  }

  private func digest(
    _ suffix: (ifHolding: String, text: String)?, _ next: () throws -> [UInt8]?
  ) throws -> Digest {
    let running = RunningDigest()
    let word = Array((suffix?.ifHolding ?? "").utf8)
    var isHeld = false
    // A word may begin in one piece and end in the next.
    var tail: [UInt8] = []
    while let piece = try next() {
      piece.withUnsafeBytes { running.update($0) }
      if suffix != nil, !isHeld {
        tail += piece
        isHeld = Self.holds(tail, word)
        tail = Array(tail.suffix(word.count - 1))
      }
    }
    if let suffix, isHeld { Array(suffix.text.utf8).withUnsafeBytes { running.update($0) } }
    return running.finish()
  }

  private static func holds(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
    bytes.indices.contains { index in
      bytes[index] == word.first && bytes[index...].starts(with: word)
    }
  }
}
