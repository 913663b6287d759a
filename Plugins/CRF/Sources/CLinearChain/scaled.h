/* The two products of the forward-backward algorithm. `V` is the vectors of a row. */
#ifndef SCALED_H
#define SCALED_H
#include "chain.h"

/* Calls `function` with the vectors of a row as last argument, a constant where they are few. */
#define BY_WIDTH(function, width, ...)                          \
  switch (width) {                                              \
    case 1: function(__VA_ARGS__, 1); break;                    \
    case 2: function(__VA_ARGS__, 2); break;                    \
    case 3: function(__VA_ARGS__, 3); break;                    \
    case 4: function(__VA_ARGS__, 4); break;                    \
    default: function(__VA_ARGS__, width);                      \
  }

/* y[j] = sum_i x[i] w[i][j], in an order that depends on `tags` alone. Two sums each, since one would wait for itself. */
INLINE void multiply(vec *restrict y, const vec *row, const vec *restrict w, int tags, int V) {
  const double *x = (const double *)row;
  int v = 0;
  for (; v + 1 < V; v += 2) {
    vec even0 = {}, even1 = {}, odd0 = {}, odd1 = {};
    for (int i = 0; i < tags; i += 2) {
      const vec *at = w + (size_t)i * V + v;
      even0 += x[i] * at[0];
      even1 += x[i] * at[1];
      odd0 += x[i + 1] * at[V];
      odd1 += x[i + 1] * at[V + 1];
    }
    y[v] = even0 + odd0;
    y[v + 1] = even1 + odd1;
  }
  if (v < V) {
    vec even = {}, odd = {};
    for (int i = 0; i < tags; i += 2) {
      const vec *at = w + (size_t)i * V + v;
      even += x[i] * at[0];
      odd += x[i + 1] * at[V];
    }
    y[v] = even + odd;
  }
}

/* sums[i][j] += sum_t x[t][i] y[t][j], four rows of sums at a time in registers. */
INLINE void multiply_rows(vec *restrict sums, const vec *x, const vec *y, int rows, int tags, int V) {
  for (int i = 0; i < tags; i += 4)
    for EACH (v) {
      vec *at = sums + (size_t)i * V + v;
      vec s0 = at[0], s1 = at[V], s2 = at[2 * V], s3 = at[3 * V];
      for (int t = 0; t < rows; t++) {
        const double *factor = (const double *)(x + (size_t)t * V) + i;
        vec row = y[(size_t)t * V + v];
        s0 += factor[0] * row;
        s1 += factor[1] * row;
        s2 += factor[2] * row;
        s3 += factor[3] * row;
      }
      at[0] = s0, at[V] = s1, at[2 * V] = s2, at[3 * V] = s3;
    }
}

#endif
