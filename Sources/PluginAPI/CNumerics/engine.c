#include "matmul.h"

/* Which instructions the processor has, and what a product is made of with them. */
enum { HAS_AVX2 = 1, HAS_AVX512 = 2, HAS_BF16 = 4, HAS_VNNI = 8 };

static int instructions(void) {
#if defined(__x86_64__)
  static _Atomic int found = -1;
  int have = found;
  if (have >= 0) return have;
  __builtin_cpu_init();
  have = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? HAS_AVX2 : 0;
  if (have && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    have |= HAS_AVX512 | (__builtin_cpu_supports("avx512bf16") ? HAS_BF16 : 0) |
            (__builtin_cpu_supports("avx512vnni") ? HAS_VNNI : 0);
  return found = have;
#else
  return 0;
#endif
}

static _Thread_local calm_engine chosen = CALM_BEST;
void calm_use_engine(calm_engine engine) { chosen = engine; }

/* What this thread may use of it. */
static int allowed(void) {
  return instructions() & (chosen == CALM_BEST ? ~0 : chosen == CALM_AVX2 ? HAS_AVX2 : 0);
}

calm_form calm_form_of(calm_precision p) {
  int have = allowed();
  if (p == CALM_BF16 && have & HAS_BF16) return (calm_form){p, TILES_BF16};
  if (p == CALM_INT8 && have & HAS_VNNI) return (calm_form){p, TILES_INT8};
  if (have & HAS_AVX512) return (calm_form){p, TILES_FP32};
  return (calm_form){p, !have ? TILES_NONE : p == CALM_INT8 ? TILES_INT16 : TILES_AVX2};
}

const char *calm_kernel_name(calm_precision p) {
  switch (calm_form_of(p).tiles) {
    case TILES_NONE: return NULL;
    case TILES_BF16: return "AVX-512 BF16";
    case TILES_INT8: return "AVX-512 VNNI";
    case TILES_INT16: return "AVX2 on 16-bit integers";
    case TILES_FP32: return p == CALM_FP32 ? "AVX-512" : "AVX-512 on rounded operands";
    case TILES_AVX2: return p == CALM_FP32 ? "AVX2" : "AVX2 on rounded operands";
  }
}
