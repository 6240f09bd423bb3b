internal import Escaping

/// A diagram as a picture, whose colours are the page's.
struct DiagramSVG {
  private let diagram: EntityDiagram
  private let layout: DiagramLayout
  private let link: (EntityDiagram.Node) -> String?

  /// - Parameter link: the page of a table; nil where there is none.
  init(_ diagram: EntityDiagram, link: @escaping (EntityDiagram.Node) -> String?) {
    self.diagram = diagram
    layout = DiagramLayout(diagram)
    self.link = link
  }

  var text: String {
    let size = "\(number(layout.width)) \(number(layout.height))"
    return """
      <svg class="diagram" viewBox="0 0 \(size)" data-size="\(size)" role="img" aria-label="Tables and foreign keys">
      <defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L10 5L0 10z"/></marker></defs>
      <g class="edges">
      \(diagram.edges.map(edge).joined())</g>
      <g class="nodes">
      \(zip(diagram.nodes, layout.boxes).map(node).joined())</g>
      </svg>

      """
  }

  private func node(_ node: EntityDiagram.Node, _ box: DiagramLayout.Box) -> String {
    let address = link(node)
    let tag = address == nil ? "g" : "a"
    var text = """
      <\(tag) class="node\(node.columns.isEmpty ? " other" : "")"\(address.map { " href=\"\(HTML.escaped($0))\"" } ?? "") data-name="\(HTML.escaped(node.title.lowercased()))"><rect x="\(number(box.x))" y="\(number(box.y))" width="\(number(box.width))" height="\(number(box.height))" rx="5"/><text class="title" x="\(number(box.x + 10))" y="\(number(box.y + 18))">\(HTML.escaped(node.title))</text>

      """
    for (index, column) in node.columns.enumerated() {
      let y = number(box.y + DiagramLayout.headerHeight + Double(index) * DiagramLayout.rowHeight + 13)
      let mark = column.isPrimary ? "primary" : column.isForeign ? "foreign" : "plain"
      text += """
        <text class="\(mark)" x="\(number(box.x + 10))" y="\(y)">\(HTML.escaped(column.name))</text><text class="type" x="\(number(box.x + box.width - 10))" y="\(y)">\(HTML.escaped(column.type + (column.isNullable ? "?" : "")))</text>

        """
    }
    return text + "</\(tag)>\n"
  }

  private func edge(_ edge: EntityDiagram.Edge) -> String {
    let (from, to) = (layout.boxes[edge.from], layout.boxes[edge.to])
    let row = diagram.nodes[edge.from].columns.firstIndex { $0.name == edge.column } ?? 0
    let start = (
      y: from.y + DiagramLayout.headerHeight + (Double(row) + 0.5) * DiagramLayout.rowHeight, x: from.x
    )
    let end = (x: to.x + to.width, y: to.y + DiagramLayout.headerHeight / 2)
    let path: String
    if edge.from == edge.to {
      let right = from.x + from.width
      path =
        "M\(number(right)) \(number(start.y))C\(number(right + 40)) \(number(start.y)) \(number(right + 40)) \(number(end.y)) \(number(right)) \(number(end.y))"
    } else if end.x < start.x {
      let bend = max(30, (start.x - end.x) / 2)
      path =
        "M\(number(start.x)) \(number(start.y))C\(number(start.x - bend)) \(number(start.y)) \(number(end.x + bend)) \(number(end.y)) \(number(end.x)) \(number(end.y))"
    } else {
      // Within a layer, or back along a circle.
      let right = from.x + from.width
      path =
        "M\(number(right)) \(number(start.y))C\(number(right + 60)) \(number(start.y)) \(number(end.x + 60)) \(number(end.y)) \(number(end.x)) \(number(end.y))"
    }
    return
      "<path class=\"edge\(edge.isOptional ? " optional" : "")\" d=\"\(path)\" marker-end=\"url(#arrow)\" data-from=\"\(edge.from)\" data-to=\"\(edge.to)\"><title>\(HTML.escaped(edge.name))</title></path>\n"
  }

  private func number(_ value: Double) -> String { String(Int(value.rounded())) }
}
