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
static void pack_tiles(calm_form f, int32_t *out, operand source, int count, int steps, int k) {
  for (int lane = 0; lane < count; lane += TILE_ROWS) {
    int some = count - lane < TILE_ROWS ? count - lane : TILE_ROWS;
    calm_pack_lanes(f, out + (size_t)lane * steps, (some + 3) & ~3, source, lane, some, 0, steps, k, NULL, 0);
  }
}

/* c[count, P] = tiles * panel; the panel is [steps][P]. */
static void tiles_by_panel(calm_form f, const int32_t *tiles, int count, const void *panel, int steps, float *c,
                           size_t ldc, int columns) {
  for (int lane = 0; lane < count; lane += TILE_ROWS) {
    int some = count - lane < TILE_ROWS ? count - lane : TILE_ROWS;
    calm_tile(f.tiles, tiles + (size_t)lane * steps, (some + 3) & ~3, panel, P, steps, NULL, c + lane * ldc, ldc,
              some, columns, 0, (calm_ahead){panel, 0});
  }
}

/* [n, P] floats as a right operand whose k are the rows: as it is in float32. */
static const void *as_panel(calm_form f, int32_t *out, const float *x, int n) {
  if (f.rounding == CALM_FP32) return x;
  calm_pack_lanes(f, out, P, (operand){x, P, 0}, 0, P, 0, steps_of(f, n), n, NULL, 0);
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
  const head_of h = head_of_task(&j->shape, task);
  if (h.n <= 0) return;
  calm_form f = j->form;
  const float *q = j->q + h.at, *k = j->k + h.key_at, *v = j->v + h.key_at;
  int size = h.size, u = h.u, deep = steps_of(f, size), wide = steps_of(f, u);
  size_t tall = 4 * (size_t)(u + TILE_ROWS) * deep, broad = 4 * (size_t)(size + TILE_ROWS) * wide;
  size_t panel = 4 * (size_t)P * (u + 1), small = 4 * (size_t)P * (size + 1);
  arena a = {calm_scratch(SCRATCH_ATTENTION, tall + broad + 2 * panel + 2 * small + 512)};
  int32_t *keys = part(&a, tall), *values = part(&a, broad), *queries = part(&a, small), *weights = part(&a, panel);
  float *s = part(&a, panel), *o = part(&a, small), lse[P], inverse[P];
  pack_tiles(f, keys, (operand){k, h.key_stride, 1}, u, deep, size);
  pack_tiles(f, values, (operand){v, h.key_stride, 0}, size, wide, u);
  uint64_t key = calm_head_key(j->shape.key, task);
  uint32_t threshold = dropout_threshold(j->shape.dropout);
  for (int t = 0; t < h.n; t += P) {
    int count = h.n - t < P ? h.n - t : P;
    calm_pack_lanes(f, queries, P, (operand){q, h.query_stride, 1}, t, count, 0, deep, size, NULL, 0);
    tiles_by_panel(f, keys, u, queries, deep, s, P, P);
    softmax_columns(s, u, 1.0f / sqrtf((float)size), lse, inverse, key, t, threshold, 1 / (1 - j->shape.dropout));
    tiles_by_panel(f, values, size, as_panel(f, weights, s, u), wide, o, P, P);
    write_transposed(j->out + h.out_at + t * h.out_stride, h.out_stride, o, size, count, inverse);
    for (int i = 0; i < count; i++) j->lse[(size_t)(h.first + t + i) * j->shape.heads + h.head] = lse[i];
  }
}

/* Rows of s and ds (dP on entry) [n, P], keys in the lanes: s becomes the dropped probabilities, ds the scores' gradient
 * p * (dp - delta) * scale. Lanes beyond `count` become zero. */
CALM_CLONES static void dsoftmax_rows(float *s, float *ds, int n, int keys, int from, int count, const float *lse, const float *delta,
                                      float scale, uint64_t key, uint32_t threshold, float factor) {
  for (int t = 0; t < n; t++) {
    float *row = s + t * P, *drow = ds + t * P, shift = lse[t], d = delta[t];
    uint32_t index = (uint32_t)t * (uint32_t)keys + (uint32_t)from;
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
  const head_of h = head_of_task(&j->shape, task);
  float *dq = j->dq + h.at, *dk = j->dk + h.key_at, *dv = j->dv + h.key_at;
  if (h.n <= 0) return clear_keys(dk, &h), clear_keys(dv, &h);
  calm_form f = j->form;
  const float *q = j->q + h.at, *k = j->k + h.key_at, *v = j->v + h.key_at;
  const float *dout = j->dout + h.out_at, *out = j->out + h.out_at;
  int size = h.size, n = h.n, deep = steps_of(f, size), wide = steps_of(f, n), across = P / values_a_step(f);
  int panels = (h.u + P - 1) / P;
  size_t tall = 4 * (size_t)(n + TILE_ROWS) * deep, broad = 4 * (size_t)(size + TILE_ROWS) * wide;
  size_t square = 4 * (size_t)(n + TILE_ROWS) * panels * across, panel = 4 * (size_t)P * (n + 1);
  size_t small = 4 * (size_t)P * (size + 1), keys = 4 * (size_t)P * panels * across, row = 4 * (size_t)n;
  arena a = {calm_scratch(SCRATCH_ATTENTION, 2 * tall + 2 * broad + square + 3 * panel + 3 * small + keys + 2 * row + 1024)};
  int32_t *q_tall = part(&a, tall), *do_tall = part(&a, tall), *q_broad = part(&a, broad), *do_broad = part(&a, broad);
  int32_t *ds_tall = part(&a, square), *rounded = part(&a, panel), *k_panel = part(&a, small), *v_panel = part(&a, small);
  int32_t *k_broad = part(&a, keys);
  float *s = part(&a, panel), *ds = part(&a, panel), *c = part(&a, small), *lse = part(&a, row), *delta = part(&a, row);
  pack_tiles(f, q_tall, (operand){q, h.query_stride, 1}, n, deep, size);
  pack_tiles(f, do_tall, (operand){dout, h.out_stride, 1}, n, deep, size);
  pack_tiles(f, q_broad, (operand){q, h.query_stride, 0}, size, wide, n);
  pack_tiles(f, do_broad, (operand){dout, h.out_stride, 0}, size, wide, n);
  for (int t = 0; t < n; t++) lse[t] = j->lse[(size_t)(h.first + t) * j->shape.heads + h.head];
  output_dots(delta, dout, out, h.out_stride, n, size);
  uint64_t key = calm_head_key(j->shape.key, task);
  for (int u = 0; u < h.u; u += P) {
    int count = h.u - u < P ? h.u - u : P;
    calm_pack_lanes(f, k_panel, P, (operand){k, h.key_stride, 1}, u, count, 0, deep, size, NULL, 0);
    calm_pack_lanes(f, v_panel, P, (operand){v, h.key_stride, 1}, u, count, 0, deep, size, NULL, 0);
    tiles_by_panel(f, q_tall, n, k_panel, deep, s, P, P);
    tiles_by_panel(f, do_tall, n, v_panel, deep, ds, P, P);
    dsoftmax_rows(s, ds, n, h.u, u, count, lse, delta, 1.0f / sqrtf((float)size), key, dropout_threshold(j->shape.dropout),
                  1 / (1 - j->shape.dropout));
    tiles_by_panel(f, do_broad, size, as_panel(f, rounded, s, n), wide, c, P, P);
    write_transposed(dv + u * h.key_stride, h.key_stride, c, size, count, NULL);
    tiles_by_panel(f, q_broad, size, as_panel(f, rounded, ds, n), wide, c, P, P);
    write_transposed(dk + u * h.key_stride, h.key_stride, c, size, count, NULL);
    for (int t = 0; t < n; t += TILE_ROWS) {
      int some = n - t < TILE_ROWS ? n - t : TILE_ROWS, lanes = (some + 3) & ~3;
      calm_pack_lanes(f, ds_tall + (size_t)t * panels * across + (size_t)u / P * across * lanes, lanes,
                      (operand){ds, P, 1}, t, some, 0, across, P, NULL, 0);
    }
  }
  for (int column = 0; column < size; column += P) {
    int count = size - column < P ? size - column : P;
    memset(k_broad, 0, keys);
    calm_pack_lanes(f, k_broad, P, (operand){k, h.key_stride, 0}, column, count, 0, steps_of(f, h.u), h.u, NULL, 0);
    tiles_by_panel(f, ds_tall, n, k_broad, panels * across, dq + column, h.query_stride, count);
  }
}

static void run(attention_job *j, void (*own)(void *, int), void (*portable)(void *, int)) {
  if (j->precision == CALM_INT8) j->precision = CALM_BF16; /* int8 is for weights; scores keep an exponent */
  j->form = calm_form_of(j->precision);
  if (j->form.tiles == TILES_NONE) calm_prepare_blas();
  calm_parallel(j->shape.sequences * j->shape.heads, j->form.tiles == TILES_NONE ? portable : own, j);
}

void calm_attention_forward(calm_precision p, float *out, float *lse, const float *q, const float *k, const float *v,
                            const calm_attention *shape) {
  attention_job job = {.precision = p, .shape = *shape, .out = out, .lse = lse, .q = q, .k = k, .v = v};
  run(&job, forward_head, calm_attention_portable_forward);
}

void calm_attention_backward(calm_precision p, float *dq, float *dk, float *dv, const float *dout, const float *out,
                             const float *lse, const float *q, const float *k, const float *v,
                             const calm_attention *shape) {
  attention_job job = {.precision = p, .shape = *shape, .out = (float *)out, .lse = (float *)lse, .dq = dq, .dk = dk,
                       .dv = dv, .q = q, .k = k, .v = v, .dout = dout};
  run(&job, backward_head, calm_attention_portable_backward);
}
