#include "chunks.h"
#include "half.h"
#include <string.h>

CALM_CLONES static void bf16_to_fp32(float *y, const uint16_t *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)x[i] << 16;
    memcpy(y + i, &bits, 4);
  }
}

CALM_CLONES static void fp16_to_fp32(float *y, const uint16_t *x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = half_to_float(x[i]);
}

void calm_bf16_to_fp32(float *y, const uint16_t *x, size_t count) { bf16_to_fp32(y, x, count); }
void calm_fp16_to_fp32(float *y, const uint16_t *x, size_t count) { fp16_to_fp32(y, x, count); }
