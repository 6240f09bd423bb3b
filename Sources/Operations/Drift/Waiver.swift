package import Catalog
internal import FoundationEssentials
internal import Postgres

/// A difference that somebody has said is known, until a day. Lines of the file `drift-waivers.jsonl`, one JSON object
/// each, so that branches merge line by line:
///
///     {"code": "extra-index", "object": "index public.books_tmp_idx", "owner": "anna", "reason": "…", "expires": "2027-01-31"}
package struct Waiver: Sendable, Hashable {
  /// The finding's code; nil for whatever is found about the object.
  package var code: String?
  /// The object as drift names it, with its kind; a `*` at the end stands for anything.
  package var object: String
  package var owner: String
  package var reason: String
  /// The last day on which it holds, in UTC.
  package var expires: String
  package var location: SourceLocation

  package static let fileName = "drift-waivers.jsonl"

  /// Why the file of waivers cannot be used.
  package struct Failure: Error, CustomStringConvertible {
    package var location: SourceLocation
    package var reason: String
    package var description: String {
      "\(location): \(reason). A waiver is one line of JSON with object, owner, reason, expires (YYYY-MM-DD) and, unless all "
        + "findings about the object are meant, code."
    }
  }

  private struct Line: Decodable {
    var code: String?
    var object: String
    var owner: String
    var reason: String
    var expires: String

    enum CodingKeys: String, CodingKey { case code, object, owner, reason, expires }
  }

  /// Reads the file's text.
  ///
  /// - Throws: `Waiver.Failure` with the line.
  package static func all(in text: String) throws -> [Waiver] {
    var waivers: [Waiver] = []
    for (index, line) in SourceText.normalised(text).split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      let line = line.trimmed
      guard !line.isEmpty else { continue }
      let location = SourceLocation(file: fileName, line: index + 1)
      func refuse(_ reason: String) -> Failure { Failure(location: location, reason: reason) }
      let decoded: Line
      do {
        decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        // A key that is mistyped would make a waiver of more than is meant.
        let keys = try JSONDecoder().decode([String: String?].self, from: Data(line.utf8)).keys
        if let other = keys.sorted().first(where: { Line.CodingKeys(rawValue: $0) == nil }) {
          throw refuse("a waiver has no \"\(other)\"")
        }
      } catch let error as DecodingError {
        throw refuse(error.missingKey.map { "the waiver has no \($0)" } ?? "this is no waiver in JSON")
      }
      for (key, value) in [("object", decoded.object), ("owner", decoded.owner), ("reason", decoded.reason)]
      where value.trimmed.isEmpty {
        throw refuse("the waiver's \(key) is empty")
      }
      if decoded.code == nil, decoded.object == "*" {
        throw refuse("a waiver of everything there is needs a code")
      }
      guard isDay(decoded.expires) else { throw refuse("expires is not a day: \(decoded.expires)") }
      waivers.append(
        Waiver(
          code: decoded.code, object: decoded.object, owner: decoded.owner, reason: decoded.reason,
          expires: decoded.expires, location: location))
    }
    return waivers
  }

  /// Whether it is about a finding.
  package func covers(_ finding: DriftFinding) -> Bool {
    guard code == nil || code == finding.code else { return false }
    return object.hasSuffix("*") ? finding.object.hasPrefix(object.dropLast()) : finding.object == object
  }

  /// Whether its last day is over.
  package func isExpired(on today: String) -> Bool { expires < today }

  /// A day of the calendar, as `YYYY-MM-DD`.
  private static func isDay(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }) else {
      return false
    }
    let numbers = parts.compactMap { Int($0) }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let components = DateComponents(year: numbers[0], month: numbers[1], day: numbers[2])
    guard let date = calendar.date(from: components) else { return false }
    // 30 February would be 2 March.
    return calendar.dateComponents([.year, .month, .day], from: date).day == numbers[2]
      && (1...12).contains(numbers[1])
  }
}

extension DecodingError {
  fileprivate var missingKey: String? {
    if case .keyNotFound(let key, _) = self { key.stringValue } else { nil }
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

extension DriftReport {
  /// Marks what waivers are about. An expired waiver is a finding of its own, and what it was about is drift again; one that
  /// is about nothing is a note.
  ///
  /// - Parameter today: the day, as `YYYY-MM-DD`.
  package mutating func waive(by waivers: [Waiver], today: String) {
    var used: Set<Waiver> = []
    let (expired, valid) = (waivers.filter { $0.isExpired(on: today) }, waivers.filter { !$0.isExpired(on: today) })
    for index in findings.indices {
      guard let waiver = valid.first(where: { $0.covers(findings[index]) }) else { continue }
      findings[index].waiver = waiver
      used.insert(waiver)
    }
    for waiver in expired {
      findings.append(
        DriftFinding(
          .error, code: "expired-waiver", waiver.object, "the waiver of \(waiver.owner) expired on \(waiver.expires)",
          location: waiver.location,
          help: "bring the database back, or say anew until when it is known: \(waiver.reason)"))
    }
    for waiver in valid where !used.contains(waiver) {
      findings.append(
        DriftFinding(
          .note, code: "unused-waiver", waiver.object, "the waiver of \(waiver.owner) is about nothing that was found",
          location: waiver.location, help: "take it out of \(Waiver.fileName)"))
    }
  }
}
