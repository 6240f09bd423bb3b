internal import Catalog
internal import Postgres

/// Columns that wait as text while something that their type is made of changes.
extension Delta {
  /// Whether a column gets a type that is made of another.
  func becomesMade(_ column: FactID, of type: FactID) -> Bool {
    guard type.kind.isType || type.kind.isTable else { return false }
    var visited: Set<FactID> = []
    var queue = target[column]?.needs ?? []
    while let id = queue.popLast() {
      guard id.kind.isType || id.kind.isTable && id != target[column]?.parent, visited.insert(id).inserted else {
        continue
      }
      if id == type { return true }
      queue += target[id]?.needs ?? []
    }
    return false
  }

  /// Lets a column keep its values while something that its type is made of changes: every type has a text form, and those
  /// that have other attributes afterwards a form that names them.
  ///
  /// - Returns: false where the values cannot or need not be kept.
  mutating func park(_ column: FactID, while changed: FactID, _ queue: inout [FactID]) -> Bool {
    // A child's column that is its parent's as well has the parent's type.
    let parents = source[column].map(followed) ?? []
    if !parents.isEmpty { return parents.allSatisfy { park($0, while: changed, &queue) } }
    guard changed.kind.isType || changed.kind.isTable || [.extension, .collation].contains(changed.kind),
      column.kind == .column, let old = source[column], let new = target[column],
      // The name of an extension's type says where the extension is.
      old.attributes[.type] == new.attributes[.type] || changed.kind == .extension || becomesMade(column, of: changed),
      // What was computed, and is a value from then on, stays as well.
      old.attributes[.generated] == nil || !old.flag(.virtual), new.attributes[.generated] == nil,
      let table = old.parent, table.kind == .table, let holder = source[table], holder.attributes[.ofType] == nil,
      source.inheritedColumns(column.member, of: table).isEmpty,
      target.inheritedColumns(column.member, of: table).isEmpty, let before = source[changed],
      let after = target[changed] ?? namesake(of: changed, in: new)
    else { return false }
    if let reason = PartitionKeys.refusal(old, context) ?? SharedColumns.refusal(old, context) {
      refusals.append("\(changed) changes, and columns of it would wait as another type: \(reason)")
      return true
    }
    let layouts = typeLayouts.changed(within: column)
    var parking: Change
    if layouts == [changed], changed.kind == .compositeType, old.text(.type) == changed.sqlName,
      new.text(.type) == changed.sqlName
    {
      parking = CompositeTypeRule.parking(new, from: before, to: after)
    } else if !layouts.isEmpty {
      // The text of a value knows attributes by their places.
      let reshaping = layouts.allSatisfy(keepsNames) ? nil : reshaping(old, new)
      parking = reshaping ?? ColumnRule.parking(new)
      if reshaping == nil, !layouts.allSatisfy(keepsNames) {
        parking.hazards.append(
          Hazard(
            .dataLoss,
            "column \(column.path) holds composite values in arrays of arrays or in ranges, and their attributes change places: the values are read back by place"
          ))
      }
    } else if changed.kind == .domain, new.text(.type) == changed.sqlName {
      // A cast of a text to what is made of texts would cut what is too long.
      let back = TypeConversion(way: .input, isImmutable: true, isTried: true)
      parking = ColumnRule.parking(
        new, as: "text", "\(new.id.memberSQL)::text", back: back.expression(new.id.memberSQL, to: changed.sqlName))
    } else if [.domain, .collation, .extension, .table].contains(changed.kind) || before.attributes == after.attributes
    {
      parking = ColumnRule.parking(new)
    } else if changed.kind == .rangeType {
      // Bounds have a text form, whatever they are made of.
      parking = ColumnRule.parking(new)
      parking.hazards.append(
        Hazard(
          .refusesValues,
          "column \(column.path) holds values of \(changed), which changes: a value that the new type does not accept stops the migration"
        ))
    } else if target[changed] == nil {
      parking = ColumnRule.parking(new)
    } else {
      return false
    }
    if after.id != changed {
      parking.hazards.append(
        Hazard(
          .refusesValues,
          "column \(column.path) becomes \(after.id): a value whose text the type does not accept stops the migration"))
      parkedFor[column, default: []].insert(after.id)
    }
    if !parked.contains(column) { tellOfValues(within: column, &parking) }
    wait(column, parking, while: changed, &queue)
    return true
  }

  private var typeLayouts: TypeLayouts { TypeLayouts(source, target, sourceChildren, targetChildren) }

  private func reshaping(_ old: Fact, _ new: Fact) -> Change? {
    ReshapedValues.parking(old, new, from: source, to: target, typeLayouts)
  }

  /// Whether a column's values, or a domain's, are ranges.
  private func isRange(_ fact: Fact) -> Bool {
    if let type = fact.needs.first(where: { $0.kind == .rangeType || $0.kind == .domain }) {
      return type.kind == .rangeType || source[type].map(isRange) == true
    }
    let usual = ["int4", "int8", "num", "ts", "tstz", "date"].flatMap { ["\($0)range", "\($0)multirange"] }
    return usual.contains(fact.text(.type))
  }

  /// Whether a composite type, or a table's rows, have the same attributes in the same order.
  private func keepsNames(_ id: FactID) -> Bool {
    if id.kind == .compositeType {
      let lists = [source, target].map { CompositeTypeRule.names($0[id]) }
      return lists[0] == lists[1] && keepsComposites(id)
    }
    func columns(_ catalog: Catalog, _ children: [FactID: [FactID]]) -> [FactID]? {
      guard catalog.parents(of: id).isEmpty else { return nil }
      return catalog.columns(among: children[id])
    }
    guard let before = columns(source, sourceChildren), let after = columns(target, targetChildren) else {
      return false
    }
    return before == after && before.allSatisfy(keepsComposites)
  }

  /// Whether the composite types that a fact is made of are so still: another in the place of one has its attributes elsewhere.
  private func keepsComposites(_ id: FactID) -> Bool {
    let after = target[id]?.needs ?? []
    return source[id]?.needs.allSatisfy { need in
      need.kind != .compositeType && (!need.kind.isTable || need == source[id]?.parent) || after.contains(need)
    } != false
  }

  /// The type that has another's name afterwards, where both hold values that are texts: an enum becomes a domain, or the other way
  /// round.
  private func namesake(of type: FactID, in column: Fact) -> Fact? {
    let kinds: [FactKind] = [.enumType, .domain]
    guard kinds.contains(type.kind) else { return nil }
    let others = kinds.filter { $0 != type.kind }.map { FactID($0, schema: type.schema, name: type.name) }
    return others.first { column.needs.contains($0) }.flatMap { target[$0] }
  }

  /// What becomes of the values within those of a column that waits as text.
  private func tellOfValues(within column: FactID, _ parking: inout Change) {
    var visited: Set<FactID> = []
    var queue = target[column]?.needs ?? []
    var pins: [TypeConversion.Pin] = []
    while let id = queue.popLast() {
      guard id.kind.isType, visited.insert(id).inserted, let old = source[id], let new = target[id] else { continue }
      queue += new.needs
      parking.hazards += hazards(ofNewAttributes: old, new, in: column)
      for (part, pair) in TypeConversions.parts(from: old, to: new) {
        let conversion = context.conversions.ofTexts(pair.old, pair.new)
        let subject = "\(part), which column \(column.path) holds,"
        parking.hazards +=
          conversion.way == .anew
          ? [
            Hazard(
              .refusesValues, "changes \(subject) from \(pair.old) to \(pair.new), which no value of it can become")
          ]
          : conversion.hazards(of: subject, from: pair.old, to: pair.new)
        pins += conversion.seen.filter { !pins.contains($0) }
      }
    }
    let settings = pins.map { "SET LOCAL \($0.assignment)" }
    parking.statements.insert(contentsOf: settings, at: 0)
    parking.cleanup.insert(contentsOf: settings, at: 0)
  }

  /// A new attribute is NULL in the values that there are, which its domain may refuse.
  private func hazards(ofNewAttributes old: Fact, _ new: Fact, in column: FactID) -> [Hazard] {
    guard old.id.kind == .compositeType else { return [] }
    let types = CompositeTypeRule.added(from: old, to: new)
    let domains = new.needs.filter { need in
      need.kind == .domain && types.contains(ExactText(need.sqlName))
        && (target[need]?.flag(.notNull) == true
          || targetChildren[need]?.contains { $0.kind == .domainConstraint } == true)
    }
    return domains.map {
      Hazard(
        .refusesValues,
        "\(new.id) gets an attribute of \($0), which is NULL in the values that column \(column.path) holds: where the domain takes none, it stops the migration"
      )
    }
  }

  /// Two types whose names go to others, while columns that hold them exchange them: none of the columns can be the first to change.
  /// One that takes a name which another column still has waits, and lets go of its own.
  ///
  ///     CREATE DOMAIN a AS integer; CREATE DOMAIN b AS integer; CREATE TABLE t (x a, y b);
  ///     CREATE DOMAIN a AS bigint; CREATE DOMAIN b AS bigint; CREATE TABLE t (x b, y a);
  mutating func parkExchangedTypes(_ queue: inout [FactID]) {
    let going = Dictionary(grouping: dropped.filter(\.kind.isType), by: { [$0.schema, $0.name] })
    guard !going.isEmpty else { return }
    for column in altered.keys.sorted() where column.kind == .column && !parked.contains(column) {
      guard let old = source[column], let new = target[column], old.attributes[.generated] == nil,
        new.attributes[.generated] == nil, let table = old.parent, table.kind == .table,
        source[table]?.attributes[.ofType] == nil, target[table]?.attributes[.ofType] == nil,
        followed(by: old).isEmpty,
        let given = old.needs.first(where: { $0.kind.isType && dropped.contains($0) }),
        case let taken = new.needs.compactMap({ need in
          created.contains(need) && need.kind.isType ? going[[need.schema, need.name]]?.first : nil
        }).first(where: { $0 != given && isHeld($0, besides: column) }),
        taken != nil || context.waiting.contains(column)
      else { continue }
      let isComposite = [given, taken].contains { $0?.kind == .compositeType }
      var parking = (isComposite ? reshaping(old, new) : nil) ?? ColumnRule.parking(new)
      parking.hazards.append(
        Hazard(
          .refusesValues,
          "column \(column.path) becomes \(new.text(.type)): a value whose text the type does not accept stops the migration"
        ))
      wait(column, parking, while: given, &queue)
      if let taken { parkedFor[column, default: []].insert(taken) }
    }
  }

  /// Whether a column that does not wait holds a type.
  private func isHeld(_ type: FactID, besides column: FactID) -> Bool {
    (sourceDependents[type] ?? []).contains {
      $0.kind == .column && $0 != column && !dropped.contains($0) && !parked.contains($0)
    }
  }

  /// Lets a column wait as another type while something changes.
  private mutating func wait(
    _ column: FactID, _ parking: Change, while changed: FactID, _ queue: inout [FactID]
  ) {
    parkedFor[column, default: []].insert(changed)
    guard parked.insert(column).inserted, let old = source[column], let new = target[column] else { return }
    var rest = altered[column] ?? Change()
    var parking = parking
    // A text has no periods that could overlap: a key may be WITHOUT OVERLAPS.
    if source.serverVersion.major >= 18 || source.serverVersion.major == 0, isRange(old) {
      parking.disturbs.append((column, { $0 == .constraint && ["p", "u"].contains($1.text(.type)) }))
    }
    let isComputed = old.attributes[.generated] != nil
    if isComputed {
      parking.statements.insert("\(ColumnRule.alter(new)) DROP EXPRESSION", at: 0)
    }
    if isComputed || old.attributes[.type] != new.attributes[.type] {
      // It comes back as what it is to be.
      var same = old
      same.attributes[.generated] = nil
      same.attributes[.type] = new.attributes[.type]
      rest = Change()
      if case .inPlace(let change) = ColumnRule.alter(same, new, context) { rest = change }
    }
    var change = parking
    change.cleanup += rest.statements + rest.cleanup
    change.hazards += rest.hazards
    change.disturbs += rest.disturbs
    for column in inheritors(of: column) { change.disturbs += parking.disturbs.map { (column, $0.selects) } }
    altered[column] = change
    disturb(column, change, &queue)
  }

  /// The columns that children have of their own beside inheriting a column.
  private func inheritors(of column: FactID) -> [FactID] {
    var inheritors: [FactID] = []
    var tables = column.table.flatMap { context.sourceTables[$0] } ?? []
    while let table = tables.popLast() {
      let own = FactID(.column, schema: table.schema, name: table.name, member: column.member)
      if source.contains(own) { inheritors.append(own) }
      tables += context.sourceTables[table] ?? []
    }
    return inheritors
  }
}
