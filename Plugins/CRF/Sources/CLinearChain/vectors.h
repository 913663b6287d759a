/* Rows of float64 numbers as vectors, compiled for several instruction sets. A row of `tags` numbers is padded to `V` vectors;
 * functions are inlined where V is a constant, so that their loops over it vanish. Vectors are passed by address: by value
 * they have no ABI common to the instruction sets. */
#ifndef VECTORS_H
#define VECTORS_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define INLINE static inline __attribute__((always_inline))
#define EACH(v) (int v = 0; v < V; v++)

enum { LANES = 8 };
typedef double vec __attribute__((ext_vector_type(LANES)));
typedef int64_t ivec __attribute__((ext_vector_type(LANES)));
typedef float fvec __attribute__((ext_vector_type(LANES)));
typedef int32_t fivec __attribute__((ext_vector_type(LANES)));

/* The first `rest` < 8 of eight numbers, in pieces whose sizes are constant. */
INLINE void copy_rest(float *to, const float *from, int rest) {
  if (rest & 4) {
    memcpy(to, from, 16);
    to += 4, from += 4;
  }
  if (rest & 2) {
    memcpy(to, from, 8);
    to += 2, from += 2;
  }
  if (rest & 1) *to = *from;
}

/* row[0, tags) = from, the rest `padding`. */
INLINE void load_row(vec *row, const float *from, int tags, float padding, int V) {
  for EACH (v) {
    fvec narrow = (fvec){} + padding;
    if (tags - v * LANES >= LANES)
      memcpy(&narrow, from + v * LANES, sizeof narrow);
    else
      copy_rest((float *)&narrow, from + v * LANES, tags - v * LANES);
    row[v] = __builtin_convertvector(narrow, vec);
  }
}

INLINE void store_narrow(float *to, const fvec *narrow, int count) {
  if (count >= LANES)
    memcpy(to, narrow, sizeof *narrow);
  else
    copy_rest(to, (const float *)narrow, count);
}

/* to = row[0, tags) */
INLINE void store_row(float *to, const vec *row, int tags, int V) {
  for EACH (v) {
    fvec narrow = __builtin_convertvector(row[v], fvec);
    store_narrow(to + v * LANES, &narrow, tags - v * LANES);
  }
}

INLINE double row_max(const vec *row, int V) {
  vec m = row[0], other;
  for (int v = 1; v < V; v++) m = row[v] > m ? row[v] : m;
  other = __builtin_shufflevector(m, m, 4, 5, 6, 7, 0, 1, 2, 3);
  m = other > m ? other : m;
  other = __builtin_shufflevector(m, m, 2, 3, 0, 1, 6, 7, 4, 5);
  m = other > m ? other : m;
  return m[1] > m[0] ? m[1] : m[0];
}

INLINE double row_sum(const vec *row, int V) {
  vec s = row[0];
  for (int v = 1; v < V; v++) s += row[v];
  s += __builtin_shufflevector(s, s, 4, 5, 6, 7, 0, 1, 2, 3);
  s += __builtin_shufflevector(s, s, 2, 3, 0, 1, 6, 7, 4, 5);
  return s[0] + s[1];
}

/* x = exp(x) for x <= 0, to 1e-11 of itself; 0 below -700, NaN stays. Adding 1.5 * 2^52 rounds to an integer and leaves it in the low
 * bits. */
INLINE void vec_exp(vec *x) {
  const double shift = 6755399441055744.0;
  vec shifted = *x * 1.4426950408889634 + shift, n = shifted - shift;
  vec r = *x - n * 0.69314718055994531, p = r * (1.0 / 362880) + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  vec power = (vec)(((ivec)shifted << 52) + (1023LL << 52));
  *x = *x < -700.0 ? (vec){} : p * power;
}

/* log(x) of normal positive numbers, in float32. Exponent and mantissa in [sqrt(1/2), sqrt(2)) are parted in float64, so all
 * its range serves, and so is 1 subtracted, so logarithms near 0 are as precise as others: 1e-7 of themselves. The
 * polynomial is fitted to (log(1 + f) - f + f^2 / 2) / f^3. */
INLINE void vec_log(fvec *out, const vec *x) {
  ivec bits = (ivec)*x, above = bits - 0x3FE6A09E667F3BCD; /* sqrt(1/2) */
  vec mantissa = (vec)(bits - (above & ~0xFFFFFFFFFFFFFLL));
  fvec exponent = __builtin_convertvector(__builtin_convertvector(above >> 52, fivec), fvec);
  fvec f = __builtin_convertvector(mantissa - 1.0, fvec), p = f * -0.08103015273809433f + 0.1271306723356247f;
  p = p * f + -0.12972046434879303f;
  p = p * f + 0.14202052354812622f;
  p = p * f + -0.1664225459098816f;
  p = p * f + 0.20001474022865295f;
  p = p * f + -0.2500029504299164f;
  p = p * f + 0.333333283662796f;
  *out = exponent * 0.693147182464599609f + (f + f * f * (f * p - 0.5f));
}

/* to = log(row[0, tags)) */
INLINE void store_logarithms(float *to, const vec *row, int tags, int V) {
  for EACH (v) {
    fvec narrow;
    vec_log(&narrow, row + v);
    store_narrow(to + v * LANES, &narrow, tags - v * LANES);
  }
}

#endif
