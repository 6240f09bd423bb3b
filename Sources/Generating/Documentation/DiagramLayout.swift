/// Where the boxes of a diagram stand: what is referred to on the left of what refers to it, so that lines run one way.
struct DiagramLayout {
  struct Box: Sendable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
  }

  static let rowHeight = 18.0
  static let headerHeight = 26.0
  private static let gap = (x: 70.0, y: 24.0)
  /// Beyond this, a layer goes on in another column.
  private static let columnHeight = 1500.0
  private static let characterWidth = 7.0

  let boxes: [Box]
  let width: Double
  let height: Double

  init(_ diagram: EntityDiagram) {
    let sizes = diagram.nodes.map(Self.size)
    let linked = Set(diagram.edges.filter { $0.from != $0.to }.flatMap { [$0.from, $0.to] })
    var columns = Self.columns(Self.layers(diagram, linked), diagram, sizes)
    // Tables that nothing refers to and that refer to nothing fill columns of their own.
    columns += Self.split(diagram.nodes.indices.filter { !linked.contains($0) }, sizes)
    var boxes = sizes.map { Box(x: 0, y: 0, width: $0.width, height: $0.height) }
    let heights = columns.map { column in
      column.reduce(0) { $0 + sizes[$1].height } + Double(max(0, column.count - 1)) * Self.gap.y
    }
    let height = heights.max() ?? 0
    var x = 20.0
    for (column, own) in zip(columns, heights) {
      var y = 20.0 + (height - own) / 2
      for index in column {
        boxes[index].x = x
        boxes[index].y = y
        y += sizes[index].height + Self.gap.y
      }
      x += (column.map { sizes[$0].width }.max() ?? 0) + Self.gap.x
    }
    self.boxes = boxes
    width = max(40, x - Self.gap.x + 20)
    self.height = height + 40
  }

  private static func size(_ node: EntityDiagram.Node) -> (width: Double, height: Double) {
    let longest = node.columns.map { $0.name.count + $0.type.count + 6 }.max() ?? 0
    return (
      Double(max(longest, node.title.count + 4)) * characterWidth + 16,
      headerHeight + Double(node.columns.count) * rowHeight + (node.columns.isEmpty ? 0 : 6)
    )
  }

  /// Each linked table's layer: one more than the highest of those that it refers to.
  private static func layers(_ diagram: EntityDiagram, _ linked: Set<Int>) -> [[Int]] {
    var targets: [Int: [Int]] = [:]
    for edge in diagram.edges where edge.from != edge.to { targets[edge.from, default: []].append(edge.to) }
    var depth: [Int: Int] = [:]
    var visiting: Set<Int> = []
    func layer(_ node: Int) -> Int {
      if let known = depth[node] { return known }
      // A circle is cut where it is first met.
      guard visiting.insert(node).inserted else { return -1 }
      let found = 1 + (targets[node] ?? []).map(layer).reduce(-1, max)
      visiting.remove(node)
      depth[node] = found
      return found
    }
    var layers: [[Int]] = []
    for node in linked.sorted() {
      let number = layer(node)
      while layers.count <= number { layers.append([]) }
      layers[number].append(node)
    }
    return layers
  }

  /// Orders each layer by where its neighbours stand, and divides what is too high.
  private static func columns(
    _ layers: [[Int]], _ diagram: EntityDiagram, _ sizes: [(width: Double, height: Double)]
  ) -> [[Int]] {
    var layers = layers
    var neighbours: [Int: [Int]] = [:]
    for edge in diagram.edges where edge.from != edge.to {
      neighbours[edge.from, default: []].append(edge.to)
      neighbours[edge.to, default: []].append(edge.from)
    }
    var place: [Int: Double] = [:]
    func number(_ layer: [Int]) {
      for (index, node) in layer.enumerated() { place[node] = Double(index) / Double(max(1, layer.count)) }
    }
    layers.forEach(number)
    for _ in 0..<6 {
      for index in layers.indices {
        let centers = Dictionary(
          uniqueKeysWithValues: layers[index].map { node -> (Int, Double) in
            let places = (neighbours[node] ?? []).compactMap { place[$0] }
            return (node, places.isEmpty ? place[node] ?? 0 : places.reduce(0, +) / Double(places.count))
          })
        layers[index].sort { (centers[$0] ?? 0, $0) < (centers[$1] ?? 0, $1) }
        number(layers[index])
      }
    }
    return layers.flatMap { split($0, sizes) }
  }

  private static func split(_ nodes: [Int], _ sizes: [(width: Double, height: Double)]) -> [[Int]] {
    var columns: [[Int]] = []
    var height = Double.infinity
    for node in nodes {
      if height + sizes[node].height > columnHeight {
        columns.append([])
        height = 0
      }
      columns[columns.count - 1].append(node)
      height += sizes[node].height + gap.y
    }
    return columns
  }
}
