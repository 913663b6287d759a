#include "scaled.h"

/* In probabilities an adjoint is that of the logarithm divided by the number, so
 *
 *     v[t] = d(log alpha[t]) / alpha[t]     and     w[t] = d(log beta[t]) / beta[t]
 *
 * follow the recursions of beta and of alpha themselves, each with a term of its own a row, and the expected counts are
 * sums of products of rows. */

/* Rows whose products are added at once, while they are in the nearest cache. */
enum { BLOCK = 32 };

/* Where only log Z has a gradient, v is beta and w is zero. */
INLINE void from_partition(const linear_chain *c, int length, const scaled_rows *s, double dpartition, float *demissions,
                           const gradient_sums *sums, vec *scratch, int V) {
  vec *to = scratch, *d = scratch + BLOCK * V;
  for (int from = 0; from < length; from += BLOCK) {
    int rows = length - from < BLOCK ? length - from : BLOCK;
    for (int t = from; t < from + rows; t++) {
      size_t at = (size_t)t * V;
      double factor = dpartition * s->inverse[t], scale = s->alpha_scale[t];
      for EACH (v) {
        vec adjoint = s->beta[at + v] * factor;
        d[v] = s->alpha[at + v] * adjoint;
        to[(t - from) * V + v] = s->emissions[at + v] * adjoint * scale;
      }
      store_row(demissions + (size_t)t * c->tags, d, c->tags, V);
    }
    int first = from == 0; /* the first word has no transition to it */
    multiply_rows(sums->counts, s->alpha + (size_t)(from + first - 1) * V, to + first * V, rows - first, c->tags, V);
  }
}

/* terms = dscore / (alpha * beta) where the score is log(alpha * beta); returns the sum of dscore. */
INLINE double score_terms(const linear_chain *c, int length, const scaled_rows *s, const sentence_cotangent *d,
                          vec *terms, vec *row, int V) {
  vec sum = {};
  for (int t = 0; t < length; t++, terms += V) {
    size_t at = (size_t)t * V, in = (size_t)t * c->tags;
    if (d->token_scores)
      load_row(terms, d->token_scores + in, c->tags, 0, V);
    else
      memset(terms, 0, sizeof(vec) * V);
    if (d->marginals) load_row(row, d->marginals + in, c->tags, 0, V);
    for EACH (v) {
      vec product = s->alpha[at + v] * s->beta[at + v];
      if (d->marginals) terms[v] += row[v] * product * s->inverse[t];
      sum += terms[v];
      terms[v] /= product + c->beyond[v];
    }
  }
  return row_sum(&sum, 1);
}

/* Token scores and marginals too: v from the last word on and w from the first, in one loop as before. */
INLINE void from_tokens(const linear_chain *c, int length, const scaled_rows *s, const sentence_cotangent *d,
                        float *demissions, const gradient_sums *sums, vec *scratch, int V) {
  vec *terms = scratch, *total = terms + (size_t)length * V;
  vec *into = total + (size_t)length * V, *onward = into + BLOCK * V, *w = onward + BLOCK * V;
  vec *v_row = w + (BLOCK + 1) * V;
  double dpartition = d->log_partition - score_terms(c, length, s, d, terms, v_row, V);

  memset(total, 0, sizeof(vec) * length * V);
  size_t last = (size_t)(length - 1) * V;
  for EACH (v) {
    v_row[v] = s->beta[last + v] * (terms[last + v] + dpartition * s->inverse[length - 1]);
    total[last + v] = s->alpha[last + v] * v_row[v];
    w[v] = s->alpha[v] * terms[v];
  }
  for (int from = 0; from < length - 1; from += BLOCK) {
    int rows = length - 1 - from < BLOCK ? length - 1 - from : BLOCK;
    int top = length - 1 - from; /* v goes from here down, its rows end up in the order of words */
    for (int i = 0; i < rows; i++) {
      size_t here = (size_t)(top - i) * V, before = here - V;
      vec *to = into + (rows - 1 - i) * V;
      for EACH (v) to[v] = s->emissions[here + v] * v_row[v] * s->alpha_scale[top - i];
      multiply(v_row, to, c->weights_transposed, c->tags, V);
      for EACH (v) {
        v_row[v] += s->beta[before + v] * terms[before + v];
        total[before + v] += s->alpha[before + v] * v_row[v];
      }

      size_t after = (size_t)(from + i + 1) * V;
      vec *next = w + (i + 1) * V;
      multiply(next, next - V, c->weights, c->tags, V);
      for EACH (v) {
        vec factor = s->emissions[after + v] * s->beta_scale[from + i + 1];
        next[v] *= factor;
        onward[i * V + v] = factor * s->beta[after + v];
        total[after + v] += s->beta[after + v] * next[v];
        next[v] += s->alpha[after + v] * terms[after + v];
      }
    }
    multiply_rows(sums->counts, s->alpha + (size_t)(top - rows) * V, into, rows, c->tags, V);
    multiply_rows(sums->counts, w, onward, rows, c->tags, V);
    memcpy(w, w + rows * V, sizeof(vec) * V);
  }
  for (int t = 0; t < length; t++) store_row(demissions + (size_t)t * c->tags, total + (size_t)t * V, c->tags, V);
}

INLINE void backward(const linear_chain *c, int length, const scaled_rows *s, const sentence_cotangent *d,
                     float *demissions, const gradient_sums *sums, vec *scratch, int V) {
  if (d->token_scores || d->marginals)
    from_tokens(c, length, s, d, demissions, sums, scratch, V);
  else
    from_partition(c, length, s, d->log_partition, demissions, sums, scratch, V);
  /* A word's emissions, the start's scores and the end's are added at the same places. */
  for (int j = 0; j < c->tags; j++) {
    sums->start[j] += demissions[j];
    sums->end[j] += demissions[(size_t)(length - 1) * c->tags + j];
  }
}

CLONES static void dispatch(const linear_chain *c, int length, const scaled_rows *s, const sentence_cotangent *d,
                            float *demissions, const gradient_sums *sums, vec *scratch) {
  BY_WIDTH(backward, c->width, c, length, s, d, demissions, sums, scratch);
}

void scaled_backward(const linear_chain *chain, int length, const scaled_rows *rows, const sentence_cotangent *d,
                     float *demissions, const gradient_sums *sums, vec *scratch) {
  dispatch(chain, length, rows, d, demissions, sums, scratch);
}

size_t scaled_scratch(const linear_chain *chain, int length) {
  return ((size_t)length * 2 + BLOCK * 3 + 2) * chain->width;
}
