internal import Escaping

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
    chapter.schema.isEmpty ? "database.md" : "schema-\(FileName.slug(chapter.schema)).md"
  }

  private var overview: String {
    var text =
      "# \(Markdown.text(document.name))\n\nPostgreSQL \(Markdown.text(document.serverVersion))\n\n| schema | objects | |\n| --- | --- | --- |\n"
    for chapter in document.chapters {
      text +=
        "| \(Markdown.link(Markdown.text(chapter.title), to: file(chapter))) | \(chapter.entries.count) | \(Markdown.text(chapter.comment ?? "")) |\n"
    }
    return text
  }

  private func chapter(_ chapter: SchemaDocument.Chapter) -> String {
    var text = "# \(Markdown.text(chapter.title))\n"
    if let comment = chapter.comment { text += "\n\(Markdown.text(comment))\n" }
    text += chapter.parts.map(part).joined()
    if !chapter.diagram.nodes.isEmpty { text += "\n```mermaid\n\(chapter.diagram.mermaid)```\n" }
    for entry in chapter.entries {
      text += "\n## \(Markdown.text("\(entry.kind) \(entry.title)"))\n"
      if let comment = entry.comment { text += "\n\(Markdown.text(comment))\n" }
      if let location = entry.location { text += "\nDeclared in \(cell(.place(location))).\n" }
      for (name, value) in entry.properties {
        if case .code(let code) = value, code.utf8.contains(UInt8(ascii: "\n")) {
          text += "\n\(Markdown.text(name)):\n\n\(Markdown.fenced(code, language: "sql"))\n"
        } else {
          text += "\n\(Markdown.text(name)): \(cell(value))\n"
        }
      }
      text += entry.parts.map(part).joined()
    }
    return text
  }

  private func part(_ part: SchemaDocument.Part) -> String {
    "\n### \(Markdown.text(part.title))\n\n| \(part.headers.map(Markdown.text).joined(separator: " | ")) |\n"
      + "|\(part.headers.map { _ in " --- |" }.joined())\n"
      + part.rows.map { "| \($0.map(cell).joined(separator: " | ")) |\n" }.joined()
  }

  /// In a cell, where a line is a line and `|` ends it.
  private func cell(_ cell: SchemaDocument.Cell) -> String {
    switch cell {
    case .text(let text): return Markdown.text(text)
    case .code(let text): return Markdown.code(text)
    case .place(let location):
      let text = Markdown.text("\(location)")
      return source.url(of: location).map { Markdown.link(text, to: $0) } ?? text
    }
  }
}
