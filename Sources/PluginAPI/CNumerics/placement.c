#define _GNU_SOURCE
#include "placement.h"
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

/* The kernel may leave two threads on one core for a tenth of a second while another core has nothing to do: often those of
 * a new pool, and threads that it woke on the core of the one that called. Each is then half as fast, and so is every
 * region. So a worker that finds its core taken moves itself, and may go wherever the kernel wants afterwards: nothing is
 * pinned. */
#if defined(__linux__)
#include <sched.h>

enum { WORDS = CPU_SETSIZE / 64 };
static const int64_t MOVE_AGAIN_AFTER = 4000000; /* nanoseconds: on a busy machine the kernel has reasons of its own */
static _Atomic uint64_t taken[WORDS];

/* Whether the core was free. */
static int take(int core) {
  if (core < 0 || core >= CPU_SETSIZE) return 1;
  uint64_t bit = (uint64_t)1 << (core % 64);
  return !(atomic_fetch_or(&taken[core / 64], bit) & bit);
}

void calm_place_caller(void) {
  for (int i = 0; i < WORDS; i++) atomic_store_explicit(&taken[i], 0, memory_order_relaxed);
  take(sched_getcpu());
}

void calm_place_worker(void) {
  static _Thread_local int64_t moved = 0;
  if (take(sched_getcpu())) return;
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  int64_t now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
  cpu_set_t allowed, free;
  if (now - moved < MOVE_AGAIN_AFTER || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  moved = now;
  CPU_ZERO(&free);
  for (int core = 0; core < CPU_SETSIZE; core++)
    if (CPU_ISSET(core, &allowed) && !(atomic_load(&taken[core / 64]) >> (core % 64) & 1)) CPU_SET(core, &free);
  if (CPU_COUNT(&free) == 0 || sched_setaffinity(0, sizeof free, &free) != 0) return;
  sched_setaffinity(0, sizeof allowed, &allowed);
  take(sched_getcpu());
}
#else
void calm_place_caller(void) {}
void calm_place_worker(void) {}
#endif
