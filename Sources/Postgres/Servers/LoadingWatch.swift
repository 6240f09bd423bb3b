internal import Synchronization

/// Has nobody find a server any more that strangers share, before a statement is sent to it by which rights may be gained.
///
/// Texts are looked at before a server is chosen for them (`Script.mayGainRights`); this is for what comes from elsewhere, as the
/// statements of a plan do.
final class LoadingWatch: Sendable {
  private let generation: ScratchGeneration
  private let hasLeft = Mutex(false)

  init(of generation: ScratchGeneration) { self.generation = generation }

  func willSend(_ sql: String) throws {
    guard !hasLeft.withLock({ $0 }), Script.statementMayGainRights(sql) else { return }
    try generation.end()
    hasLeft.withLock { $0 = true }
  }
}
