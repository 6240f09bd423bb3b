internal import Escaping
internal import Importing

/// Types for Swift: a `Codable` structure for each table and view, for what is inserted, for a function's arguments and results
/// and for each composite type, and an enum for each of PostgreSQL's. Keys are the columns' names, so that JSON of rows
/// (`to_jsonb`, PostgREST) is read by `JSONDecoder.postgres`.
package struct SwiftTypes {
  private let model: SchemaModel
  /// The Swift name of each schema, and of each type in it.
  private var schemaNames: [String: String] = [:]
  private var typeNames: [SchemaModel.Name: String] = [:]

  package init(_ model: SchemaModel) {
    self.model = model
    var schemas = SwiftNames(reserving: Self.reserved)
    for schema in model.schemas { schemaNames[schema] = schemas.type(schema, qualifier: "", suffix: "Schema") }
    for schema in model.schemas {
      var names = SwiftNames(reserving: Self.reserved.union(schemaNames.values))
      let all =
        model.relations.map { ($0.name, $0.isView ? "View" : "Table") } + model.enumerations.map { ($0.name, "Enum") }
        + model.composites.map { ($0.name, "Type") }
      for (name, suffix) in all where name.schema == schema {
        typeNames[name] = names.type(name.name, qualifier: schema, suffix: suffix)
      }
    }
  }

  private static let reserved = SwiftNames.words.union([
    "JSONValue", "UUID", "Date", "Decimal", "Data", "Int16", "Int32", "Int64", "Float", "Codable", "Hashable",
    "Sendable",
    "Insert", "Functions", "CodingKeys", "CodingKey", "CaseIterable", "Result", "Row", "Foundation", "Optional",
    "Never", "Void",
  ])

  package var text: String {
    """
    // Made by dbtool types --language swift; make it anew after a change of the schema.

    import Foundation

    \(Self.json)
    """ + model.schemas.map(schema).joined()
  }

  private func schema(_ name: String) -> String {
    let parts =
      model.enumerations.filter { $0.name.schema == name }.map(enumeration)
      + model.composites.filter { $0.name.schema == name }.map(composite)
      + model.relations.filter { $0.name.schema == name }.map(relation)
      + functions(model.functions.filter { $0.name.schema == name })
    return "\n" + SwiftText.documentation("The schema \(VisibleText.line(name)).", indentation: 0)
      + "public enum \(schemaNames[name] ?? "Schema") {\n" + parts.joined(separator: "\n")
      + "}\n"
  }

  // MARK: Types

  private func enumeration(_ type: SchemaModel.Enumeration) -> String {
    // Swift takes labels for the same that are composed of other scalars and mean the same characters.
    guard !type.labels.isEmpty, Set(type.labels).count == type.labels.count else {
      let type = (name: typeName(type.name), comment: type.comment, value: type.labels.isEmpty ? "Never" : "String")
      return comment(type.comment, 2) + "  public typealias \(type.name) = \(type.value)\n"
    }
    var names = SwiftNames(reserving: ["allCases", "hashValue", "rawValue"])
    let cases = type.labels.map { label in
      let name = names.member(label, suffix: "Value")
      return "    case \(name)" + value(name, of: label)
    }
    return comment(type.comment, 2)
      + "  public enum \(typeName(type.name)): String, Codable, CaseIterable, Hashable, Sendable {\n"
      + cases.joined() + "  }\n"
  }

  private func composite(_ type: SchemaModel.Composite) -> String {
    structure(
      typeName(type.name), type.fields.map { Field($0.name, swift($0.type), isOptional: true) }, type.comment, 2)
  }

  private func relation(_ relation: SchemaModel.Relation) -> String {
    let row = relation.columns.map { column in
      Field(column.name, swift(column.type), isOptional: column.isNullable, comment: column.comment)
    }
    var nested = ""
    if relation.isInsertable {
      let insert = relation.columns.filter { !$0.isGenerated }.map { column in
        Field(column.name, swift(column.type), isOptional: column.isNullable || column.hasDefault)
      }
      nested = "\n" + structure("Insert", insert, "A new row; what is nil is left out, and gets its default.", 4)
    }
    return structure(typeName(relation.name), row, relation.comment, 2, nested: nested)
  }

  private func functions(_ functions: [SchemaModel.Function]) -> [String] {
    guard !functions.isEmpty else { return [] }
    // Types are found by their schema's name, which no function may hide.
    var names = SwiftNames(reserving: Self.reserved.union(typeNames.values).union(schemaNames.values))
    let texts = functions.map { function -> String in
      let name = names.type(function.name.name, qualifier: "", suffix: "Function")
      let arguments = function.parameters.enumerated().map { index, parameter in
        Field(
          parameter.name.isEmpty ? "\(index + 1)" : parameter.name, swift(parameter.type),
          isOptional: parameter.hasDefault)
      }
      var nested = ""
      var result = "Void"
      switch function.result {
      case .void: break
      case .value(let type): result = swift(type) + "?"
      case .columns(let columns):
        result = "Row"
        nested = "\n" + structure("Row", columns.map { Field($0.name, swift($0.type), isOptional: true) }, nil, 6)
      }
      if function.returnsSet { result = "[\(result)]" }
      nested += "\n      public typealias Result = \(result)\n"
      return structure(name, arguments, function.comment, 4, nested: nested)
    }
    return [
      "  /// Arguments and results of functions.\n  public enum Functions {\n" + texts.joined(separator: "\n") + "  }\n"
    ]
  }

  // MARK: Structures

  private struct Field {
    var name: String
    var type: String
    var isOptional: Bool
    var comment: String?
    init(_ name: String, _ type: String, isOptional: Bool, comment: String? = nil) {
      self.name = name
      self.type = type + (isOptional ? "?" : "")
      self.isOptional = isOptional
      self.comment = comment
    }
  }

  private func structure(
    _ name: String, _ fields: [Field], _ note: String?, _ indentation: Int, nested: String = ""
  ) -> String {
    var names = SwiftNames(reserving: ["hashValue", "stringValue", "intValue"])
    let members = fields.map { ($0, names.member($0.name, suffix: "Value")) }
    let indent = String(repeating: " ", count: indentation)
    var text = comment(note, indentation) + "\(indent)public struct \(name): Codable, Hashable, Sendable {\n"
    for (field, member) in members {
      text += comment(field.comment, indentation + 2) + "\(indent)  public var \(member): \(field.type)\n"
    }
    if members.isEmpty {
      text += "\(indent)  public init() {}\n"
    } else {
      text += "\n\(indent)  enum CodingKeys: String, CodingKey {\n"
      for (field, member) in members {
        text +=
          "\(indent)    case \(member)" + value(member, of: field.name)
      }
      let parameters = members.map { "\($0.1): \($0.0.type)" + ($0.0.isOptional ? " = nil" : "") }
      text += "\(indent)  }\n\n\(indent)  public init(\(parameters.joined(separator: ", "))) {\n"
      for (_, member) in members { text += "\(indent)    self.\(member) = \(member)\n" }
      text += "\(indent)  }\n"
    }
    return text + nested + "\(indent)}\n"
  }

  /// A case's raw value, where it is not the case's name, scalar by scalar.
  private func value(_ name: String, of text: String) -> String {
    (name.utf8.elementsEqual(text.utf8) ? "" : " = \(SwiftText.literal(text))") + "\n"
  }

  private func comment(_ text: String?, _ indentation: Int) -> String {
    text.map { SwiftText.documentation($0, indentation: indentation) } ?? ""
  }

  private func typeName(_ name: SchemaModel.Name) -> String { typeNames[name] ?? "JSONValue" }

  private func swift(_ type: SchemaModel.DataType) -> String {
    switch type {
    case .array(let element):
      // An element can be NULL; an array within an array cannot.
      if case .array = element { return "[\(swift(element))]" }
      return "[\(swift(element))?]"
    case .enumeration(let name), .composite(let name), .row(let name):
      // What lies in a schema that is not written is text, or an object.
      guard let known = typeNames[name], let schema = schemaNames[name.schema] else {
        if case .enumeration = type { return "String" }
        return "JSONValue"
      }
      return "\(schema).\(known)"
    case .scalar(let name): return Self.scalars[name] ?? "String"
    }
  }

  private static let scalars = [
    "bool": "Bool", "int2": "Int16", "int4": "Int32", "int8": "Int64", "float4": "Float", "float8": "Double",
    "numeric": "Decimal", "uuid": "UUID", "json": "JSONValue", "jsonb": "JSONValue", "timestamptz": "Date",
    "record": "JSONValue",
  ]

  private static let json = """
    /// Any JSON (`json`, `jsonb`).
    public enum JSONValue: Codable, Hashable, Sendable {
      case null
      case bool(Bool)
      case number(Decimal)
      case string(String)
      case array([JSONValue])
      case object([String: JSONValue])

      public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
          self = .null
        } else if let value = try? container.decode(Bool.self) {
          self = .bool(value)
        } else if let value = try? container.decode(Decimal.self) {
          self = .number(value)
        } else if let value = try? container.decode(String.self) {
          self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
          self = .array(value)
        } else {
          self = .object(try container.decode([String: JSONValue].self))
        }
      }

      public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
      }
    }

    extension JSONDecoder {
      /// Reads times as PostgreSQL writes them in JSON, with fractions of a second or without.
      public static var postgres: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
          let text = try decoder.singleValueContainer().decode(String.self)
          let style = Date.ISO8601FormatStyle()
          for style in [style, style.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .colon)] {
            if let date = try? style.parse(text) { return date }
          }
          throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "no time in ISO 8601: \\(text)"))
        }
        return decoder
      }
    }

    """
}
