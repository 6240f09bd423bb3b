import FoundationEssentials
package import Postgres

/// Compiles declarations into a `dbtool` of their own, with the modules that were built for the tests.
package enum GeneratedTool {
  /// - Parameters:
  ///   - sources: a folder of Swift files that declare `database`.
  ///   - output: the program's path.
  /// - Returns: what the compiler said; status 0 when the program is there.
  package static func build(_ sources: String, to output: String) async throws -> ChildProcess.Outcome {
    let files = try swiftFiles(sources)
    let main = output + "-main.swift"
    try """
    import DatabaseTool
    @main struct Main { static func main() async { await DatabaseTool.main(database) } }
    """.write(toFile: main, atomically: false, encoding: .utf8)
    let folder = try built()
    let modules = [
      "ArgumentParser", "ArgumentParserToolInfo", "CServerProcess", "Catalog", "Escaping", "DatabaseTool", "HeapModule",
      "Generating", "Importing",
      "InternalCollectionsUtilities", "ContainersPreview", "Introspection", "Migrations", "Operations", "Planning",
      "Postgres",
      "SchemaDSL",
    ]
    let objects = modules.flatMap { objectFiles("\(folder)/\($0).build") }
    // Hundreds of paths, some with spaces in them.
    let list = output + "-objects"
    try objects.map { "\"\($0)\"\n" }.joined().write(toFile: list, atomically: false, encoding: .utf8)
    return try await swiftc(
      ["-Onone", "-parse-as-library", "-module-name", "generated", "-o", output, main, "@\(list)"] + files
        + ["-lpq", "-lpg_query", "-lcrypto"])
  }

  /// Runs the compiler with the modules that were built for the tests.
  package static func swiftc(_ arguments: [String]) async throws -> ChildProcess.Outcome {
    let environment = ProcessInfo.processInfo.environment
    let folder = try built()
    guard
      let compiler = (environment["PATH"] ?? "").split(separator: ":").map({ "\($0)/swiftc" }).first(
        where: FileManager.default.isExecutableFile)
    else { throw PostgresError(.connection, "no swiftc in PATH") }
    let maps =
      ["CLibpq", "CPgQuery", "CCrypto"].map { "\(TestProject.repository)/Sources/\($0)/module.modulemap" }
      + [folder + "/CServerProcess.build/module.modulemap"]
    return try await ChildProcess.run(
      compiler,
      [
        "-swift-version", "6", "-I", folder + "/Modules", "-package-name", "other", "-Xcc", "-I/usr/include/postgresql",
      ]
        + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] } + arguments,
      environment: ["PATH": environment["PATH"] ?? "", "HOME": environment["HOME"] ?? "/tmp"])
  }

  private static func built() throws -> String {
    let binary = try TestBinary.path()
    return String(binary[..<(binary.lastIndex(of: "/") ?? binary.startIndex)])
  }

  private static func swiftFiles(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      return name.hasSuffix(".swift") ? [path] : name.contains(".") ? [] : try swiftFiles(path)
    }
  }

  private static func objectFiles(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      return name.hasSuffix(".o") ? [path] : name.contains(".") ? [] : objectFiles(path)
    }
  }
}
