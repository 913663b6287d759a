/* Self-attention of packed sequences: one task is one head of one sequence, on one thread. */
#ifndef CALM_ATTENTION_H
#define CALM_ATTENTION_H
#include "matmul.h"
#include "random.h"
#include "vecmath.h"
#include <math.h>

typedef struct {
  calm_precision precision;
  calm_form form;
  calm_attention shape;
  float *out, *lse, *dq, *dk, *dv;
  const float *q, *k, *v, *dout;
} attention_job;

/* What one task works on: a head of a sequence with n queries and u keys. */
typedef struct {
  int first, n, first_key, u, head, size;
  size_t query_stride, key_stride, out_stride;
  size_t at, key_at, out_at; /* of the head's first number in q, in k and v, in out */
} head_of;

static inline head_of head_of_task(const calm_attention *a, int task) {
  int sequence = task / a->heads, head = task % a->heads, size = a->hidden / a->heads;
  int first = a->queries[sequence], first_key = a->keys[sequence];
  return (head_of){.first = first, .n = a->queries[sequence + 1] - first, .first_key = first_key,
                   .u = a->keys[sequence + 1] - first_key, .head = head, .size = size,
                   .query_stride = (size_t)a->query_stride, .key_stride = (size_t)a->key_stride,
                   .out_stride = (size_t)a->hidden, .at = (size_t)first * a->query_stride + head * size,
                   .key_at = (size_t)first_key * a->key_stride + head * size,
                   .out_at = (size_t)first * a->hidden + head * size};
}

/* Nobody asked these keys: their gradient is zero. */
static inline void clear_keys(float *d, const head_of *h) {
  for (int t = 0; t < h->u; t++)
    for (int i = 0; i < h->size; i++) d[(size_t)t * h->key_stride + i] = 0;
}

/* The mask of (sequence, head) is keyed apart, so that it does not depend on how many tokens came before. Probability
 * (query t, key i) of a sequence of u keys has the index t * u + i. */
static inline uint64_t calm_head_key(uint64_t key, int task) {
  return key ^ ((uint64_t)mix32((uint32_t)task + 1) << 32 | mix32((uint32_t)task + 0x9e3779b9u));
}

void calm_attention_portable_forward(void *job, int task);
void calm_attention_portable_backward(void *job, int task);

#endif
