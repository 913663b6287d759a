#include "multiply.h"
#if defined(__x86_64__)
#include <immintrin.h>

/* A tile is some rows by some halves of a panel (eight columns), so few that all sums stay in registers. */

#define AVX2 __attribute__((target("avx2,fma,f16c")))
#define EVERY_HALF UNROLLED for (int h = 0; h < halves; h++)
enum { TILE = CALM_ROW_GROUP }; /* rows times halves, at most */

/* 4-bit codes are unsigned and small: eight products of pairs add up in 16 bits. */
AVX2 INLINE void block4(const int rows, const int halves, __m256i *sum, const uint8_t *codes, const uint8_t *x) {
  const __m256i low = _mm256_set1_epi8(15);
  __m256i narrow[TILE];
  UNROLLED for (int step = 0; step < 4; step++) {
    __m256i first[TILE], second[TILE];
    EVERY_HALF {
      __m256i both = _mm256_loadu_si256((const __m256i *)(codes + step * 64 + h * 32));
      first[h] = _mm256_and_si256(both, low);
      second[h] = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
    }
    EVERY_ROW {
      __m256i a = _mm256_set1_epi32(codes_at(x, rows, step, r)), b = _mm256_set1_epi32(codes_at(x, rows, step + 4, r));
      EVERY_HALF {
        __m256i *n = narrow + r * halves + h, pairs = _mm256_maddubs_epi16(first[h], a);
        *n = step == 0 ? pairs : _mm256_add_epi16(*n, pairs);
        *n = _mm256_add_epi16(*n, _mm256_maddubs_epi16(second[h], b));
        IN_THIS_ORDER(*n);
      }
    }
  }
  UNROLLED for (int i = 0; i < rows * halves; i++) sum[i] = _mm256_madd_epi16(narrow[i], _mm256_set1_epi16(1));
}

/* 8-bit codes: |weight| times the activation with the weight's sign, which does not overflow 16 bits. */
AVX2 INLINE void block8(const int rows, const int halves, __m256i *sum, const uint8_t *codes, const uint8_t *x) {
  const __m256i ones = _mm256_set1_epi16(1), flip = _mm256_set1_epi8((char)0x80);
  UNROLLED for (int i = 0; i < rows * halves; i++) sum[i] = _mm256_setzero_si256();
  UNROLLED for (int step = 0; step < 8; step++) {
    EVERY_HALF {
      __m256i weight = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(codes + step * 64 + h * 32)), flip);
      __m256i size = _mm256_abs_epi8(weight);
      EVERY_ROW {
        __m256i a = _mm256_sign_epi8(_mm256_set1_epi32(codes_at(x, rows, step, r)), weight), *s = sum + r * halves + h;
        *s = _mm256_add_epi32(*s, _mm256_madd_epi16(_mm256_maddubs_epi16(size, a), ones));
        IN_THIS_ORDER(*s);
      }
    }
  }
}

typedef enum { FOUR_BITS, FOUR_BITS_AND_MINIMUM, EIGHT_BITS } format;

AVX2 INLINE void tile(const int rows, const int halves, const format format, const product *p, int panel, int row, int half,
                      float *out) {
  const size_t at = (size_t)panel * p->blocks;
  const uint8_t *codes = p->panels->codes + at * p->panels->bits * 64 + half * 32, *x = rows_at(p, row);
  const uint16_t *scales = p->panels->scales + at * CALM_PANEL + half * 8;
  const uint16_t *minimums = format == FOUR_BITS_AND_MINIMUM ? p->panels->minimums + at * CALM_PANEL + half * 8 : NULL;
  __m256 total[TILE];
  UNROLLED for (int i = 0; i < rows * halves; i++) total[i] = _mm256_setzero_ps();
  for (int block = 0; block < p->blocks; block++) {
    __m256i sum[TILE];
    if (row == 0 && half == 0) { /* the panel comes from memory: ask for it where the processor's own guess ends, at a page */
      UNROLLED for (int line = 0; line < (format == EIGHT_BITS ? 8 : 4); line++)
          _mm_prefetch((const char *)codes + 2048 + 64 * line, _MM_HINT_T0);
    }
    if (format == EIGHT_BITS) block8(rows, halves, sum, codes, x);
    else block4(rows, halves, sum, codes, x);
    EVERY_HALF {
      __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(scales + h * 8)));
      EVERY_ROW {
        int i = r * halves + h;
        if (format == FOUR_BITS) sum[i] = _mm256_sub_epi32(sum[i], _mm256_set1_epi32(eight_sums_at(x, rows, r)));
        __m256 unit = _mm256_mul_ps(scale, _mm256_set1_ps(scale_at(x, rows, r)));
        total[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[i]), unit, total[i]);
      }
      if (format == FOUR_BITS_AND_MINIMUM) {
        __m256 least = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(minimums + h * 8)));
        EVERY_ROW total[r * halves + h] =
            _mm256_fmadd_ps(least, _mm256_set1_ps(scaled_sum_at(x, rows, r)), total[r * halves + h]);
      }
    }
    codes += format == EIGHT_BITS ? 512 : 256;
    x += rows * ROW_BLOCK;
    scales += CALM_PANEL;
    if (format == FOUR_BITS_AND_MINIMUM) minimums += CALM_PANEL;
  }
  EVERY_ROW EVERY_HALF _mm256_storeu_ps(out + r * CALM_PANEL + (half + h) * 8, total[r * halves + h]);
}

AVX2 INLINE void rows_of(const format format, const product *p, int panel) {
  float out[CALM_ROW_GROUP * CALM_PANEL];
  for (int row = 0; row < p->rows;) {
    int rows = group_size(row, p->rows);
    if (rows == CALM_ROW_GROUP) {
      tile(CALM_ROW_GROUP, 1, format, p, panel, row, 0, out);
      tile(CALM_ROW_GROUP, 1, format, p, panel, row, 1, out);
    } else if (rows == 2) {
      tile(2, 2, format, p, panel, row, 0, out);
    } else {
      tile(1, 2, format, p, panel, row, 0, out);
    }
    for (int r = 0; r < rows; r++) store_row(p, row + r, panel, out + r * CALM_PANEL);
    row += rows;
  }
}

AVX2 void calm_panel_avx2(const product *p, int panel) {
  if (p->panels->bits == 8) rows_of(EIGHT_BITS, p, panel);
  else if (p->panels->minimums) rows_of(FOUR_BITS_AND_MINIMUM, p, panel);
  else rows_of(FOUR_BITS, p, panel);
}
#endif
