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

/// Forks, drops to `identity`, redirects output to `output_fd` (or /dev/null when negative) and executes `path`.
/// Only async-signal-safe calls are made between fork and exec, so it may be called from a threaded program.
/// Returns the child's pid, or a negative errno.
pid_t dbtool_spawn(
  const char *path, char *const argv[], char *const envp[], dbtool_identity identity, int output_fd,
  const char *working_directory, int new_session);

/// Starts a detached supervisor that keeps a server for as long as anybody uses it.
///
/// Every process that uses the server holds a shared flock(2) on `users_path`; the kernel drops it whatever way the
/// process ends. The supervisor tries an exclusive lock every 200 ms; when nobody has used the server for
/// `idle_seconds` it takes `gate_path` (which starters also take, so nobody starts using a server that is going
/// away), stops the server with SIGQUIT and removes `directory`.
/// Returns the supervisor's pid, or a negative errno.
pid_t dbtool_supervise(
  const char *path, char *const argv[], char *const envp[], dbtool_identity identity, int output_fd,
  const char *directory, const char *users_path, const char *gate_path, unsigned idle_seconds);

/// Waits for `pid`; returns its exit status, 128 + signal, or -1.
int dbtool_wait(pid_t pid);

#endif
