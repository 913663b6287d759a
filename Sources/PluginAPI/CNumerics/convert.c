#include "chunks.h"
#include <string.h>

CALM_CLONES static void bf16_to_fp32(float *y, const uint16_t *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)x[i] << 16;
    memcpy(y + i, &bits, 4);
  }
}

/* Exact, subnormals, infinities and NaN included: the exponent is rebased by a multiplication. */
CALM_CLONES static void fp16_to_fp32(float *y, const uint16_t *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t half = x[i], sign = (half & 0x8000u) << 16, rest = half & 0x7fffu;
    uint32_t bits = rest << 13;
    float value;
    memcpy(&value, &bits, 4);
    value *= 5.192296858534828e33f; /* 2^112 */
    memcpy(&bits, &value, 4);
    if (rest >= 0x7c00u) bits = 0x7f800000u | (rest & 0x3ffu) << 13;
    bits |= sign;
    memcpy(y + i, &bits, 4);
  }
}

void calm_bf16_to_fp32(float *y, const uint16_t *x, size_t count) { bf16_to_fp32(y, x, count); }
void calm_fp16_to_fp32(float *y, const uint16_t *x, size_t count) { fp16_to_fp32(y, x, count); }
