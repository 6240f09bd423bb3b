internal import Catalog
internal import Postgres

/// Keeps a column's values while composite types within its type get other attributes, or the same ones in another order. Each
/// composite value, at any depth and in any array, becomes a value of a temporary type whose attributes are texts, and comes back by
/// the names of its attributes.
///
/// The text of a composite value tells its attributes apart by place alone. JSON loses its own null and the bounds of arrays, and
/// prints values by casts that anybody may have made.
struct ReshapedValues {
  /// A composite type, or a table for its rows, with the suffix of an array.
  private struct Shape {
    var id: FactID
    var suffix: String
  }

  private struct Attribute {
    var name: ExactText
    var type: String
    var needs: [FactID]
  }

  private enum Moment { case before, after }

  private let source: Catalog
  private let target: Catalog
  private let layouts: TypeLayouts
  /// Types whose attributes are others afterwards.
  private var changed: Set<FactID> = []
  /// Those within others first.
  private var twins: [FactID] = []
  private var pairs: [(old: FactID, new: FactID)] = []

  private init(_ source: Catalog, _ target: Catalog, _ layouts: TypeLayouts) {
    (self.source, self.target, self.layouts) = (source, target, layouts)
  }

  /// - Returns: what turns the column's values into texts, and in the second half back; nil for what is no composite value, and for
  ///   arrays of arrays, by way of a domain, which have no such form.
  static func parking(_ old: Fact, _ new: Fact, from source: Catalog, to target: Catalog, _ layouts: TypeLayouts)
    -> Change?
  {
    var values = ReshapedValues(source, target, layouts)
    values.changed = layouts.changed(within: old.id)
    if old.attributes[.type] != new.attributes[.type] { values.changed.formUnion(old.needs) }
    guard let before = values.shape(of: old.text(.type), old.needs, .before),
      let after = values.shape(of: new.text(.type), new.needs, .after)
    else { return nil }
    values.add(before.id, becoming: after.id)
    let name = new.id.memberSQL
    let twin = values.twin(before)
    // As `TypeConversion` has it where a value becomes an array of one, or an array its first element.
    let value =
      switch (before.suffix.isEmpty, after.suffix.isEmpty) {
      case (false, true): "(\(name)::\(twin))[1]"
      case (true, false): "(CASE WHEN \(name) IS NOT NULL THEN ARRAY[\(name)::\(twin)] END)"
      default: "\(name)::\(twin)"
      }
    var change = ColumnRule.parking(
      new, as: "text", "\(name)::\(twin)::text", back: "\(value)::\(new.text(.type))")
    let types = values.twins.map { values.create($0) }
    let dropped = values.twins.reversed().map { "DROP TYPE \(values.twin($0))" }
    change.statements =
      types + values.twins.enumerated().flatMap { values.wayOut(of: $1, $0) } + change.statements
      + values.twins.enumerated().reversed().flatMap { values.end($1.sqlName, values.twin($1), $0) } + dropped
    let back = change.cleanup.removeFirst()
    change.cleanup =
      types + values.pairs.enumerated().flatMap { values.wayBack(of: $1.old, becoming: $1.new, $0) } + [back]
      + values.pairs.enumerated().reversed().flatMap { values.end(values.twin($1.old), $1.new.sqlName, $0) } + dropped
      + change.cleanup
    return change
  }

  // MARK: Shapes

  /// What a type is an array of, or is; nil for what is no composite type, and for an array of a domain over an array.
  private func shape(of type: String, _ needs: [FactID], _ moment: Moment) -> Shape? {
    let isArray = type.hasSuffix("[]")
    let name = ExactText(isArray ? String(type.dropLast(2)) : type)
    guard let id = needs.first(where: { ($0.kind.isType || $0.kind.isTable) && ExactText($0.sqlName) == name }),
      let fact = catalog(moment)[id]
    else { return nil }
    let suffix = isArray ? "[]" : ""
    if id.kind == .domain {
      guard let base = shape(of: fact.text(.type), fact.needs, moment), !isArray || base.suffix.isEmpty else {
        return nil
      }
      return Shape(id: base.id, suffix: suffix + base.suffix)
    }
    guard id.kind == .compositeType || id.kind.isTable, moment == .after || isAffected(id) else { return nil }
    return Shape(id: id, suffix: suffix)
  }

  /// Whether its values are others afterwards, or some within them.
  private func isAffected(_ id: FactID) -> Bool {
    changed.contains(id) || !target.contains(id)
      || attributes(of: id, .before).contains { shape(of: $0.type, $0.needs, .before) != nil }
  }

  private func catalog(_ moment: Moment) -> Catalog { moment == .before ? source : target }

  private func attributes(of id: FactID, _ moment: Moment) -> [Attribute] {
    guard let fact = catalog(moment)[id] else { return [] }
    if id.kind == .compositeType {
      return CompositeTypeRule.attributes(fact).map { Attribute(name: $0.name, type: $0.type.text, needs: fact.needs) }
    }
    let columns = moment == .before ? layouts.columnsBefore(of: id) : layouts.columnsAfter(of: id)
    return columns.compactMap { catalog(moment)[$0] }.map {
      Attribute(name: ExactText($0.id.memberSQL), type: $0.text(.type), needs: $0.needs)
    }.sorted { $0.name.text < $1.name.text }
  }

  private mutating func add(_ old: FactID, becoming new: FactID) {
    guard !pairs.contains(where: { $0 == (old, new) }) else { return }
    for (_, before, after) in kept(old, new) {
      guard let before, let after, before.suffix == after.suffix else { continue }
      add(before.id, becoming: after.id)
    }
    if !twins.contains(old) { twins.append(old) }
    pairs.append((old, new))
  }

  /// The attributes that stay: others may be gone by then.
  private func carried(_ id: FactID) -> [Attribute] {
    let names = Set(pairs.filter { $0.old == id }.flatMap { attributes(of: $0.new, .after) }.map(\.name))
    return attributes(of: id, .before).filter { names.contains($0.name) }
  }

  /// The temporary type that an attribute's values take, if any.
  private func carrier(_ attribute: Attribute) -> String? {
    shape(of: attribute.type, attribute.needs, .before).flatMap { twins.contains($0.id) ? twin($0) : nil }
  }

  /// The attributes that a type has afterwards, each with what is composite in it before and then.
  private func kept(_ old: FactID, _ new: FactID) -> [(attribute: Attribute, before: Shape?, after: Shape?)] {
    let known = Dictionary(attributes(of: old, .before).map { ($0.name, $0) }) { first, _ in first }
    return attributes(of: new, .after).map { attribute in
      let before = known[attribute.name].flatMap { shape(of: $0.type, $0.needs, .before) }
      return (attribute, before, shape(of: attribute.type, attribute.needs, .after))
    }
  }

  // MARK: Statements

  private func twin(_ id: FactID) -> String { "pg_temp.dbtool_\((twins.firstIndex(of: id) ?? 0) + 1)" }
  private func twin(_ shape: Shape) -> String { twin(shape.id) + shape.suffix }

  private func create(_ id: FactID) -> String {
    let texts = carried(id).map { "\($0.name) text" }
    return "CREATE TYPE \(twin(id)) AS (\(texts.joined(separator: ", ")))"
  }

  /// A value of one type may become one of several: each way has a function with a name of its own.
  private func function(_ from: String, _ number: Int) -> String { "pg_temp.dbtool_cast_\(number + 1)(\(from))" }

  private func cast(_ from: String, _ to: String, _ number: Int, _ language: String, _ body: String) -> [String] {
    let function = function(from, number)
    return [
      "CREATE FUNCTION \(function) RETURNS \(to) LANGUAGE \(language) STRICT AS \(Quote.literal(body))",
      "CREATE CAST (\(from) AS \(to)) WITH FUNCTION \(function)",
    ]
  }

  private func end(_ from: String, _ to: String, _ number: Int) -> [String] {
    ["DROP CAST (\(from) AS \(to))", "DROP FUNCTION \(function(from, number))"]
  }

  /// By the text of a row, which output functions print: what casts there are does not matter.
  private func wayOut(of id: FactID, _ number: Int) -> [String] {
    let values = carried(id).map { attribute in
      "($1).\(attribute.name)" + (carrier(attribute).map { "::\($0)" } ?? "")
    }
    return cast(id.sqlName, twin(id), number, "sql", "SELECT ROW(\(values.joined(separator: ", ")))::text::\(twin(id))")
  }

  private func wayBack(of old: FactID, becoming new: FactID, _ number: Int) -> [String] {
    let names = Set(attributes(of: old, .before).map(\.name))
    let values = kept(old, new).map {
      attribute, before, after -> (attribute: Attribute, text: String?, shape: Shape?) in
      guard names.contains(attribute.name) else { return (attribute, nil, nil) }
      let text = "($1).\(attribute.name)"
      guard let before, let after, before.suffix == after.suffix else { return (attribute, text, nil) }
      return (attribute, "\(text)::\(twin(before))::\(attribute.type)", after)
    }
    if new.kind == .compositeType {
      // A cast from text to what is made of texts would cut what is too long; the type's input function refuses it.
      let row = values.map { $0.text ?? "NULL" }.joined(separator: ", ")
      return cast(twin(old), new.sqlName, number, "sql", "SELECT ROW(\(row))::text::\(new.sqlName)")
    }
    // In which order a table has its columns, no state says; and those that it gets may come later.
    let input = TypeConversion(way: .input, isImmutable: true, isTried: true)
    let assignments = values.compactMap { attribute, text, shape in
      text.map { "result.\(attribute.name) := \(shape == nil ? input.expression($0, to: attribute.type) : $0);" }
    }
    return cast(
      twin(old), new.sqlName, number, "plpgsql",
      "DECLARE result \(new.sqlName); BEGIN \(assignments.joined(separator: " ")) RETURN result; END")
  }
}
