#include "calm_llama.h"
#include "vectors.h"
#include <stdlib.h>

/* Attention of single queries. A query's scores, their softmax and its weighted sum run over positions in their order, one
 * fused multiply-add after the other, however the queries are grouped and wherever the shared part ends. */

enum { GROUP = 6 }; /* queries that read a key or value together */

INLINE f16x load(const void *memory, size_t at, const int half) {
  if (half) return __builtin_convertvector(*(const h16u *)((const _Float16 *)memory + at), f16x);
  return *(const f16u *)((const float *)memory + at);
}

#pragma clang fp contract(fast)

/* scores[q][position] of sixteen positions at a time. */
INLINE void score_part(const int group, const int half, float *const *scores, const float *const *queries, const void *keys,
                       int count, int size, float scale) {
  for (int block = 0; block < (count + 15) / 16; block++) {
    f16x sum[GROUP];
    for (int q = 0; q < group; q++) sum[q] = (f16x){};
    for (int d = 0; d < size; d++) {
      f16x key = load(keys, ((size_t)block * size + d) * 16, half);
      for (int q = 0; q < group; q++) sum[q] += spread(queries[q][d]) * key;
    }
    for (int q = 0; q < group; q++) *(f16u *)(scores[q] + block * 16) = sum[q] * spread(scale);
  }
}

/* out[q] += weights[q][position] * value[position]; `out` goes on from what it is. */
INLINE void weigh_part(const int group, const int half, float *const *out, const float *const *weights, const void *values,
                       int count, int size) {
  for (int d = 0; d < size; d += 16) {
    f16x sum[GROUP];
    for (int q = 0; q < group; q++) sum[q] = *(f16u *)(out[q] + d);
    for (int t = 0; t < count; t++) {
      f16x value = load(values, (size_t)t * size + d, half);
      for (int q = 0; q < group; q++) sum[q] += spread(weights[q][t]) * value;
    }
    for (int q = 0; q < group; q++) *(f16u *)(out[q] + d) = sum[q];
  }
}

#define OF_GROUP(call, number, ...)            \
  case number:                                 \
    if (half) call(number, 1, __VA_ARGS__);    \
    else call(number, 0, __VA_ARGS__);         \
    break;
#define EACH_GROUP(call, ...)       \
  switch (group) {                  \
    OF_GROUP(call, 1, __VA_ARGS__)  \
    OF_GROUP(call, 2, __VA_ARGS__)  \
    OF_GROUP(call, 3, __VA_ARGS__)  \
    OF_GROUP(call, 4, __VA_ARGS__)  \
    OF_GROUP(call, 5, __VA_ARGS__)  \
    OF_GROUP(call, 6, __VA_ARGS__)  \
  }

CALM_CLONES static void score(int group, int half, float *const *scores, const float *const *queries, const void *keys,
                              int count, int size, float scale) {
  EACH_GROUP(score_part, scores, queries, keys, count, size, scale)
}

CALM_CLONES static void weigh(int group, int half, float *const *out, const float *const *weights, const void *values,
                              int count, int size) {
  EACH_GROUP(weigh_part, out, weights, values, count, size)
}

static int padded(int count) { return (count + 15) & ~15; }
enum { SLACK = 64 }; /* a row of scores has room for this many more than its query sees */

size_t calm_attend_scratch(const calm_query *queries, int count) {
  size_t floats = 0;
  for (int i = 0; i < count; i++) floats += (size_t)padded(queries[i].last) + SLACK;
  return floats;
}

static void clear(float *out, int size) {
  for (int i = 0; i < size; i++) out[i] = 0;
}

/* Positions outside of first ..< last have no weight; the others sum to one. */
CALM_CLONES static void softmax(float *scores, int from, int to, int first, int last) {
  for (int i = from; i < first; i++) scores[i] = 0;
  for (int i = last; i < to; i++) scores[i] = 0;
  double sum = calm_softmax_weights(scores + first, scores + first, last - first, greatest(scores + first, last - first), 1);
  float inverse = (float)(1 / sum);
  for (int i = first; i < last; i++) scores[i] *= inverse;
}

/* Queries next to each other that read the same own positions, and about as many of them. */
static int run_length(const calm_query *queries, int count) {
  int n = 1;
  while (n < count && n < GROUP && queries[n].own.keys == queries[0].own.keys && queries[n].last - queries[0].last < SLACK - 16 &&
         queries[0].last - queries[n].last < SLACK - 16)
    n++;
  return n;
}

void calm_attend(const calm_query *queries, int count, const calm_positions *shared, int size, int half, float scale,
                 float *scratch) {
  float *rows[count];
  const float *asked[count];
  float *out[count];
  float *next = scratch;
  int common = shared->count;
  for (int i = 0; i < count; i++) {
    rows[i] = next;
    next += (size_t)padded(queries[i].last) + SLACK;
    asked[i] = queries[i].query;
    out[i] = queries[i].out;
    clear(out[i], size);
  }
  /* The own part's scores are written first: the last block of the shared part would overwrite their beginning. So the shared
   * part goes to a row's front in whole blocks only, and its tail is copied. */
  float tails[GROUP][16];
  int whole = common & ~15;
  for (int i = 0; i < count; i += GROUP) {
    int group = count - i < GROUP ? count - i : GROUP;
    if (whole) score(group, half, rows + i, asked + i, shared->keys, whole, size, scale);
    if (whole < common) {
      float *tail[GROUP] = {tails[0], tails[1], tails[2], tails[3], tails[4], tails[5]};
      const char *keys = (const char *)shared->keys + (size_t)whole * size * (half ? 2 : 4);
      score(group, half, tail, asked + i, keys, common - whole, size, scale);
      for (int q = 0; q < group; q++) memcpy(rows[i + q] + whole, tails[q], sizeof(float) * (size_t)(common - whole));
    }
  }
  for (int i = 0; i < count;) {
    int group = run_length(queries + i, count - i), most = 0;
    float *own[GROUP];
    for (int q = 0; q < group; q++) {
      int here = queries[i + q].last - common;
      most = here > most ? here : most;
      own[q] = rows[i + q] + common;
    }
    if (most > 0) score(group, half, own, asked + i, queries[i].own.keys, most, size, scale);
    i += group;
  }
  for (int i = 0; i < count; i++) {
    int to = queries[i].last > common ? queries[i].last : common;
    softmax(rows[i], 0, to, queries[i].first, queries[i].last);
  }
  for (int i = 0; i < count; i += GROUP) {
    int group = count - i < GROUP ? count - i : GROUP;
    if (common) weigh(group, half, out + i, (const float *const *)rows + i, shared->values, common, size);
  }
  for (int i = 0; i < count;) {
    int group = run_length(queries + i, count - i), least = queries[i].last - common;
    const float *own[GROUP];
    for (int q = 0; q < group; q++) {
      int here = queries[i + q].last - common;
      least = here < least ? here : least;
      own[q] = rows[i + q] + common;
    }
    /* Together as far as all see, then one by one. */
    if (least > 0) weigh(group, half, out + i, own, queries[i].own.values, least, size);
    for (int q = 0; q < group; q++) {
      int from = least > 0 ? least : 0, here = queries[i + q].last - common;
      const float *rest[1] = {own[q] + from};
      if (here > from)
        weigh(1, half, out + i + q, rest, (const char *)queries[i].own.values + (size_t)from * size * (half ? 2 : 4),
              here - from, size);
    }
    i += group;
  }
}

CALM_CLONES static void put(void *keys, void *values, int position, const float *key, const float *value, int size, int half) {
  size_t block = (size_t)(position / 16) * size * 16 + position % 16, row = (size_t)position * size;
  for (int d = 0; d < size; d++) {
    if (half) {
      ((_Float16 *)keys)[block + (size_t)d * 16] = (_Float16)key[d];
      ((_Float16 *)values)[row + d] = (_Float16)value[d];
    } else {
      ((float *)keys)[block + (size_t)d * 16] = key[d];
      ((float *)values)[row + d] = value[d];
    }
  }
}

void calm_put_position(void *keys, void *values, int position, const float *key, const float *value, int size, int half) {
  put(keys, values, position, key, value, size, half);
}
