package import Catalog
internal import Postgres

/// How a column's values become those of another type, and what PostgreSQL was found to make of them.
package struct TypeConversion: Sendable, Hashable {
  /// How an expression says it.
  package enum Way: Sendable, Hashable {
    /// As an INSERT would: what is too long or too large is refused, never cut.
    case assignment
    /// By a cast that has to be asked for.
    case cast
    /// By way of the text form, between types without a cast.
    case text
    /// A single value becomes an array of one.
    case arrayOfOne
    /// An array becomes its first element.
    case firstElement
    /// Element by element, by way of their text forms.
    case texts
    /// By the input function of a type that is made of others, which cuts nothing, where a cast of a text to it would.
    case input
    /// There is no way for any value: each gets what a new row would.
    case anew
  }

  /// A value that shows what happens.
  package struct Example: Sendable, Hashable {
    package var value: String
    /// What becomes of it: another value, or the reason for which it is refused.
    package var outcome: String

    package init(value: String, outcome: String) {
      self.value = value
      self.outcome = outcome
    }
  }

  package var way: Way
  /// Whether PostgreSQL takes the expression for immutable, and nothing else was seen: otherwise its result may depend on a
  /// session's settings.
  package var isImmutable: Bool
  /// Settings that were seen to change a result.
  package var settings: [String]
  /// A value that is another one afterwards.
  package var changed: Example?
  /// A value that has no place in the new type.
  package var refused: Example?
  /// Whether values were tried; otherwise the worst is taken for granted.
  package var isTried: Bool

  package init(
    way: Way, isImmutable: Bool, settings: [String] = [], changed: Example? = nil, refused: Example? = nil,
    isTried: Bool
  ) {
    self.way = way
    self.isImmutable = isImmutable
    self.settings = settings
    self.changed = changed
    self.refused = refused
    self.isTried = isTried
  }

  /// Values of an enum that has other labels now, or orders them anew: what has its label becomes it.
  static func relabelled(_ type: String, losesLabels: Bool) -> TypeConversion {
    // PostgreSQL calls labels' input and output stable, since there may be more of them; settings have no part in it.
    TypeConversion(
      way: type.hasSuffix("[]") ? .texts : .text, isImmutable: true,
      refused: losesLabels ? Example(value: "", outcome: "") : nil, isTried: true)
  }

  /// Nobody could ask.
  package static let untried = TypeConversion(way: .assignment, isImmutable: false, isTried: false)

  /// Whether every value there can be has a converted one.
  var isCertain: Bool { isTried && refused == nil }

  /// The expression that converts a value; one of assignment is the value itself.
  package func expression(_ value: String, to type: String) -> String {
    switch way {
    case .assignment: value
    case .cast: "\(value)::\(type)"
    case .text: "\(value)::text::\(type)"
    case .arrayOfOne: "CASE WHEN \(value) IS NOT NULL THEN ARRAY[\(value)::text]::\(type) END"
    case .firstElement: "(\(value))[1]::text::\(type)"
    case .texts: "\(value)::text[]::\(type)"
    case .input: type.hasSuffix("[]") ? "\(value)::text::\(type)" : "(ARRAY[(\(value))::text]::text::\(type)[])[1]"
    case .anew: "NULL"
    }
  }

  // MARK: Settings

  /// The settings that a conversion is carried out under, whoever's session it is: without those that PostgreSQL says
  /// it cannot depend on.
  ///
  /// - Parameter inFunction: whether names are looked for under it too.
  package func pins(inFunction: Bool) -> [Pin] {
    let others = isImmutable ? [] : Self.pins.filter { !$0.isCostly || settings.contains($0.name) || !isTried }
    return (inFunction ? [Pin("search_path", "pg_catalog, pg_temp", isList: true)] : []) + others
  }

  /// The settings that were seen to change a result.
  package var seen: [Pin] { Self.pins.filter { settings.contains($0.name) } }

  /// A setting that input and output of types may depend on.
  package struct Pin: Sendable, Hashable {
    package let name: String
    package let value: String
    /// Values under which a conversion is tried as well.
    package let others: [String]
    /// Whether setting it takes long enough to be felt (it reads files): only where it was seen to matter.
    let isCostly: Bool
    private let isList: Bool

    init(_ name: String, _ value: String, others: [String] = [], isCostly: Bool = false, isList: Bool = false) {
      self.name = name
      self.value = value
      self.others = others
      self.isCostly = isCostly
      self.isList = isList
    }

    /// `DateStyle = 'ISO, MDY'`
    package var assignment: String { "\(name) = \(isList ? value : Quote.literal(value))" }
  }

  /// PostgreSQL's own settings that types' input and output, or functions of casts, look at; with the values that
  /// they have in a new server, but for those that leave something out.
  package static let pins = [
    Pin("DateStyle", "ISO, MDY", others: ["ISO, DMY", "SQL, DMY", "German, DMY", "ISO, YMD"]),
    Pin("IntervalStyle", "postgres", others: ["iso_8601", "sql_standard", "postgres_verbose"]),
    Pin("TimeZone", "UTC", others: ["America/New_York", "Asia/Tokyo"]),
    Pin("timezone_abbreviations", "Default", others: ["Australia", "India"], isCostly: true),
    Pin("extra_float_digits", "1", others: ["0", "-15"]),
    Pin("bytea_output", "hex", others: ["escape"]),
    Pin("lc_monetary", "C", others: ["en_US.UTF-8", "de_DE.UTF-8", "ja_JP.UTF-8"]),
    Pin("lc_numeric", "C", others: ["de_DE.UTF-8"]),
    Pin("lc_time", "C", others: ["de_DE.UTF-8"]),
    Pin("xmloption", "content", others: ["document"]),
    Pin("xmlbinary", "base64", others: ["hex"]),
    Pin("array_nulls", "on", others: ["off"]),
    Pin("quote_all_identifiers", "off", others: ["on"]),
    Pin("default_text_search_config", "pg_catalog.simple", others: ["pg_catalog.english"]),
    Pin("standard_conforming_strings", "on"),
    Pin("transform_null_equals", "off"),
  ]

  // MARK: Hazards

  func hazards(_ column: String, from old: String, to new: String) -> [Hazard] {
    hazards(of: "column \(column)", from: old, to: new)
  }

  /// - Parameter subject: what changes, with its kind.
  func hazards(of subject: String, from old: String, to new: String) -> [Hazard] {
    var hazards: [Hazard] = []
    let change = "changes \(subject) from \(old) to \(new)"
    if way == .anew {
      let reason = refused.map { " (\($0.value): \($0.outcome))" } ?? ""
      return [
        Hazard(
          .dataLoss,
          "\(change), which none of its values can become\(reason); every row gets the column's default, or NULL")
      ]
    }
    if !isTried {
      hazards.append(Hazard(.dataLoss, "\(change); dbtool has no values to try whether they stay the same"))
    } else if let changed {
      hazards.append(Hazard(.dataLoss, "\(change): \(changed.value) becomes \(changed.outcome)"))
    }
    if let refused {
      hazards.append(
        Hazard(.refusesValues, "\(change), which has no place for every value: \(refused.value): \(refused.outcome)"))
    }
    if !settings.isEmpty {
      let pinned = seen.map(\.assignment).joined(separator: ", ")
      hazards.append(
        Hazard(
          .dependsOnSettings,
          "\(change), and what a value becomes depends on a session's settings. The migration says \(pinned)"))
    }
    return hazards
  }
}

/// What was found out of the changes of type between two catalogs.
package struct TypeConversions: Sendable {
  package struct Pair: Sendable, Hashable {
    package let old: String
    package let new: String
    /// Whether values go by way of their texts, as those that wait do.
    package let isOfTexts: Bool
    package init(_ old: String, _ new: String, isOfTexts: Bool = false) {
      self.old = old
      self.new = new
      self.isOfTexts = isOfTexts
    }
  }

  private var known: [Pair: TypeConversion]

  package init(_ known: [Pair: TypeConversion] = [:]) { self.known = known }

  package subscript(old: String, new: String) -> TypeConversion { known[Pair(old, new)] ?? .untried }

  /// What becomes of values that wait as texts.
  func ofTexts(_ old: String, _ new: String) -> TypeConversion { known[Pair(old, new, isOfTexts: true)] ?? .untried }
}

extension TypeConversions {
  /// The types that a fact has instead of others: a column's own, those that values which wait as texts are made of.
  package static func pairs(from old: Fact, to new: Fact) -> [Pair] {
    if new.id.kind == .column {
      guard let before = old.optionalText(.type), let after = new.optionalText(.type), before != after else {
        return []
      }
      return [Pair(before, after)]
    }
    return parts(from: old, to: new).map(\.pair)
      // The column of a typed table changes as others do.
      + (new.id.kind == .compositeType
        ? CompositeTypeRule.retyped(from: old, to: new).map { Pair($0.old, $0.new) } : [])
  }

  /// What a domain is made of, and the attributes of a composite type, as far as they change.
  static func parts(from old: Fact, to new: Fact) -> [(name: String, pair: Pair)] {
    switch new.id.kind {
    case .domain where old.attributes[.type] != new.attributes[.type]:
      [("\(new.id)", Pair(old.text(.type), new.text(.type), isOfTexts: true))]
    case .compositeType:
      CompositeTypeRule.retyped(from: old, to: new).map { part in
        ("attribute \(part.name) of \(new.id)", Pair(part.old, part.new, isOfTexts: true))
      }
    default: []
    }
  }
}
