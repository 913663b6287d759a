/* Counter-based uniforms: a number is a function of (key, index) alone, so a mask can be drawn again in the backward pass
 * and does not depend on threads or on what was drawn before. Two rounds of a 32-bit finaliser (Wellons' lowbias32). */
#ifndef CALM_RANDOM_H
#define CALM_RANDOM_H
#include <stdint.h>

static inline __attribute__((always_inline)) uint32_t mix32(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}

static inline __attribute__((always_inline)) uint32_t random_at(uint64_t key, uint32_t index) {
  return mix32(mix32(index ^ (uint32_t)key) + (uint32_t)(key >> 32));
}

/* 0 with probability p, else 1 / (1 - p). */
static inline __attribute__((always_inline)) float keep_factor(uint64_t key, uint32_t index, uint32_t threshold,
                                                               float scale) {
  return random_at(key, index) < threshold ? 0.0f : scale;
}

static inline uint32_t dropout_threshold(float p) { return (uint32_t)((double)p * 4294967296.0); }

#endif
