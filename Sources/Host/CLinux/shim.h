/* Calls of Linux that Swift's Glibc module leaves out. */
#ifndef CALM_LINUX_SHIM_H
#define CALM_LINUX_SHIM_H
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The cores that this thread may use, a bit each; returns how many bytes of the mask were written, or -1. */
static inline long calm_get_affinity(unsigned long bytes, void *mask) { return syscall(SYS_sched_getaffinity, 0, bytes, mask); }
static inline long calm_set_affinity(unsigned long bytes, const void *mask) {
  return syscall(SYS_sched_setaffinity, 0, bytes, mask);
}

/* Asks for a signal when the thread that started this process ends. */
static inline void calm_end_with_parent(int signal) { prctl(PR_SET_PDEATHSIG, signal); }

#endif
