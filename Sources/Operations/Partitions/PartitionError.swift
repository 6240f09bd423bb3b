internal import Escaping

/// Why a partition is not made or not retired.
package enum PartitionError: Error, CustomStringConvertible {
  case undividable(String, String)
  case watched(String, String)
  case referred(String, String)
  case slow(String)
  case changed(String)
  /// Its table or schema is not found under its name any more.
  case elsewhere(String)
  case noArchive
  /// A table that was a partition by the word of a role alone that may not drop it.
  case claimed(by: String, owner: String)
  /// What runs when a table's rows are read or written, and whose it is.
  case stranger(String, owner: String)

  package var description: String { VisibleText.line(text) }

  private var text: String {
    switch self {
    case .undividable(let other, let reason):
      "\(other) has more than \(PartitionManager.movableRows) rows, which a new partition could be attached beside only "
        + "while nobody can use it, and it cannot be divided: \(reason)"
    case .watched(let partition, let other):
      "rows of \(partition) are in \(other), and triggers or foreign keys would hear of their move: only a superuser can "
        + "move them without that"
    case .referred(let partition, let other):
      "rows of \(partition) are in \(other), and foreign keys refer to that: they would refer to nothing once the rows have moved. "
        + "Let them refer to the whole table"
    case .slow(let seconds):
      "transactions that may still see it did not end within \(seconds) s"
    case .changed(let how): "it is not what it was when its retirement began: \(how)"
    case .elsewhere(let what):
      "\(what) has another name by now, or is gone; nothing was changed. Run this again"
    case .claimed(let author, let owner):
      "only dbtool.retired says that it was a partition. That table belongs to \(author), and \(author) has no right to drop a table of "
        + "\(owner). If it was a partition, detach or drop it by hand, and delete its row there"
    case .stranger(let what, let owner):
      "dbtool leaves it alone, because it would run \(what) with the rights of the connected role. It belongs to the role \(owner), which "
        + "is not trusted. Connect as the table's owner; a role without rights beyond its tables may also act as it, "
        + "with options=-crole=… in the connection string"
    case .noArchive: "its window archives partitions: pass --archive-to <folder>"
    }
  }
}
