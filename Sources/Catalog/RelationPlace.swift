internal import Postgres

/// A name that one relation of a schema can have: tables, indexes, views, sequences and composite types share them
/// (`pg_class.relname`).
package struct RelationPlace: Hashable, Comparable, Sendable {
  package let schema: String
  package let name: String

  package init(_ schema: String, _ name: String) {
    self.schema = schema
    self.name = name
  }

  package static func == (a: RelationPlace, b: RelationPlace) -> Bool {
    a.name.isIdentical(to: b.name) && a.schema.isIdentical(to: b.schema)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(schema)
    hasher.combine(name)
  }

  package static func < (a: RelationPlace, b: RelationPlace) -> Bool {
    a.schema.isIdentical(to: b.schema) ? a.name.precedes(b.name) : a.schema.precedes(b.schema)
  }
}
