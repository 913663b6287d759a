#include "linear_chain.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Everything is built from one step and its adjoint:
 *
 *     y[j] = log sum_i exp(x[i] + A[i][j])        (or A[j][i], where `transposed`)
 *
 * computed as max + log(u . W) with u = exp(x - max) and W = exp(A) kept, so a step costs `tags` exponentials and logarithms
 * and tags^2 multiplications. Where the product underflows (forbidden transitions, huge scores) that row is computed
 * again term by term, which cannot. */
static const double TINY = 1e-280;

static double exact_step(const double *x, const float *a, int stride, int n) {
  double max = -INFINITY, sum = 0;
  for (int i = 0; i < n; i++) max = fmax(max, x[i] + a[(size_t)i * stride]);
  if (max == -INFINITY) return -INFINITY;
  for (int i = 0; i < n; i++) sum += exp(x[i] + a[(size_t)i * stride] - max);
  return max + log(sum);
}

/* u = exp(x - max); returns max. */
static double exponentials(double *u, const double *x, int n) {
  double max = x[0];
  for (int i = 1; i < n; i++) max = fmax(max, x[i]);
  for (int i = 0; i < n; i++) u[i] = exp(x[i] - max);
  return max;
}

static void step(const linear_chain *c, const double *x, double *y, double *u, int transposed) {
  int n = c->tags;
  double max = exponentials(u, x, n);
  memset(y, 0, sizeof(double) * n);
  for (int i = 0; i < n; i++) {
    const double *w = c->weights + (size_t)i * n;
    if (transposed) {
      double sum = 0;
      for (int j = 0; j < n; j++) sum += u[j] * w[j];
      y[i] = sum;
    } else {
      for (int j = 0; j < n; j++) y[j] += u[i] * w[j];
    }
  }
  for (int j = 0; j < n; j++)
    y[j] = y[j] > TINY && y[j] < INFINITY
               ? max + log(y[j])
               : exact_step(x, c->transitions + (transposed ? (size_t)j * n : (size_t)j), transposed ? 1 : n, n);
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

double linear_chain_forward_backward(const linear_chain *c, const float *emissions, int length, double *alpha,
                                     double *beta) {
  int n = c->tags;
  double *u = malloc(sizeof(double) * 2 * n), *x = u + n;
  for (int j = 0; j < n; j++) alpha[j] = (double)c->start[j] + emissions[j];
  for (int t = 1; t < length; t++) {
    double *row = alpha + (size_t)t * n;
    step(c, row - n, row, u, 0);
    for (int j = 0; j < n; j++) row[j] += emissions[(size_t)t * n + j];
  }
  double *last = beta + (size_t)(length - 1) * n;
  for (int j = 0; j < n; j++) last[j] = c->end[j];
  for (int t = length - 2; t >= 0; t--) {
    for (int j = 0; j < n; j++) x[j] = beta[(size_t)(t + 1) * n + j] + emissions[(size_t)(t + 1) * n + j];
    step(c, x, beta + (size_t)t * n, u, 1);
  }
  for (int j = 0; j < n; j++) x[j] = alpha[(size_t)(length - 1) * n + j] + c->end[j];
  double max = exponentials(u, x, n), sum = 0;
  for (int j = 0; j < n; j++) sum += u[j];
  free(u);
  return max + log(sum);
}

void linear_chain_backward(const linear_chain *c, const float *emissions, int length, const double *alpha,
                           const double *beta, double logZ, const double *dscores, double dlogZ, float *demissions,
                           const linear_chain_gradient *g) {
  int n = c->tags;
  double *memory = calloc((size_t)n * 4, sizeof(double));
  double *d = memory, *earlier = d + n, *x = earlier + n, *y = x + n;

  /* beta, from the first word to the last: beta[t] = step(beta[t+1] + emissions[t+1]) */
  if (dscores) {
    for (int t = 0; t + 1 < length; t++) {
      for (int j = 0; j < n; j++) {
        d[j] += dscores[(size_t)t * n + j];
        x[j] = beta[(size_t)(t + 1) * n + j] + emissions[(size_t)(t + 1) * n + j];
        earlier[j] = 0;
      }
      step_backward(c, x, beta + (size_t)t * n, d, earlier, g->transitions, 1);
      for (int j = 0; j < n; j++) {
        demissions[(size_t)(t + 1) * n + j] += (float)earlier[j];
        d[j] = earlier[j];
      }
    }
    for (int j = 0; j < n; j++) g->end[j] += d[j] + dscores[(size_t)(length - 1) * n + j];
  }

  /* alpha, from the last word to the first: alpha[t] = step(alpha[t-1]) + emissions[t]; log Z hangs on the last */
  for (int j = 0; j < n; j++) {
    double p = exp(alpha[(size_t)(length - 1) * n + j] + c->end[j] - logZ);
    d[j] = dlogZ * p;
    g->end[j] += dlogZ * p;
  }
  for (int t = length - 1; t >= 0; t--) {
    for (int j = 0; j < n; j++) {
      if (dscores) d[j] += dscores[(size_t)t * n + j];
      demissions[(size_t)t * n + j] += (float)d[j];
      earlier[j] = 0;
    }
    if (t == 0) {
      for (int j = 0; j < n; j++) g->start[j] += d[j];
      break;
    }
    for (int j = 0; j < n; j++) y[j] = alpha[(size_t)t * n + j] - emissions[(size_t)t * n + j];
    step_backward(c, alpha + (size_t)(t - 1) * n, y, d, earlier, g->transitions, 0);
    memcpy(d, earlier, sizeof(double) * n);
  }
  free(memory);
}

double linear_chain_path_score(const linear_chain *c, const float *emissions, int length, const int *path) {
  int n = c->tags;
  double score = (double)c->start[path[0]] + c->end[path[length - 1]];
  for (int t = 0; t < length; t++) {
    score += emissions[(size_t)t * n + path[t]];
    if (t > 0) score += c->transitions[(size_t)path[t - 1] * n + path[t]];
  }
  return score;
}

void linear_chain_path_score_backward(const linear_chain *c, int length, const int *path, double dscore,
                                      float *demissions, const linear_chain_gradient *g) {
  int n = c->tags;
  g->start[path[0]] += dscore;
  g->end[path[length - 1]] += dscore;
  for (int t = 0; t < length; t++) {
    demissions[(size_t)t * n + path[t]] += (float)dscore;
    if (t > 0) g->transitions[(size_t)path[t - 1] * n + path[t]] += dscore;
  }
}

double linear_chain_viterbi(const linear_chain *c, const float *emissions, int length, int *path) {
  int n = c->tags;
  double *memory = malloc(sizeof(double) * 2 * n), *score = memory, *next = memory + n;
  int *from = malloc(sizeof(int) * (size_t)length * n);
  for (int j = 0; j < n; j++) score[j] = (double)c->start[j] + emissions[j];
  for (int t = 1; t < length; t++) {
    for (int j = 0; j < n; j++) {
      double best = -INFINITY;
      int arg = 0;
      for (int i = 0; i < n; i++) {
        double s = score[i] + c->transitions[(size_t)i * n + j];
        if (s > best) {
          best = s;
          arg = i;
        }
      }
      next[j] = best + emissions[(size_t)t * n + j];
      from[(size_t)t * n + j] = arg;
    }
    memcpy(score, next, sizeof(double) * n);
  }
  int arg = 0;
  double best = -INFINITY;
  for (int j = 0; j < n; j++)
    if (score[j] + c->end[j] > best) {
      best = score[j] + c->end[j];
      arg = j;
    }
  for (int t = length - 1; t >= 0; t--) {
    path[t] = arg;
    if (t > 0) arg = from[(size_t)t * n + arg];
  }
  free(memory);
  free(from);
  return best;
}
