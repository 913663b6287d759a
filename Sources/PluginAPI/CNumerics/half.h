/* One IEEE half-precision number as float32. */
#ifndef CALM_HALF_H
#define CALM_HALF_H
#include <stdint.h>
#include <string.h>

/* Exact, subnormals, infinities and NaN included, and also where the processor flushes subnormals, as it does in the pool: no
 * number on the way is one. */
static inline __attribute__((always_inline)) float half_to_float(uint16_t half) {
  uint32_t sign = (half & 0x8000u) << 16, rest = half & 0x7fffu;
  uint32_t bits = (rest << 13) + (112u << 23);
  float small = (float)(int)rest * 5.9604644775390625e-8f; /* 2^-24 */
  uint32_t small_bits;
  memcpy(&small_bits, &small, 4);
  if (rest < 0x400u) bits = small_bits;
  if (rest >= 0x7c00u) bits = 0x7f800000u | (rest & 0x3ffu) << 13;
  bits |= sign;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

#endif
