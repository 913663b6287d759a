#include "matmul.h"

/* The inner loops: TILE_ROWS x TILE_COLUMNS sums stand in 24 vector registers while k runs. The rows of a last tile that
 * is not full are rounded up to a multiple of four; of a panel of up to 16 columns only that half is computed. */
#if defined(__x86_64__)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define FP32 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#define INT8 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define EVERY_ROW _Pragma("clang loop unroll(full)") for (int i = 0; i < lanes; i++)

/* Writes the sums and a bias, masked at the right edge. */
FP32 INLINE void store_sums(__m512 (*sum)[2], int lanes, const float *bias, float *c, size_t ldc, int rows, int columns,
                            int accumulate) {
  __mmask16 left = columns >= 16 ? 0xffff : (__mmask16)((1u << columns) - 1);
  __mmask16 right = columns >= 32 ? 0xffff : columns > 16 ? (__mmask16)((1u << (columns - 16)) - 1) : 0;
  __m512 bias0 = _mm512_setzero_ps(), bias1 = bias0;
  if (bias) {
    bias0 = _mm512_maskz_loadu_ps(left, bias);
    bias1 = _mm512_maskz_loadu_ps(right, bias + 16);
  }
  EVERY_ROW if (i < rows) {
    float *row = c + (size_t)i * ldc;
    if (bias) {
      sum[i][0] = _mm512_add_ps(sum[i][0], bias0);
      sum[i][1] = _mm512_add_ps(sum[i][1], bias1);
    }
    if (accumulate) {
      sum[i][0] = _mm512_add_ps(sum[i][0], _mm512_maskz_loadu_ps(left, row));
      sum[i][1] = _mm512_add_ps(sum[i][1], _mm512_maskz_loadu_ps(right, row + 16));
    }
    _mm512_mask_storeu_ps(row, left, sum[i][0]);
    _mm512_mask_storeu_ps(row + 16, right, sum[i][1]);
  }
}

FP32 INLINE void tile_fp32(const float *a, const int lanes, const int halves, const float *b, int steps,
                           const float *bias, float *c, size_t ldc, int rows, int columns, int accumulate, calm_ahead ahead) {
  __m512 sum[TILE_ROWS][2];
  EVERY_ROW sum[i][0] = sum[i][1] = _mm512_setzero_ps();
  for (int k = 0; k < steps; k++, a += lanes, b += TILE_COLUMNS, ahead.from += ahead.apart / 2) {
    _mm_prefetch(ahead.from, _MM_HINT_T1);
    __m512 b0 = _mm512_load_ps(b), b1 = _mm512_load_ps(b + 16);
    EVERY_ROW {
      __m512 x = _mm512_set1_ps(a[i]);
      sum[i][0] = _mm512_fmadd_ps(x, b0, sum[i][0]);
      if (halves == 2) sum[i][1] = _mm512_fmadd_ps(x, b1, sum[i][1]);
    }
  }
  store_sums(sum, lanes, bias, c, ldc, rows, columns, accumulate);
}

BF16 INLINE void tile_bf16(const int32_t *a, const int lanes, const int halves, const int32_t *b, int steps,
                           const float *bias, float *c, size_t ldc, int rows, int columns, int accumulate, calm_ahead ahead) {
  __m512 sum[TILE_ROWS][2];
  EVERY_ROW sum[i][0] = sum[i][1] = _mm512_setzero_ps();
  for (int k = 0; k < steps; k++, a += lanes, b += TILE_COLUMNS, ahead.from += ahead.apart / 2) {
    _mm_prefetch(ahead.from, _MM_HINT_T1);
    __m512bh b0 = (__m512bh)_mm512_load_si512(b), b1 = (__m512bh)_mm512_load_si512(b + 16);
    EVERY_ROW {
      __m512bh x = (__m512bh)_mm512_set1_epi32(a[i]);
      sum[i][0] = _mm512_dpbf16_ps(sum[i][0], b0, x);
      if (halves == 2) sum[i][1] = _mm512_dpbf16_ps(sum[i][1], b1, x);
    }
  }
  store_sums(sum, lanes, bias, c, ldc, rows, columns, accumulate);
}

/* Unsigned a times signed b into int32, which `c` carries as bits. */
INT8 INLINE void tile_int8(const int32_t *a, const int lanes, const int halves, const int32_t *b, int steps, float *c,
                           size_t ldc, int rows, int columns, calm_ahead ahead) {
  __m512i sum[TILE_ROWS][2];
  EVERY_ROW sum[i][0] = sum[i][1] = _mm512_setzero_si512();
  for (int k = 0; k < steps; k++, a += lanes, b += TILE_COLUMNS, ahead.from += ahead.apart / 2) {
    _mm_prefetch(ahead.from, _MM_HINT_T1);
    __m512i b0 = _mm512_load_si512(b), b1 = _mm512_load_si512(b + 16);
    EVERY_ROW {
      __m512i x = _mm512_set1_epi32(a[i]);
      sum[i][0] = _mm512_dpbusd_epi32(sum[i][0], x, b0);
      if (halves == 2) sum[i][1] = _mm512_dpbusd_epi32(sum[i][1], x, b1);
    }
  }
  store_sums((__m512(*)[2])sum, lanes, NULL, c, ldc, rows, columns, 0);
}

/* `...`: what follows `steps`. */
#define ONE_OF_SIX(tile, ...)                                                     \
  if (columns > 16) {                                                             \
    if (lanes == 12) tile(a, 12, 2, b, steps, __VA_ARGS__);                       \
    else if (lanes == 8) tile(a, 8, 2, b, steps, __VA_ARGS__);                    \
    else tile(a, 4, 2, b, steps, __VA_ARGS__);                                    \
  } else if (lanes == 12) tile(a, 12, 1, b, steps, __VA_ARGS__);                  \
  else if (lanes == 8) tile(a, 8, 1, b, steps, __VA_ARGS__);                      \
  else tile(a, 4, 1, b, steps, __VA_ARGS__);

FP32 static void any_fp32(const void *a, int lanes, const void *b, int steps, const float *bias, float *c, size_t ldc,
                          int rows, int columns, int accumulate, calm_ahead ahead) {
  ONE_OF_SIX(tile_fp32, bias, c, ldc, rows, columns, accumulate, ahead)
}
BF16 static void any_bf16(const void *a, int lanes, const void *b, int steps, const float *bias, float *c, size_t ldc,
                          int rows, int columns, int accumulate, calm_ahead ahead) {
  ONE_OF_SIX(tile_bf16, bias, c, ldc, rows, columns, accumulate, ahead)
}
INT8 static void any_int8(const void *a, int lanes, const void *b, int steps, float *c, size_t ldc, int rows, int columns,
                          calm_ahead ahead) {
  ONE_OF_SIX(tile_int8, c, ldc, rows, columns, ahead)
}

void calm_tile(calm_tiles tiles, const void *a, int lanes, const void *b, int width, int steps, const float *bias, float *c,
               size_t ldc, int rows, int columns, int accumulate, calm_ahead ahead) {
  if (tiles == TILES_AVX2) calm_tile_avx2(a, lanes, b, width, steps, bias, c, ldc, rows, columns, accumulate, ahead);
  else if (tiles == TILES_INT16) calm_tile_int16(a, lanes, b, steps, c, ldc, rows, columns, ahead);
  else if (tiles == TILES_FP32) any_fp32(a, lanes, b, steps, bias, c, ldc, rows, columns, accumulate, ahead);
  else if (tiles == TILES_BF16) any_bf16(a, lanes, b, steps, bias, c, ldc, rows, columns, accumulate, ahead);
  else any_int8(a, lanes, b, steps, c, ldc, rows, columns, ahead);
}

#else
void calm_tile(calm_tiles tiles, const void *a, int lanes, const void *b, int width, int steps, const float *bias, float *c,
               size_t ldc, int rows, int columns, int accumulate, calm_ahead ahead) {}
#endif
