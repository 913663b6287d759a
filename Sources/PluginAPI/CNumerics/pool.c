#define _GNU_SOURCE
#include "calm_numerics.h"
#include "placement.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 64 };

/* Workers spin for a moment before they sleep: kernels follow each other within microseconds during a step, what one thread
 * does between them takes up to a millisecond, and to wake a thread takes a quarter of one on virtual machines. */
static const int64_t SPIN = 2000000, SPIN_AT_THE_END = 200000; /* nanoseconds */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;  /* guards the sleepers and the size of the pool */
static pthread_mutex_t region = PTHREAD_MUTEX_INITIALIZER; /* one parallel region at a time */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static _Atomic int wanted = 0;  /* threads a region uses, the caller included; 0 = not decided */
static int started = 0; /* workers alive */
static uint64_t born[MAX_THREADS]; /* the generation before a worker's first */
static _Atomic uint64_t generation = 0;
static _Atomic int next_task, unfinished_workers;
static int task_count;
static void (*task_body)(void *, int);
static void *task_context;
static _Thread_local int inside = 0;

/* Inside a region subnormal numbers count as zero: vanishing gradients are full of them and each costs a hundred cycles. */
#if defined(__SSE2__)
#include <xmmintrin.h>
enum { FLUSH_AND_TREAT_AS_ZERO = 0x8040 };
static unsigned flush_subnormals(void) {
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | FLUSH_AND_TREAT_AS_ZERO);
  return before;
}
static void restore_subnormals(unsigned before) { _mm_setcsr(before); }
static void pause_briefly(void) { _mm_pause(); }
#else
static unsigned flush_subnormals(void) { return 0; }
static void restore_subnormals(unsigned before) { (void)before; }
static void pause_briefly(void) {}
#endif

static int64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One turn of a loop that waits: false once it is late. */
static int spin(int turn, int64_t late) {
  pause_briefly();
  return turn % 32 != 0 || nanoseconds() < late;
}

static void drain(void) {
  unsigned mode = flush_subnormals();
  int task;
  while ((task = atomic_fetch_add(&next_task, 1)) < task_count) task_body(task_context, task);
  restore_subnormals(mode);
}

static void *worker(void *argument) {
  inside = 1;
  int index = (int)(intptr_t)argument;
  /* A region waits for every worker to be through, so none that begins before this thread does can be missed. */
  uint64_t seen = born[index];
  for (;;) {
    int64_t late = nanoseconds() + SPIN;
    for (int turn = 1; atomic_load_explicit(&generation, memory_order_acquire) == seen && spin(turn, late); turn++) {}
    if (atomic_load(&generation) == seen) {
      pthread_mutex_lock(&mutex);
      while (atomic_load(&generation) == seen) pthread_cond_wait(&wake, &mutex);
      pthread_mutex_unlock(&mutex);
    }
    seen++;
    if (index < wanted - 1) { /* fewer threads are wanted than were once started: the others only report */
      calm_place_worker();
      drain();
    }
    atomic_fetch_sub(&unfinished_workers, 1);
  }
  return NULL;
}

void calm_set_threads(int threads) {
  pthread_mutex_lock(&region);
  wanted = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
  pthread_mutex_unlock(&region);
}

int calm_threads(void) {
  if (wanted == 0) {
    cpu_set_t allowed; /* a batch system, or a grid of runs, may have left this process some of the cores only */
    long cores = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : sysconf(_SC_NPROCESSORS_ONLN);
    wanted = cores < 1 ? 1 : cores > MAX_THREADS ? MAX_THREADS : (int)cores;
  }
  return wanted;
}

void calm_parallel(int tasks, void (*body)(void *, int), void *context) {
  if (tasks <= 0) return;
  if (inside || tasks == 1 || calm_threads() == 1) {
    unsigned mode = flush_subnormals();
    for (int task = 0; task < tasks; task++) body(context, task);
    restore_subnormals(mode);
    return;
  }
  pthread_mutex_lock(&region);
  inside = 1;
  while (started < wanted - 1) {
    pthread_t thread;
    born[started] = atomic_load(&generation);
    if (pthread_create(&thread, NULL, worker, (void *)(intptr_t)started) != 0) break;
    pthread_detach(thread);
    started++;
  }
  task_count = tasks;
  task_body = body;
  task_context = context;
  calm_place_caller();
  atomic_store(&next_task, 0);
  atomic_store(&unfinished_workers, started);
  pthread_mutex_lock(&mutex);
  atomic_fetch_add(&generation, 1);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&mutex);
  drain();
  /* On a busy machine a worker may have lost its core: give ours away rather than wait for the tick. */
  int64_t late = nanoseconds() + SPIN_AT_THE_END;
  for (int turn = 1; atomic_load_explicit(&unfinished_workers, memory_order_acquire) > 0; turn++)
    if (!spin(turn, late)) sched_yield();
  inside = 0;
  pthread_mutex_unlock(&region);
}
