#define _GNU_SOURCE
#include "chunks.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/* What the machine can do at most, measured by loops that do nothing else: products that stay in registers, and memory read
 * from end to end. Rates of real kernels are given as a share of these. */
enum { CHAINS = 12, ROUNDS = 200000 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const double LONG_ENOUGH = 0.08; /* seconds: several slices of the scheduler */

/* Seconds of the fastest of many runs of `tasks` tasks: another program may disturb one, nothing can speed one up. */
static double fastest(int tasks, void (*body)(void *, int), void *context) {
  double best = 0, begin = now();
  do {
    double from = now();
    calm_parallel(tasks, body, context);
    double seconds = now() - from;
    if (best == 0 || seconds < best) best = seconds;
  } while (now() - begin < LONG_ENOUGH);
  return best;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Twelve independent chains hide the latency of a multiply-add on every processor that has them. */
#define LOOP(NAME, ISA, VECTOR, ZERO, STEP)                              \
  __attribute__((target(ISA))) static void NAME(void *out, int task) {  \
    VECTOR sum[CHAINS], all = ZERO;                                      \
    for (int i = 0; i < CHAINS; i++) sum[i] = ZERO;                      \
    for (long round = 0; round < ROUNDS; round++) {                      \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) { \
        STEP;                                                            \
        __asm__ volatile("" : "+v"(sum[i]));                             \
      }                                                                  \
    }                                                                    \
    for (int i = 0; i < CHAINS; i++) all += sum[i];                      \
    ((volatile float *)out)[task] = (float)all[0];                       \
  }

LOOP(fp32_v3, "avx2,fma", __m256, _mm256_setzero_ps(),
     sum[i] = _mm256_fmadd_ps(sum[i], _mm256_set1_ps(0.5f), _mm256_set1_ps(1)))
LOOP(fp32_v4, "avx512f", __m512, _mm512_setzero_ps(),
     sum[i] = _mm512_fmadd_ps(sum[i], _mm512_set1_ps(0.5f), _mm512_set1_ps(1)))
LOOP(bf16_v4, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(),
     sum[i] = _mm512_dpbf16_ps(sum[i], (__m512bh)_mm512_set1_epi16(0x3f80), (__m512bh)_mm512_set1_epi16(0x3f80)))
LOOP(int8_v3, "avx2", __m256i, _mm256_setzero_si256(),
     sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(sum[i], _mm256_set1_epi16(1))))
LOOP(int8_v4, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(),
     sum[i] = _mm512_dpbusd_epi32(sum[i], _mm512_set1_epi8(1), _mm512_set1_epi8(1)))

double calm_peak_rate(calm_precision arithmetic) {
  void (*body)(void *, int) = NULL;
  double lanes = 0; /* multiply-adds an instruction */
  if (arithmetic == CALM_FP32 && __builtin_cpu_supports("avx512f")) body = fp32_v4, lanes = 16;
  else if (arithmetic == CALM_FP32 && __builtin_cpu_supports("fma")) body = fp32_v3, lanes = 8;
  else if (arithmetic == CALM_BF16 && __builtin_cpu_supports("avx512bf16")) body = bf16_v4, lanes = 32;
  else if (arithmetic == CALM_INT8 && __builtin_cpu_supports("avx512vnni")) body = int8_v4, lanes = 64;
  else if (arithmetic == CALM_INT8 && !__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2"))
    body = int8_v3, lanes = 16; /* as int16; where there is AVX-512 without VNNI, integers are multiplied as floats */
  if (!body) return 0;
  float out[64];
  int threads = calm_threads();
  return 2 * lanes * CHAINS * (double)ROUNDS * threads / fastest(threads, body, out);
}
#else
double calm_peak_rate(calm_precision arithmetic) {
  (void)arithmetic;
  return 0;
}
#endif

enum { SLICE = 1 << 20 };

typedef struct {
  uint64_t *data;
  volatile uint64_t sink;
} read_job;

CALM_CLONES static void read_slice(void *context, int task) {
  read_job *job = context;
  const uint64_t *data = job->data + (size_t)task * (SLICE / 8);
  uint64_t sum = 0;
  for (size_t i = 0; i < SLICE / 8; i++) sum += data[i];
  job->sink = sum;
}

static void fill_slice(void *context, int task) {
  uint64_t *data = ((read_job *)context)->data + (size_t)task * (SLICE / 8);
  for (size_t i = 0; i < SLICE / 8; i++) data[i] = i;
}

double calm_read_rate(size_t bytes) {
  int slices = (int)((bytes + SLICE - 1) / SLICE);
  read_job job = {.data = aligned_alloc((size_t)2 << 20, ((size_t)slices * SLICE + (2 << 20) - 1) & ~(size_t)((2 << 20) - 1))};
  if (!job.data) return 0;
  madvise(job.data, (size_t)slices * SLICE, MADV_HUGEPAGE); /* as tensors are */
  calm_parallel(slices, fill_slice, &job);
  double rate = (double)slices * SLICE / fastest(slices, read_slice, &job);
  free(job.data);
  return rate;
}
