#include "calm_llama.h"
#include "vectors.h"
#include <math.h>

/* Quantised rows times panels. Within a block of 32 the products are integers and exact; block by block they are scaled and
 * added in float32 by fused multiply-adds, so every instruction set gives the same bits. */

typedef struct {
  const calm_panels *panels;
  const int8_t *codes;
  const float *scales;
  const int32_t *sums;
  float *y;
  size_t ldy;
  int blocks, accumulate;
} job;

INLINE int32_t four(const int8_t *codes) {
  int32_t bits;
  memcpy(&bits, codes, 4);
  return bits;
}

/* A row's sixteen sums to where they belong. */
INLINE void store_row(const job *j, int row, int panel, const float *total) {
  int column = panel * CALM_PANEL, columns = j->panels->columns - column;
  if (columns > CALM_PANEL) columns = CALM_PANEL;
  float *y = j->y + (size_t)row * j->ldy + column;
  for (int i = 0; i < columns; i++) y[i] = j->accumulate ? y[i] + total[i] : total[i];
}

/* ---- plain C ---- */

static void panel_plain(const job *j, int panel, int row) {
  const calm_panels *p = j->panels;
  float total[CALM_PANEL] = {0};
  for (int block = 0; block < j->blocks; block++) {
    size_t at = (size_t)panel * j->blocks + block;
    const uint8_t *codes = p->codes + at * p->bits * 64;
    const int8_t *a = j->codes + ((size_t)row * j->blocks + block) * CALM_BLOCK;
    float scale = j->scales[(size_t)row * j->blocks + block];
    int32_t sum_of_row = j->sums[(size_t)row * j->blocks + block];
    for (int i = 0; i < CALM_PANEL; i++) {
      int32_t sum = -p->offset * sum_of_row;
      for (int step = 0; step < p->bits; step++)
        for (int k = 0; k < 4; k++) {
          int code = codes[step * 64 + i * 4 + k];
          if (p->bits == 8) sum += code * a[4 * step + k];
          else sum += (code & 15) * a[4 * step + k] + (code >> 4) * a[16 + 4 * step + k];
        }
      total[i] = fmaf((float)sum, half_to_float(p->scales[at * CALM_PANEL + i]) * scale, total[i]);
      if (p->minimums)
        total[i] = fmaf(half_to_float(p->minimums[at * CALM_PANEL + i]), scale * (float)sum_of_row, total[i]);
    }
  }
  store_row(j, row, panel, total);
}

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,fma,f16c")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c,fma")))
#define UNROLLED _Pragma("clang loop unroll(full)")
#define EVERY_ROW UNROLLED for (int r = 0; r < rows; r++)

/* ---- AVX2: `rows` rows at once, a panel in two halves of eight columns, so that all sums stay in registers ---- */

/* 4-bit codes are unsigned and small: eight products of pairs add up in 16 bits. */
AVX2 INLINE void block4_avx2(const int rows, __m256i *sum, const uint8_t *codes, const int8_t *a, size_t depth) {
  const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  __m256i narrow[4];
  EVERY_ROW narrow[r] = _mm256_setzero_si256();
  UNROLLED for (int step = 0; step < 4; step++) {
    __m256i both = _mm256_loadu_si256((const __m256i *)(codes + step * 64));
    __m256i first = _mm256_and_si256(both, low), second = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
    EVERY_ROW {
      const int8_t *x = a + r * depth + 4 * step;
      narrow[r] = _mm256_add_epi16(narrow[r], _mm256_maddubs_epi16(first, _mm256_set1_epi32(four(x))));
      narrow[r] = _mm256_add_epi16(narrow[r], _mm256_maddubs_epi16(second, _mm256_set1_epi32(four(x + 16))));
    }
  }
  EVERY_ROW sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(narrow[r], ones));
}

/* 8-bit codes: |weight| times the activation with the weight's sign, which does not overflow 16 bits. */
AVX2 INLINE void block8_avx2(const int rows, __m256i *sum, const uint8_t *codes, const int8_t *a, size_t depth) {
  const __m256i ones = _mm256_set1_epi16(1), flip = _mm256_set1_epi8((char)0x80);
  UNROLLED for (int step = 0; step < 8; step++) {
    __m256i weight = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(codes + step * 64)), flip);
    __m256i size = _mm256_abs_epi8(weight);
    EVERY_ROW {
      __m256i x = _mm256_sign_epi8(_mm256_set1_epi32(four(a + r * depth + 4 * step)), weight);
      sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(_mm256_maddubs_epi16(size, x), ones));
    }
  }
}

AVX2 INLINE void half_avx2(const int rows, const int bits, const job *j, int panel, int row, int half, float *out) {
  const calm_panels *p = j->panels;
  const size_t depth = (size_t)j->blocks * CALM_BLOCK;
  __m256 total[4];
  EVERY_ROW total[r] = _mm256_setzero_ps();
  for (int block = 0; block < j->blocks; block++) {
    size_t at = (size_t)panel * j->blocks + block, side = (size_t)row * j->blocks + block;
    const uint8_t *codes = p->codes + at * bits * 64 + half * 32;
    __m256i sum[4];
    EVERY_ROW sum[r] =
        bits == 4 ? _mm256_set1_epi32(-p->offset * j->sums[side + (size_t)r * j->blocks]) : _mm256_setzero_si256();
    if (bits == 4) block4_avx2(rows, sum, codes, j->codes + side * CALM_BLOCK, depth);
    else block8_avx2(rows, sum, codes, j->codes + side * CALM_BLOCK, depth);
    __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p->scales + at * CALM_PANEL + half * 8)));
    EVERY_ROW {
      __m256 unit = _mm256_mul_ps(scale, _mm256_set1_ps(j->scales[side + (size_t)r * j->blocks]));
      total[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[r]), unit, total[r]);
    }
    if (p->minimums) {
      __m256 least = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p->minimums + at * CALM_PANEL + half * 8)));
      EVERY_ROW {
        size_t of_row = side + (size_t)r * j->blocks;
        total[r] = _mm256_fmadd_ps(least, _mm256_set1_ps(j->scales[of_row] * (float)j->sums[of_row]), total[r]);
      }
    }
  }
  EVERY_ROW _mm256_storeu_ps(out + r * CALM_PANEL + half * 8, total[r]);
}

AVX2 INLINE void panel_avx2(const int rows, const int bits, const job *j, int panel, int row) {
  float out[4 * CALM_PANEL];
  half_avx2(rows, bits, j, panel, row, 0, out);
  half_avx2(rows, bits, j, panel, row, 1, out);
  EVERY_ROW store_row(j, row + r, panel, out + r * CALM_PANEL);
}

/* ---- AVX-512 VNNI: a panel is one vector ---- */

VNNI INLINE void panel_vnni(const int rows, const int bits, const job *j, int panel, int row) {
  const calm_panels *p = j->panels;
  const size_t depth = (size_t)j->blocks * CALM_BLOCK;
  const __m512i low = _mm512_set1_epi8(15);
  __m512 total[8];
  EVERY_ROW total[r] = _mm512_setzero_ps();
  for (int block = 0; block < j->blocks; block++) {
    size_t at = (size_t)panel * j->blocks + block, side = (size_t)row * j->blocks + block;
    const uint8_t *codes = p->codes + at * bits * 64;
    const int8_t *a = j->codes + side * CALM_BLOCK;
    __m512i sum[8], more[8]; /* two chains, for few rows */
    EVERY_ROW {
      sum[r] = _mm512_set1_epi32(-p->offset * j->sums[side + (size_t)r * j->blocks]);
      more[r] = _mm512_setzero_si512();
    }
    UNROLLED for (int step = 0; step < 4; step++) {
      __m512i first, second;
      if (bits == 4) {
        __m512i both = _mm512_loadu_si512(codes + step * 64);
        first = _mm512_and_si512(both, low);
        second = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
      } else {
        first = _mm512_loadu_si512(codes + step * 64);
        second = _mm512_loadu_si512(codes + (step + 4) * 64);
      }
      EVERY_ROW {
        const int8_t *x = a + r * depth + 4 * step;
        sum[r] = _mm512_dpbusd_epi32(sum[r], first, _mm512_set1_epi32(four(x)));
        if (rows <= 4) more[r] = _mm512_dpbusd_epi32(more[r], second, _mm512_set1_epi32(four(x + 16)));
        else sum[r] = _mm512_dpbusd_epi32(sum[r], second, _mm512_set1_epi32(four(x + 16)));
      }
    }
    __m512 scale = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p->scales + at * CALM_PANEL)));
    EVERY_ROW {
      if (rows <= 4) sum[r] = _mm512_add_epi32(sum[r], more[r]);
      __m512 unit = _mm512_mul_ps(scale, _mm512_set1_ps(j->scales[side + (size_t)r * j->blocks]));
      total[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[r]), unit, total[r]);
    }
    if (p->minimums) {
      __m512 least = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p->minimums + at * CALM_PANEL)));
      EVERY_ROW {
        size_t of_row = side + (size_t)r * j->blocks;
        total[r] = _mm512_fmadd_ps(least, _mm512_set1_ps(j->scales[of_row] * (float)j->sums[of_row]), total[r]);
      }
    }
  }
  EVERY_ROW {
    float out[CALM_PANEL];
    _mm512_storeu_ps(out, total[r]);
    store_row(j, row + r, panel, out);
  }
}

/* Rows in groups of the greatest number that the registers hold, the rest one by one. */
AVX2 static void rows_avx2(const job *j, int panel, int rows) {
  int row = 0;
  if (j->panels->bits == 4) {
    for (; row + 4 <= rows; row += 4) panel_avx2(4, 4, j, panel, row);
    for (; row + 2 <= rows; row += 2) panel_avx2(2, 4, j, panel, row);
    for (; row < rows; row++) panel_avx2(1, 4, j, panel, row);
  } else {
    for (; row + 4 <= rows; row += 4) panel_avx2(4, 8, j, panel, row);
    for (; row < rows; row++) panel_avx2(1, 8, j, panel, row);
  }
}

VNNI static void rows_vnni(const job *j, int panel, int rows) {
  int row = 0;
  if (j->panels->bits == 4) {
    for (; row + 8 <= rows; row += 8) panel_vnni(8, 4, j, panel, row);
    for (; row + 4 <= rows; row += 4) panel_vnni(4, 4, j, panel, row);
    for (; row < rows; row++) panel_vnni(1, 4, j, panel, row);
  } else {
    for (; row + 8 <= rows; row += 8) panel_vnni(8, 8, j, panel, row);
    for (; row + 4 <= rows; row += 4) panel_vnni(4, 8, j, panel, row);
    for (; row < rows; row++) panel_vnni(1, 8, j, panel, row);
  }
}

static int best_level(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
    return 2;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") ? 1 : 0;
}
#else
static void rows_avx2(const job *j, int panel, int rows) {}
static void rows_vnni(const job *j, int panel, int rows) {}
static int best_level(void) { return 0; }
#endif

static _Atomic int limit = 2;
void calm_llama_limit_level(int level) { limit = level; }

int calm_llama_level(void) {
  static _Atomic int found = -1;
  if (found < 0) found = best_level();
  return found < limit ? found : limit;
}

void calm_multiply_panels(const calm_panels *panels, int first, int last, const int8_t *codes, const float *scales,
                          const int32_t *sums, int rows, float *y, size_t ldy, int accumulate) {
  job j = {panels, codes, scales, sums, y, ldy, panels->depth / CALM_BLOCK, accumulate};
  int level = calm_llama_level();
  for (int panel = first; panel < last; panel++) {
    if (level == 2) rows_vnni(&j, panel, rows);
    else if (level == 1) rows_avx2(&j, panel, rows);
    else
      for (int row = 0; row < rows; row++) panel_plain(&j, panel, row);
  }
}
