#include "chain.h"

/* The forward-backward algorithm in log space, and its adjoint, from one step:
 *
 *     y[j] = log sum_i exp(x[i] + A[i][j])        (or A[j][i], where `transposed`) */

static double log_sum_exp(const double *x, const float *a, size_t stride, int n) {
  double max = -INFINITY, sum = 0;
  for (int i = 0; i < n; i++) max = fmax(max, x[i] + a[i * stride]);
  if (max == -INFINITY) return -INFINITY;
  for (int i = 0; i < n; i++) sum += exp(x[i] + a[i * stride] - max);
  return max + log(sum);
}

static void step(const linear_chain *c, const double *x, double *y, int transposed) {
  int n = c->tags;
  for (int j = 0; j < n; j++)
    y[j] = log_sum_exp(x, c->transitions + (transposed ? (size_t)j * n : (size_t)j), transposed ? 1 : n, n);
}

/* dx[i] += sum_j dy[j] p(i | j) and dA likewise, where p(i | j) = exp(x[i] + A[i][j] - y[j]). */
static void step_backward(const linear_chain *c, const double *x, const double *y, const double *dy, double *dx,
                          double *dtransitions, int transposed) {
  int n = c->tags;
  for (int j = 0; j < n; j++) {
    if (dy[j] == 0 || y[j] == -INFINITY) continue;
    for (int i = 0; i < n; i++) {
      size_t at = transposed ? (size_t)j * n + i : (size_t)i * n + j;
      double share = dy[j] * exp(x[i] + c->transitions[at] - y[j]);
      dx[i] += share;
      dtransitions[at] += share;
    }
  }
}

double exact_forward(const linear_chain *c, const float *emissions, int length, double *alpha, double *beta,
                     float *token_scores, float *marginals) {
  int n = c->tags;
  double *last = beta + (size_t)(length - 1) * n;
  for (int j = 0; j < n; j++) alpha[j] = (double)c->start[j] + emissions[j];
  for (int t = 1; t < length; t++) {
    double *row = alpha + (size_t)t * n;
    step(c, row - n, row, 0);
    for (int j = 0; j < n; j++) row[j] += emissions[(size_t)t * n + j];
  }
  for (int j = 0; j < n; j++) last[j] = c->end[j];
  for (double *row = last; row > beta; row -= n) {
    const float *at = emissions + (row - beta);
    for (int j = 0; j < n; j++) row[j] += at[j];
    step(c, row, row - n, 1);
    for (int j = 0; j < n; j++) row[j] -= at[j];
  }
  double logZ = log_sum_exp(alpha + (size_t)(length - 1) * n, c->end, 1, n);
  for (size_t i = 0; i < (size_t)length * n; i++) {
    token_scores[i] = (float)(alpha[i] + beta[i] - logZ);
    marginals[i] = (float)exp(alpha[i] + beta[i] - logZ);
  }
  return logZ;
}

size_t exact_scratch(const linear_chain *chain) { return 5 * (size_t)chain->tags; }

/* The gradients of row t's alpha + beta, from the token scores' and the marginals'. */
static void row_gradient(const linear_chain *c, const double *alpha, const double *beta, double logZ,
                         const sentence_cotangent *d, int t, double *out) {
  for (int j = 0; j < c->tags; j++) {
    size_t i = (size_t)t * c->tags + j;
    out[j] = d->token_scores ? d->token_scores[i] : 0;
    if (d->marginals) out[j] += d->marginals[i] * exp(alpha[i] + beta[i] - logZ);
  }
}

void exact_backward(const linear_chain *c, const float *emissions, int length, const double *alpha, const double *beta,
                    double logZ, const sentence_cotangent *cotangent, float *demissions, const gradient_sums *sums,
                    double *scratch) {
  int n = c->tags, last = length - 1;
  double *d = scratch, *own = d + n, *earlier = own + n, *x = earlier + n;
  double dlogZ = cotangent->log_partition;
  memset(demissions, 0, sizeof(float) * length * n);
  memset(d, 0, sizeof(double) * n);

  /* beta, from the first word to the last: beta[t] = step(beta[t+1] + emissions[t+1]) */
  for (int t = 0; t < length; t++) {
    row_gradient(c, alpha, beta, logZ, cotangent, t, own);
    for (int j = 0; j < n; j++) {
      d[j] += own[j];
      dlogZ -= own[j];
      earlier[j] = 0;
    }
    if (t == last) break;
    const double *next = beta + (size_t)(t + 1) * n;
    for (int j = 0; j < n; j++) x[j] = next[j] + emissions[(size_t)(t + 1) * n + j];
    step_backward(c, x, next - n, d, earlier, sums->transitions, 1);
    for (int j = 0; j < n; j++) {
      demissions[(size_t)(t + 1) * n + j] += (float)earlier[j];
      d[j] = earlier[j];
    }
  }
  for (int j = 0; j < n; j++) sums->end[j] += d[j];

  /* alpha, from the last word to the first: alpha[t] = step(alpha[t-1]) + emissions[t]; log Z hangs on the last */
  for (int j = 0; j < n; j++) {
    d[j] = dlogZ * exp(alpha[(size_t)last * n + j] + c->end[j] - logZ);
    sums->end[j] += d[j];
  }
  for (int t = last; t >= 0; t--) {
    row_gradient(c, alpha, beta, logZ, cotangent, t, own);
    for (int j = 0; j < n; j++) {
      d[j] += own[j];
      demissions[(size_t)t * n + j] += (float)d[j];
      earlier[j] = 0;
    }
    if (t == 0) break;
    const double *row = alpha + (size_t)t * n;
    for (int j = 0; j < n; j++) x[j] = row[j] - emissions[(size_t)t * n + j];
    step_backward(c, row - n, x, d, earlier, sums->transitions, 0);
    memcpy(d, earlier, sizeof(double) * n);
  }
  for (int j = 0; j < n; j++) sums->start[j] += d[j];
}
