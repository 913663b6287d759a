#include "matmul.h"
#include <string.h>

/* Operands into the order of the tiles: [step][lane], four bytes each. */
#if defined(__x86_64__)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define BASE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))

static inline __mmask16 first_of_16(int count) {
  return count >= 16 ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

/* Rows become columns of a 16 x 16 square of four-byte words. */
BASE INLINE void transpose_square(__m512i *r) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

/* Sixteen steps of one lane: 16, 32 or 64 neighbouring floats, of which `left` are there. */
BASE INLINE __m512i load_fp32(const float *x, int left) {
  return _mm512_castps_si512(_mm512_maskz_loadu_ps(first_of_16(left), x));
}

BF16 INLINE __m512i load_bf16(const float *x, int left) {
  __m512 low = _mm512_maskz_loadu_ps(first_of_16(left), x), high = _mm512_maskz_loadu_ps(first_of_16(left - 16), x + 16);
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

BASE INLINE __m512i load_int8(const float *x, int left, float inverse, int offset) {
  __m128i part[4];
  for (int i = 0; i < 4; i++) {
    __m512 values = _mm512_maskz_loadu_ps(first_of_16(left - 16 * i), x + 16 * i);
    part[i] = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(values, _mm512_set1_ps(inverse))));
  }
  __m512i all = _mm512_castsi128_si512(part[0]);
  all = _mm512_inserti32x4(all, part[1], 1);
  all = _mm512_inserti32x4(all, part[2], 2);
  all = _mm512_inserti32x4(all, part[3], 3);
  return offset ? _mm512_xor_si512(all, _mm512_set1_epi8((char)0x80)) : all;
}

#define PACK_CONTIGUOUS(target, name, load, width, ...)                                                              \
  target static void name(int32_t *out, int lanes, operand s, int first, int count, int from, int steps, int k,      \
                          const float *inverse, int offset) {                                                        \
    for (int step = 0; step < steps; step += 16)                                                                     \
      for (int base = 0; base < lanes; base += 16) {                                                                 \
        __m512i square[16];                                                                                          \
        for (int i = 0; i < 16; i++) {                                                                               \
          int lane = base + i, at = (from + step) * (width);                                                         \
          square[i] = lane < count ? load(s.data + (size_t)(first + lane) * s.stride + at, k - at __VA_ARGS__)       \
                                   : _mm512_setzero_si512();                                                         \
        }                                                                                                            \
        transpose_square(square);                                                                                    \
        __mmask16 mask = first_of_16(lanes - base);                                                                  \
        for (int i = 0; i < 16 && step + i < steps; i++)                                                             \
          _mm512_mask_storeu_epi32(out + (size_t)(step + i) * lanes + base, mask, square[i]);                        \
      }                                                                                                              \
  }
PACK_CONTIGUOUS(BASE, contiguous_fp32, load_fp32, 1)
PACK_CONTIGUOUS(BF16, contiguous_bf16, load_bf16, 2)
PACK_CONTIGUOUS(BASE, contiguous_int8, load_int8, 4, , inverse[lane], offset)

/* Where k runs across memory a row is read from end to end, all lanes of several tiles: `tile` lanes of each step go to a
 * tile's own place, `apart` words from the one before. The rows that come next are asked for meanwhile. */
enum { AHEAD = 32 };

BASE INLINE void fetch(const float *x, int count) {
  for (int i = 0; i < count; i += 16) _mm_prefetch((const char *)(x + i), _MM_HINT_T0);
}

BASE static void strided_fp32(int32_t *out, int tile, size_t apart, int last, operand s, int first, int count, int from,
                              int steps, int k) {
  for (int step = 0; step < steps; step++) {
    const float *x = s.data + (size_t)(from + step) * s.stride + first;
    if (from + step + AHEAD < k) fetch(x + AHEAD * s.stride, count);
    int32_t *to = out;
    for (int lane = 0; lane < count; lane += tile, to += apart) {
      int lanes = count - lane > tile ? tile : last;
      for (int base = 0; base < lanes; base += 16) {
        __m512 values = _mm512_maskz_loadu_ps(first_of_16(least(count - lane, tile) - base), x + lane + base);
        _mm512_mask_storeu_ps((float *)to + (size_t)step * lanes + base, first_of_16(lanes - base), values);
      }
    }
  }
}

/* Two rows of k are interleaved word by word. */
BF16 static void strided_bf16(int32_t *out, int tile, size_t apart, int last, operand s, int first, int count, int from,
                              int steps, int k) {
  uint16_t order[32];
  for (int i = 0; i < 16; i++) {
    order[2 * i] = (uint16_t)i;
    order[2 * i + 1] = (uint16_t)(i + 16);
  }
  __m512i interleave = _mm512_loadu_si512(order);
  for (int step = 0; step < steps; step++) {
    int at = 2 * (from + step);
    const float *x = s.data + (size_t)at * s.stride + first;
    if (at + AHEAD + 1 < k) {
      fetch(x + AHEAD * s.stride, count);
      fetch(x + (AHEAD + 1) * s.stride, count);
    }
    int32_t *to = out;
    for (int lane = 0; lane < count; lane += tile, to += apart) {
      int lanes = count - lane > tile ? tile : last;
      for (int base = 0; base < lanes; base += 16) {
        __mmask16 there = first_of_16(least(count - lane, tile) - base);
        __m512 low = _mm512_maskz_loadu_ps(there, x + lane + base);
        __m512 high = at + 1 < k ? _mm512_maskz_loadu_ps(there, x + lane + base + s.stride) : _mm512_setzero_ps();
        __m512i both = _mm512_permutexvar_epi16(interleave, (__m512i)_mm512_cvtne2ps_pbh(high, low));
        _mm512_mask_storeu_epi32(to + (size_t)step * lanes + base, first_of_16(lanes - base), both);
      }
    }
  }
}

/* Floats that are rounded to another precision are packed by AVX2, which every processor with AVX-512 has. */
static inline int by_avx2(calm_form f) {
  return f.tiles == TILES_AVX2 || f.tiles == TILES_INT16 || (f.tiles == TILES_FP32 && f.rounding != CALM_FP32);
}

void calm_pack_lanes(calm_form f, void *out, int lanes, operand source, int first, int count, int from, int steps, int k,
                     const float *inverse, int offset) {
  if (!source.k_contiguous) return calm_pack_tiles(f, out, lanes, 0, lanes, source, first, count, from, steps, k);
  if (by_avx2(f)) return calm_pack_lanes_avx2(f, out, lanes, source, first, count, from, steps, k, inverse);
  (f.tiles == TILES_FP32 ? contiguous_fp32 : f.tiles == TILES_BF16 ? contiguous_bf16 : contiguous_int8)(
      out, lanes, source, first, count, from, steps, k, inverse, offset);
}

void calm_pack_tiles(calm_form f, void *out, int tile, size_t apart, int last, operand source, int first, int count, int from,
                     int steps, int k) {
  if (by_avx2(f)) return calm_pack_tiles_avx2(f.rounding, out, tile, apart, last, source, first, count, from, steps, k);
  (f.tiles == TILES_FP32 ? strided_fp32 : strided_bf16)(out, tile, apart, last, source, first, count, from, steps, k);
}

#else
void calm_pack_lanes(calm_form f, void *out, int lanes, operand source, int first, int count, int from, int steps, int k,
                     const float *inverse, int offset) {}
void calm_pack_tiles(calm_form f, void *out, int tile, size_t apart, int last, operand source, int first, int count, int from,
                     int steps, int k) {}
#endif

CALM_CLONES static float absolute_maximum(const float *x, int count) {
#pragma clang fp reassociate(on)
  float most = 0, fault = 0;
  for (int i = 0; i < count; i++) {
    float a = __builtin_fabsf(x[i]);
    most = a > most ? a : most;
    fault += x[i] * 0;
  }
  return most + fault;
}

float calm_absolute_maximum(const float *x, int count) { return absolute_maximum(x, count); }
