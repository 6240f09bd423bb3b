internal import Escaping

/// Types for TypeScript, in the shape that Supabase's generator has and its client library reads: a type `Database` with
/// `Tables` (`Row`, `Insert`, `Update`, `Relationships`), `Views`, `Functions`, `Enums` and `CompositeTypes` for each schema.
package struct TypeScriptTypes {
  private let model: SchemaModel

  package init(_ model: SchemaModel) { self.model = model }

  package var text: String {
    """
    export type Json =
      | string
      | number
      | boolean
      | null
      | { [key: string]: Json | undefined }
      | Json[]

    export type Database = {
    \(model.schemas.map(schema).joined())}

    \(helpers)
    \(constants)
    """
  }

  private func schema(_ name: String) -> String {
    let relations = model.relations.filter { $0.name.schema == name }
    let functions = Dictionary(
      grouping: model.functions.filter { $0.name.schema == name && Self.isCallable($0) }, by: \.name)
    let enums = model.enumerations.filter { $0.name.schema == name }
    let composites = model.composites.filter { $0.name.schema == name }
    return "  \(JavaScript.key(name)): {\n"
      + section("Tables", relations.filter { !$0.isView }.map { relation($0) })
      + section("Views", relations.filter(\.isView).map { relation($0) })
      + section("Functions", functions.sorted { $0.key < $1.key }.map { function($0.key, $0.value) })
      + section(
        "Enums",
        enums.map {
          "      \(JavaScript.key($0.name.name)): \($0.labels.isEmpty ? "never" : $0.labels.map(JavaScript.literal).joined(separator: " | "))\n"
        })
      + section(
        "CompositeTypes",
        composites.map { composite in
          "      \(JavaScript.key(composite.name.name)): {\n"
            + composite.fields.map { "        \(JavaScript.key($0.name)): \(type($0.type)) | null\n" }.joined()
            + "      }\n"
        })
      + "  }\n"
  }

  private func section(_ name: String, _ entries: [String]) -> String {
    "    \(name): {\n" + (entries.isEmpty ? "      [_ in never]: never\n" : entries.joined()) + "    }\n"
  }

  // MARK: Relations

  private func relation(_ relation: SchemaModel.Relation) -> String {
    var text = "      \(JavaScript.key(relation.name.name)): {\n"
    text += "        Row: {\n" + row(relation, indentation: 10) + "        }\n"
    if relation.isInsertable || !relation.isView {
      text += "        Insert: {\n" + writable(relation, isInsert: true) + "        }\n"
    }
    if relation.isUpdatable || !relation.isView {
      text += "        Update: {\n" + writable(relation, isInsert: false) + "        }\n"
    }
    return text + "        Relationships: [\(relationships(relation))]\n      }\n"
  }

  private func sorted(_ relation: SchemaModel.Relation) -> [SchemaModel.Column] {
    relation.columns.sorted { $0.name < $1.name }
  }

  private func row(_ relation: SchemaModel.Relation, indentation: Int) -> String {
    sorted(relation).map {
      "\(String(repeating: " ", count: indentation))\(JavaScript.key($0.name)): \(type($0.type))\($0.isNullable ? " | null" : "")\n"
    }.joined()
  }

  private func writable(_ relation: SchemaModel.Relation, isInsert: Bool) -> String {
    sorted(relation).map { column in
      if column.isGenerated { return "          \(JavaScript.key(column.name))?: never\n" }
      let isOptional = !isInsert || column.isNullable || column.hasDefault
      return
        "          \(JavaScript.key(column.name))\(isOptional ? "?" : ""): \(type(column.type))\(column.isNullable ? " | null" : "")\n"
    }.joined()
  }

  private func relationships(_ relation: SchemaModel.Relation) -> String {
    // The client library joins within a schema.
    let entries = relation.relationships.filter { $0.target.schema == relation.name.schema }.map { key in
      """
                {
                  foreignKeyName: \(JavaScript.literal(key.name))
                  columns: [\(key.columns.map(JavaScript.literal).joined(separator: ", "))]
                  isOneToOne: \(key.isOneToOne)
                  referencedRelation: \(JavaScript.literal(key.target.name))
                  referencedColumns: [\(key.targetColumns.map(JavaScript.literal).joined(separator: ", "))]
                },

      """
    }
    return entries.isEmpty ? "" : "\n" + entries.joined() + "        "
  }

  // MARK: Functions

  /// Parameters go by name; one alone without a name is the request's body.
  private static func isCallable(_ function: SchemaModel.Function) -> Bool {
    !function.isProcedure
      && (function.parameters.allSatisfy { !$0.name.isEmpty }
        || function.parameters.count == 1
          && [.scalar("json"), .scalar("jsonb"), .scalar("text")].contains(function.parameters[0].type))
  }

  private func function(_ name: SchemaModel.Name, _ overloads: [SchemaModel.Function]) -> String {
    let texts = overloads.map { function in
      let parameters = function.parameters.sorted { $0.name < $1.name }.map {
        "\($0.name.isEmpty ? "\"\"" : JavaScript.key($0.name))\($0.hasDefault ? "?" : ""): \(type($0.type))"
      }
      let arguments = parameters.isEmpty ? "never" : "{ \(parameters.joined(separator: "; ")) }"
      return "{ Args: \(arguments); Returns: \(result(function)) }"
    }
    guard texts.count > 1 else { return "      \(JavaScript.key(name.name)): \(texts.joined())\n" }
    return "      \(JavaScript.key(name.name)):\n" + texts.map { "        | \($0)\n" }.joined()
  }

  private func result(_ function: SchemaModel.Function) -> String {
    let one: String
    switch function.result {
    case .void: return "undefined"
    case .value(.row(let name)):
      let columns = model.relation(name).map { row($0, indentation: 10) } ?? ""
      let object = columns.isEmpty ? "Record<string, unknown>" : "{\n\(columns)        }"
      return function.returnsSet ? "\(object)[]" : "\(object) | null"
    case .value(let type): one = "\(self.type(type)) | null"
    case .columns(let columns):
      let fields = columns.map { "          \(JavaScript.key($0.name)): \(type($0.type)) | null\n" }
      one = "{\n" + fields.joined() + "        }"
    }
    return function.returnsSet ? (one.hasPrefix("{") ? "\(one)[]" : "(\(one))[]") : one
  }

  // MARK: Types

  private func type(_ type: SchemaModel.DataType) -> String {
    switch type {
    // An element can be NULL; an array within an array cannot.
    case .array(let element):
      if case .array = element { "\(self.type(element))[]" } else { "(\(self.type(element)) | null)[]" }
    case .enumeration(let name): reference(name, "Enums")
    case .composite(let name): reference(name, "CompositeTypes")
    case .row(let name):
      reference(name, model.relation(name)?.isView == true ? "Views" : "Tables", "[\"Row\"]")
    case .scalar(let name): Self.scalars[name] ?? "unknown"
    }
  }

  /// What lies in a schema that is not written is not known.
  private func reference(_ name: SchemaModel.Name, _ section: String, _ rest: String = "") -> String {
    let isKnown =
      model.relation(name) != nil || model.enumerations.contains { $0.name == name }
      || model.composites.contains { $0.name == name }
    guard isKnown else { return section == "Enums" ? "string" : "unknown" }
    return "Database[\(JavaScript.literal(name.schema))][\"\(section)\"][\(JavaScript.literal(name.name))]\(rest)"
  }

  private static let scalars: [String: String] = {
    var types: [String: String] = [
      "bool": "boolean", "json": "Json", "jsonb": "Json", "void": "undefined", "record": "Record<string, unknown>",
    ]
    for name in ["int2", "int4", "int8", "float4", "float8", "numeric"] { types[name] = "number" }
    for name in [
      "bytea", "bpchar", "varchar", "date", "text", "citext", "time", "timetz", "timestamp", "timestamptz", "uuid",
      "vector", "name", "oid", "money",
      "char",
    ] { types[name] = "string" }
    return types
  }()

  // MARK: Words

  private var constants: String {
    "export const Constants = {\n"
      + model.schemas.map { schema in
        let enums = model.enumerations.filter { $0.name.schema == schema }
        let lines = enums.map {
          "      \(JavaScript.propertyName($0.name.name)): [\($0.labels.map(JavaScript.literal).joined(separator: ", "))],\n"
        }
        return "  \(JavaScript.propertyName(schema)): {\n    Enums: {"
          + (lines.isEmpty ? "" : "\n" + lines.joined() + "    ")
          + "},\n  },\n"
      }.joined() + "} as const\n"
  }

  /// What is usually written with the types: a table's row by its name, and so on.
  private var helpers: String {
    let home = JavaScript.literal(model.schemas.contains("public") ? "public" : model.schemas.first ?? "public")
    return """
      type DefaultSchema = Database[\(home)]

      export type Tables<N extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])> =
        (DefaultSchema["Tables"] & DefaultSchema["Views"])[N] extends { Row: infer R } ? R : never
      export type TablesInsert<N extends keyof DefaultSchema["Tables"]> =
        DefaultSchema["Tables"][N] extends { Insert: infer I } ? I : never
      export type TablesUpdate<N extends keyof DefaultSchema["Tables"]> =
        DefaultSchema["Tables"][N] extends { Update: infer U } ? U : never
      export type Enums<N extends keyof DefaultSchema["Enums"]> = DefaultSchema["Enums"][N]
      export type CompositeTypes<N extends keyof DefaultSchema["CompositeTypes"]> = DefaultSchema["CompositeTypes"][N]

      """
  }
}
