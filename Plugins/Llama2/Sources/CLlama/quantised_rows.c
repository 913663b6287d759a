#include "quantised_rows.h"

size_t calm_quantised_bytes(int rows, int depth) { return (size_t)rows * (depth / CALM_BLOCK) * ROW_BLOCK; }

typedef int8_t b16x __attribute__((vector_size(16)));

/* One row's 32 numbers into its place in a group's block. */
INLINE void quantise_block(const float *x, int group, int row, uint8_t *to) {
  f16x first = *(const f16u *)x, second = *(const f16u *)(x + 16);
  float most = __builtin_reduce_max(
      __builtin_elementwise_max(__builtin_elementwise_abs(first), __builtin_elementwise_abs(second)));
  /* Not a number where one of them is none: codes cannot say so, the scale can. */
  i16x faulty = (first * 0 + second * 0 != 0);
  float fault = __builtin_reduce_or(faulty) ? __builtin_nanf("") : 0;
  if (fault != 0) first = second = (f16x){};
  float inverse = most > 1e-30f ? 127 / most : 0;
  i16x one = __builtin_convertvector(__builtin_elementwise_rint(first * inverse), i16x);
  i16x two = __builtin_convertvector(__builtin_elementwise_rint(second * inverse), i16x);
  int32_t sum = __builtin_reduce_add(one + two), eight_sums = 8 * sum;
  float scale = most / 127 + fault, scaled = scale * (float)sum;
  b16x codes[2] = {__builtin_convertvector(one, b16x), __builtin_convertvector(two, b16x)};
  for (int step = 0; step < 8; step++) memcpy(to + (step * group + row) * 4, (const char *)codes + step * 4, 4);
  memcpy(to + CALM_BLOCK * group + row * 4, &scale, 4);
  memcpy(to + (CALM_BLOCK + 4) * group + row * 4, &scaled, 4);
  memcpy(to + (CALM_BLOCK + 8) * group + row * 4, &eight_sums, 4);
}

CALM_CLONES static void quantise_row(const float *x, int blocks, int group, int row, uint8_t *to) {
  for (int block = 0; block < blocks; block++, x += CALM_BLOCK, to += group * ROW_BLOCK) quantise_block(x, group, row, to);
}

void calm_quantise_rows(const float *x, int rows, int depth, int first, int last, void *quantised) {
  int blocks = depth / CALM_BLOCK;
  for (int row = first; row < last;) {
    int group = group_size(row, rows);
    uint8_t *to = (uint8_t *)quantised + calm_quantised_bytes(row, depth);
    for (int r = 0; r < group; r++) quantise_row(x + (size_t)(row + r) * depth, blocks, group, r, to);
    row += group;
  }
}
