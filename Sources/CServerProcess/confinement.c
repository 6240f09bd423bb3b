#define _GNU_SOURCE
#include "server_process.h"

#include <errno.h>
#include <stddef.h>

#ifndef __linux__

// macOS has no such interface that is documented and supported; whoever asks is told so.
int dbtool_confinement_level(void) { return 0; }
int dbtool_confine(const dbtool_confinement *confinement) {
  (void)confinement;
  return -ENOSYS;
}

#else

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Landlock, as the kernel documents it. The C library's headers may be older than the kernel.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
enum {
  CREATE_RULESET_VERSION = 1,
  RULE_PATH_BENEATH = 1,
  FS_EXECUTE = 1 << 0,
  FS_WRITE_FILE = 1 << 1,
  FS_READ_FILE = 1 << 2,
  FS_READ_DIR = 1 << 3,
  FS_MAKE_CHAR = 1 << 6,
  FS_MAKE_BLOCK = 1 << 11,
  FS_ALL_V1 = (1 << 13) - 1,
  FS_REFER = 1 << 13,
  FS_TRUNCATE = 1 << 14,
  FS_IOCTL_DEV = 1 << 15,
  NET_BIND_TCP = 1 << 0,
  NET_CONNECT_TCP = 1 << 1,
  SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0,
  SCOPE_SIGNAL = 1 << 1,
};

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

struct ruleset {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
};
struct path_beneath {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));

static int landlock_version(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
  return version < 0 ? 0 : (int)version;
}

int dbtool_confinement_level(void) {
#ifndef THIS_ARCHITECTURE
  return 0;
#endif
  // A kernel without filters answers EINVAL; with them, a NULL filter is a bad address.
  int has_filters = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == -1 && errno == EFAULT;
  return has_filters ? landlock_version() : 0;
}

static int allow(int ruleset, const char *path, uint64_t access) {
  int fd = open(path, O_PATH | O_CLOEXEC);
  // What is not there cannot be used either.
  if (fd < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
  struct stat status;
  int result = fstat(fd, &status) == 0 ? 0 : -errno;
  // A file has no rights of folders; asking for them is an error.
  if (result == 0 && !S_ISDIR(status.st_mode))
    access &= FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
  struct path_beneath rule = {.allowed_access = access, .parent_fd = fd};
  if (result == 0 && syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0) result = -errno;
  close(fd);
  return result;
}

static int allow_all(int ruleset, const char *const *paths, uint64_t access) {
  for (; *paths; paths++) {
    int result = allow(ruleset, *paths, access);
    if (result != 0) return result;
  }
  return 0;
}

static int confine_files(const dbtool_confinement *confinement) {
  int version = landlock_version();
  if (version == 0) return -ENOSYS;
  uint64_t files = FS_ALL_V1;
  if (version >= 2) files |= FS_REFER;
  if (version >= 3) files |= FS_TRUNCATE;
  if (version >= 5) files |= FS_IOCTL_DEV;
  struct ruleset attributes = {.handled_access_fs = files};
  size_t size = offsetof(struct ruleset, handled_access_net);
  if (version >= 4) {
    // No rule allows a port, so there is none.
    attributes.handled_access_net = NET_BIND_TCP | NET_CONNECT_TCP;
    size = offsetof(struct ruleset, scoped);
  }
  if (version >= 6) {
    attributes.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    size = sizeof attributes;
  }
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
  if (ruleset < 0) return -errno;
  int result = allow_all(ruleset, confinement->executable, FS_EXECUTE | FS_READ_FILE);
  if (result == 0) result = allow_all(ruleset, confinement->readable, FS_READ_FILE | FS_READ_DIR);
  if (result == 0) result = allow_all(ruleset, confinement->devices, FS_READ_FILE | FS_WRITE_FILE);
  // Devices are not made in it, and what is written there is not executed.
  uint64_t everything = files & ~(uint64_t)(FS_EXECUTE | FS_IOCTL_DEV | FS_MAKE_CHAR | FS_MAKE_BLOCK);
  if (result == 0) result = allow_all(ruleset, confinement->writable, everything);
  if (result == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) result = -errno;
  close(ruleset);
  return result;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define DENY RETURN(SECCOMP_RET_ERRNO | EACCES)
// Answers a call with an action where it is the one that was made.
#define WHEN(call, action) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), action
// The call seems to succeed and does nothing.
#define PRETEND(call) WHEN(call, RETURN(SECCOMP_RET_ERRNO | 0))
#define REFUSE(call) WHEN(call, DENY)
// For calls that older headers do not know.
#define REFUSE_NUMBER(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), DENY

static int confine_calls(void) {
#ifndef THIS_ARCHITECTURE
  return -ENOSYS;
#else
  // The kernel's numbers are the same on every architecture for calls that came after 2019.
  enum {
    SYS_io_uring = 425, SYS_open_tree_ = 428, SYS_move_mount_ = 429, SYS_fsopen_ = 430, SYS_fsconfig_ = 431,
    SYS_fsmount_ = 432, SYS_clone3_ = 435, SYS_pidfd_getfd_ = 438, SYS_process_madvise_ = 440, SYS_mount_setattr_ = 442,
    SYS_memfd_secret_ = 447, SYS_fchmodat2_ = 452, SYS_setxattrat_ = 463, SYS_removexattrat_ = 466,
    SYS_open_tree_attr_ = 467, SYS_file_setattr_ = 469,
    // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: a process of the server has no world of its own.
    NEW_NAMESPACES = 0x7E020000,
  };
  static const struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0),
    DENY,
    LOAD(nr),
#ifdef __x86_64__
    // The 32-bit numbers of x32 are other names for the same calls.
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
    DENY,
#endif
    // PostgreSQL accepts connections and makes none; Landlock does not keep a process from the sockets of other servers
    // on this machine. Asynchronous calls are not seen by a filter.
    REFUSE(connect),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring, 0, 1),
    RETURN(SECCOMP_RET_ERRNO | ENOSYS),
    // Other processes of the same user.
    REFUSE(ptrace),
    REFUSE(process_vm_readv),
    REFUSE(process_vm_writev),
    REFUSE_NUMBER(SYS_pidfd_getfd_),
    REFUSE_NUMBER(SYS_process_madvise_),
    REFUSE(setpriority),
    REFUSE(sched_setaffinity),
    REFUSE(sched_setscheduler),
    REFUSE(sched_setparam),
    REFUSE(sched_setattr),
    REFUSE(ioprio_set),
    REFUSE(migrate_pages),
    REFUSE(move_pages),
    REFUSE(kcmp),
    REFUSE(semget),
    REFUSE(msgget),
    // What is not in the file system is not seen by Landlock, and could be executed.
    REFUSE(memfd_create),
    REFUSE_NUMBER(SYS_memfd_secret_),
    // What a file is, not what is in it, is nothing to Landlock. The server sets the mode of its socket, in a folder that is
    // its own anyway.
    PRETEND(fchmod),
    PRETEND(fchmodat),
    PRETEND(fchown),
    PRETEND(fchownat),
    PRETEND(utimensat),
#ifdef __x86_64__
    PRETEND(chmod),
    PRETEND(chown),
    PRETEND(lchown),
    PRETEND(utime),
    PRETEND(utimes),
    PRETEND(futimesat),
#endif
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fchmodat2_, 0, 1),
    RETURN(SECCOMP_RET_ERRNO | 0),
    // Landlock knows it since version 3; the server only wants its disk space back a little earlier.
    PRETEND(truncate),
    REFUSE(removexattr),
    REFUSE(lremovexattr),
    REFUSE(fremovexattr),
    REFUSE_NUMBER(SYS_removexattrat_),
    REFUSE_NUMBER(SYS_file_setattr_),
    REFUSE(setxattr),
    REFUSE(lsetxattr),
    REFUSE(fsetxattr),
    REFUSE_NUMBER(SYS_setxattrat_),
    // Doors into the kernel that a database has no use for.
    REFUSE(unshare),
    REFUSE(setns),
    REFUSE(mount),
    REFUSE(umount2),
    REFUSE(pivot_root),
    REFUSE(chroot),
    REFUSE(bpf),
    REFUSE(perf_event_open),
    REFUSE(userfaultfd),
    REFUSE(keyctl),
    REFUSE(add_key),
    REFUSE(request_key),
    REFUSE(open_by_handle_at),
    REFUSE(kexec_load),
    REFUSE(init_module),
    REFUSE(finit_module),
    REFUSE(mq_open),
    REFUSE(mq_unlink),
    REFUSE_NUMBER(SYS_open_tree_),
    REFUSE_NUMBER(SYS_open_tree_attr_),
    REFUSE_NUMBER(SYS_move_mount_),
    REFUSE_NUMBER(SYS_fsopen_),
    REFUSE_NUMBER(SYS_fsconfig_),
    REFUSE_NUMBER(SYS_fsmount_),
    REFUSE_NUMBER(SYS_mount_setattr_),
    // Its flags cannot be looked at; the C library then uses the older call.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3_, 0, 1),
    RETURN(SECCOMP_RET_ERRNO | ENOSYS),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1),
    DENY,
    RETURN(SECCOMP_RET_ALLOW),
    // Limits of its own, and of no other process.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 4),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
    DENY,
    RETURN(SECCOMP_RET_ALLOW),
    // Sockets of this machine that are connected before they are used; a datagram needs no connection.
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 1, 0),
    RETURN(SECCOMP_RET_ALLOW),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
    DENY,
    LOAD(args[1]),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOCK_STREAM, 1, 0),
    DENY,
    RETURN(SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = (struct sock_filter *)filter};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : -errno;
#endif
}

int dbtool_confine(const dbtool_confinement *confinement) {
  // Neither can be had by a process that might gain rights by executing something.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  int result = confine_files(confinement);
  return result == 0 ? confine_calls() : result;
}

#endif
