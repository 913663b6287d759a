#include "chunks.h"
#include "random.h"
#include "vecmath.h"
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

/* One task is one head of one sequence, on one thread: the products are too small to be split. */
typedef struct {
  float *out, *lse, *dqkv;
  const float *qkv, *dout;
  const int32_t *offsets;
  int heads, hidden;
  float dropout;
  uint64_t key;
} attention_job;

/* A grown-once scratch buffer for each thread. */
static float *scratch(size_t count) {
  static _Thread_local float *memory = NULL;
  static _Thread_local size_t capacity = 0;
  if (count > capacity) {
    free(memory);
    memory = aligned_alloc(64, (count * sizeof(float) + 63) & ~(size_t)63);
    capacity = memory ? count : 0;
  }
  return memory;
}

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

/* The mask of (sequence, head) is keyed apart, so that it does not depend on how many tokens came before. */
static uint64_t head_key(const attention_job *j, int task) {
  return j->key ^ ((uint64_t)mix32((uint32_t)task + 1) << 32 | mix32((uint32_t)task + 0x9e3779b9u));
}

static void forward_head(void *context, int task) {
  const attention_job *j = context;
  int sequence = task / j->heads, head = task % j->heads, hidden = j->hidden, size = hidden / j->heads;
  int first = j->offsets[sequence], length = j->offsets[sequence + 1] - first;
  if (length <= 0) return;
  const float *q = j->qkv + (size_t)first * 3 * hidden + head * size, *k = q + hidden, *v = k + hidden;
  float *scores = scratch((size_t)length * length);
  float scale = 1.0f / sqrtf((float)size);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, length, length, size, scale, q, 3 * hidden, k, 3 * hidden, 0,
              scores, length);
  uint64_t key = head_key(j, task);
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

void calm_attention_forward(float *out, float *lse, const float *qkv, const int32_t *offsets, int sequences, int heads,
                            int hidden, float dropout, uint64_t key) {
  attention_job job = {.out = out, .lse = lse, .qkv = qkv, .offsets = offsets, .heads = heads, .hidden = hidden,
                       .dropout = dropout, .key = key};
  calm_prepare_blas();
  calm_parallel(sequences * heads, forward_head, &job);
}

static void backward_head(void *context, int task) {
  const attention_job *j = context;
  int sequence = task / j->heads, head = task % j->heads, hidden = j->hidden, size = hidden / j->heads;
  int first = j->offsets[sequence], length = j->offsets[sequence + 1] - first;
  if (length <= 0) return;
  size_t at = (size_t)first * 3 * hidden + head * size;
  const float *q = j->qkv + at, *k = q + hidden, *v = k + hidden;
  float *dq = j->dqkv + at, *dk = dq + hidden, *dv = dk + hidden;
  const float *dout = j->dout + (size_t)first * hidden + head * size;
  size_t square = (size_t)length * length;
  float *p = scratch(3 * square), *dropped = p + square, *dp = dropped + square;
  float scale = 1.0f / sqrtf((float)size), factor = 1 / (1 - j->dropout);
  uint32_t threshold = dropout_threshold(j->dropout);
  uint64_t key = head_key(j, task);
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

void calm_attention_backward(float *dqkv, const float *dout, const float *lse, const float *qkv,
                             const int32_t *offsets, int sequences, int heads, int hidden, float dropout, uint64_t key) {
  attention_job job = {.dqkv = dqkv, .dout = dout, .lse = (float *)lse, .qkv = qkv, .offsets = offsets, .heads = heads,
                       .hidden = hidden, .dropout = dropout, .key = key};
  calm_prepare_blas();
  calm_parallel(sequences * heads, backward_head, &job);
}
