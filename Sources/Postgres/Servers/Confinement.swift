internal import CServerProcess
internal import FoundationEssentials

/// What the operating system lets a scratch server do, whatever SQL it is made to run: execute `postgres`, read the
/// installation and the system's libraries, and write its own folder. It reaches no network, no socket of another server,
/// and no other process.
///
/// On Linux this is Landlock and a seccomp filter, which need no privileges and which every backend inherits (kernel
/// documentation, "Landlock: unprivileged access control" and "Seccomp BPF").
package struct Confinement: Sendable {
  let executable: [String]
  let readable: [String]
  let devices: [String]
  let writable: [String]

  /// The version of Landlock's interface that this kernel has; 0 where a server cannot be confined.
  package static let level = Int(dbtool_confinement_level())

  /// Whether a scratch server is confined here. `DBTOOL_CONFINEMENT=off` has dbtool behave as on a system that cannot.
  package static var isAvailable: Bool {
    level > 0 && ProcessInfo.processInfo.environment["DBTOOL_CONFINEMENT"] != "off"
  }

  /// What a server in `directory` needs.
  init(_ installation: Installation, directory: String) {
    let folders = installation.folders
    // The dynamic linker is executed as well, as the interpreter of `postgres`.
    executable = [
      installation.bin + "/postgres", "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1",
      "/lib/ld-linux-riscv64-lp64d.so.1", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1",
    ]
    readable =
      folders + [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
        // Time zones, locales, and the data of libraries: ICU, OpenSSL, PROJ, dictionaries.
        "/etc/localtime", "/usr/share/zoneinfo", "/usr/share/locale", "/usr/share/i18n", "/usr/share/icu",
        "/etc/ssl/openssl.cnf", "/usr/share/proj", "/usr/share/perl", "/usr/share/perl5",
        "/etc/perl", "/usr/share/tcltk", "/var/cache/postgresql/dicts", "/dev/urandom", "/dev/random",
      ]
    devices = ["/dev/null", "/dev/zero"]
    writable = [directory]
  }
}
