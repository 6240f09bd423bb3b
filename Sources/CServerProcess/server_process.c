#define _GNU_SOURCE
#include "server_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <time.h>
#include <unistd.h>

static void become(dbtool_identity identity) {
  if (!identity.switch_user) return;
  // What it makes is its own, even as a copy of what others may read.
  umask(077);
  // Supplementary groups first: afterwards we no longer may.
  if (setgroups(0, NULL) != 0 || setgid(identity.gid) != 0 || setuid(identity.uid) != 0) _exit(126);
}

static void redirect(int input_fd, int output_fd) {
  int null_fd = open("/dev/null", O_RDWR);
  int in = input_fd >= 0 ? input_fd : null_fd;
  if (in >= 0) dup2(in, 0);
  int out = output_fd >= 0 ? output_fd : null_fd;
  if (out >= 0) {
    dup2(out, 1);
    dup2(out, 2);
  }
}

// Descriptors of the parent (locks above all) must not live on in a server that outlasts it.
static void close_inherited(void) {
  long limit = sysconf(_SC_OPEN_MAX);
  if (limit < 0 || limit > 4096) limit = 4096;
  for (int fd = 3; fd < limit; fd++) close(fd);
}

static void default_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int signal_number = 1; signal_number < 32; signal_number++) signal(signal_number, SIG_DFL);
}

pid_t dbtool_spawn(
  const char *path, char *const argv[], char *const envp[], dbtool_identity identity, int input_fd, int output_fd,
  const char *working_directory, int new_session) {
  pid_t pid = fork();
  if (pid < 0) return -errno;
  if (pid > 0) return pid;
  if (new_session) setsid();
  default_signals();
  redirect(input_fd, output_fd);
  close_inherited();
  become(identity);
  if (working_directory && chdir(working_directory) != 0) _exit(126);
  execve(path, argv, envp);
  _exit(127);
}

static void nap(long milliseconds) {
  struct timespec duration = {milliseconds / 1000, (milliseconds % 1000) * 1000000};
  nanosleep(&duration, NULL);
}

static time_t now(void) {
  struct timespec instant;
  clock_gettime(CLOCK_MONOTONIC, &instant);
  return instant.tv_sec;
}

// Whether an open file is the one that has this path: whoever sweeps removes lock files, and a lock on one that has no name
// any more keeps nobody away (ScratchSweep.swift).
static int is_there(int fd, const char *path) {
  struct stat ours, named;
  return fd >= 0 && fstat(fd, &ours) == 0 && lstat(path, &named) == 0 && ours.st_dev == named.st_dev &&
         ours.st_ino == named.st_ino;
}

// The lock file at a path: the one that is open, or the one that took its place; -1 when there is none. None is made, so that
// nothing is left behind in a folder that somebody has tidied.
static int lock_file(int fd, const char *path, int flags) {
  if (is_there(fd, path)) return fd;
  if (fd >= 0) close(fd);
  return open(path, O_RDWR | O_NOFOLLOW | flags);
}

// Whoever loses its parent among what this process has started becomes a child of its own instead of init's: one that leaves
// the server behind, and its session, is still known.
static void adopt_orphans(void) {
#ifdef __linux__
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

// Collects those that have ended. Returns whether the server is one of them.
static int collect(pid_t server) {
  int has_ended = 0;
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) has_ended |= pid == server;
  return has_ended;
}

// Kills the children that there are at the moment. /proc tells them where the kernel was built with it (CONFIG_PROC_CHILDREN); to
// open a folder would not be safe here, between fork and exec.
static void kill_children(void) {
  int list = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (list < 0) return;
  char buffer[4096];
  pid_t pid = 0;
  for (ssize_t size; (size = read(list, buffer, sizeof buffer)) > 0;) {
    for (ssize_t index = 0; index < size; index++) {
      if (buffer[index] >= '0' && buffer[index] <= '9') {
        pid = pid * 10 + (buffer[index] - '0');
      } else {
        if (pid > 1) kill(pid, SIGKILL);
        pid = 0;
      }
    }
  }
  if (pid > 1) kill(pid, SIGKILL);
  close(list);
}

// Ends what the server has left, until there is nothing: what the killed have started becomes this one's when they end. What hangs
// in the kernel, or starts others faster than it is killed, is given up after a while.
static void end_orphans(void) {
  for (int round = 0; round < 2000; round++) {
    collect(-1);
    if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) return;
    kill_children();
    nap(5);
  }
}

// The server writes to the end of its log, so it goes on at the start of what was cut short.
static void keep_short(int log) {
  struct stat status;
  if (fstat(log, &status) == 0 && status.st_size > 1 << 20) (void)!ftruncate(log, 0);
}

// Whether no later run uses the server: whoever lets it go writes into the users' lock.
static int is_let_go(int users) {
  struct stat status;
  return users >= 0 && fstat(users, &status) == 0 && status.st_size > 0;
}

static void supervise(pid_t server, const char *log_path, const char *directory, const char *users_path,
                      const char *gate_path, unsigned idle_seconds, char *const envp[]) {
  // Locked by this process alone, whatever the server does with the descriptor that it has.
  int log = open(log_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (log >= 0) flock(log, LOCK_SH | LOCK_NB);
  int users = -1;
  // Kept open by rm: nobody may make the folder anew while it is being removed.
  int gate = -1;
  int has_gate = 0;
  time_t last_used = now();
  for (;;) {
    users = lock_file(users, users_path, O_CLOEXEC);
    gate = lock_file(gate, gate_path, 0);
    if (collect(server)) break;
    if (log >= 0) {
      keep_short(log);
      if (!is_there(log, log_path)) {
        // Whoever has the gate wants it gone, and sees to the folder.
        kill(server, SIGQUIT);
        while (waitpid(server, NULL, 0) < 0 && errno == EINTR) {
        }
        end_orphans();
        _exit(0);
      }
    }
    // Somebody holds the shared lock, or the lock cannot be had: in use. Where there is no lock, nobody can hold it.
    if (users >= 0 && flock(users, LOCK_EX | LOCK_NB) != 0) {
      last_used = now();
    } else {
      if (users >= 0) flock(users, LOCK_UN);
      if (is_let_go(users) || now() - last_used >= (time_t)idle_seconds) {
        if (gate < 0 || flock(gate, LOCK_EX | LOCK_NB) == 0) {
          // Under the gate nobody makes the users' lock anew.
          users = lock_file(users, users_path, O_CLOEXEC);
          if ((gate < 0 || is_there(gate, gate_path)) && (users < 0 || flock(users, LOCK_EX | LOCK_NB) == 0)) {
            kill(server, SIGQUIT);
            while (waitpid(server, NULL, 0) < 0 && errno == EINTR) {
            }
            // Without a gate nobody says whose the folder is by now.
            has_gate = gate >= 0;
            break;
          }
          if (gate >= 0) flock(gate, LOCK_UN);
          last_used = now();
        }
      }
    }
    nap(200);
  }
  end_orphans();
  // It stays behind, and may have grown since it was looked at last.
  if (log >= 0) keep_short(log);
  // The server ended by itself (a crash, a kill). Whoever has the gate removes what is left and starts another.
  if (!has_gate && (gate < 0 || flock(gate, LOCK_EX | LOCK_NB) != 0 || !is_there(gate, gate_path))) _exit(0);
  char *const remove_arguments[] = {"rm", "-rf", (char *)directory, NULL};
  execve("/bin/rm", remove_arguments, envp);
  _exit(127);
}

pid_t dbtool_supervise(
  const char *path, char *const argv[], char *const envp[], dbtool_identity identity,
  const dbtool_confinement *confinement, int output_fd, const char *log_path, const char *directory,
  const char *users_path, const char *gate_path, unsigned idle_seconds) {
  int report[2];
  if (pipe(report) != 0) return -errno;
  pid_t pid = fork();
  if (pid < 0) return -errno;
  if (pid == 0) {
    // A second fork, so that the supervisor belongs to init and never becomes a zombie of ours.
    setsid();
    pid_t supervisor = fork();
    if (supervisor != 0) {
      (void)!write(report[1], &supervisor, sizeof supervisor);
      _exit(0);
    }
    default_signals();
    redirect(-1, output_fd);
    close_inherited();
    if (chdir("/") != 0) _exit(126);
    adopt_orphans();
    pid_t server = fork();
    if (server == 0) {
      setsid();
      become(identity);
      if (confinement && dbtool_confine(confinement) != 0) {
        static const char message[] = "the operating system did not confine the server\n";
        (void)!write(2, message, sizeof message - 1);
        _exit(126);
      }
      execve(path, argv, envp);
      _exit(127);
    }
    supervise(server, log_path, directory, users_path, gate_path, idle_seconds, envp);
  }
  close(report[1]);
  pid_t supervisor = -EIO;
  (void)!read(report[0], &supervisor, sizeof supervisor);
  close(report[0]);
  int status;
  waitpid(pid, &status, 0);
  return supervisor;
}

int dbtool_wait(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return 128 + WTERMSIG(status);
}
