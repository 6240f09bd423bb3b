#include "server_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static int signals_written = -1;

static void note(int signal_number) {
  int saved = errno;
  unsigned char byte = (unsigned char)signal_number;
  (void)!write(signals_written, &byte, 1);
  errno = saved;
}

int dbtool_note_signals(void) {
  int ends[2];
  if (pipe(ends) != 0) return -errno;
  for (int end = 0; end < 2; end++) fcntl(ends[end], F_SETFD, FD_CLOEXEC);
  signals_written = ends[1];
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (unsigned index = 0; index < sizeof numbers / sizeof *numbers; index++) {
    struct sigaction action;
    // What is ignored, by nohup for one, stays ignored.
    if (sigaction(numbers[index], NULL, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(numbers[index], &action, NULL);
  }
  return ends[0];
}

void dbtool_end_by_signal(int signal_number) {
  signal(signal_number, SIG_DFL);
  kill(getpid(), signal_number);
}
