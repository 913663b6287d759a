/* Where things stand in rows of quantised activations. */
#ifndef CALM_QUANTISED_ROWS_H
#define CALM_QUANTISED_ROWS_H
#include "calm_llama.h"
#include "vectors.h"

enum { ROW_BLOCK = CALM_BLOCK + 12 }; /* bytes of a row's block: codes, scale, scale times sum, sum times eight */

/* The rows of the group that begins at row `first`. */
INLINE int group_size(int first, int rows) {
  int left = rows - first;
  return left >= CALM_ROW_GROUP ? CALM_ROW_GROUP : left >= 2 ? 2 : 1;
}

INLINE int32_t codes_at(const uint8_t *block, const int group, int step, int row) {
  int32_t four;
  memcpy(&four, block + (step * group + row) * 4, 4);
  return four;
}

INLINE float scale_at(const uint8_t *block, const int group, int row) {
  float scale;
  memcpy(&scale, block + (CALM_BLOCK * group) + row * 4, 4);
  return scale;
}

INLINE float scaled_sum_at(const uint8_t *block, const int group, int row) {
  float scaled;
  memcpy(&scaled, block + ((CALM_BLOCK + 4) * group) + row * 4, 4);
  return scaled;
}

INLINE int32_t eight_sums_at(const uint8_t *block, const int group, int row) {
  int32_t sum;
  memcpy(&sum, block + ((CALM_BLOCK + 8) * group) + row * 4, 4);
  return sum;
}

#endif
