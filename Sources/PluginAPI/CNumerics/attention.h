/* Self-attention of packed sequences: one task is one head of one sequence, on one thread. */
#ifndef CALM_ATTENTION_H
#define CALM_ATTENTION_H
#include "matmul.h"
#include "random.h"
#include "vecmath.h"
#include <math.h>

typedef struct {
  calm_precision precision;
  float *out, *lse, *dqkv;
  const float *qkv, *dout;
  const int32_t *offsets;
  int heads, hidden;
  float dropout;
  uint64_t key;
} attention_job;

/* The mask of (sequence, head) is keyed apart, so that it does not depend on how many tokens came before. Probability
 * (query t, key u) of a sequence of n has the index t * n + u. */
static inline uint64_t calm_head_key(uint64_t key, int task) {
  return key ^ ((uint64_t)mix32((uint32_t)task + 1) << 32 | mix32((uint32_t)task + 0x9e3779b9u));
}

void calm_attention_portable_forward(void *job, int task);
void calm_attention_portable_backward(void *job, int task);

#endif
