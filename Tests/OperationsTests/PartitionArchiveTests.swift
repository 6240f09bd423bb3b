import FoundationEssentials
import Migrations
import Operations
import Postgres
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What a window archives: whatever fails at whatever moment, the rows are in the database or in an archive that is whole.
@Suite struct PartitionArchiveTests {
  private static let rows = 40

  /// A table whose one partition is to be archived.
  private static func prepare(
    _ table: String, rows: Int = rows, width: Int = 10, _ connection: Connection
  ) async throws -> PartitionManager {
    try await connection.execute(
      """
      -- The superuser here has a schema of dbtool's name, once there is one.
      SET search_path = public;
      CREATE TABLE \(table) (id integer, at date NOT NULL, note text) PARTITION BY RANGE (at);
      CREATE TABLE \(table)_old PARTITION OF \(table) FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      ALTER TABLE \(table)_old ALTER note SET STORAGE external;
      INSERT INTO \(table) SELECT i, '2026-01-01', repeat('x', \(width)) || E'\\\\\\t\\n' FROM generate_series(1, \(rows)) i;
      """)
    return PartitionTests.manager(table, ahead: 0, keep: 0, retire: "archive")
  }

  /// How many rows the partition has; nil where it is gone.
  private static func count(_ table: String, _ connection: Connection) async throws -> Int? {
    guard try await connection.query("SELECT to_regclass($1) IS NOT NULL", [table])[0].bool(0) else { return nil }
    return try await connection.query("SELECT count(*) FROM \(table)")[0].int(0)
  }

  /// The archives that are whole, among files.
  private static func archives(_ files: [String: [UInt8]]) throws -> [ArchiveDescription] {
    let folder = ForgetfulFolder()
    for (name, content) in files { folder.put(name, content) }
    return files.keys.filter { $0.hasSuffix(".copy.json") }.compactMap { name in
      guard let archive = try? PartitionRestore(folder, name), (try? archive.verify()) != nil else { return nil }
      return archive.description
    }
  }

  private func with(_ body: @Sendable (Connection, ScratchDatabase) async throws -> Void) async throws {
    try await Databases.with { database in
      try await Connection.with(database.target) { connection in
        try await PartitionTests.set("2026-06-10", connection)
        try await body(connection, database)
      }
    }
  }

  /// At each thing that is done to the disk the machine goes off, and loses what it may lose; then it runs again.
  @Test(arguments: ForgetfulFolder.Loss.allCases)
  func wheneverThePowerGoesNoRowIsLost(loss: ForgetfulFolder.Loss) async throws {
    try await with { connection, _ in
      var at = 0
      while true {
        at += 1
        let table = "t\(at)"
        let manager = try await Self.prepare(table, connection)
        let folder = ForgetfulFolder()
        folder.arm(.power(at: at))
        do { _ = try await manager.retire(connection, archive: { folder }) } catch is ForgetfulFolder.PowerLoss {}
        let isDone = folder.operations.count < at
        let moment = isDone ? "the end" : "\(at): \(folder.operations.last ?? "")"
        let left = try await Self.count("\(table)_old", connection)
        #expect(left == nil ? isDone : left == Self.rows, "\(moment): \(left ?? -1) rows")
        if left == nil {
          // Whatever the disk has lost meanwhile.
          for loss in ForgetfulFolder.Loss.allCases {
            let whole = try Self.archives(folder.contents(losing: loss))
            #expect(whole.contains { $0.rows == Self.rows }, "\(moment), \(loss.rawValue) lost")
          }
        }
        folder.restart(losing: loss)
        let again = try await manager.retire(connection, archive: { folder })
        #expect(again.allSatisfy { $0.failure == nil } && again.isEmpty == isDone, "\(moment): \(again)")
        #expect(try await Self.count("\(table)_old", connection) == nil, "\(moment)")
        let files = folder.contents(losing: .everything)
        let whole = try Self.archives(files)
        #expect(whole.contains { $0.rows == Self.rows }, "\(moment): \(files.keys)")
        #expect(!files.keys.contains { $0.hasSuffix(".partial") }, "\(moment): \(files.keys)")
        if isDone { break }
      }
      #expect(at > 15, "\(at) moments")
    }
  }

  @Test func wheneverTheDiskIsFullThePartitionStays() async throws {
    try await with { connection, _ in
      var at = 0
      while true {
        at += 1
        let table = "t\(at)"
        let manager = try await Self.prepare(table, rows: 900, width: 3_000, connection)
        let folder = ForgetfulFolder()
        folder.arm(.full(at: at))
        let outcomes = try await manager.retire(connection, archive: { folder })
        if folder.writes < at {
          #expect(outcomes.allSatisfy { $0.failure == nil }, "\(outcomes)")
          break
        }
        let failure = try #require(outcomes.first?.failure)
        #expect(failure.contains("No space left on device"), "\(failure)")
        #expect(failure.contains("a table of its own now, with all its rows"), "\(failure)")
        #expect(try await Self.count("\(table)_old", connection) == 900)
        #expect(!folder.contents(losing: .nothing).keys.contains { $0.hasSuffix(".partial") })
        folder.arm(nil)
        #expect(try await manager.retire(connection, archive: { folder }).map(\.failure) == [nil])
        #expect(try Self.archives(folder.contents()).map(\.rows) == [900])
      }
      #expect(at > 3, "\(at) writes")
    }
  }

  @Test func aFullDiskIsFoundBeforeThePartitionIsDetached() async throws {
    try await with { connection, _ in
      let manager = try await Self.prepare("t", connection)
      let folder = ForgetfulFolder()
      folder.free = 1 << 20
      let failure = try await manager.retire(connection, archive: { folder }).first?.failure
      #expect(
        failure?.contains("MiB free") == true && failure?.contains("attached as before") == true, "\(failure ?? "")")
      #expect(try await connection.query("SELECT count(*) FROM t")[0].int(0) == Self.rows)
      #expect(folder.contents(losing: .nothing).isEmpty)
    }
  }

  /// In the table they are small, and in a file they are not.
  @Test func roomForCompressedValuesIsLookedFor() async throws {
    try await with { connection, _ in
      let manager = try await Self.prepare("t", rows: 1, connection)
      try await connection.execute(
        """
        ALTER TABLE t_old ALTER note SET STORAGE main;
        INSERT INTO t SELECT i, '2026-01-02', repeat('x', 1000000) FROM generate_series(1, 300) i;
        ANALYZE t_old;
        """)
      let folder = ForgetfulFolder()
      folder.free = 200 << 20
      let failure = try await manager.retire(connection, archive: { folder }).first?.failure
      #expect(
        failure?.contains("MiB free") == true && failure?.contains("attached as before") == true, "\(failure ?? "")")
    }
  }

  /// Late rows come back under the same name, in the same folder; so do another database's.
  @Test func noArchiveTakesThePlaceOfAnother() async throws {
    let folder = ForgetfulFolder()
    try await with { connection, _ in
      let manager = try await Self.prepare("t", rows: 2_000, connection)
      #expect(try await manager.retire(connection, archive: { folder }).map(\.failure) == [nil])
      for round in 1...2 {
        try await connection.execute(
          """
          CREATE TABLE t_old PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
          INSERT INTO t VALUES (\(round), '2026-01-02', 'late');
          """)
        #expect(try await manager.retire(connection, archive: { folder }).map(\.failure) == [nil])
      }
      try await Databases.withinGate { other in
        try await Connection.with(other.target) { connection in
          try await PartitionTests.set("2026-06-10", connection)
          let manager = try await Self.prepare("t", rows: 3, connection)
          #expect(try await manager.retire(connection, archive: { folder }).map(\.failure) == [nil])
        }
      }
    }
    #expect(try Self.archives(folder.contents()).map(\.rows).sorted() == [1, 1, 3, 2_000])
    #expect(folder.contents().count == 8)
  }

  /// An archive was written, and then rows came to the detached table: they get an archive of their own.
  @Test func anArchiveThatIsNotOfTheseRowsIsLeftAlone() async throws {
    try await with { connection, database in
      let manager = try await Self.prepare("t", connection)
      let folder = ForgetfulFolder()
      // Somebody reads it when it is to be dropped, for longer than anybody waits.
      try await connection.execute("CREATE VIEW v AS SELECT * FROM t_old")
      let refused = try await manager.retire(connection, archive: { folder })
      #expect(refused.first?.failure?.contains("cannot drop table") == true, "\(refused)")
      #expect(try Self.archives(folder.contents()).map(\.rows) == [Self.rows])
      try await connection.execute("INSERT INTO t_old VALUES (0, '2026-01-02', 'late'); DROP VIEW v")
      let outcomes = try await manager.retire(connection, archive: { folder })
      #expect(outcomes.map(\.failure) == [nil], "\(outcomes)")
      #expect(try Self.archives(folder.contents()).map(\.rows).sorted() == [Self.rows, Self.rows + 1])
    }
  }

  /// Where the run that was interrupted had written all, nothing is written again.
  @Test func anArchiveOfTheseRowsIsTaken() async throws {
    try await with { connection, _ in
      let manager = try await Self.prepare("t", connection)
      let folder = ForgetfulFolder()
      try await connection.execute("CREATE VIEW v AS SELECT * FROM t_old")
      _ = try await manager.retire(connection, archive: { folder })
      try await connection.execute("DROP VIEW v")
      let files = folder.contents(losing: .nothing)
      let outcomes = try await manager.retire(connection, archive: { folder })
      #expect(outcomes.first?.text.contains("earlier run") == true, "\(outcomes)")
      #expect(folder.contents(losing: .nothing) == files)
      let remembered = try await connection.query("SELECT archive, rows, checksum FROM dbtool.retired")[0]
      let description = try #require(try Self.archives(files).first)
      #expect(try remembered.string(0).hasSuffix(".copy") && remembered.int(1) == Self.rows)
      #expect(try remembered.string(2) == description.sha256)
    }
  }

  /// A policy that hides rows from the table's own owner would have hidden them from the archive.
  @Test func rowsThatAPolicyHidesAreNotLost() async throws {
    try await with { connection, database in
      let owner = "archive_owner_\(UInt32.random(in: 0...UInt32.max))"
      let manager = try await Self.prepare("t", connection)
      try await connection.execute(
        """
        CREATE ROLE \(owner);
        GRANT CREATE ON DATABASE \(database.name) TO \(owner);
        GRANT CREATE, USAGE ON SCHEMA public TO \(owner);
        ALTER TABLE t OWNER TO \(owner);
        ALTER TABLE t_old OWNER TO \(owner);
        ALTER TABLE t_old ENABLE ROW LEVEL SECURITY;
        ALTER TABLE t_old FORCE ROW LEVEL SECURITY;
        SET ROLE \(owner);
        """)
      let folder = ForgetfulFolder()
      let failure = try await manager.retire(connection, archive: { folder }).first?.failure
      try await connection.execute("RESET ROLE")
      #expect(failure?.contains("row-level security") == true, "\(failure ?? "")")
      #expect(try await Self.count("t_old", connection) == Self.rows)
      try await connection.execute("DROP OWNED BY \(owner) CASCADE; DROP ROLE \(owner)")
    }
  }

  /// Names of every kind become files in this folder, and in no other.
  @Test func hostileNamesStayInTheFolder() async throws {
    let base = "/tmp/dbtool-archive-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: base) }
    try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    let names = [
      "../x", "a/b", "/etc/x", "t", "T", ".", "x\ny", "é", "e\u{301}", String(repeating: "ü", count: 31), "a b;rm",
    ]
    try await with { connection, _ in
      try await connection.execute("CREATE TABLE p (n integer, at date NOT NULL) PARTITION BY RANGE (at)")
      for (index, name) in names.enumerated() {
        try await connection.execute(
          """
          CREATE TABLE \(Quote.identifier(name)) PARTITION OF p FOR VALUES FROM ('\(2000 + index)-01-01') TO ('\(2001 + index)-01-01');
          INSERT INTO p VALUES (\(index), '\(2000 + index)-03-01');
          """)
      }
      let manager = PartitionTests.manager("p", ahead: 0, keep: 0, retire: "archive")
      let outcomes = try await manager.retire(connection, archive: { try DiskFolder(base + "/deep/folder") })
      #expect(outcomes.count == names.count && outcomes.allSatisfy { $0.failure == nil }, "\(outcomes)")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: base + "/deep/folder")
    #expect(Set(files.map { $0.lowercased() }).count == 2 * names.count)
    #expect(files.allSatisfy { $0.utf8.count < 230 && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } }, "\(files)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: base) == ["deep"])
    let folder = try DiskFolder(base + "/deep/folder", isWritten: false)
    let found = try files.filter { $0.hasSuffix(".json") }.map { file in
      let archive = try PartitionRestore(folder, file)
      try archive.verify()
      return archive.description.partition
    }
    #expect(Set(found.map { Array($0.utf8) }) == Set(names.map { Array($0.utf8) }))
    for (path, mode) in [(base + "/deep/folder", mode_t(0o700))] + files.map({ ("\(base)/deep/folder/\($0)", 0o600) }) {
      var found = stat()
      #expect(stat(path, &found) == 0 && found.st_mode & 0o777 == mode, "\(path)")
    }
  }

  /// An interrupted run has left an archive; somebody else's file of its name and rows is none.
  @Test(arguments: [0o600, 0o620, 0o602] as [mode_t])
  func anArchiveThatOthersMayChangeIsWrittenAgain(mode: mode_t) async throws {
    let base = "/tmp/dbtool-archive-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: base) }
    try await with { connection, _ in
      for sql in [
        "CREATE TABLE p (n integer, at date NOT NULL) PARTITION BY RANGE (at)",
        "CREATE TABLE p_old PARTITION OF p FOR VALUES FROM ('2000-01-01') TO ('2001-01-01')",
        "INSERT INTO p VALUES (1, '2000-03-01')", "CREATE VIEW v AS SELECT * FROM p_old",
      ] { try await connection.execute(sql) }
      let manager = PartitionTests.manager("p", ahead: 0, keep: 0, retire: "archive")
      let first = try await manager.retire(connection, archive: { try DiskFolder(base) })
      #expect(first.count == 1 && first[0].failure?.contains("depend") == true, "\(first)")
      let files = try FileManager.default.contentsOfDirectory(atPath: base)
      #expect(files.count == 2)
      for file in files where file.hasSuffix(".copy") { chmod("\(base)/\(file)", mode) }
      try await connection.execute("DROP VIEW v")
      let second = try await manager.retire(connection, archive: { try DiskFolder(base) })
      #expect(second.count == 1 && second[0].failure == nil, "\(second)")
      #expect(second.first?.text.contains("since an earlier run") == (mode == 0o600), "\(second)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: base).count == (mode == 0o600 ? 2 : 4))
    }
  }

  @Test func aFolderThatOthersMayChangeIsRefused() throws {
    let base = "/tmp/dbtool-archive-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: base) }
    try FileManager.default.createDirectory(atPath: base + "/open/in", withIntermediateDirectories: true)
    chmod(base + "/open", 0o777)
    for path in [base + "/open", base + "/open/in", base + "/open/new"] {
      #expect(throws: ArchiveError.self) { try DiskFolder(path) }
    }
    #expect(!FileManager.default.fileExists(atPath: base + "/open/new"))
    // As in /tmp, where everybody has their own.
    chmod(base + "/open", 0o1777)
    _ = try DiskFolder(base + "/open/in")
    // A link of one's own is what one has meant; one of somebody else's is a trap.
    symlink(base + "/open/in", base + "/mine")
    _ = try DiskFolder(base + "/mine")
    if geteuid() == 0 {
      symlink(base + "/open/in", base + "/open/trap")
      lchown(base + "/open/trap", 65534, 65534)
      #expect(throws: ArchiveError.self) { try DiskFolder(base + "/open/trap") }
    }
  }

  @Test func aFolderThatAGroupOrAnotherOwnerMayChangeIsRefused() throws {
    let base = "/tmp/dbtool-archive-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: base) }
    let places = [base + "/place", base + "/place/in", base + "/place/new"]
    try FileManager.default.createDirectory(atPath: places[1], withIntermediateDirectories: true)
    func refusals() -> [String] {
      places.dropLast().compactMap { path in
        do { _ = try DiskFolder(path) } catch { return "\(error)" }
        return nil
      }
    }
    // One's own group is nobody else.
    chmod(places[0], 0o770)
    #expect(refusals() == [] || geteuid() != 0)
    guard geteuid() == 0 else { return }
    // Another's is.
    chown(places[0], 0, 65534)
    #expect(refusals().count == 2 && refusals().allSatisfy { $0.contains("chmod g-w") }, "\(refusals())")
    #expect(throws: ArchiveError.self) { try DiskFolder(places[2]) }
    #expect(!FileManager.default.fileExists(atPath: places[2]))
    chmod(places[0], 0o1770)
    #expect(refusals() == [])
    chmod(places[0], 0o750)
    #expect(refusals() == [])
    // Whoever owns a folder can do anything in it, also where its sticky bit is set.
    for mode in [mode_t(0o700), 0o755, 0o1777] {
      chown(places[0], 65534, 0)
      chmod(places[0], mode)
      #expect(refusals().count == 2 && refusals().allSatisfy { $0.contains("another user") }, "\(refusals())")
    }
    // What is read is compared with its description, whoever has it.
    _ = try DiskFolder(places[1], isWritten: false)
  }

  @Test func aFoldersPathHasOneSlashBeforeAFile() throws {
    let base = "/tmp/dbtool-archive-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: base) }
    for path in [base, base + "/", base + "//"] {
      let folder = try DiskFolder(path)
      #expect(folder.path == base)
      let error = #expect(throws: ArchiveError.self) { try folder.reader("missing") }
      #expect(error.map { "\($0)".contains(" \(base)/missing") } == true, "\(error.map { "\($0)" } ?? "")")
    }
  }

  @Test func nothingIsOverwrittenAndNoLinkIsFollowed() throws {
    let base = "/tmp/dbtool-archive-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: base) }
    let folder = try DiskFolder(base + "/archive")
    try "victim".write(toFile: base + "/victim", atomically: false, encoding: .utf8)
    symlink(base + "/victim", base + "/archive/x.partial")
    symlink(base + "/victim", base + "/archive/x")
    #expect(throws: ArchiveError.self) { try folder.create("x.partial") }
    #expect(throws: ArchiveError.self) { try folder.reader("x") }
    let writer = try folder.create("y.partial")
    try [UInt8]("rows\n".utf8).withUnsafeBytes { try writer.write($0) }
    try writer.sync()
    // Another run's, which is at it.
    try folder.removeAbandoned("y.partial")
    #expect(try folder.names().contains("y.partial"))
    try writer.close()
    #expect(throws: ArchiveError.self) { try folder.publish("y.partial", as: "x") }
    try folder.publish("y.partial", as: "y")
    #expect(try folder.names() == ["x", "x.partial", "y"])
    try folder.removeAbandoned("x.partial")
    #expect(try folder.names() == ["x", "y"])
    #expect(try String(contentsOfFile: base + "/victim", encoding: .utf8) == "victim")
    // The folder goes away under it.
    try folder.checkPlace()
    rename(base + "/archive", base + "/other")
    #expect(throws: ArchiveError.self) { try folder.checkPlace() }
    mkdir(base + "/archive", 0o700)
    #expect(throws: ArchiveError.self) { try folder.checkPlace() }
  }
}
