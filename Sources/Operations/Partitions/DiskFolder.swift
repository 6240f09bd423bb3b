#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A folder on a disk, held open: whatever becomes of its path, files are made and found in this folder.
package final class DiskFolder: ArchiveFolder {
  package let path: String
  private let descriptor: Int32

  private static let look = O_RDONLY | O_DIRECTORY | O_CLOEXEC
  #if os(Linux)
    /// On the way there is nothing to be read, and not everybody may: O_PATH, which Swift does not see.
    private static let pass = 0o10_000_000 | O_DIRECTORY | O_CLOEXEC
  #else
    private static let pass = look
  #endif

  /// Opens a folder.
  ///
  /// - Parameter isWritten: whether archives are to be written to it: then it is made, with those above it, where they are
  ///   missing, and has to be one where nobody else can put something in their place.
  /// - Throws: `ArchiveError.unsafe` behind a link of somebody else's, and where somebody else may write, there or above it: the
  ///   owner of a folder, its group, anybody. Root may anyway.
  package init(_ path: String, isWritten: Bool = true) throws {
    // A path that ends with a slash would have two before a file's name.
    var name = path[...]
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    self.path = String(name)
    guard isWritten else {
      descriptor = openat(AT_FDCWD, path, Self.look)
      guard descriptor >= 0 else { throw Self.failure("open", path) }
      return
    }
    guard !path.isEmpty else {
      throw ArchiveError.system("open", "the folder for archives", reason: "its name is empty")
    }
    // Whoever may replace a folder above the one at hand may replace that as well.
    var whole = path
    if !path.hasPrefix("/") {
      guard let here = getcwd(nil, 0) else { throw Self.failure("look at", ".") }
      defer { free(here) }
      whole = String(cString: here) + "/" + path
    }
    var names = whole.split(separator: "/").map(String.init)[...]
    var folder = openat(AT_FDCWD, "/", Self.pass)
    guard folder >= 0 else { throw Self.failure("open", path) }
    var place = ""
    do {
      while let name = names.popFirst() {
        let next = try Self.enter(name, of: folder, at: place)
        close(folder)
        folder = next
        place += "/" + name
      }
      try Self.checkRights(folder, place.isEmpty ? "/" : place)
    } catch {
      close(folder)
      throw error
    }
    descriptor = openat(folder, ".", Self.look)
    let reason = Self.failure("open", path)
    close(folder)
    guard descriptor >= 0 else { throw reason }
  }

  deinit { close(descriptor) }

  private static func enter(_ name: String, of folder: Int32, at place: String) throws -> Int32 {
    let path = "\(place)/\(name)"
    try checkRights(folder, place.isEmpty ? "/" : place)
    var found = stat()
    if fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0 {
      guard errno == ENOENT else { throw failure("look at", path) }
      guard mkdirat(folder, name, 0o700) == 0 || errno == EEXIST else { throw failure("make the folder", path) }
      try sync(names: folder, place)
    } else if found.st_mode & S_IFMT == S_IFLNK {
      guard found.st_uid == 0 || found.st_uid == geteuid() else {
        throw ArchiveError.unsafe(path, "it is a link that somebody else has made")
      }
      let behind = openat(folder, name, pass)
      guard behind >= 0 else { throw failure("open", path) }
      return behind
    }
    let next = openat(folder, name, pass | O_NOFOLLOW)
    guard next >= 0 else { throw failure("open", path) }
    // An earlier run may have made it, and then been interrupted.
    try? sync(names: folder, place)
    return next
  }

  /// The name of a folder has to be on the disk before what is in it is of use.
  private static func sync(names folder: Int32, _ place: String) throws {
    let above = openat(folder, ".", look)
    guard above >= 0 else { throw failure("open", place) }
    defer { close(above) }
    try sync(folder: above, place)
  }

  private static func checkRights(_ folder: Int32, _ path: String) throws {
    var found = stat()
    guard fstat(folder, &found) == 0 else { throw failure("look at", path) }
    guard found.st_uid == 0 || found.st_uid == geteuid() else {
      throw ArchiveError.unsafe(
        path, "it belongs to another user, who may put something else in the place of what is in it")
    }
    // Where only owners may remove what is theirs, as in /tmp, anybody may write.
    if found.st_mode & S_ISVTX != 0 { return }
    if found.st_mode & S_IWOTH != 0 {
      throw ArchiveError.unsafe(path, "anybody may put something else in the place of what is in it (chmod o-w)")
    }
    if found.st_mode & S_IWGRP != 0, !isPrivate(found.st_gid, of: found.st_uid) {
      throw ArchiveError.unsafe(path, "its group may put something else in the place of what is in it (chmod g-w)")
    }
  }

  /// Whether a group is a user's own, which has its name and nobody else in it: many systems give each user one, and have new
  /// folders writable for it.
  private static func isPrivate(_ gid: gid_t, of uid: uid_t) -> Bool {
    var (user, userText, foundUser) = (passwd(), buffer, nil as UnsafeMutablePointer<passwd>?)
    guard getpwuid_r(uid, &user, &userText, userText.count, &foundUser) == 0, foundUser != nil, user.pw_gid == gid
    else {
      return false
    }
    var (own, ownText, foundGroup) = (group(), buffer, nil as UnsafeMutablePointer<group>?)
    guard getgrgid_r(gid, &own, &ownText, ownText.count, &foundGroup) == 0, foundGroup != nil,
      strcmp(own.gr_name, user.pw_name) == 0
    else { return false }
    var member = own.gr_mem
    while let name = member?.pointee {
      if strcmp(name, user.pw_name) != 0 { return false }
      member = member?.successor()
    }
    return true
  }

  /// What the entries of users and groups, whose members may be many, are read into.
  private static var buffer: [CChar] { [CChar](repeating: 0, count: 1 << 16) }

  private static func failure(_ what: String, _ path: String) -> ArchiveError {
    .system(what, path, reason: String(cString: strerror(errno)))
  }

  private func failure(_ what: String, _ name: String) -> ArchiveError { Self.failure(what, "\(path)/\(name)") }

  // MARK: What is in it

  package func names() throws -> [String] {
    // A descriptor of its own: the stream closes it, and has the place in it to itself.
    let copy = openat(descriptor, ".", Self.look)
    guard copy >= 0, let stream = fdopendir(copy) else { throw failure("read the folder", "") }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  package func create(_ name: String) throws -> any ArchiveWriter {
    let file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw errno == EEXIST ? ArchiveError.exists("\(path)/\(name)") : failure("create", name)
    }
    _ = flock(file, LOCK_EX | LOCK_NB)
    return DiskFile(descriptor: file, path: "\(path)/\(name)")
  }

  private func open(reading name: String) throws -> Int32 {
    // Not to wait for the writer of a pipe that somebody has put there.
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw failure("read", name) }
    var found = stat()
    guard fstat(file, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw ArchiveError.system("read", "\(path)/\(name)", reason: "it is no file")
    }
    return file
  }

  package func reader(_ name: String) throws -> any ArchiveReader {
    let file = DiskFile(descriptor: try open(reading: name), path: "\(path)/\(name)")
    #if os(Linux)
      // From the disk, not from memory.
      posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED)
    #endif
    return DiskReader(file: file)
  }

  package func isOwn(_ name: String) throws -> Bool {
    let file = try open(reading: name)
    defer { close(file) }
    var found = stat()
    guard fstat(file, &found) == 0 else { throw failure("look at", name) }
    return found.st_uid == geteuid() && found.st_mode & (S_IWGRP | S_IWOTH) == 0
  }

  package func sync(_ name: String) throws {
    let file = try open(reading: name)
    defer { close(file) }
    guard DiskFile.flush(file) else { throw failure("bring to the disk", name) }
  }

  package func sync() throws { try Self.sync(folder: descriptor, path) }

  private static func sync(folder: Int32, _ path: String) throws {
    // Some file systems have no such thing for folders, as PostgreSQL knows too (fsync_fname).
    guard fsync(folder) == 0 || [EINVAL, ENOTSUP].contains(errno) else {
      throw failure("bring to the disk", path)
    }
  }

  package func publish(_ name: String, as new: String) throws {
    // A link is refused where the name is taken; a rename would replace what has it.
    if linkat(descriptor, name, descriptor, new, 0) == 0 {
      guard unlinkat(descriptor, name, 0) == 0 else { throw failure("remove", name) }
      return
    }
    if errno == EEXIST { throw ArchiveError.exists("\(path)/\(new)") }
    // File systems without links: what is replaced is an empty file of one's own.
    try create(new).close()
    guard renameat(descriptor, name, descriptor, new) == 0 else { throw failure("name", new) }
  }

  package func removeAbandoned(_ name: String) throws {
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    if file < 0, errno == ENOENT { return }
    defer { if file >= 0 { close(file) } }
    // Another run writes it at this moment.
    if file >= 0, flock(file, LOCK_EX | LOCK_NB) != 0 { return }
    guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw failure("remove", name) }
  }

  package func freeBytes() throws -> Int {
    var found = statvfs()
    guard fstatvfs(descriptor, &found) == 0 else { throw failure("look at", "") }
    return Int(clamping: UInt64(found.f_bavail).multipliedReportingOverflow(by: UInt64(found.f_frsize)).partialValue)
  }

  package func checkPlace() throws {
    var (here, there) = (stat(), stat())
    guard fstat(descriptor, &here) == 0, stat(path, &there) == 0, here.st_dev == there.st_dev,
      here.st_ino == there.st_ino
    else { throw ArchiveError.moved(path) }
    var system = statvfs()
    guard fstatvfs(descriptor, &system) == 0 else { throw failure("look at", "") }
    // Some file systems count no files, and have as many as anybody wants.
    let code =
      system.f_flag & UInt(ST_RDONLY) != 0
      ? EROFS : system.f_files > 0 && system.f_favail == 0 ? ENOSPC : access(path, W_OK) == 0 ? 0 : errno
    if code != 0 { throw ArchiveError.system("write to", path, reason: String(cString: strerror(code))) }
  }
}

private struct DiskReader: ArchiveReader {
  let file: DiskFile
  func next() throws -> [UInt8] { try file.read(upTo: 1 << 20) }
  func close() { try? file.close() }
}

/// A file that is open. One thread at a time uses it.
private struct DiskFile: ArchiveWriter {
  let descriptor: Int32
  let path: String

  private func failure(_ what: String = "write") -> ArchiveError {
    .system(what, path, reason: String(cString: strerror(errno)))
  }

  func read(upTo size: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while true {
        #if canImport(Glibc)
          let got = Glibc.read(descriptor, buffer.baseAddress, size)
        #else
          let got = Darwin.read(descriptor, buffer.baseAddress, size)
        #endif
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else { throw failure("read") }
        count = got
        return
      }
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      #if canImport(Glibc)
        let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
      #else
        let count = Darwin.write(descriptor, piece.baseAddress, piece.count)
      #endif
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      rest = rest.dropFirst(count)
    }
  }

  func sync() throws { guard Self.flush(descriptor) else { throw failure() } }

  func close() throws {
    #if canImport(Glibc)
      guard Glibc.close(descriptor) == 0 else { throw failure() }
    #else
      guard Darwin.close(descriptor) == 0 else { throw failure() }
    #endif
  }

  static func flush(_ descriptor: Int32) -> Bool {
    #if canImport(Darwin)
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return true }
    #endif
    return fsync(descriptor) == 0
  }
}
