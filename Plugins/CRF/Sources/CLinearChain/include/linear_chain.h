/* A linear-chain CRF over the sentences of a batch, in float64: on probabilities, and in log space where they leave its range
 * (forbidden transitions, scores hundreds apart).
 *
 * score(y) = start[y0] + sum_t emissions[t][y_t] + sum_t transitions[y_{t-1}][y_t] + end[y_last], as pytorch-crf has it.
 * alpha[t][j] includes the emission at t, beta[t][j] does not, so alpha + beta - log Z is the log-marginal. */
#ifndef LINEAR_CHAIN_H
#define LINEAR_CHAIN_H
#include <stddef.h>
#include <stdint.h>

typedef struct linear_chain linear_chain;
typedef struct linear_chain_pass linear_chain_pass;

/* The words of all sentences, one after the other. */
typedef struct {
  const float *emissions;   /* [words, tags] */
  const ptrdiff_t *offsets; /* [sentences + 1], where each sentence begins */
  ptrdiff_t sentences;
  const int32_t *gold; /* [words], each below `tags`; NULL: none */
} linear_chain_batch;

/* What is computed: an entry a sentence, and [words, tags]. */
typedef struct {
  double *log_partition, *gold_score; /* no gold scores without gold tags */
  float *token_scores, *marginals;    /* log-marginals and their exponentials */
} linear_chain_posterior;

/* The gradient of each part; NULL: zero. */
typedef struct {
  const double *log_partition, *gold_score;
  const float *token_scores, *marginals;
} linear_chain_cotangent;

typedef struct {
  float *emissions;                 /* [words, tags], written */
  float *transitions, *start, *end; /* added to */
} linear_chain_gradient;

/* Copies transitions [tags, tags] (from, to), start [tags] and end [tags]. NULL where memory lacks. */
linear_chain *linear_chain_create(int tags, const float *transitions, const float *start, const float *end);
void linear_chain_free(linear_chain *chain);

/* Computes the posterior; returns what the adjoint needs, NULL where memory lacks. */
linear_chain_pass *linear_chain_forward(const linear_chain *chain, const linear_chain_batch *batch,
                                        const linear_chain_posterior *posterior);
void linear_chain_pass_free(linear_chain_pass *pass);

/* The adjoint of `forward` on the same batch; returns whether there was memory for it. */
int linear_chain_backward(const linear_chain *chain, const linear_chain_pass *pass, const linear_chain_batch *batch,
                          const linear_chain_cotangent *cotangent, const linear_chain_gradient *gradient);

/* The best paths [words]; among equals the one whose last differing tag has the lower index. Returns whether there was
 * memory for it. */
int linear_chain_viterbi(const linear_chain *chain, const linear_chain_batch *batch, int32_t *paths);

#endif
