#include "scaled.h"

/* What keeps alpha * beta clear of the ends of float64, with room for gradients divided by it. */
static const double LEAST = 1e-200, MOST = 1e200;

/* The power of two that brings x near 1; its exponent is taken from `exponent`. */
INLINE double power(double x, int64_t *exponent) {
  uint64_t bits;
  memcpy(&bits, &x, 8);
  uint64_t biased = bits >> 52 & 2047;
  *exponent += (int64_t)biased - 1023;
  bits = (2046 - biased) << 52;
  memcpy(&x, &bits, 8);
  return x;
}

/* rows->emissions; returns the sum of what was subtracted. */
INLINE double exponentials(const linear_chain *c, const float *emissions, int length, vec *out, int V) {
  double sum = 0;
  for (int t = 0; t < length; t++, out += V) {
    load_row(out, emissions + (size_t)t * c->tags, c->tags, -INFINITY, V);
    double max = row_max(out, V);
    sum += max;
    for EACH (v) {
      out[v] -= max;
      vec_exp(out + v);
    }
  }
  return sum;
}

/* alpha from the first word on and beta from the last, in one loop because neither waits for the other; returns the exponent
 * that alpha lacks. */
INLINE int64_t recursions(const linear_chain *c, int length, const scaled_rows *s, vec *weighted, int V) {
  int64_t exponent = 0, ignored = 0;
  vec *alpha = s->alpha, *beta = s->beta + (size_t)(length - 1) * V;
  const vec *ahead = s->emissions, *behind = ahead + (size_t)(length - 1) * V;
  for EACH (v) {
    alpha[v] = c->start_weights[v] * ahead[v];
    beta[v] = c->end_weights[v];
  }
  for (int t = 1; t < length; t++, behind -= V, alpha += V, beta -= V) {
    ahead += V;
    double up = s->alpha_scale[t] = power(row_max(alpha, V), &exponent);
    multiply(alpha + V, alpha, c->weights, c->tags, V);
    for EACH (v) alpha[V + v] *= up * ahead[v];

    up = s->beta_scale[length - t] = power(row_max(beta, V), &ignored);
    for EACH (v) weighted[v] = up * behind[v] * beta[v];
    multiply(beta - V, weighted, c->weights_transposed, c->tags, V);
  }
  return exponent;
}

/* Marginals and their logarithms; returns whether all are in range. */
INLINE int marginals(const linear_chain *c, int length, const scaled_rows *s, vec *product, float *token_scores,
                     float *marginals, int V) {
  int in_range = 1;
  vec least = (vec){} + MOST;
  for (int t = 0; t < length; t++) {
    size_t at = (size_t)t * V, out = (size_t)t * c->tags;
    for EACH (v) {
      product[v] = s->alpha[at + v] * s->beta[at + v];
      vec tag = product[v] + c->beyond[v];
      least = tag < least ? tag : least;
    }
    double sum = row_sum(product, V), inverse = s->inverse[t] = 1 / sum;
    in_range &= sum < MOST;
    for EACH (v) product[v] *= inverse;
    store_row(marginals + out, product, c->tags, V);
    store_logarithms(token_scores + out, product, c->tags, V);
  }
  for (int i = 0; i < LANES; i++) in_range &= least[i] > LEAST;
  return in_range;
}

INLINE void forward(const linear_chain *c, const float *emissions, int length, const scaled_rows *s,
                    double *log_partition, float *token_scores, float *out, int *in_range, int V) {
  double subtracted = exponentials(c, emissions, length, s->emissions, V);
  int64_t exponent = recursions(c, length, s, s->temporary, V);
  *in_range = marginals(c, length, s, s->temporary, token_scores, out, V);
  *log_partition = c->max_start + c->max_end + (length - 1) * c->max_transition + subtracted +
                   exponent * 0.69314718055994531 - log(s->inverse[length - 1]);
}

CLONES static void dispatch(const linear_chain *c, const float *emissions, int length, const scaled_rows *s,
                            double *log_partition, float *token_scores, float *marginals, int *in_range) {
  BY_WIDTH(forward, c->width, c, emissions, length, s, log_partition, token_scores, marginals, in_range);
}

int scaled_forward(const linear_chain *chain, const float *emissions, int length, const scaled_rows *rows,
                   double *log_partition, float *token_scores, float *marginals) {
  int in_range;
  dispatch(chain, emissions, length, rows, log_partition, token_scores, marginals, &in_range);
  return in_range;
}
