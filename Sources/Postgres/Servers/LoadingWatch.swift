internal import Synchronization

/// What a server hears of the statements that are loaded into one of its databases.
final class LoadingWatch: Sendable {
  /// The server's, which is let go; nil where nobody else uses it, or where all that it loads is the user's own.
  private let generation: ScratchGeneration?
  private let state = Mutex<(settings: [String], hasLeft: Bool)>(([], false))

  init(of generation: ScratchGeneration?) { self.generation = generation }

  /// What set parameters of the database, in order.
  var settings: [String] { state.withLock { $0.settings } }

  /// Before a statement that may gain rights is sent, nobody finds the server any more.
  func willSend(_ sql: String) throws {
    guard let generation, state.withLock({ !$0.hasLeft }), Script.statementMayGainRights(sql) else { return }
    try generation.end()
    state.withLock { $0.hasLeft = true }
  }

  func didRun(_ setting: String?) {
    if let setting { state.withLock { $0.settings.append(setting) } }
  }
}
