/* Sixteen floats at a time in the compiler's vector types, the instruction sets that loops over them are compiled for, and
 * float16. */
#ifndef CALM_VECTORS_H
#define CALM_VECTORS_H
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define CALM_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CALM_CLONES
#endif
#define INLINE static inline __attribute__((always_inline))

/* Functions over these are always inlined: how they would be passed does not matter. One with clones cannot call them itself,
 * since its clones have other registers: what it does stands in an inlined function of pointers and numbers. */
#pragma clang diagnostic ignored "-Wpsabi"
typedef float f16x __attribute__((vector_size(64)));          /* sixteen floats */
typedef int32_t i16x __attribute__((vector_size(64)));        /* sixteen integers */
typedef _Float16 h16x __attribute__((vector_size(32)));       /* sixteen halves */
typedef float f16u __attribute__((vector_size(64), aligned(4)));
typedef _Float16 h16u __attribute__((vector_size(32), aligned(2)));

INLINE f16x spread(float x) { return x - (f16x){}; }

INLINE float greatest(const float *x, int count) {
  f16x lanes = spread(-__builtin_inff());
  float most = -__builtin_inff();
  int whole = count & ~15;
  for (int i = 0; i < whole; i += 16)
    for (int l = 0; l < 16; l++) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
  for (int l = 0; l < 16; l++) most = lanes[l] > most ? lanes[l] : most;
  for (int i = whole; i < count; i++) most = x[i] > most ? x[i] : most;
  return most;
}

INLINE float half_to_float(uint16_t bits) {
  _Float16 h;
  memcpy(&h, &bits, 2);
  return (float)h;
}

INLINE uint16_t float_to_half(float x) {
  _Float16 h = (_Float16)x;
  uint16_t bits;
  memcpy(&bits, &h, 2);
  return bits;
}

#endif
