#include "matmul.h"
#include <string.h>

/* Operands into the order of the tiles, as packing.c does it, with AVX2: a float a step, which is rounded on the way where a
 * precision's own instructions are missing, or for int8 two int16. */
#if defined(__x86_64__)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define AVX2 __attribute__((target("avx2,fma")))

/* Eight numbers, of which `left` are there. */
AVX2 INLINE __m256 load(const float *x, int left) {
  if (left >= 8) return _mm256_loadu_ps(x);
  return _mm256_maskload_ps(x, _mm256_cmpgt_epi32(_mm256_set1_epi32(left), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
}

/* Eight numbers as a precision has them: to nearest, ties to even. What is not a number stays so in bf16; in int8 the unit of
 * its row is none. */
AVX2 INLINE __m256 rounded(const calm_precision rounding, __m256 x, float inverse) {
  if (rounding == CALM_INT8) {
    x = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(inverse)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return _mm256_max_ps(_mm256_min_ps(x, _mm256_set1_ps(127)), _mm256_set1_ps(-127));
  }
  if (rounding == CALM_BF16) {
    __m256i bits = _mm256_castps_si256(x), odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    __m256 high = _mm256_castsi256_ps(_mm256_and_si256(up, _mm256_set1_epi32((int)0xffff0000u)));
    return _mm256_blendv_ps(high, x, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  }
  return x;
}

/* Rows become columns of an 8 x 8 square. */
AVX2 INLINE void transpose_square(__m256 *r) {
  __m256 t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
    t[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
  }
  for (int i = 0; i < 8; i++) r[i] = t[i];
}

/* Lanes of a step are stored eight by eight; they are a multiple of four. */
AVX2 INLINE void store(float *out, int lanes, __m256 values) {
  if (lanes >= 8) _mm256_storeu_ps(out, values);
  else _mm_storeu_ps(out, _mm256_castps256_ps128(values));
}

/* Eight steps of pairs: sixteen numbers as int16. */
AVX2 INLINE __m256 pairs(const float *x, int left, float inverse) {
  __m256i low = _mm256_cvtps_epi32(rounded(CALM_INT8, load(x, left), inverse));
  __m256i high = _mm256_cvtps_epi32(rounded(CALM_INT8, load(x + 8, left - 8), inverse));
  return _mm256_castsi256_ps(_mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8));
}

/* A step is one number as a precision has it, or a pair. */
AVX2 INLINE void contiguous(const calm_precision rounding, const int values, float *out, int lanes, operand s, int first,
                            int count, int from, int steps, int k, const float *inverse) {
  for (int step = 0; step < steps; step += 8)
    for (int base = 0; base < lanes; base += 8) {
      __m256 square[8];
      for (int i = 0; i < 8; i++) {
        int lane = base + i, at = (from + step) * values;
        square[i] = _mm256_setzero_ps();
        if (lane >= count) continue;
        const float *x = s.data + (size_t)(first + lane) * s.stride + at;
        _mm_prefetch((const char *)(x + (size_t)lanes * s.stride), _MM_HINT_T0); /* of the tile that comes next */
        square[i] = values == 2 ? pairs(x, k - at, inverse[lane]) : rounded(rounding, load(x, k - at), inverse ? inverse[lane] : 1);
      }
      transpose_square(square);
      float *to = out + (size_t)step * lanes + base;
      if (step + 8 <= steps)
        for (int i = 0; i < 8; i++) store(to + (size_t)i * lanes, lanes - base, square[i]);
      else
        for (int i = 0; i < steps - step; i++) store(to + (size_t)i * lanes, lanes - base, square[i]);
    }
}

enum { AHEAD = 32, LINE = 16 /* floats */ };

AVX2 INLINE void strided(const calm_precision rounding, float *out, int tile, size_t apart, int last, operand s, int first, int count,
                         int from, int steps, int k) {
  for (int step = 0; step < steps; step++) {
    const float *x = s.data + (size_t)(from + step) * s.stride + first;
    if (from + step + AHEAD < k)
      for (int i = 0; i < count; i += LINE) _mm_prefetch((const char *)(x + AHEAD * s.stride + i), _MM_HINT_T0);
    float *to = out;
    for (int lane = 0; lane < count; lane += tile, to += apart) {
      int lanes = count - lane > tile ? tile : last, there = least(count - lane, tile);
      for (int base = 0; base < lanes; base += 8)
        store(to + (size_t)step * lanes + base, lanes - base, rounded(rounding, load(x + lane + base, there - base), 1));
    }
  }
}

AVX2 static void any_contiguous(calm_form f, float *out, int lanes, operand s, int first, int count, int from, int steps, int k,
                                const float *inverse) {
  if (f.tiles == TILES_INT16) contiguous(CALM_INT8, 2, out, lanes, s, first, count, from, steps, k, inverse);
  else if (f.rounding == CALM_FP32) contiguous(CALM_FP32, 1, out, lanes, s, first, count, from, steps, k, NULL);
  else if (f.rounding == CALM_BF16) contiguous(CALM_BF16, 1, out, lanes, s, first, count, from, steps, k, NULL);
  else contiguous(CALM_INT8, 1, out, lanes, s, first, count, from, steps, k, inverse);
}

void calm_pack_lanes_avx2(calm_form f, float *out, int lanes, operand source, int first, int count, int from, int steps, int k,
                          const float *inverse) {
  any_contiguous(f, out, lanes, source, first, count, from, steps, k, inverse);
}

AVX2 static void any_strided(calm_precision rounding, float *out, int tile, size_t apart, int last, operand s, int first, int count,
                             int from, int steps, int k) {
  if (rounding == CALM_FP32) strided(CALM_FP32, out, tile, apart, last, s, first, count, from, steps, k);
  else strided(CALM_BF16, out, tile, apart, last, s, first, count, from, steps, k);
}

void calm_pack_tiles_avx2(calm_precision rounding, float *out, int tile, size_t apart, int last, operand source, int first, int count,
                          int from, int steps, int k) {
  any_strided(rounding, out, tile, apart, last, source, first, count, from, steps, k);
}
#endif
