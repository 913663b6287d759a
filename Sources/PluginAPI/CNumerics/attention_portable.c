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
  int sequence = task / j->heads, head = task % j->heads, hidden = j->hidden, size = hidden / j->heads;
  int first = j->offsets[sequence], length = j->offsets[sequence + 1] - first;
  if (length <= 0) return;
  const float *q = j->qkv + (size_t)first * 3 * hidden + head * size, *k = q + hidden, *v = k + hidden;
  float *scores = calm_scratch(SCRATCH_ATTENTION, sizeof(float) * length * length);
  float scale = 1.0f / sqrtf((float)size);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, length, length, size, scale, q, 3 * hidden, k, 3 * hidden, 0,
              scores, length);
  uint64_t key = calm_head_key(j->key, task);
  for (int t = 0; t < length; t++) {
    float *row = scores + (size_t)t * length;
    j->lse[(size_t)(first + t) * j->heads + head] = softmax_row(row, length);
    if (j->dropout > 0)
      dropout_row(row, length, key, (uint32_t)t * (uint32_t)length, dropout_threshold(j->dropout),
                  1 / (1 - j->dropout));
  }
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, length, size, length, 1, scores, length, v, 3 * hidden, 0,
              j->out + (size_t)first * hidden + head * size, hidden);
}

void calm_attention_portable_backward(void *context, int task) {
  const attention_job *j = context;
  int sequence = task / j->heads, head = task % j->heads, hidden = j->hidden, size = hidden / j->heads;
  int first = j->offsets[sequence], length = j->offsets[sequence + 1] - first;
  if (length <= 0) return;
  size_t at = (size_t)first * 3 * hidden + head * size;
  const float *q = j->qkv + at, *k = q + hidden, *v = k + hidden;
  float *dq = j->dqkv + at, *dk = dq + hidden, *dv = dk + hidden;
  const float *dout = j->dout + (size_t)first * hidden + head * size;
  size_t square = (size_t)length * length;
  float *p = calm_scratch(SCRATCH_ATTENTION, sizeof(float) * 3 * square), *dropped = p + square, *dp = dropped + square;
  float scale = 1.0f / sqrtf((float)size), factor = 1 / (1 - j->dropout);
  uint32_t threshold = dropout_threshold(j->dropout);
  uint64_t key = calm_head_key(j->key, task);
  /* probabilities again, from the kept log-sum-exp */
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, length, length, size, scale, q, 3 * hidden, k, 3 * hidden, 0, p,
              length);
  for (int t = 0; t < length; t++)
    exp_row(p + (size_t)t * length, j->lse[(size_t)(first + t) * j->heads + head], length);
  const float *seen = p; /* what the values were weighted with */
  if (j->dropout > 0) {
    for (size_t i = 0; i < square; i++) dropped[i] = p[i];
    for (int t = 0; t < length; t++)
      dropout_row(dropped + (size_t)t * length, length, key, (uint32_t)t * (uint32_t)length, threshold, factor);
    seen = dropped;
  }
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, length, size, length, 1, seen, length, dout, hidden, 0, dv,
              3 * hidden);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, length, length, size, 1, dout, hidden, v, 3 * hidden, 0, dp,
              length);
  for (int t = 0; t < length; t++) {
    float *row = dp + (size_t)t * length;
    if (j->dropout > 0) dropout_row(row, length, key, (uint32_t)t * (uint32_t)length, threshold, factor);
    dsoftmax_row(row, p + (size_t)t * length, length, scale);
  }
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, length, size, length, 1, dp, length, k, 3 * hidden, 0, dq,
              3 * hidden);
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, length, size, length, 1, dp, length, q, 3 * hidden, 0, dk,
              3 * hidden);
}
