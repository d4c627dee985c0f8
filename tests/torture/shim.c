/* A disk and a clock that fail on demand, between a program and the C library (LD_PRELOAD).
 *
 * TORTURE_ROOT     only files below this folder are treated
 * TORTURE_CONTROL  a file of 64-bit numbers, mapped here and written by the rig: see enum word
 * TORTURE_JOURNAL  each change below the root is written down here with what was there before, and each sync, so that
 *                  a power cut can be played afterwards: see journal.rs, which reads it
 *
 * Nothing is really synced: whether the page cache reaches the platter is not what is tested, and it takes time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The same order as Word in shim.rs. */
enum word { FAIL_OPS, FAIL_ERRNO, FAIL_CHANCE, FAIL_TIMES, SHORT_CHANCE, ROOM, LIE, SLOW_US, CLOCK_MS, HITS, SEED, DIE_AT, OPS, WORDS };
/* Bits of FAIL_OPS. */
enum op { WRITE = 1, SYNC = 2, TRUNCATE = 4, OPEN = 8, RENAME = 16, READ = 32, CREATE = 64, UNLINK = 128 };
/* Kinds of records in the journal. */
enum { J_WRITE = 1, J_TRUNCATE, J_SYNC, J_CREATE, J_RENAME, J_UNLINK, J_MKDIR };

#define FDS 65536
static struct { uint64_t ino; int is_tracked; } fds[FDS];
static int64_t *control, without[WORDS];
static char root[4096], graveyard[4200];
static size_t root_length;
static int journal = -1;
static int64_t journal_end, buried;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(type, name, ...) \
  static type (*real_##name)(__VA_ARGS__); \
  if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

static int64_t word(enum word w) { return __atomic_load_n(&control[w], __ATOMIC_SEQ_CST); }

__attribute__((constructor)) static void begin(void) {
  control = without;
  without[ROOM] = -1;
  const char *at = getenv("TORTURE_ROOT"), *path = getenv("TORTURE_CONTROL"), *log = getenv("TORTURE_JOURNAL");
  if (!at || !path || !realpath(at, root)) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  void *map = fd < 0 ? MAP_FAILED : mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) abort();
  close(fd);
  if (log) {
    journal = open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (journal < 0 || (journal_end = lseek(journal, 0, SEEK_END)) < 0) abort();
    snprintf(graveyard, sizeof graveyard, "%s.buried", log);
    mkdir(graveyard, 0700);
    /* Numbers of earlier processes are not used again: the place in the journal is higher than theirs. */
    buried = journal_end;
  }
  control = map;
  root_length = strlen(root);
}

static uint64_t chance(void) {
  uint64_t x = __atomic_add_fetch((uint64_t *)&control[SEED], 0x9e3779b97f4a7c15u, __ATOMIC_SEQ_CST);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return (x ^ (x >> 31)) % 1000;
}

/* Counts an operation; the process ends before the one that is named. */
static void count(void) {
  int64_t now = __atomic_add_fetch(&control[OPS], 1, __ATOMIC_SEQ_CST), end = word(DIE_AT);
  if (end > 0 && now >= end) kill(getpid(), SIGKILL), pause();
}

/* Whether this operation fails; errno says why. */
static int fails(enum op op) {
  if (!(word(FAIL_OPS) & op) || (int64_t)chance() >= word(FAIL_CHANCE)) return 0;
  if (word(FAIL_TIMES) >= 0) {
    if (__atomic_fetch_sub(&control[FAIL_TIMES], 1, __ATOMIC_SEQ_CST) <= 0) {
      __atomic_store_n(&control[FAIL_TIMES], 0, __ATOMIC_SEQ_CST);
      return 0;
    }
  }
  __atomic_fetch_add(&control[HITS], 1, __ATOMIC_SEQ_CST);
  errno = (int)word(FAIL_ERRNO);
  return 1;
}

static int hit(int why) {
  __atomic_fetch_add(&control[HITS], 1, __ATOMIC_SEQ_CST);
  errno = why;
  return -1;
}

/* The whole path of a file below the root; the index of the log, which lies in memory, is no file for us. */
static int is_below(const char *path, char *whole) {
  if (!root_length || !path) return 0;
  if (path[0] == '/') snprintf(whole, 4096, "%s", path);
  else {
    char here[2048];
    if (!getcwd(here, sizeof here)) return 0;
    snprintf(whole, 4096, "%s/%s", here, path);
  }
  size_t length = strlen(whole);
  if (length > 4 && !strcmp(whole + length - 4, "-shm")) return 0;
  return !strncmp(whole, root, root_length) && (whole[root_length] == '/' || !whole[root_length]);
}

static int is_tracked(int fd) { return fd >= 0 && fd < FDS && fds[fd].is_tracked; }

static uint64_t folder_of(const char *path) {
  char folder[4096];
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) *slash = 0;
  struct stat found;
  return stat(folder, &found) ? 0 : found.st_ino;
}

/* Called with the lock held. */
static void write_down(uint32_t kind, uint64_t ino, int64_t a, int64_t b, const void *old, size_t old_length, const void *new, size_t new_length) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  struct { uint32_t magic, kind; uint64_t ino; int64_t a, b; uint32_t old_length, new_length; } head =
    { 0x4c4e524a, kind, ino, a, b, (uint32_t)old_length, (uint32_t)new_length };
  struct iovec parts[3] = { { &head, sizeof head }, { (void *)old, old_length }, { (void *)new, new_length } };
  ssize_t whole = (ssize_t)(sizeof head + old_length + new_length);
  if (real_writev(journal, parts, 3) != whole) abort();
  journal_end += whole;
}

/* One write to a tracked file, at a place. */
static ssize_t change(int fd, const void *bytes, size_t length, off_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
  REAL(ssize_t, pread64, int, void *, size_t, off_t);
  count();
  if (fails(WRITE)) return -1;
  if (length > 1 && (int64_t)chance() < word(SHORT_CHANCE)) {
    __atomic_fetch_add(&control[HITS], 1, __ATOMIC_SEQ_CST);
    length = 1 + (length - 1) * chance() / 1000;
  }
  pthread_mutex_lock(&lock);
  struct stat now;
  if (fstat(fd, &now)) { pthread_mutex_unlock(&lock); return -1; }
  int64_t grows = (int64_t)at + (int64_t)length - now.st_size, room = word(ROOM);
  if (room >= 0 && grows > 0) {
    if (grows > room) {
      if ((int64_t)length <= grows - room) { pthread_mutex_unlock(&lock); return hit(ENOSPC); }
      length -= (size_t)(grows - room);
      grows = room;
    }
    __atomic_fetch_sub(&control[ROOM], grows, __ATOMIC_SEQ_CST);
  }
  if (journal >= 0) {
    size_t had = at >= now.st_size ? 0 : (size_t)(now.st_size - at) < length ? (size_t)(now.st_size - at) : length;
    char *old = malloc(had + 1);
    if (!old || real_pread64(fd, old, had, at) != (ssize_t)had) abort();
    write_down(J_WRITE, fds[fd].ino, at, now.st_size, old, had, bytes, length);
    free(old);
  }
  ssize_t done = real_pwrite64(fd, bytes, length, at);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
  return is_tracked(fd) ? change(fd, bytes, length, at) : real_pwrite64(fd, bytes, length, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (!is_tracked(fd)) return real_write(fd, bytes, length);
  int append = fcntl(fd, F_GETFL) & O_APPEND;
  off_t at = lseek(fd, 0, append ? SEEK_END : SEEK_CUR);
  ssize_t done = change(fd, bytes, length, at);
  if (done > 0) lseek(fd, at + done, SEEK_SET);
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int n) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  if (!is_tracked(fd)) return real_writev(fd, parts, n);
  for (int i = 0; i < n; i++)
    if (parts[i].iov_len) return write(fd, parts[i].iov_base, parts[i].iov_len);
  return 0;
}

/* Makes programs fall back to reading and writing. */
ssize_t copy_file_range(int in, off64_t *at_in, int out, off64_t *at_out, size_t length, unsigned flags) {
  REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);
  if (is_tracked(out)) { errno = ENOSYS; return -1; }
  return real_copy_file_range(in, at_in, out, at_out, length, flags);
}

ssize_t pread64(int fd, void *bytes, size_t length, off_t at) {
  REAL(ssize_t, pread64, int, void *, size_t, off_t);
  if (is_tracked(fd) && fails(READ)) return -1;
  return real_pread64(fd, bytes, length, at);
}
ssize_t pread(int fd, void *bytes, size_t length, off_t at) { return pread64(fd, bytes, length, at); }

static int sync_file(int fd) {
  count();
  if (word(SLOW_US)) usleep((useconds_t)(word(SLOW_US) * (int64_t)(chance() + 1) / 1000));
  if (word(LIE)) { __atomic_fetch_add(&control[HITS], 1, __ATOMIC_SEQ_CST); return 0; }
  pthread_mutex_lock(&lock);
  int64_t upto = journal_end;
  pthread_mutex_unlock(&lock);
  if (fails(SYNC)) return -1;
  pthread_mutex_lock(&lock);
  if (journal >= 0) write_down(J_SYNC, fds[fd].ino, upto, 0, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return 0;
}

int fsync(int fd) {
  REAL(int, fsync, int);
  return is_tracked(fd) ? sync_file(fd) : real_fsync(fd);
}
int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  return is_tracked(fd) ? sync_file(fd) : real_fdatasync(fd);
}

int ftruncate64(int fd, off_t size) {
  REAL(int, ftruncate64, int, off_t);
  REAL(ssize_t, pread64, int, void *, size_t, off_t);
  if (!is_tracked(fd)) return real_ftruncate64(fd, size);
  count();
  if (fails(TRUNCATE)) return -1;
  pthread_mutex_lock(&lock);
  struct stat now;
  if (journal >= 0 && !fstat(fd, &now)) {
    size_t lost = now.st_size > size ? (size_t)(now.st_size - size) : 0;
    char *old = malloc(lost + 1);
    if (!old || real_pread64(fd, old, lost, size) != (ssize_t)lost) abort();
    write_down(J_TRUNCATE, fds[fd].ino, size, now.st_size, old, lost, NULL, 0);
    free(old);
  }
  int done = real_ftruncate64(fd, size);
  pthread_mutex_unlock(&lock);
  return done;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static void track(int fd, int yes) {
  struct stat found;
  if (fd < 0 || fd >= FDS) return;
  fds[fd].is_tracked = 0;
  if (yes && !fstat(fd, &found) && (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode))) {
    fds[fd].ino = found.st_ino;
    fds[fd].is_tracked = 1;
  }
}

int open64(const char *path, int flags, ...) {
  REAL(int, open64, const char *, int, ...);
  mode_t mode = 0;
  if (flags & (O_CREAT | __O_TMPFILE)) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  char whole[4096];
  int below = is_below(path, whole), makes = 0;
  struct stat found;
  if (below) {
    makes = (flags & O_CREAT) && stat(whole, &found);
    if (makes) count();
    if (fails(OPEN) || (makes && fails(CREATE))) return -1;
    if (makes && word(ROOM) == 0) return hit(ENOSPC);
    /* What was there before is read, too. */
    if ((flags & O_ACCMODE) == O_WRONLY) flags = (flags & ~O_ACCMODE) | O_RDWR;
  }
  pthread_mutex_lock(&lock);
  int fd = real_open64(path, flags, mode);
  int why = errno;
  if (makes && fd >= 0 && journal >= 0 && !fstat(fd, &found))
    write_down(J_CREATE, folder_of(whole), (int64_t)found.st_ino, 0, NULL, 0, whole, strlen(whole));
  track(fd, below);
  pthread_mutex_unlock(&lock);
  errno = why;
  return fd;
}
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open64(path, flags, mode);
}

int close(int fd) {
  REAL(int, close, int);
  if (fd >= 0 && fd < FDS) fds[fd].is_tracked = 0;
  return real_close(fd);
}

/* A file that goes stays linked in the graveyard: a power cut may bring it back. */
static int64_t bury(const char *path) {
  char grave[4300];
  if (journal < 0) return 0;
  snprintf(grave, sizeof grave, "%s/%lld", graveyard, (long long)++buried);
  return link(path, grave) ? 0 : buried;
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  char whole[4096];
  if (!is_below(path, whole)) return real_unlink(path);
  count();
  if (fails(UNLINK)) return -1;
  pthread_mutex_lock(&lock);
  int64_t grave = bury(whole);
  int done = real_unlink(path), why = errno;
  if (!done && journal >= 0) write_down(J_UNLINK, folder_of(whole), grave, 0, NULL, 0, whole, strlen(whole));
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  char old[4096], new[4096];
  if (!is_below(to, new) || !is_below(from, old)) return real_rename(from, to);
  count();
  if (fails(RENAME)) return -1;
  pthread_mutex_lock(&lock);
  int64_t grave = access(new, F_OK) ? 0 : bury(new);
  int done = real_rename(from, to), why = errno;
  if (!done && journal >= 0) write_down(J_RENAME, folder_of(new), grave, 0, old, strlen(old), new, strlen(new));
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  char whole[4096];
  if (!is_below(path, whole)) return real_mkdir(path, mode);
  count();
  struct stat found;
  if (stat(whole, &found) && fails(CREATE)) return -1;
  if (stat(whole, &found) && word(ROOM) == 0) return hit(ENOSPC);
  pthread_mutex_lock(&lock);
  int done = real_mkdir(path, mode), why = errno;
  if (!done && journal >= 0) write_down(J_MKDIR, folder_of(whole), 0, 0, NULL, 0, whole, strlen(whole));
  pthread_mutex_unlock(&lock);
  errno = why;
  return done;
}

static void shift(struct timespec *at) {
  int64_t ms = word(CLOCK_MS);
  at->tv_sec += ms / 1000;
  at->tv_nsec += (ms % 1000) * 1000000;
  if (at->tv_nsec >= 1000000000) at->tv_nsec -= 1000000000, at->tv_sec++;
  if (at->tv_nsec < 0) at->tv_nsec += 1000000000, at->tv_sec--;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  REAL(int, clock_gettime, clockid_t, struct timespec *);
  int done = real_clock_gettime(clock, at);
  if (!done && control && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(at);
  return done;
}

int gettimeofday(struct timeval *at, void *zone) {
  (void)zone;
  struct timespec now;
  int done = clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return done;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
