// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "library",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "dbtool", path: "../..")],
  targets: [
    .executableTarget(
      name: "library", dependencies: [.product(name: "DatabaseTool", package: "dbtool")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
