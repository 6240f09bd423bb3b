import Catalog
import FoundationEssentials
import Generating
import Introspection
import Postgres
import TestSupport
import Testing

/// The schema's documentation, of a database with a little of everything.
@Suite struct DocumentationTests {
  private static let catalog = Task { () -> (Catalog, SchemaModel) in
    let server = try await Databases.server.value
    try await Connection.with(server.target(database: "postgres")) { connection in
      for role in SchemaGenerator.roles {
        _ = try? await connection.execute("CREATE ROLE \(Quote.identifier(role)) LOGIN")
      }
    }
    return try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        for statement in try Script.split(somebodysDatabase) { try await connection.execute(statement.sql) }
        try await connection.execute(
          #"""
          CREATE SCHEMA "odd <b>"; CREATE TABLE "odd <b>"."a ""b"" & 'c'" (id int PRIMARY KEY, up int REFERENCES "odd <b>"."a ""b"" & 'c'");
          CREATE VIEW "odd <b>".v AS SELECT 1 AS "user ""id"" x";
          COMMENT ON COLUMN "odd <b>".v."user ""id"" x" IS 'The odd column.';
          COMMENT ON TABLE "odd <b>"."a ""b"" & 'c'" IS '</script><script>alert(1)</script> | *bold*';
          """#)
        let catalog = try await CatalogReader().read(connection).removing { $0.id.kind == .role }
        return (catalog, try await SchemaModel.read(nil, excluding: CatalogReader().excludedSchemas, connection))
      }
    }
  }

  private static func document() async throws -> (Catalog, SchemaDocument) {
    let (catalog, model) = try await catalog.value
    return (
      catalog,
      SchemaDocument(catalog, model, name: "some <database>") { SourceLocation(file: "Shop/\($0.name).swift", line: 7) }
    )
  }

  private static func unescaped(_ text: String) -> String {
    text.replacing("&#39;", with: "'").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&quot;", with: "\"").replacing(
        "&amp;", with: "&")
  }

  @Test func everythingThatIsSaidIsThere() async throws {
    let (catalog, document) = try await Self.document()
    let site = HTMLSite(document, source: SourceLinks("https://example.org/{file}#L{line}"))
    let pages = Self.unescaped(site.files.filter { $0.name.hasSuffix(".html") }.map(\.text).joined())
    for fact in catalog.facts.values where fact.partitionParent == nil {
      if fact.id.kind == .comment, catalog[fact.id.subjectID ?? fact.id]?.partitionParent == nil {
        #expect(pages.contains(fact.text(.text)), "\(fact.id)")
      }
      let name =
        fact.id.subject == nil
        ? (fact.id.member.isEmpty || fact.id.kind == .function ? fact.id.name : fact.id.member) : ""
      #expect(pages.contains(name), "\(fact.id)")
      if fact.id.kind == .policy {
        for key in [AttributeKey.using, .check] { #expect(pages.contains(fact.text(key)), "\(fact.id)") }
      }
      if fact.id.kind == .grant {
        for privilege in fact.list(.privileges) { #expect(pages.contains(privilege), "\(fact.id)") }
      }
      if let definition = fact.optionalText(.definition)?.replacing("\r\n", with: "\n") {
        #expect(pages.contains(definition), "\(fact.id)")
      }
    }
    #expect(pages.contains("https://example.org/Shop/users.swift#L7"))
  }

  @Test func nothingIsFetchedAndNothingBreaksOut() async throws {
    let (_, document) = try await Self.document()
    for file in HTMLSite(document, source: SourceLinks(nil)).files {
      #expect(
        !file.text.contains("http:") && !file.text.contains("https:") && !file.text.contains("url(\""), "\(file.name)")
      #expect(!file.text.contains("<script>alert") && !file.text.contains("odd <b>"), "\(file.name)")
    }
    // The same every time, so that --check can compare.
    let again = try await Self.document().1
    #expect(
      HTMLSite(document, source: SourceLinks(nil)).files.map(\.text)
        == HTMLSite(again, source: SourceLinks(nil)).files.map(\.text))
  }

  @Test func markdownHasTheSame() async throws {
    let (catalog, document) = try await Self.document()
    let files = MarkdownDocument(document, source: SourceLinks(nil)).files
    let text = files.map(\.text).joined()
    #expect(text.contains("```mermaid\nerDiagram\n") && text.contains("\\|") && !text.contains("<script>alert"))
    for fact in catalog.facts.values where fact.id.kind == .policy {
      #expect(
        text.contains(HTMLSite.slug(fact.id.member)) || text.contains(fact.id.member.replacing("_", with: "&#95;")),
        "\(fact.id)")
    }
    // A table's rows have as many cells as its head.
    for line in text.split(separator: "\n") where line.hasPrefix("| ") {
      #expect(line.hasSuffix(" |") || line.hasSuffix("|"), "\(line)")
    }
  }

  @Test func diagramsHaveEveryForeignKeyAndNoTwoBoxesMeet() async throws {
    let (catalog, document) = try await Self.document()
    let keys = catalog.facts.values.filter {
      $0.isForeignKey && $0.parent.map { catalog[$0]?.partitionParent == nil } == true
    }
    #expect(document.chapters.flatMap(\.diagram.edges).map(\.name).sorted() == keys.map(\.id.member).sorted())
    let mermaid = document.chapters.map(\.diagram.mermaid).joined()
    #expect(mermaid.contains("\"tenants\" ||--o{ \"users\" : \"users_tenant_id_fkey\""), "\(mermaid)")
    #expect(mermaid.contains("\"public.users\"\n"))
    // The table refers to itself by one column, and once.
    let users = try #require(
      document.chapters.flatMap(\.diagram.nodes).first { $0.title == "users" && !$0.columns.isEmpty })
    #expect(users.columns.filter(\.isForeign).map(\.name) == ["tenant_id", "manager_id"])
    let all = EntityDiagram.mermaid(document.chapters.map(\.diagram))
    #expect(all.ranges(of: "erDiagram").count == 1 && all.contains("\"billing.invoices\" {"), "\(all)")
    for file in HTMLSite(document, source: SourceLinks(nil)).files where file.text.contains("<svg") {
      let boxes = file.text.split(separator: "<rect ").dropFirst().map { text in
        ["x", "y", "width", "height"].map { name -> Double in
          let value = text.split(separator: " \(name)=\"").count > 1 || text.hasPrefix("\(name)=\"")
          guard value, let start = (" " + text).ranges(of: " \(name)=\"").first else { return 0 }
          return Double((" " + text)[start.upperBound...].prefix { $0 != "\"" }) ?? 0
        }
      }
      for (index, a) in boxes.enumerated() {
        for b in boxes[(index + 1)...] {
          let apart = a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1]
          #expect(apart, "\(a) \(b) in \(file.name)")
        }
      }
    }
  }

  static var browser: String? {
    ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// What a reader does: searches, zooms, finds a table, changes the colours.
  @Test(.enabled(if: browser != nil, "apt-get install chromium"))
  func theSiteWorksInABrowserWithoutANetwork() async throws {
    let folder = "/tmp/dbtool-site-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let act = """
      <script defer src="act.js"></script></body>
      """
    for file in HTMLSite(try await Self.document().1, source: SourceLinks(nil)).files {
      let text = file.name.hasSuffix(".html") ? file.text.replacing("</body>", with: act) : file.text
      try text.write(toFile: "\(folder)/\(file.name)", atomically: false, encoding: .utf8)
    }
    try #"""
    addEventListener("load", () => {
      const say = (name, value) => document.body.setAttribute("data-" + name, value);
      const svg = document.querySelector("svg"), wide = () => svg.viewBox.baseVal.width;
      const before = wide();
      document.querySelector('[data-zoom="in"]').click();
      say("zoomed", wide() < before);
      svg.dispatchEvent(new WheelEvent("wheel", { deltaY: 1, clientX: 300, clientY: 300 }));
      document.querySelector('[data-zoom="all"]').click();
      say("back", wide() === before);
      const find = document.querySelector(".find");
      find.value = "tenan";
      find.dispatchEvent(new Event("input"));
      say("found", [...document.querySelectorAll(".found")].map(node => node.dataset.name).join());
      const search = document.getElementById("search");
      search.value = "users email";
      search.dispatchEvent(new Event("input"));
      say("results", document.querySelector("#results a").firstChild.data);
      const color = () => getComputedStyle(document.body).backgroundColor;
      const light = color();
      document.getElementById("theme").click();
      say("colours", light !== color());
      const dead = [...document.querySelectorAll('a[href^="#"]')].filter(link => !document.getElementById(decodeURIComponent(link.hash.slice(1))));
      say("dead", dead.length);
      say("requests", performance.getEntriesByType("resource").filter(entry => !entry.name.startsWith("file:")).length);
    });
    """#.write(toFile: folder + "/act.js", atomically: false, encoding: .utf8)
    let outcome = try await ChildProcess.run(
      Self.browser ?? "",
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder)/profile",
        "--virtual-time-budget=3000", "--dump-dom",
        "file://\(folder)/schema-public.html",
      ], environment: ["HOME": folder, "PATH": "/usr/bin:/bin"])
    for part in [
      "data-zoomed=\"true\"", "data-back=\"true\"", "data-found=\"tenants\"", "data-results=\"columns users.email\"",
      "data-colours=\"true\"", "data-dead=\"0\"", "data-requests=\"0\"",
    ] {
      #expect(
        outcome.output.contains(part),
        "\(part): \(outcome.output.split(separator: "<body").dropFirst().first?.prefix(400) ?? "")")
    }
  }
}
