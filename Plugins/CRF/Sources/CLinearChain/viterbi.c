#include "scaled.h"
#include <stdlib.h>

typedef _Bool bits __attribute__((ext_vector_type(LANES)));

/* Transitions with -inf beyond the tags, [8 * width, width]: by rows of the tag they leave, and of the tag they reach. */
typedef struct {
  vec *leaving, *reaching, *start, *end;
} max_plus;

/* y[j] = max_i x[i] + w[i][j] */
INLINE void best_sums(vec *restrict y, const vec *row, const vec *restrict w, int tags, int V) {
  const double *x = (const double *)row;
  for EACH (v) {
    vec even = (vec){} - INFINITY, odd = even;
    for (int i = 0; i < tags; i += 2) {
      vec sum = x[i] + w[(size_t)i * V + v];
      even = sum > even ? sum : even;
      sum = x[i + 1] + w[(size_t)(i + 1) * V + v];
      odd = sum > odd ? sum : odd;
    }
    y[v] = odd > even ? odd : even;
  }
}

/* The first i where x[i] + w[i] is `best`: the same sums as before have the same bits. */
INLINE int32_t first_equal(const vec *x, const vec *w, double best, int V) {
  for EACH (v) {
    bits equal = __builtin_convertvector(x[v] + w[v] == (vec){} + best, bits);
    unsigned char mask;
    memcpy(&mask, &equal, 1);
    if (mask) return v * LANES + __builtin_ctz(mask);
  }
  return 0;
}

/* `scores` [length + 1, width]: those of the best path to each word and tag, and a row to work in. The tags before are found
 * on the way back, from the sums again. */
INLINE void best_path(const max_plus *m, const float *emissions, int length, int tags, vec *scores, int32_t *path,
                      int V) {
  vec *row = scores, *work = scores + (size_t)length * V;
  load_row(row, emissions, tags, 0, V);
  for EACH (v) row[v] += m->start[v];
  for (int t = 1; t < length; t++, row += V) {
    best_sums(row + V, row, m->leaving, tags, V);
    load_row(work, emissions + (size_t)t * tags, tags, 0, V);
    for EACH (v) row[V + v] += work[v];
  }
  const vec *onward = m->end;
  for (int t = length - 1; t >= 0; t--, row -= V) {
    for EACH (v) work[v] = row[v] + onward[v];
    path[t] = first_equal(row, onward, row_max(work, V), V);
    onward = m->reaching + (size_t)path[t] * V;
  }
}

CLONES static void dispatch(const max_plus *m, const float *emissions, int length, int tags, int width, vec *scores,
                            int32_t *path) {
  BY_WIDTH(best_path, width, m, emissions, length, tags, scores, path);
}

static void fill(vec *out, const float *scores, int tags, size_t row_stride, size_t stride, int rows, int width) {
  double *to = (double *)out;
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < tags; j++) to[(size_t)i * width * LANES + j] = scores[i * row_stride + j * stride];
}

int linear_chain_viterbi(const linear_chain *c, const linear_chain_batch *batch, int32_t *paths) {
  size_t width = c->width, matrix = LANES * width * width, longest = 0, n = c->tags;
  for (ptrdiff_t s = 0; s < batch->sentences; s++) {
    size_t length = batch->offsets[s + 1] - batch->offsets[s];
    longest = length > longest ? length : longest;
  }
  size_t count = 2 * matrix + 2 * width;
  vec *memory = aligned_alloc(64, sizeof(vec) * (count + (longest + 1) * width));
  if (!memory) return 0;
  for (size_t i = 0; i < count; i++) memory[i] = (vec){} - INFINITY;
  max_plus m = {memory, memory + matrix, memory + 2 * matrix, memory + 2 * matrix + width};
  fill(m.leaving, c->transitions, c->tags, n, 1, c->tags, c->width);
  fill(m.reaching, c->transitions, c->tags, 1, n, c->tags, c->width);
  fill(m.start, c->start, c->tags, 0, 1, 1, c->width);
  fill(m.end, c->end, c->tags, 0, 1, 1, c->width);
  for (ptrdiff_t s = 0; s < batch->sentences; s++) {
    ptrdiff_t word = batch->offsets[s];
    int length = (int)(batch->offsets[s + 1] - word);
    if (length > 0)
      dispatch(&m, batch->emissions + (size_t)word * n, length, c->tags, c->width, memory + count, paths + word);
  }
  free(memory);
  return 1;
}
