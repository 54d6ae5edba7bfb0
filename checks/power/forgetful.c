// A file system that forgets what was not flushed: forgetful PLACE [strict|journal]. It is mounted at PLACE until standard input ends, and
// lives in memory. Commands, a line each, answered with a line each:
//   cut STYLE SEED             the power goes now; STYLE is lost, any, prefix or almost. Answer: what was pending and what of it was lost.
//                              Where it has gone already, nothing is done and nothing answered
//   arm CALL COUNT STYLE SEED  the power goes in the middle of the COUNTth write, flush, name or any of them from now. Answer: armed; the
//                              line of the cut comes when it happens
//   mount                      the power is back, and the disk is mounted again. Answer: mounted
#define FUSE_USE_VERSION 35
#include "serve.h"
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fuse_session *session;

static void mount_at(const char *place) {
  session = serve_mount(place);
  if (!session) {
    fprintf(stderr, "it cannot be mounted at %s\n", place);
    exit(1);
  }
  fcntl(fuse_session_fd(session), F_SETFL, O_NONBLOCK | fcntl(fuse_session_fd(session), F_GETFL));
  puts("mounted");
  fflush(stdout);
}

static int index_of(const char *word, const char *const *words) {
  for (int i = 0; words[i]; i++) {
    if (strcmp(word, words[i]) == 0) return i;
  }
  fprintf(stderr, "%s is not known\n", word);
  exit(2);
}

static enum style style_of(const char *word) {
  static const char *const words[] = {"lost", "any", "prefix", "almost", NULL};
  return index_of(word, words);
}

static void obey(const char *line, const char *place) {
  static const char *const calls[] = {"none", "write", "flush", "name", "any", NULL};
  char call[16], style[16];
  uint64_t seed, count;
  if (sscanf(line, "cut %15s %" SCNu64, style, &seed) == 2) {
    serve_cut(style_of(style), seed);
  } else if (sscanf(line, "arm %15s %" SCNu64 " %15s %" SCNu64, call, &count, style, &seed) == 4) {
    serve_cut_at(index_of(call, calls), count, style_of(style), seed);
    puts("armed");
    fflush(stdout);
  } else if (strcmp(line, "mount") == 0) {
    serve_unmount(session);
    mount_at(place);
  } else {
    fprintf(stderr, "%s is no command\n", line);
    exit(2);
  }
}

// False at the end of standard input.
static bool take_commands(const char *place) {
  static char waiting[4096];
  static size_t used;
  ssize_t count = read(STDIN_FILENO, waiting + used, sizeof waiting - used - 1);
  if (count <= 0) return false;
  used += count;
  waiting[used] = 0;
  for (char *end; (end = strchr(waiting, '\n'));) {
    *end = 0;
    obey(waiting, place);
    used -= end + 1 - waiting;
    memmove(waiting, end + 1, used + 1);
  }
  return true;
}

int main(int count, char **words) {
  static const char *const modes[] = {"strict", "journal", NULL};
  if (count < 2) {
    fprintf(stderr, "forgetful PLACE [strict|journal]\n");
    return 2;
  }
  disk_make(count > 2 ? index_of(words[2], modes) : STRICT);
  mount_at(words[1]);
  struct fuse_buf buffer = {0};
  for (;;) {
    struct pollfd ready[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fuse_session_fd(session), .events = POLLIN}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR) return 1;
    if (ready[0].revents && !take_commands(words[1])) break;
    // A command may have mounted anew.
    if (fuse_session_receive_buf(session, &buffer) > 0) fuse_session_process_buf(session, &buffer);
    if (fuse_session_exited(session)) break;
  }
  serve_unmount(session);
  return 0;
}
