#include "chain.h"
#include <stdlib.h>

static size_t aligned(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/* The largest, 0 where that is not finite. */
static double largest(const float *x, size_t count) {
  double max = -INFINITY;
  for (size_t i = 0; i < count; i++) max = x[i] > max ? x[i] : max;
  return isfinite(max) ? max : 0;
}

CLONES static void weigh(vec *out, const float *scores, int tags, int rows, int width, double max) {
  for (int i = 0; i < rows; i++, out += width) {
    load_row(out, scores + (size_t)i * tags, tags, -INFINITY, width);
    for (int v = 0; v < width; v++) {
      out[v] -= max;
      vec_exp(out + v);
    }
  }
}

linear_chain *linear_chain_create(int tags, const float *transitions, const float *start, const float *end) {
  int width = (tags + LANES - 1) / LANES, padded = width * LANES;
  size_t square = (size_t)tags * tags, scores = aligned(sizeof(float) * (square + 2 * (size_t)tags));
  size_t matrix = (size_t)padded * width, bytes = sizeof(vec) * (2 * matrix + 3 * (size_t)width);
  linear_chain *c = aligned_alloc(64, aligned(sizeof *c) + scores + bytes);
  if (!c) return NULL;
  c->tags = tags;
  c->width = width;
  c->transitions = (float *)((char *)c + aligned(sizeof *c));
  c->start = c->transitions + square;
  c->end = c->start + tags;
  memcpy(c->transitions, transitions, sizeof(float) * square);
  memcpy(c->start, start, sizeof(float) * tags);
  memcpy(c->end, end, sizeof(float) * tags);
  c->max_transition = largest(transitions, square);
  c->max_start = largest(start, tags);
  c->max_end = largest(end, tags);

  c->weights = (vec *)((char *)c->transitions + scores);
  c->weights_transposed = c->weights + matrix;
  c->start_weights = c->weights_transposed + matrix;
  c->end_weights = c->start_weights + width;
  c->beyond = c->end_weights + width;
  memset(c->weights, 0, bytes);
  weigh(c->weights, transitions, tags, tags, width, c->max_transition);
  weigh(c->start_weights, start, tags, 1, width, c->max_start);
  weigh(c->end_weights, end, tags, 1, width, c->max_end);
  const double *from = (const double *)c->weights;
  double *to = (double *)c->weights_transposed, *beyond = (double *)c->beyond;
  for (int i = 0; i < tags; i++)
    for (int j = 0; j < tags; j++) to[(size_t)j * padded + i] = from[(size_t)i * padded + j];
  for (int j = tags; j < padded; j++) beyond[j] = 1;
  return c;
}

void linear_chain_free(linear_chain *chain) { free(chain); }
