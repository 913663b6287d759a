#include "multiply.h"
#if defined(__x86_64__)
#include <immintrin.h>

/* A panel is one vector; a tile is a group of rows, or two groups of six. */

#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c,fma")))

enum { TILE = 2 * CALM_ROW_GROUP };

/* Where row r of a tile is: in one group or the next. */
#define OF_ROW(what) what(x[r / CALM_ROW_GROUP], group, r % CALM_ROW_GROUP)
#define CODES_OF_ROW(step) _mm512_set1_epi32(codes_at(x[r / CALM_ROW_GROUP], group, step, r % CALM_ROW_GROUP))

VNNI INLINE void tile(const int rows, const int bits, const product *p, int panel, int row) {
  const calm_panels *weights = p->panels;
  const int group = rows < CALM_ROW_GROUP ? rows : CALM_ROW_GROUP, shift = bits == 8 ? 4 : 0; /* the offsets are 128 and 8 */
  const int chains = rows <= 2; /* two, where there are few rows */
  const __m512i low = _mm512_set1_epi8(15);
  const uint8_t *x[2] = {rows_at(p, row), rows_at(p, rows > group ? row + group : row)};
  __m512 total[TILE];
  EVERY_ROW total[r] = _mm512_setzero_ps();
  for (int block = 0; block < p->blocks; block++) {
    size_t at = (size_t)panel * p->blocks + block;
    const uint8_t *codes = weights->codes + at * bits * 64;
    __m512i sum[TILE], more[TILE];
    EVERY_ROW sum[r] = more[r] = _mm512_setzero_si512();
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
        sum[r] = _mm512_dpbusd_epi32(sum[r], first, CODES_OF_ROW(step));
        if (chains) more[r] = _mm512_dpbusd_epi32(more[r], second, CODES_OF_ROW(step + 4));
        else sum[r] = _mm512_dpbusd_epi32(sum[r], second, CODES_OF_ROW(step + 4));
        IN_THIS_ORDER(sum[r]);
      }
    }
    __m512 scale = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(weights->scales + at * CALM_PANEL)));
    EVERY_ROW {
      if (chains) sum[r] = _mm512_add_epi32(sum[r], more[r]);
      if (weights->offset) sum[r] = _mm512_sub_epi32(sum[r], _mm512_slli_epi32(_mm512_set1_epi32(OF_ROW(eight_sums_at)), shift));
      __m512 unit = _mm512_mul_ps(scale, _mm512_set1_ps(OF_ROW(scale_at)));
      total[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[r]), unit, total[r]);
    }
    if (weights->minimums) {
      __m512 least = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(weights->minimums + at * CALM_PANEL)));
      EVERY_ROW total[r] = _mm512_fmadd_ps(least, _mm512_set1_ps(OF_ROW(scaled_sum_at)), total[r]);
    }
    x[0] += group * ROW_BLOCK;
    x[1] += group * ROW_BLOCK;
  }
  float out[TILE * CALM_PANEL];
  EVERY_ROW _mm512_storeu_ps(out + r * CALM_PANEL, total[r]);
  for (int r = 0; r < rows; r++) store_row(p, row + r, panel, out + r * CALM_PANEL);
}

VNNI INLINE void rows_of(const int bits, const product *p, int panel) {
  int row = 0;
  for (; row + TILE <= p->rows; row += TILE) tile(TILE, bits, p, panel, row);
  for (; row + CALM_ROW_GROUP <= p->rows; row += CALM_ROW_GROUP) tile(CALM_ROW_GROUP, bits, p, panel, row);
  for (; row + 2 <= p->rows; row += 2) tile(2, bits, p, panel, row);
  if (row < p->rows) tile(1, bits, p, panel, row);
}

VNNI void calm_panel_vnni(const product *p, int panel) {
  if (p->panels->bits == 4) rows_of(4, p, panel);
  else rows_of(8, p, panel);
}
#endif
