/* A linear-chain CRF over one sequence of `length` words and `tags` tags, in float64 log space.
 *
 * score(y) = start[y0] + sum_t emissions[t][y_t] + sum_t transitions[y_{t-1}][y_t] + end[y_last], as pytorch-crf has it.
 * alpha[t][j] includes the emission at t, beta[t][i] does not, so alpha + beta - logZ is the log marginal.
 * Gradients accumulate. */
#ifndef LINEAR_CHAIN_H
#define LINEAR_CHAIN_H

typedef struct {
  int tags;
  const float *transitions, *start, *end; /* [tags, tags] from -> to, [tags], [tags] */
  const double *weights;                  /* exp(transitions), [tags, tags] */
} linear_chain;

typedef struct {
  double *transitions, *start, *end;
} linear_chain_gradient;

/* alpha and beta are [length, tags]; returns log Z. */
double linear_chain_forward_backward(const linear_chain *chain, const float *emissions, int length, double *alpha,
                                     double *beta);
/* The adjoint of the above: from dscores [length, tags], the gradient of alpha + beta (NULL: zero), and dlogZ. */
void linear_chain_backward(const linear_chain *chain, const float *emissions, int length, const double *alpha,
                           const double *beta, double logZ, const double *dscores, double dlogZ, float *demissions,
                           const linear_chain_gradient *gradient);

double linear_chain_path_score(const linear_chain *chain, const float *emissions, int length, const int *path);
void linear_chain_path_score_backward(const linear_chain *chain, int length, const int *path, double dscore,
                                      float *demissions, const linear_chain_gradient *gradient);

/* The best path; among equals the one whose last differing tag has the lower index. Returns its score. */
double linear_chain_viterbi(const linear_chain *chain, const float *emissions, int length, int *path);

#endif
