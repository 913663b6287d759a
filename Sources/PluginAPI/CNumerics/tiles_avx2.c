#include "matmul.h"

/* The inner loops of processors without AVX-512: blocks of six or four rows by sixteen columns, whose sums, floats or
 * integers, stand in twelve or eight vector registers while k runs. Tiles and panels are those of tiles.c, and so is the order of every sum. */
#if defined(__x86_64__)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define AVX2 __attribute__((target("avx2,fma")))
#define EVERY_ROW _Pragma("clang loop unroll(full)") for (int i = 0; i < height; i++)

enum { BLOCK_COLUMNS = 16 };

/* The first `count` of eight lanes. */
AVX2 INLINE __m256i first_of_8(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* Writes the sums and a bias. `whole`: all rows and columns are there. */
AVX2 INLINE void store_sums(__m256 (*sum)[2], const int height, const int whole, const float *bias, float *c, size_t ldc,
                            int rows, int columns, int accumulate) {
  __m256i left = first_of_8(columns), right = first_of_8(columns - 8);
  __m256 bias0 = _mm256_setzero_ps(), bias1 = bias0;
  if (bias) {
    bias0 = whole ? _mm256_loadu_ps(bias) : _mm256_maskload_ps(bias, left);
    bias1 = whole ? _mm256_loadu_ps(bias + 8) : _mm256_maskload_ps(bias + 8, right);
  }
  EVERY_ROW if (whole || i < rows) {
    float *row = c + (size_t)i * ldc;
    if (bias) {
      sum[i][0] = _mm256_add_ps(sum[i][0], bias0);
      sum[i][1] = _mm256_add_ps(sum[i][1], bias1);
    }
    if (accumulate) {
      sum[i][0] = _mm256_add_ps(sum[i][0], whole ? _mm256_loadu_ps(row) : _mm256_maskload_ps(row, left));
      sum[i][1] = _mm256_add_ps(sum[i][1], whole ? _mm256_loadu_ps(row + 8) : _mm256_maskload_ps(row + 8, right));
    }
    if (whole) {
      _mm256_storeu_ps(row, sum[i][0]);
      _mm256_storeu_ps(row + 8, sum[i][1]);
    } else {
      _mm256_maskstore_ps(row, left, sum[i][0]);
      _mm256_maskstore_ps(row + 8, right, sum[i][1]);
    }
  }
}

/* Floats are multiplied and added to floats, pairs of int16 to int32. */
AVX2 INLINE __m256 multiplied(const int integers, __m256 sum, __m256 x, __m256 b) {
  if (!integers) return _mm256_fmadd_ps(x, b, sum);
  __m256i products = _mm256_madd_epi16(_mm256_castps_si256(x), _mm256_castps_si256(b));
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(sum), products));
}

AVX2 INLINE void add_step(const int integers, __m256 (*sum)[2], const int height, const float *a, const float *b) {
  __m256 b0 = _mm256_load_ps(b), b1 = _mm256_load_ps(b + 8);
  EVERY_ROW {
    __m256 x = _mm256_broadcast_ss(a + i);
    sum[i][0] = multiplied(integers, sum[i][0], x, b0);
    sum[i][1] = multiplied(integers, sum[i][1], x, b1);
  }
}

/* `height` rows of a tile of `lanes`, against sixteen columns of a panel of `width`. Meanwhile `ahead` is asked for, a line every
 * four steps: all at once would wait for each other, and the product for them. */
AVX2 INLINE void block(const int integers, const float *a, const int lanes, const int height, const float *b, const int width,
                       int steps, const float *bias, float *c, size_t ldc, int rows, int columns, int accumulate, calm_ahead ahead) {
  __m256 sum[6][2];
  EVERY_ROW sum[i][0] = sum[i][1] = _mm256_setzero_ps();
  /* The lines to add to or to write come from afar: they are asked for while the product is summed. */
  EVERY_ROW _mm_prefetch((const char *)(c + (size_t)(i < rows ? i : 0) * ldc), _MM_HINT_T0);
  for (; steps >= 4; steps -= 4, ahead.from += ahead.apart) {
    _mm_prefetch(ahead.from, _MM_HINT_T1);
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++, a += lanes, b += width) add_step(integers, sum, height, a, b);
  }
  for (; steps > 0; steps--, a += lanes, b += width) add_step(integers, sum, height, a, b);
  if (rows >= height && columns == BLOCK_COLUMNS) store_sums(sum, height, 1, bias, c, ldc, rows, columns, accumulate);
  else store_sums(sum, height, 0, bias, c, ldc, rows, columns, accumulate);
}

AVX2 INLINE void rows_of_tile(const int integers, const float *a, const int lanes, const int height, const float *b,
                              const int width, int steps, const float *bias, float *c, size_t ldc, int rows, int columns,
                              int accumulate, calm_ahead ahead) {
  for (int row = 0; row < rows; row += height, ahead.from += steps / 4 * ahead.apart)
    block(integers, a + row, lanes, height, b, width, steps, bias, c + (size_t)row * ldc, ldc, rows - row, columns, accumulate, ahead);
}

AVX2 INLINE void sixteen_columns(const int integers, const float *a, int lanes, const float *b, const int width, int steps,
                                 const float *bias, float *c, size_t ldc, int rows, int columns, int accumulate, calm_ahead ahead) {
  if (lanes == 12) rows_of_tile(integers, a, 12, 6, b, width, steps, bias, c, ldc, rows, columns, accumulate, ahead);
  else if (lanes == 8) rows_of_tile(integers, a, 8, 4, b, width, steps, bias, c, ldc, rows, columns, accumulate, ahead);
  else rows_of_tile(integers, a, 4, 4, b, width, steps, bias, c, ldc, rows, columns, accumulate, ahead);
}

AVX2 static void panel_of_16(const float *a, int lanes, const float *b, int steps, const float *bias, float *c, size_t ldc,
                             int rows, int columns, int accumulate, calm_ahead ahead) {
  sixteen_columns(0, a, lanes, b, 16, steps, bias, c, ldc, rows, columns, accumulate, ahead);
}

AVX2 static void half_panel_of_32(const float *a, int lanes, const float *b, int steps, const float *bias, float *c,
                                  size_t ldc, int rows, int columns, int accumulate) {
  sixteen_columns(0, a, lanes, b, 32, steps, bias, c, ldc, rows, columns, accumulate, (calm_ahead){(const char *)b, 0});
}

void calm_tile_avx2(const float *a, int lanes, const float *b, int width, int steps, const float *bias, float *c, size_t ldc,
                    int rows, int columns, int accumulate, calm_ahead ahead) {
  if (width == BLOCK_COLUMNS) return panel_of_16(a, lanes, b, steps, bias, c, ldc, rows, columns, accumulate, ahead);
  for (int column = 0; column < columns; column += BLOCK_COLUMNS) {
    int some = columns - column < BLOCK_COLUMNS ? columns - column : BLOCK_COLUMNS;
    half_panel_of_32(a, lanes, b + column, steps, bias ? bias + column : NULL, c + column, ldc, rows, some, accumulate);
  }
}

enum { ROWS_IN_PLACE = 6 };

/* One step: the number that each row has at `at`, times sixteen columns. */
AVX2 INLINE void add_step_in_place(__m256 (*sum)[2], const float *const *row, size_t at, __m256 b0, __m256 b1) {
  const int height = ROWS_IN_PLACE;
  EVERY_ROW {
    __m256 x = _mm256_broadcast_ss(row[i] + at);
    sum[i][0] = _mm256_fmadd_ps(x, b0, sum[i][0]);
    sum[i][1] = _mm256_fmadd_ps(x, b1, sum[i][1]);
  }
}

/* Up to six rows of operands that stand as they were: instead of rows that are missing the first is read. */
AVX2 INLINE void block_in_place(const float *a, size_t a_row, size_t a_step, const float *b, size_t b_step, int steps, int masked,
                                const float *bias, float *c, size_t ldc, int rows, int columns, int accumulate) {
  const int height = ROWS_IN_PLACE;
  __m256 sum[ROWS_IN_PLACE][2];
  const float *row[ROWS_IN_PLACE];
  EVERY_ROW sum[i][0] = sum[i][1] = _mm256_setzero_ps();
  EVERY_ROW row[i] = a + (i < rows ? i : 0) * a_row;
  __m256i left = first_of_8(columns), right = first_of_8(columns - 8);
  size_t k = 0;
#pragma clang loop unroll_count(2)
  for (; k < (size_t)(steps - masked); k++, b += b_step)
    add_step_in_place(sum, row, k * a_step, _mm256_loadu_ps(b), _mm256_loadu_ps(b + 8));
  for (; k < (size_t)steps; k++, b += b_step)
    add_step_in_place(sum, row, k * a_step, _mm256_maskload_ps(b, left), _mm256_maskload_ps(b + 8, right));
  if (rows >= height && columns == BLOCK_COLUMNS) store_sums(sum, height, 1, bias, c, ldc, rows, columns, accumulate);
  else store_sums(sum, height, 0, bias, c, ldc, rows, columns, accumulate);
}

AVX2 void calm_tile_in_place(const float *a, size_t a_row, size_t a_step, const float *b, size_t b_step, int steps, int masked,
                             const float *bias, float *c, size_t ldc, int rows, int columns, int accumulate) {
  for (; rows > 0; rows -= ROWS_IN_PLACE, a += ROWS_IN_PLACE * a_row, c += ROWS_IN_PLACE * ldc)
    if (a_step == 1) block_in_place(a, a_row, 1, b, b_step, steps, masked, bias, c, ldc, rows, columns, accumulate);
    else block_in_place(a, a_row, a_step, b, b_step, steps, masked, bias, c, ldc, rows, columns, accumulate);
}

AVX2 void calm_tile_int16(const float *a, int lanes, const float *b, int steps, float *c, size_t ldc, int rows, int columns,
                          calm_ahead ahead) {
  sixteen_columns(1, a, lanes, b, 16, steps, NULL, c, ldc, rows, columns, 0, ahead);
}
#endif
