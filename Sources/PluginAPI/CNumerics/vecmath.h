/* exp and erf written so that loops over them vectorise. Accuracy against float64 is checked by the tests:
 * exp within 2 ulp on [-87, 88]; erf within 4e-7 absolute. */
#ifndef CALM_VECMATH_H
#define CALM_VECMATH_H
#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) float vec_exp(float x) {
  x = x < -87.3f ? -87.3f : x > 88.3f ? 88.3f : x;
  float n = __builtin_rintf(x * 1.44269504089f);
  float r = x - n * 0.693359375f; /* ln 2 in two parts, the first exact in few bits */
  r = r + n * 2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  uint32_t bits;
  memcpy(&bits, &p, 4);
  bits += (uint32_t)(int32_t)n << 23;
  memcpy(&p, &bits, 4);
  return p;
}

/* A ratio of polynomials in x^2, fitted to erf(x)/x on [0, 4], beyond which erf is 1 in float32. */
static inline __attribute__((always_inline)) float vec_erf(float x) {
  x = x < -4.0f ? -4.0f : x > 4.0f ? 4.0f : x;
  float u = x * x, p = 1.974814949790016e-6f, q = 3.7480687751667574e-5f;
  p = p * u + 2.8804110479541123e-4f;
  p = p * u + 4.003669135272503e-3f;
  p = p * u + 5.346754938364029e-2f;
  p = p * u + 1.9624964892864227e-1f;
  p = p * u + 1.128378987312317f;
  q = q * u + 1.2163638602942228e-3f;
  q = q * u + 1.5444470569491386e-2f;
  q = q * u + 1.1647668480873108e-1f;
  q = q * u + 5.072528719902039e-1f;
  q = q * u + 1.0f;
  return x * p / q;
}

#endif
