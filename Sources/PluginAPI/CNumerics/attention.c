#include "attention.h"
#include <string.h>

enum { P = TILE_COLUMNS }; /* a panel: 32 queries in the forward pass, 32 keys in the backward pass */

/* Memory of one task, handed out in parts that are aligned for vectors. */
typedef struct { char *next; } arena;
static void *part(arena *a, size_t bytes) {
  void *memory = a->next;
  a->next += (bytes + 63) & ~(size_t)63;
  return memory;
}

/* A left operand of `count` lanes as tiles; tile t begins at out + t * TILE_ROWS * steps. */
static void pack_tiles(calm_precision p, int32_t *out, operand source, int count, int steps, int k) {
  for (int lane = 0; lane < count; lane += TILE_ROWS) {
    int some = count - lane < TILE_ROWS ? count - lane : TILE_ROWS;
    calm_pack_lanes(p, out + (size_t)lane * steps, (some + 3) & ~3, source, lane, some, 0, steps, k, NULL, 0);
  }
}

/* c[count, P] = tiles * panel; the panel is [steps][P]. */
static void tiles_by_panel(calm_precision p, const int32_t *tiles, int count, const void *panel, int steps, float *c,
                           size_t ldc, int columns) {
  for (int lane = 0; lane < count; lane += TILE_ROWS) {
    int some = count - lane < TILE_ROWS ? count - lane : TILE_ROWS;
    calm_tile(p, tiles + (size_t)lane * steps, (some + 3) & ~3, panel, steps, c + lane * ldc, ldc, some, columns, 0);
  }
}

/* [n, P] floats as a right operand whose k are the rows: as it is in float32. */
static const void *as_panel(calm_precision p, int32_t *out, const float *x, int n) {
  if (p == CALM_FP32) return x;
  calm_pack_lanes(p, out, P, (operand){x, P, 0}, 0, P, 0, steps_of(p, n), n, NULL, 0);
  return out;
}

/* Columns of s [n, P] become exp(scale * s - max), dropped out; gives log-sum-exp and 1 / sum of each column. */
CALM_CLONES static void softmax_columns(float *s, int n, float scale, float *lse, float *inverse, uint64_t key, int query,
                                        uint32_t threshold, float factor) {
  float max[P], sum[P];
  for (int i = 0; i < P; i++) max[i] = s[i];
  for (int u = 1; u < n; u++)
    for (int i = 0; i < P; i++) max[i] = s[u * P + i] > max[i] ? s[u * P + i] : max[i];
  for (int i = 0; i < P; i++) sum[i] = 0, max[i] *= scale;
  for (int u = 0; u < n; u++)
    for (int i = 0; i < P; i++) {
      float e = vec_exp(s[u * P + i] * scale - max[i]);
      sum[i] += e;
      s[u * P + i] = e;
    }
  if (threshold)
    for (int u = 0; u < n; u++)
      for (int i = 0; i < P; i++)
        s[u * P + i] *= keep_factor(key, (uint32_t)(query + i) * (uint32_t)n + (uint32_t)u, threshold, factor);
  for (int i = 0; i < P; i++) {
    inverse[i] = 1.0f / sum[i];
    lse[i] = max[i] + logf(sum[i]);
  }
}

/* out[q, i] = c[i, q] * factor[q] */
CALM_CLONES static void write_transposed(float *out, size_t stride, const float *c, int size, int count, const float *factor) {
  for (int q = 0; q < count; q++)
    for (int i = 0; i < size; i++) out[q * stride + i] = c[i * P + q] * (factor ? factor[q] : 1.0f);
}

/* With queries in the lanes: S^T = K Q^T, softmax down the columns, O^T = V^T P^T. */
static void forward_head(void *context, int task) {
  const attention_job *j = context;
  int sequence = task / j->heads, head = task % j->heads, size = j->hidden / j->heads;
  int first = j->offsets[sequence], n = j->offsets[sequence + 1] - first;
  if (n <= 0) return;
  calm_precision p = j->precision;
  size_t stride = 3 * (size_t)j->hidden, padded = (size_t)(n + TILE_ROWS);
  const float *q = j->qkv + (size_t)first * stride + head * size, *k = q + j->hidden, *v = k + j->hidden;
  int deep = steps_of(p, size), wide = steps_of(p, n);
  arena a = {calm_scratch(SCRATCH_ATTENTION, 4 * (padded * deep + (size_t)(size + TILE_ROWS) * wide + (size_t)P * deep +
                                                  (size_t)P * (2 * n + 1) + (size_t)P * size) + 512)};
  int32_t *keys = part(&a, 4 * padded * deep), *values = part(&a, 4 * (size_t)(size + TILE_ROWS) * wide);
  int32_t *queries = part(&a, 4 * (size_t)P * deep), *weights = part(&a, 4 * (size_t)P * (wide + 1));
  float *s = part(&a, 4 * (size_t)P * n), *o = part(&a, 4 * (size_t)P * size), lse[P], inverse[P];
  pack_tiles(p, keys, (operand){k, stride, 1}, n, deep, size);
  pack_tiles(p, values, (operand){v, stride, 0}, size, wide, n);
  uint64_t key = calm_head_key(j->key, task);
  uint32_t threshold = dropout_threshold(j->dropout);
  for (int t = 0; t < n; t += P) {
    int count = n - t < P ? n - t : P;
    calm_pack_lanes(p, queries, P, (operand){q, stride, 1}, t, count, 0, deep, size, NULL, 0);
    tiles_by_panel(p, keys, n, queries, deep, s, P, P);
    softmax_columns(s, n, 1.0f / sqrtf((float)size), lse, inverse, key, t, threshold, 1 / (1 - j->dropout));
    tiles_by_panel(p, values, size, as_panel(p, weights, s, n), wide, o, P, P);
    write_transposed(j->out + (size_t)(first + t) * j->hidden + head * size, (size_t)j->hidden, o, size, count, inverse);
    for (int i = 0; i < count; i++) j->lse[(size_t)(first + t + i) * j->heads + head] = lse[i];
  }
}

/* Rows of s and ds (dP on entry) [n, P], keys in the lanes: s becomes the dropped probabilities, ds the scores' gradient
 * p * (dp - delta) * scale. Lanes beyond `count` become zero. */
CALM_CLONES static void dsoftmax_rows(float *s, float *ds, int n, int from, int count, const float *lse, const float *delta,
                                      float scale, uint64_t key, uint32_t threshold, float factor) {
  for (int t = 0; t < n; t++) {
    float *row = s + t * P, *drow = ds + t * P, shift = lse[t], d = delta[t];
    uint32_t index = (uint32_t)t * (uint32_t)n + (uint32_t)from;
#pragma clang loop vectorize(assume_safety)
    for (int i = 0; i < P; i++) {
      float kept = threshold ? keep_factor(key, index + (uint32_t)i, threshold, factor) : 1.0f;
      float probability = i < count ? vec_exp(row[i] * scale - shift) : 0.0f;
      row[i] = probability * kept;
      drow[i] = probability * (drow[i] * kept - d) * scale;
    }
  }
}

/* delta[t] = dO . O, which equals the sum of dP * P over the keys, dropout included. */
CALM_CLONES static void output_dots(float *delta, const float *dout, const float *out, size_t stride, int n, int size) {
#pragma clang fp reassociate(on)
  for (int t = 0; t < n; t++) {
    float dot = 0;
    for (int i = 0; i < size; i++) dot += dout[t * stride + i] * out[t * stride + i];
    delta[t] = dot;
  }
}

/* With keys in the lanes, panel by panel: S = Q K^T and dP = dO V^T again, then dV^T = dO^T P and dK^T = Q^T dS; dQ = dS K
 * at the end. */
static void backward_head(void *context, int task) {
  const attention_job *j = context;
  int sequence = task / j->heads, head = task % j->heads, size = j->hidden / j->heads;
  int first = j->offsets[sequence], n = j->offsets[sequence + 1] - first;
  if (n <= 0) return;
  calm_precision p = j->precision;
  size_t stride = 3 * (size_t)j->hidden, hidden = (size_t)j->hidden, at = (size_t)first * stride + head * size;
  const float *q = j->qkv + at, *k = q + hidden, *v = k + hidden;
  const float *dout = j->dout + (size_t)first * hidden + head * size, *out = j->out + (size_t)first * hidden + head * size;
  float *dq = j->dqkv + at, *dk = dq + hidden, *dv = dk + hidden;
  int deep = steps_of(p, size), wide = steps_of(p, n), across = P / values_a_step(p);
  int panels = (n + P - 1) / P, columns = (size + P - 1) / P;
  size_t tall = 4 * (size_t)(n + TILE_ROWS) * deep, broad = 4 * (size_t)(size + TILE_ROWS) * wide;
  size_t square = 4 * (size_t)(n + TILE_ROWS) * panels * across, panel = 4 * (size_t)P * (n + 1);
  arena a = {calm_scratch(SCRATCH_ATTENTION, 2 * tall + 2 * broad + square + 4 * panel + 8 * (size_t)P * deep +
                                                 4 * (size_t)P * (size + columns * panels * across) + 8 * (size_t)n + 1024)};
  int32_t *q_tall = part(&a, tall), *do_tall = part(&a, tall), *q_broad = part(&a, broad), *do_broad = part(&a, broad);
  int32_t *ds_tall = part(&a, square), *rounded = part(&a, panel);
  int32_t *k_panel = part(&a, 4 * (size_t)P * deep), *v_panel = part(&a, 4 * (size_t)P * deep);
  float *s = part(&a, panel), *ds = part(&a, panel), *c = part(&a, 4 * (size_t)P * size);
  float *lse = part(&a, 4 * (size_t)n), *delta = part(&a, 4 * (size_t)n);
  pack_tiles(p, q_tall, (operand){q, stride, 1}, n, deep, size);
  pack_tiles(p, do_tall, (operand){dout, hidden, 1}, n, deep, size);
  pack_tiles(p, q_broad, (operand){q, stride, 0}, size, wide, n);
  pack_tiles(p, do_broad, (operand){dout, hidden, 0}, size, wide, n);
  for (int t = 0; t < n; t++) lse[t] = j->lse[(size_t)(first + t) * j->heads + head];
  output_dots(delta, dout, out, hidden, n, size);
  uint64_t key = calm_head_key(j->key, task);
  for (int u = 0; u < n; u += P) {
    int count = n - u < P ? n - u : P;
    calm_pack_lanes(p, k_panel, P, (operand){k, stride, 1}, u, count, 0, deep, size, NULL, 0);
    calm_pack_lanes(p, v_panel, P, (operand){v, stride, 1}, u, count, 0, deep, size, NULL, 0);
    tiles_by_panel(p, q_tall, n, k_panel, deep, s, P, P);
    tiles_by_panel(p, do_tall, n, v_panel, deep, ds, P, P);
    dsoftmax_rows(s, ds, n, u, count, lse, delta, 1.0f / sqrtf((float)size), key, dropout_threshold(j->dropout),
                  1 / (1 - j->dropout));
    tiles_by_panel(p, do_broad, size, as_panel(p, rounded, s, n), wide, c, P, P);
    write_transposed(dv + u * stride, stride, c, size, count, NULL);
    tiles_by_panel(p, q_broad, size, as_panel(p, rounded, ds, n), wide, c, P, P);
    write_transposed(dk + u * stride, stride, c, size, count, NULL);
    for (int t = 0; t < n; t += TILE_ROWS) {
      int some = n - t < TILE_ROWS ? n - t : TILE_ROWS, lanes = (some + 3) & ~3;
      calm_pack_lanes(p, ds_tall + (size_t)t * panels * across + (size_t)u / P * across * lanes, lanes,
                      (operand){ds, P, 1}, t, some, 0, across, P, NULL, 0);
    }
  }
  int32_t *k_broad = part(&a, 4 * (size_t)P * panels * across);
  for (int column = 0; column < size; column += P) {
    int count = size - column < P ? size - column : P;
    memset(k_broad, 0, 4 * (size_t)P * panels * across);
    calm_pack_lanes(p, k_broad, P, (operand){k, stride, 0}, column, count, 0, wide, n, NULL, 0);
    tiles_by_panel(p, ds_tall, n, k_broad, panels * across, dq + column, stride, count);
  }
}

static void run(attention_job *j, int sequences, void (*own)(void *, int), void (*portable)(void *, int)) {
  if (j->precision == CALM_INT8) j->precision = CALM_BF16; /* int8 is for weights; scores keep an exponent */
  calm_prepare_blas();
  calm_parallel(sequences * j->heads, calm_has_kernel(j->precision) ? own : portable, j);
}

void calm_attention_forward(calm_precision p, float *out, float *lse, const float *qkv, const int32_t *offsets, int sequences,
                            int heads, int hidden, float dropout, uint64_t key) {
  attention_job job = {.precision = p, .out = out, .lse = lse, .qkv = qkv, .offsets = offsets, .heads = heads,
                       .hidden = hidden, .dropout = dropout, .key = key};
  run(&job, sequences, forward_head, calm_attention_portable_forward);
}

void calm_attention_backward(calm_precision p, float *dqkv, const float *dout, const float *out, const float *lse,
                             const float *qkv, const int32_t *offsets, int sequences, int heads, int hidden, float dropout,
                             uint64_t key) {
  attention_job job = {.precision = p, .dqkv = dqkv, .dout = dout, .out = (float *)out, .lse = (float *)lse, .qkv = qkv,
                       .offsets = offsets, .heads = heads, .hidden = hidden, .dropout = dropout, .key = key};
  run(&job, sequences, backward_head, calm_attention_portable_backward);
}
