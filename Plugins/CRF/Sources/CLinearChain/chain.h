/* What the files of this folder share. */
#ifndef CHAIN_H
#define CHAIN_H
#include "linear_chain.h"
#include "vectors.h"

/* The scores, and for arithmetic on probabilities exp(score - largest score) in rows of `width` vectors that are zero beyond
 * `tags`. */
struct linear_chain {
  int tags, width;
  float *transitions, *start, *end; /* [tags, tags], [tags], [tags] */
  double max_transition, max_start, max_end;
  vec *weights, *weights_transposed; /* from -> to and to -> from, [8 * width, width] */
  vec *start_weights, *end_weights;  /* [width] */
  vec *beyond;                       /* [width], 1 where there is no tag, else 0 */
};

/* One sentence in probabilities. A row of alpha or beta is right but for a factor, kept small by powers of two. */
typedef struct {
  vec *emissions, *alpha, *beta; /* exp(emission - the row's largest), [length, width] */
  double *alpha_scale;           /* [length], the power of two in row t of alpha that row t - 1 has not */
  double *beta_scale;            /* [length], that in row t - 1 of beta that row t has not */
  double *inverse;               /* [length], 1 / sum of alpha * beta */
  vec *temporary;                /* [width] */
} scaled_rows;

/* Sums over a batch. */
typedef struct {
  vec *counts;                       /* [8 * width, width], lacking the factor exp(transition - largest) */
  double *transitions, *start, *end; /* [tags, tags], [tags], [tags] */
} gradient_sums;

/* The gradients of one sentence's log Z, token scores and marginals (NULL: zero). */
typedef struct {
  double log_partition;
  const float *token_scores, *marginals;
} sentence_cotangent;

/* In probabilities. Returns 0 where some tag of some word has none that float64 can hold, and then computed nothing. */
int scaled_forward(const linear_chain *chain, const float *emissions, int length, const scaled_rows *rows,
                   double *log_partition, float *token_scores, float *marginals);
/* Sets demissions; `scratch` has scaled_scratch(chain, length) vectors. */
void scaled_backward(const linear_chain *chain, int length, const scaled_rows *rows, const sentence_cotangent *d,
                     float *demissions, const gradient_sums *sums, vec *scratch);
size_t scaled_scratch(const linear_chain *chain, int length);

/* In log space, which never fails. alpha and beta are [length, tags]. Returns log Z. */
double exact_forward(const linear_chain *chain, const float *emissions, int length, double *alpha, double *beta,
                     float *token_scores, float *marginals);
/* Adds to demissions; `scratch` has exact_scratch(chain) numbers. */
void exact_backward(const linear_chain *chain, const float *emissions, int length, const double *alpha,
                    const double *beta, double log_partition, const sentence_cotangent *d, float *demissions,
                    const gradient_sums *sums, double *scratch);
size_t exact_scratch(const linear_chain *chain);

#endif
