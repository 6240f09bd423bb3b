#ifndef DBTOOL_SERVER_PROCESS_H
#define DBTOOL_SERVER_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/// Who a child process runs as. PostgreSQL refuses to run as root, so root hands over to another user.
typedef struct {
  int switch_user;
  uid_t uid;
  gid_t gid;
} dbtool_identity;

/// What a server may do, decided by the operating system and inherited by every process that it starts.
/// Each list ends with NULL; a path that does not exist is left out.
typedef struct {
  /// Files that may be executed (and read).
  const char *const *executable;
  /// Files and folders that may be read.
  const char *const *readable;
  /// Devices that may be read and written.
  const char *const *devices;
  /// Folders in which everything may be done.
  const char *const *writable;
} dbtool_confinement;

/// How far this kernel can confine a process: the version of Landlock's interface (kernel documentation, "Landlock:
/// unprivileged access control"), or 0 where it has none, or no seccomp filters.
int dbtool_confinement_level(void);

/// Gives up everything that `confinement` does not name, for good: files by Landlock; connections, other processes and
/// what Landlock does not know by a seccomp filter. Makes async-signal-safe calls only.
/// Returns 0, or a negative errno when any part of it could not be had.
int dbtool_confine(const dbtool_confinement *confinement);

/// Forks, drops to `identity`, redirects input from `input_fd` and output to `output_fd` (or /dev/null when negative) and
/// executes `path`.
/// Only async-signal-safe calls are made between fork and exec, so it may be called from a threaded program.
/// Returns the child's pid, or a negative errno.
pid_t dbtool_spawn(
  const char *path, char *const argv[], char *const envp[], dbtool_identity identity, int input_fd, int output_fd,
  const char *working_directory, int new_session);

/// Starts a detached supervisor that keeps a server for as long as anybody uses it.
///
/// Every process that uses the server holds a shared flock(2) on `users_path`; the kernel drops it whatever way the
/// process ends. The supervisor tries an exclusive lock every 200 ms. When nobody has used the server for `idle_seconds`,
/// or at once when the file at `users_path` is not empty, it takes `gate_path` (which starters also take, so nobody starts
/// using a server that is going away), stops the server with SIGQUIT and removes `directory`. However the server ends, whatever it has started ends with
/// it, also what has left its session (on Linux; elsewhere such processes go to init). The supervisor keeps the caller's identity, so that the
/// locks can belong to the caller alone; the server gets `identity`, and `confinement` unless that is NULL. A server that
/// cannot be confined is not started.
///
/// The supervisor has the log at `log_path` locked for as long as it lives, and keeps it short: what runs in the server may
/// write there without end. Whoever has the gate removes the log to have the server end.
/// Returns the supervisor's pid, or a negative errno.
pid_t dbtool_supervise(
  const char *path, char *const argv[], char *const envp[], dbtool_identity identity,
  const dbtool_confinement *confinement, int output_fd, const char *log_path, const char *directory,
  const char *users_path, const char *gate_path, unsigned idle_seconds);

/// Waits for `pid`; returns its exit status, 128 + signal, or -1.
int dbtool_wait(pid_t pid);

/// Has the signals by which a person or a system ends a process (SIGINT, SIGTERM, SIGHUP) written to a pipe, a byte for each, its
/// number. A signal that is ignored stays so. Children that are started by the functions above have the defaults.
/// Returns the descriptor to read from, or a negative errno.
int dbtool_note_signals(void);

/// Ends this process by a signal, as if nobody had noted it.
void dbtool_end_by_signal(int signal_number);

#endif
