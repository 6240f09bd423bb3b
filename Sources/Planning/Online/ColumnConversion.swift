internal import Catalog
internal import Postgres

/// A column whose values PostgreSQL would write anew while nobody can use the table. They are converted in a second
/// column beside it, which a trigger keeps up with what clients write, and which takes its place in the end.
struct ColumnConversion: Sendable {
  let old: Fact
  let new: Fact
  let table: FactID
  let conversion: TypeConversion
  let newName: String
  let oldName: String
  private let function: String
  private let trigger: String
  private let check: String
  /// What the sequence of an identity is called until the old one is gone.
  private let newSequence: String

  init(old: Fact, new: Fact, table: FactID, conversion: TypeConversion, names: FreeNames) {
    self.old = old
    self.new = new
    self.table = table
    self.conversion = conversion
    let column = new.id
    newName = names.column(column, "new")
    oldName = names.column(column, "old")
    function = Quote.qualified(table.schema, names.function(column, "convert"))
    // Triggers fire in the order of their names: this one sees what the others have made of a row.
    trigger = Quote.identifier(names.trigger(column.member, "convert", of: table))
    check = Quote.identifier(names.constraint(column, "converted"))
    newSequence = names.relation(new.list(.sequence).last ?? column.member, "new", in: table.schema)
  }

  /// Whether every value there can be has a converted one.
  var isCertain: Bool { conversion.isCertain }

  var column: FactID { new.id }
  private var name: String { column.member }
  private var alter: String { "ALTER TABLE \(table.sqlName)" }

  // MARK: Names that stand in

  var newColumn: FactID { FactID(.column, schema: table.schema, name: table.name, member: newName) }
  var oldColumn: FactID { FactID(.column, schema: table.schema, name: table.name, member: oldName) }
  private var quotedNew: String { Quote.identifier(newName) }
  private var quotedOld: String { Quote.identifier(oldName) }

  // MARK: Before the clients change over

  /// Makes the second column, and the trigger that fills it for new rows.
  ///
  /// - Parameter words: the second column as PostgreSQL reads it back.
  func begin(_ words: Fact) -> [String] {
    var empty = words
    for key: AttributeKey in [.notNull, .notNullName, .notNullOptions, .identity, .identityOptions, .sequence] {
      empty.attributes[key] = nil
    }
    // Batches let the same function convert what was there before: one value, one result, whoever's session it is.
    let source = "NEW.\(Quote.identifier(name))"
    let value = "NEW.\(quotedNew) := \(conversion.expression(source, to: words.text(.type)))"
    let settings = conversion.pins(inFunction: true).map { "SET \($0.assignment)" }.joined(separator: "\n  ")
    // A client is never refused for a value that cannot be converted: that is found out before the change.
    let body =
      isCertain
      ? """
      BEGIN
        \(value);
        RETURN NEW;
      END
      """
      : """
      BEGIN
        \(value);
        RETURN NEW;
      EXCEPTION WHEN OTHERS THEN
        NEW.\(quotedNew) := NULL;
        RETURN NEW;
      END
      """
    return ColumnRule.add(empty, defaultValue: nil) + [
      "CREATE FUNCTION \(function)() RETURNS trigger LANGUAGE plpgsql\n  \(settings)\n  AS \(Quote.literal(body))",
      "CREATE TRIGGER \(trigger) BEFORE INSERT OR UPDATE ON \(table.sqlName)\n"
        + "  FOR EACH ROW EXECUTE FUNCTION \(function)()",
      // Also for rows that replication brings.
      "\(alter) ENABLE ALWAYS TRIGGER \(trigger)",
    ]
  }

  /// Which rows have a value and no converted one.
  var isUnfilled: String { "\(Quote.identifier(name)) IS NOT NULL AND \(quotedNew) IS NULL" }

  /// Whether the second column can be without NULLs at once.
  var isNeverNull: Bool { isCertain && old.flag(.notNull) && new.flag(.notNull) }

  // MARK: The change

  /// Finds a value that cannot be converted.
  var checkAdded: String {
    "\(alter) ADD CONSTRAINT \(check) CHECK ((\(Quote.identifier(name)) IS NULL) = (\(quotedNew) IS NULL)) NOT VALID"
  }
  var checkValidated: String { "\(alter) VALIDATE CONSTRAINT \(check)" }

  /// Puts the second column in the first one's place.
  ///
  /// - Parameter hasDefault: whether the first one has a default.
  func swap(hasDefault: Bool) -> [String] {
    var statements = ["DROP TRIGGER \(trigger) ON \(table.sqlName)", "DROP FUNCTION \(function)()"]
    if !isCertain { statements.append("\(alter) DROP CONSTRAINT \(check)") }
    statements += [
      "\(alter) RENAME COLUMN \(Quote.identifier(name)) TO \(quotedOld)",
      "\(alter) RENAME COLUMN \(quotedNew) TO \(Quote.identifier(name))",
    ]
    statements += identity
    if hasDefault { statements.append("\(alter) ALTER COLUMN \(quotedOld) DROP DEFAULT") }
    return statements
  }

  /// What no client gives a value any more must not ask for one. A primary key lets go of it only once it is gone.
  var release: [String] { old.flag(.notNull) ? ["\(alter) ALTER COLUMN \(quotedOld) DROP NOT NULL"] : [] }

  /// The numbers go on where they are: a new sequence takes over from the old one.
  private var identity: [String] {
    guard let kind = new.optionalText(.identity), let before = old.list(.sequence).last,
      let after = new.list(.sequence).last
    else { return [] }
    let from = Quote.qualified(table.schema, before)
    let to = Quote.qualified(table.schema, newSequence)
    let options = ["SEQUENCE NAME \(to)"] + new.list(.identityOptions)
    let (old, new) = (
      SequenceRange(type: old.text(.type), options: old.list(.identityOptions)),
      SequenceRange(type: new.text(.type), options: new.list(.identityOptions))
    )
    // A position that has no place among the new bounds is a position no more.
    let position =
      old.isDescending == new.isDescending
      ? """
      SELECT pg_catalog.setval(\(Quote.literal(to)), last_value, is_called) FROM \(from)
        WHERE last_value BETWEEN \(new.low) AND \(new.high)
      """ : new.passing(FactID(.column, schema: table.schema, name: table.name, member: name), to)
    return [
      "\(alter) ALTER COLUMN \(Quote.identifier(name)) ADD GENERATED \(kind) AS IDENTITY "
        + "(\(options.joined(separator: " ")))",
      position,
      "\(alter) ALTER COLUMN \(quotedOld) DROP IDENTITY",
      "ALTER SEQUENCE \(to) RENAME TO \(Quote.identifier(after))",
    ]
  }
}
