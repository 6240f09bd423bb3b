internal import Catalog
internal import Escaping

/// A schema's documentation as pages that need no server and no network: one for each schema, with its diagram, and a search
/// over all of them.
package struct HTMLSite {
  private let document: SchemaDocument
  private let source: SourceLinks
  /// The objects that have an entry, to which links can lead.
  private let known: Set<FactID>

  /// - Parameter source: where the declarations can be read.
  package init(_ document: SchemaDocument, source: SourceLinks) {
    self.document = document
    self.source = source
    known = Set(document.chapters.flatMap(\.entries).map(\.id))
  }

  /// The files, by their names.
  package var files: [(name: String, text: String)] {
    [
      ("index.html", page("", body: overview)), ("style.css", SiteAssets.style), ("script.js", SiteAssets.script),
      ("search.js", search),
    ] + document.chapters.map { (Self.file($0), page(Self.file($0), body: chapter($0))) }
  }

  // MARK: Pages

  private func page(_ file: String, body: String) -> String {
    let links = document.chapters.map { chapter in
      let here = Self.file(chapter) == file
      return
        "<a href=\"\(Self.file(chapter))\"\(here ? " aria-current=\"page\"" : "")>\(HTML.escaped(chapter.title))</a>"
    }
    let chapter = document.chapters.first { Self.file($0) == file }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(HTML.escaped([chapter?.title, document.name].compactMap { $0 }.joined(separator: " · ")))</title>
      <link rel="stylesheet" href="style.css">
      <script src="search.js" defer></script>
      <script src="script.js" defer></script>
      </head>
      <body>
      <header>
      <a class="home" href="index.html">\(HTML.escaped(document.name))</a>
      <nav aria-label="Schemas">\(links.joined(separator: " "))</nav>
      <div class="search"><input id="search" type="search" placeholder="Search ( / )" aria-label="Search" autocomplete="off"><ul id="results" hidden></ul></div>
      <button id="theme" type="button" aria-label="Light or dark">◐</button>
      </header>
      <main>
      \(body)</main>
      </body>
      </html>

      """
  }

  private var overview: String {
    let rows = document.chapters.map { chapter -> String in
      var counts: [String: Int] = [:]
      for entry in chapter.entries { counts[entry.kind, default: 0] += 1 }
      let text = counts.sorted { $0.key < $1.key }.map {
        "\($0.value) \($0.value == 1 ? $0.key : Words.plural($0.key))"
      }
      return "<tr><th scope=\"row\"><a href=\"\(Self.file(chapter))\">\(HTML.escaped(chapter.title))</a></th>"
        + "<td>\(HTML.escaped(chapter.comment ?? ""))</td><td class=\"quiet\">\(HTML.escaped(text.joined(separator: ", ")))</td></tr>\n"
    }
    return """
      <h1>\(HTML.escaped(document.name))</h1>
      <p class="quiet">PostgreSQL \(HTML.escaped(document.serverVersion))</p>
      <table class="overview">\(rows.joined())</table>

      """
  }

  private func chapter(_ chapter: SchemaDocument.Chapter) -> String {
    var text = "<h1>\(HTML.escaped(chapter.title))</h1>\n" + paragraph(chapter.comment) + place(chapter.location)
    text += chapter.parts.map(part).joined()
    if !chapter.diagram.nodes.isEmpty {
      let svg = DiagramSVG(chapter.diagram) { node in
        known.contains(node.id) ? Self.page(of: node.id.schema) + "#" + Self.anchor(node.id) : nil
      }
      text += """
        <section class="picture" aria-label="Diagram">
        <div class="tools"><input class="find" type="search" placeholder="Find a table" aria-label="Find a table in the diagram"><button type="button" data-zoom="in" aria-label="Larger">+</button><button type="button" data-zoom="out" aria-label="Smaller">−</button><button type="button" data-zoom="all" aria-label="All of it">⤢</button></div>
        \(svg.text)</section>

        """
    }
    let kinds = chapter.entries.reduce(into: [String]()) { if $0.last != $1.kind { $0.append($1.kind) } }
    if kinds.count > 1 {
      text +=
        "<p class=\"kinds\">"
        + kinds.map { "<a href=\"#kind-\(Self.slug($0))\">\(HTML.escaped(Words.plural($0)))</a>" }.joined(
          separator: " ") + "</p>\n"
    }
    var kind = ""
    for entry in chapter.entries {
      if entry.kind != kind {
        kind = entry.kind
        text +=
          "<h2 id=\"kind-\(Self.slug(kind))\">\(HTML.escaped(Words.capitalised(Words.plural(kind))))</h2>\n"
      }
      text += self.entry(entry)
    }
    return text
  }

  private func entry(_ entry: SchemaDocument.Entry) -> String {
    let anchor = Self.anchor(entry.id)
    let properties = entry.properties.map { "<dt>\(HTML.escaped($0.name))</dt><dd>\(cell($0.value))</dd>" }
    return
      "<article id=\"\(anchor)\">\n<h3><a href=\"#\(anchor)\">\(HTML.escaped(entry.title))</a> <small>\(HTML.escaped(entry.kind))</small></h3>\n"
      + paragraph(entry.comment) + place(entry.location)
      + (properties.isEmpty ? "" : "<dl>\(properties.joined())</dl>\n") + entry.parts.map(part).joined()
      + "</article>\n"
  }

  private func part(_ part: SchemaDocument.Part) -> String {
    let head = part.headers.map { "<th scope=\"col\">\(HTML.escaped($0))</th>" }.joined()
    let rows = part.rows.map { row in "<tr>" + row.map { "<td>\(cell($0))</td>" }.joined() + "</tr>\n" }
    return
      "<h4>\(HTML.escaped(part.title))</h4>\n<div class=\"wide\"><table><thead><tr>\(head)</tr></thead><tbody>\n\(rows.joined())</tbody></table></div>\n"
  }

  private func cell(_ cell: SchemaDocument.Cell) -> String {
    switch cell {
    case .text(let text): return HTML.escaped(text)
    case .code(let text):
      if text.isEmpty { return "" }
      return text.utf8.contains(UInt8(ascii: "\n"))
        ? "<pre>\(HTML.escaped(text))</pre>" : "<code>\(HTML.escaped(text))</code>"
    case .place(let location): return link(location)
    }
  }

  private func link(_ location: SourceLocation) -> String {
    let text = "<span class=\"place\">\(HTML.escaped("\(location)"))</span>"
    return source.url(of: location).map { "<a href=\"\(HTML.escaped($0))\">\(text)</a>" } ?? text
  }

  private func paragraph(_ text: String?) -> String { text.map { "<p>\(HTML.escaped($0))</p>\n" } ?? "" }
  private func place(_ location: SourceLocation?) -> String {
    location.map { "<p class=\"quiet\">declared in \(link($0))</p>\n" } ?? ""
  }

  // MARK: Search

  /// A line for each object, column and policy: what it is called, and where it stands.
  private var search: String {
    var lines: [String] = []
    for chapter in document.chapters {
      for entry in chapter.entries {
        let place = Self.file(chapter) + "#" + Self.anchor(entry.id)
        lines.append(
          line(
            "\(entry.kind) \(chapter.schema.isEmpty ? "" : chapter.schema + ".")\(entry.title)", entry.comment, place))
        for part in entry.parts {
          for row in part.rows {
            guard case .code(let name)? = row.first, part.title != "Grants" else { continue }
            lines.append(line("\(part.title.lowercased()) \(entry.title).\(name)", nil, place))
          }
        }
      }
    }
    return "const objects = [\n" + lines.joined() + "];\n"
  }

  private func line(_ title: String, _ comment: String?, _ place: String) -> String {
    "[\(JavaScript.literal(title)),\(JavaScript.literal(comment ?? "")),\(JavaScript.literal(place))],\n"
  }

  // MARK: Names

  private static func file(_ chapter: SchemaDocument.Chapter) -> String { page(of: chapter.schema) }

  private static func page(of schema: String) -> String {
    schema.isEmpty ? "database.html" : "schema-\(FileName.slug(schema)).html"
  }

  /// Names may have any character; those of anchors do not.
  package static func slug(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      let isPlain =
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_")
      return isPlain ? String(scalar) : "-" + String(scalar.value, radix: 16)
    }.joined()
  }

  static func anchor(_ id: FactID) -> String {
    slug(([id.kind.word, id.name, id.member, id.role].filter { !$0.isEmpty }).joined(separator: "."))
  }
}
