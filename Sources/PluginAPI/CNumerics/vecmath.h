/* exp and erf written so that loops over them vectorise. Accuracy against float64 is checked by the tests:
 * exp within 2 ulp on [-87, 88]; erf within 2e-7 absolute. */
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
  int32_t bits;
  memcpy(&bits, &p, 4);
  bits += (int32_t)n << 23;
  memcpy(&p, &bits, 4);
  return p;
}

/* Polynomials fitted to erf(x)/x in x^2 on [0, 1] and to log(erfc(x)) on [1, 4]. */
static inline __attribute__((always_inline)) float vec_erf(float x) {
  float u = x * x, a = x < 0 ? -x : x;
  a = a > 4.0f ? 4.0f : a;
  float s = 7.882497117e-05f;
  s = s * u + -8.018854994e-04f;
  s = s * u + 5.189311943e-03f;
  s = s * u + -2.685432880e-02f;
  s = s * u + 1.128359746e-01f;
  s = s * u + -3.761262690e-01f;
  s = s * u + 1.128379166e+00f;
  float l = -1.343934629e-05f;
  l = l * a + 3.199395092e-04f;
  l = l * a + -3.454878631e-03f;
  l = l * a + 2.269597695e-02f;
  l = l * a + -1.034957846e-01f;
  l = l * a + -6.388482242e-01f;
  l = l * a + -1.126108003e+00f;
  l = l * a + -7.011883951e-04f;
  float large = 1.0f - vec_exp(l);
  large = x < 0 ? -large : large;
  return u < 1.0f ? s * x : large;
}

#endif
