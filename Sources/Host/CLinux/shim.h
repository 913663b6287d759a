/* Calls of Linux that Swift's Glibc module leaves out. */
#ifndef CALM_LINUX_SHIM_H
#define CALM_LINUX_SHIM_H
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The cores that this thread may use, a bit each; returns how many bytes of the mask were written, or -1. */
static inline long calm_get_affinity(unsigned long bytes, void *mask) { return syscall(SYS_sched_getaffinity, 0, bytes, mask); }
static inline long calm_set_affinity(unsigned long bytes, const void *mask) {
  return syscall(SYS_sched_setaffinity, 0, bytes, mask);
}

/* Asks for a signal when the thread that started this process ends. */
static inline void calm_end_with_parent(int signal) { prctl(PR_SET_PDEATHSIG, signal); }

/* Bytes that malloc has given out and not taken back, over all arenas. */
static inline unsigned long calm_allocated_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/* The magic number of the file system that holds a path, 0 where it cannot be told. */
static inline unsigned int calm_file_system(const char *path) {
  struct statfs info;
  return statfs(path, &info) == 0 ? (unsigned int)info.f_type : 0;
}

/* A file that lives in memory as long as it is open; -1 where there is none to be had. */
static inline int calm_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* close on exec */); }

/* No core files from now on, and at most so many bytes of memory of this process's own. */
static inline void calm_limit_process(unsigned long bytes) {
  struct rlimit none = {0, 0}, data = {bytes, bytes};
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_DATA, &data);
}

#endif
