import FoundationEssentials
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What has come to the place of a server of dbtool's own learns nothing from whoever asks for that server.
@Suite struct RedTeamListenerTests {
  @Test func whateverIsInTheServersPlaceIsToldNoPassword() async throws {
    let base = "/tmp/dbtool-fake-\(UInt32.random(in: 0...UInt32.max))"
    let root = base + "/project"
    try FileManager.default.createDirectory(atPath: root + "/migrations", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: base) }
    let directory = "\(base)/state/\(Digest(of: root).short)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let fake = try FakeServer(directory: directory)
    defer { fake.stop() }
    let passwords = base + "/passwords"
    try "*:*:*:*:filesecret\n".write(toFile: passwords, atomically: false, encoding: .utf8)
    chmod(passwords, 0o600)
    for variables in [["PGPASSWORD": "varsecret"], ["PGPASSFILE": passwords], ["PGAPPNAME": "appsecret"]] {
      let environment = variables.merging(["DBTOOL_STATE_DIR": base + "/state", "HOME": base]) { $1 }
      _ = try await ChildProcess.run(
        try TestBinary.path(), ["postgres", "status", "--project", root], environment: environment, in: root)
    }
    let heard = fake.heard
    // Somebody was there.
    #expect(heard.contains("user postgres"))
    RedTeam.judge("a listener in a server's place", gotThrough: heard.contains("secret") ? heard : nil)
  }
}
