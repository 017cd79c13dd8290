/* What a power cut leaves of each file below $POWER_CUT_FOLDER: what had been synced.
   Preloaded; beside a file that is synced, <file>.synced keeps it as it was: of a log that only
   grows (.aof) its size, of every other file a copy. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int ours(const char *path) {
  const char *folder = getenv("POWER_CUT_FOLDER");
  return folder && !strncmp(path, folder, strlen(folder)) && !strstr(path, ".synced");
}

static void keep(int fd) {
  char link[64], path[4096], kept[4200], temporary[4300], buffer[65536];
  struct stat about;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0 || fstat(fd, &about) || !S_ISREG(about.st_mode)) return;
  path[length] = 0;
  if (!ours(path)) return;
  snprintf(kept, sizeof kept, "%s.synced", path);
  snprintf(temporary, sizeof temporary, "%s.%d", kept, getpid());
  int to = open(temporary, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (strstr(path, ".aof")) {
    dprintf(to, "%lld", (long long)about.st_size);
  } else {
    int from = open(path, O_RDONLY);
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
      if (write(to, buffer, n) != n) _exit(1);
    close(from);
  }
  close(to);
  rename(temporary, kept);
}

int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  int done = real(fd);
  if (!done) keep(fd);
  return done;
}

int fdatasync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  int done = real(fd);
  if (!done) keep(fd);
  return done;
}

/* What was synced under its first name stays so under its next one. */
int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  char kept[4200], next[4200], path[4096];
  int done = real(from, to);
  if (!done && realpath(to, path) && ours(path) && !strstr(from, ".synced")) {
    snprintf(kept, sizeof kept, "%s.synced", from);
    snprintf(next, sizeof next, "%s.synced", to);
    real(kept, next);
  }
  return done;
}
