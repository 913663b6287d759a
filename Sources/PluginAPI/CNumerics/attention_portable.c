#include "attention.h"
#include <cblas.h>

/* One head of one sequence by plain products of OpenBLAS, for processors without the own kernels (in float32 whatever the
 * precision). */

/* Probabilities of row t, from raw scores to softmax; returns log-sum-exp. */
CALM_CLONES static float softmax_row(float *row, int length) {
#pragma clang fp reassociate(on)
  float max = row[0], sum = 0;
  for (int i = 1; i < length; i++) max = row[i] > max ? row[i] : max;
  for (int i = 0; i < length; i++) {
    row[i] = vec_exp(row[i] - max);
    sum += row[i];
  }
  float inverse = 1.0f / sum;
  for (int i = 0; i < length; i++) row[i] *= inverse;
  return max + logf(sum);
}

CALM_CLONES static void exp_row(float *row, float lse, int length) {
  for (int i = 0; i < length; i++) row[i] = vec_exp(row[i] - lse);
}

CALM_CLONES static void dropout_row(float *row, int length, uint64_t key, uint32_t index, uint32_t threshold,
                                    float factor) {
  for (int i = 0; i < length; i++) row[i] *= keep_factor(key, index + (uint32_t)i, threshold, factor);
}

/* ds = p * (dp - sum(dp * p)) * scale */
CALM_CLONES static void dsoftmax_row(float *dp, const float *p, int length, float scale) {
#pragma clang fp reassociate(on)
  float dot = 0;
  for (int i = 0; i < length; i++) dot += dp[i] * p[i];
  for (int i = 0; i < length; i++) dp[i] = p[i] * (dp[i] - dot) * scale;
}

void calm_attention_portable_forward(void *context, int task) {
  const attention_job *j = context;
  const head_of h = head_of_task(&j->shape, task);
  if (h.n <= 0) return;
  const float *q = j->q + h.at, *k = j->k + h.key_at, *v = j->v + h.key_at;
  int n = h.n, u = h.u, size = h.size, lq = (int)h.query_stride, lk = (int)h.key_stride, lo = (int)h.out_stride;
  float *scores = calm_scratch(SCRATCH_ATTENTION, sizeof(float) * n * u), dropout = j->shape.dropout;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, u, size, 1.0f / sqrtf((float)size), q, lq, k, lk, 0, scores, u);
  uint64_t key = calm_head_key(j->shape.key, task);
  for (int t = 0; t < n; t++) {
    float *row = scores + (size_t)t * u;
    j->lse[(size_t)(h.first + t) * j->shape.heads + h.head] = softmax_row(row, u);
    if (dropout > 0)
      dropout_row(row, u, key, (uint32_t)t * (uint32_t)u, dropout_threshold(dropout), 1 / (1 - dropout));
  }
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, size, u, 1, scores, u, v, lk, 0, j->out + h.out_at, lo);
}

void calm_attention_portable_backward(void *context, int task) {
  const attention_job *j = context;
  const head_of h = head_of_task(&j->shape, task);
  float *dq = j->dq + h.at, *dk = j->dk + h.key_at, *dv = j->dv + h.key_at;
  if (h.n <= 0) return clear_keys(dk, &h), clear_keys(dv, &h);
  const float *q = j->q + h.at, *k = j->k + h.key_at, *v = j->v + h.key_at, *dout = j->dout + h.out_at;
  int n = h.n, u = h.u, size = h.size, lq = (int)h.query_stride, lk = (int)h.key_stride, lo = (int)h.out_stride;
  size_t all = (size_t)n * u;
  float *p = calm_scratch(SCRATCH_ATTENTION, sizeof(float) * 3 * all), *dropped = p + all, *dp = dropped + all;
  float scale = 1.0f / sqrtf((float)size), dropout = j->shape.dropout, factor = 1 / (1 - dropout);
  uint32_t threshold = dropout_threshold(dropout);
  uint64_t key = calm_head_key(j->shape.key, task);
  /* probabilities again, from the kept log-sum-exp */
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, u, size, scale, q, lq, k, lk, 0, p, u);
  for (int t = 0; t < n; t++)
    exp_row(p + (size_t)t * u, j->lse[(size_t)(h.first + t) * j->shape.heads + h.head], u);
  const float *seen = p; /* what the values were weighted with */
  if (dropout > 0) {
    for (size_t i = 0; i < all; i++) dropped[i] = p[i];
    for (int t = 0; t < n; t++) dropout_row(dropped + (size_t)t * u, u, key, (uint32_t)t * (uint32_t)u, threshold, factor);
    seen = dropped;
  }
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, u, size, n, 1, seen, u, dout, lo, 0, dv, lk);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, u, size, 1, dout, lo, v, lk, 0, dp, u);
  for (int t = 0; t < n; t++) {
    float *row = dp + (size_t)t * u;
    if (dropout > 0) dropout_row(row, u, key, (uint32_t)t * (uint32_t)u, threshold, factor);
    dsoftmax_row(row, p + (size_t)t * u, u, scale);
  }
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, size, u, 1, dp, u, k, lk, 0, dq, lq);
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, u, size, n, 1, dp, u, q, lq, 0, dk, lk);
}
