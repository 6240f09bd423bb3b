import DatabaseTool
import SchemaDSL

/// A small database of one's own: with this file, the package's executable is a `dbtool` for it.
@main struct Main {
  static func main() async { await DatabaseTool.main(library) }
}

let library = Database("library") {
  Genre.self
  Authors.self
  Books.self
  Loans.self
  Overdue.self
  Role("librarian")
}

enum Genre: String, PostgresEnum {
  case novel, poetry, science
  static let typeName = TypeName("genre", in: .public)
}

struct Authors: Table {
  static let name = RelationName("authors", in: .public)

  let id = Column("id", .bigint, identity: .always)
  let fullName = Column("full_name", .text)

  var body: TableBody {
    PrimaryKey(id)
    Unique(fullName)
    Grant(.select, to: Role("librarian"))
  }
}

struct Books: Table {
  static let name = RelationName("books", in: .public)

  let id = Column("id", .bigint, identity: .always)
  let title = Column("title", .text)
  let authorID = Column("author_id", .bigint, references: \Authors.id, onDelete: .restrict)
  let genre = Column("genre", .enum(Genre.self), default: .case(.novel))
  let copies = Column("copies", .integer, default: 1)

  var body: TableBody {
    PrimaryKey(id)
    Check("books_copies_check", "\(copies) >= 0")
    Index("books_author_idx", on: authorID, including: [title])
    Index("books_title_search_idx", on: IndexElement.expression("lower(\(title))"))
    Grant(.select, .update, to: Role("librarian"))
  }
}

struct Loans: Table {
  static let name = RelationName("loans", in: .public)

  let bookID = Column("book_id", .bigint, references: \Books.id, onDelete: .cascade)
  let reader = Column("reader", .text)
  let lentAt = Column("lent_at", .timestamptz, default: .now)
  let dueAt = Column("due_at", .timestamptz)
  let returnedAt = Column("returned_at", .timestamptz, null: true)

  var body: TableBody {
    PrimaryKey(bookID, reader, lentAt)
    Check("loans_due_check", "\(dueAt) > \(lentAt)")
    RowLevelSecurity()
    Policy("own", for: .select, to: .everyone, using: "\(reader) = current_user")
    Policy("all", to: Role("librarian"), using: "true", check: "true")
    Grant(.select, .insert, .update, to: Role("librarian"))
  }
}

struct Overdue: View {
  static let name = RelationName("overdue", in: .public)

  let title = Column("title", .text)
  let reader = Column("reader", .text)
  let days = Column("days", .integer)

  var query: SQL {
    let (b, l) = (Books.as("b"), Loans.as("l"))
    return """
      SELECT \(b.title), \(l.reader), extract(day FROM now() - \(l.dueAt))::integer
        FROM \(l) JOIN \(b) ON \(b.id) = \(l.bookID)
       WHERE \(l.returnedAt) IS NULL AND \(l.dueAt) < now()
      """
  }
}
