/// A schema's documentation in Markdown, with diagrams in Mermaid, for repositories.
package struct MarkdownDocument {
  private let document: SchemaDocument
  private let source: SourceLinks

  package init(_ document: SchemaDocument, source: SourceLinks) {
    self.document = document
    self.source = source
  }

  /// The files, by their names.
  package var files: [(name: String, text: String)] {
    [("README.md", overview)] + document.chapters.map { (file($0), chapter($0)) }
  }

  private func file(_ chapter: SchemaDocument.Chapter) -> String {
    chapter.schema.isEmpty ? "database.md" : "schema-\(HTMLSite.slug(chapter.schema)).md"
  }

  private var overview: String {
    var text =
      "# \(escaped(document.name))\n\nPostgreSQL \(document.serverVersion)\n\n| schema | objects | |\n| --- | --- | --- |\n"
    for chapter in document.chapters {
      text +=
        "| [\(escaped(chapter.title))](\(file(chapter))) | \(chapter.entries.count) | \(escaped(chapter.comment ?? "")) |\n"
    }
    return text
  }

  private func chapter(_ chapter: SchemaDocument.Chapter) -> String {
    var text = "# \(escaped(chapter.title))\n"
    if let comment = chapter.comment { text += "\n\(escaped(comment))\n" }
    text += chapter.parts.map(part).joined()
    if !chapter.diagram.nodes.isEmpty { text += "\n```mermaid\n\(chapter.diagram.mermaid)```\n" }
    for entry in chapter.entries {
      text += "\n## \(escaped("\(entry.kind) \(entry.title)"))\n"
      if let comment = entry.comment { text += "\n\(escaped(comment))\n" }
      if let location = entry.location { text += "\nDeclared in \(cell(.place(location))).\n" }
      for (name, value) in entry.properties {
        if case .code(let code) = value, code.contains("\n") {
          text += "\n\(escaped(name)):\n\n\(fenced(code))\n"
        } else {
          text += "\n\(escaped(name)): \(cell(value))\n"
        }
      }
      text += entry.parts.map(part).joined()
    }
    return text
  }

  private func part(_ part: SchemaDocument.Part) -> String {
    "\n### \(escaped(part.title))\n\n| \(part.headers.map(escaped).joined(separator: " | ")) |\n"
      + "|\(part.headers.map { _ in " --- |" }.joined())\n"
      + part.rows.map { "| \($0.map(cell).joined(separator: " | ")) |\n" }.joined()
  }

  /// A fence longer than any in the text.
  private func fenced(_ code: String) -> String {
    var fence = "```"
    while code.contains(fence) { fence += "`" }
    return "\(fence)sql\n\(code)\n\(fence)"
  }

  /// In a cell, where a line is a line and `|` ends it.
  private func cell(_ cell: SchemaDocument.Cell) -> String {
    switch cell {
    case .text(let text): return escaped(text)
    case .code(let text):
      if text.isEmpty { return "" }
      // HTML, since backticks cannot hold every text in one line.
      let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
      return
        "<code>\(HTML.escaped(line).replacing("|", with: "&#124;").replacing("*", with: "&#42;").replacing("_", with: "&#95;"))</code>"
    case .place(let location):
      let text = escaped("\(location)")
      return source.url(of: location).map { "[\(text)](\($0))" } ?? text
    }
  }

  private func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      if character.isNewline {
        escaped += " "
      } else if "\\`*_{}[]<>#|".contains(character) {
        escaped += "\\\(character)"
      } else {
        escaped.append(character)
      }
    }
    return escaped
  }
}
