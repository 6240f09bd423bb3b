import Operations
import Synchronization

/// A folder of a disk that loses power: what was not brought to the disk may be lost.
///
/// It counts what is done to it, and fails at one of these operations, as a full disk does, or from then on, as a machine
/// does that is no more.
final class ForgetfulFolder: ArchiveFolder {
  /// What is left of what was not brought to the disk.
  enum Loss: String, CaseIterable, Sendable {
    /// Nothing: names and contents are as they were made durable.
    case everything
    /// The names; the contents of files are half there.
    case contents
    /// All of it: the program alone was killed.
    case nothing
  }

  enum Fault: Sendable {
    case power(at: Int)
    /// At this write, counted from 1.
    case full(at: Int)
  }

  struct PowerLoss: Error {}

  private struct File {
    var content: [UInt8] = []
    var durable: [UInt8] = []

    mutating func sync() { durable = content }

    /// What is left of it.
    func content(losing loss: Loss) -> [UInt8] {
      if loss == .nothing || content == durable { return content }
      return loss == .everything ? durable : Array(content.prefix(content.count / 2))
    }
  }

  private struct State {
    var files: [Int: File] = [:]
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var fault: Fault?
    var operations: [String] = []
    var writes = 0
    var isDead = false
    var free = Int.max
    var next = 0
  }

  private let state = Mutex(State())
  let path = "/forgetful"

  /// Begins to count, and fails when it is time.
  func arm(_ fault: Fault?) {
    state.withLock {
      $0.fault = fault
      $0.operations = []
      $0.writes = 0
    }
  }

  var operations: [String] { state.withLock { $0.operations } }
  var writes: Int { state.withLock { $0.writes } }
  var free: Int {
    get { state.withLock { $0.free } }
    set { state.withLock { $0.free = newValue } }
  }

  /// The machine is started again.
  func restart(losing loss: Loss) {
    state.withLock { state in
      state.isDead = false
      state.fault = nil
      if loss == .everything { state.names = state.durableNames }
      guard loss != .nothing else { return }
      // What is there after a restart was read from the disk.
      state.durableNames = state.names
      state.files = state.files.mapValues {
        File(content: $0.content(losing: loss), durable: $0.content(losing: loss))
      }
    }
  }

  /// What would be there if the power went now.
  func contents(losing loss: Loss = .everything) -> [String: [UInt8]] {
    state.withLock { state in
      let names = loss == .everything ? state.durableNames : state.names
      return names.mapValues { state.files[$0]?.content(losing: loss) ?? [] }
    }
  }

  func put(_ name: String, _ content: [UInt8]) {
    state.withLock { state in
      state.next += 1
      state.files[state.next] = File(content: content, durable: content)
      state.names[name] = state.next
      state.durableNames[name] = state.next
    }
  }

  private func count<Result>(_ what: String, _ body: (inout State) throws -> Result) throws -> Result {
    try state.withLock { state in
      if state.isDead { throw PowerLoss() }
      state.operations.append(what)
      if case .power(let at) = state.fault, at == state.operations.count {
        state.isDead = true
        throw PowerLoss()
      }
      return try body(&state)
    }
  }

  // MARK: As an archive uses it

  func names() throws -> [String] { try count("names") { $0.names.keys.sorted() } }
  func freeBytes() throws -> Int { try count("free") { $0.free } }
  func checkPlace() throws { try count("place") { _ in } }
  func sync() throws { try count("sync names") { $0.durableNames = $0.names } }

  func create(_ name: String) throws -> any ArchiveWriter {
    try count("create \(name)") { state in
      guard state.names[name] == nil else { throw ArchiveError.exists(name) }
      state.next += 1
      state.files[state.next] = File()
      state.names[name] = state.next
      return Writer(folder: self, number: state.next)
    }
  }

  func reader(_ name: String) throws -> any ArchiveReader {
    try count("read \(name)") { state in
      guard let number = state.names[name], let file = state.files[number] else {
        throw ArchiveError.system("read", name, reason: "it is not there")
      }
      return Reader(content: file.content)
    }
  }

  func isOwn(_ name: String) throws -> Bool { true }

  func sync(_ name: String) throws {
    try count("sync \(name)") { state in
      guard let number = state.names[name] else { throw ArchiveError.system("sync", name, reason: "it is not there") }
      state.files[number]?.sync()
    }
  }

  func publish(_ name: String, as new: String) throws {
    try count("publish \(new)") { state in
      guard state.names[new] == nil else { throw ArchiveError.exists(new) }
      state.names[new] = state.names.removeValue(forKey: name)
    }
  }

  func removeAbandoned(_ name: String) throws { try count("remove \(name)") { $0.names[name] = nil } }

  private struct Writer: ArchiveWriter {
    let folder: ForgetfulFolder
    let number: Int

    func write(_ bytes: UnsafeRawBufferPointer) throws {
      try folder.count("write") { state in
        state.writes += 1
        if case .full(let at) = state.fault, at == state.writes {
          // A part of it had room.
          state.files[number]?.content += bytes.prefix(bytes.count / 2)
          throw ArchiveError.system("write", "it", reason: "No space left on device")
        }
        state.files[number]?.content += bytes
      }
    }

    func sync() throws {
      try folder.count("sync file") { $0.files[number]?.sync() }
    }

    func close() throws { try folder.count("close") { _ in } }
  }

  private final class Reader: ArchiveReader {
    private let rest: Mutex<[UInt8]>
    init(content: [UInt8]) { rest = Mutex(content) }

    func next() throws -> [UInt8] {
      rest.withLock { rest in
        let piece = Array(rest.prefix(1000))
        rest.removeFirst(piece.count)
        return piece
      }
    }

    func close() {}
  }
}
