#include "chunks.h"
#include "vecmath.h"
#include <math.h>

enum { CHUNK = 8192 };

typedef struct {
  float *out;
  const float *a, *b;
  size_t count;
} pointwise_job;

#define RANGE                                                          \
  const pointwise_job *j = context;                                    \
  size_t from = (size_t)task * CHUNK, to = smaller(from + CHUNK, j->count)

static void pointwise(void (*body)(void *, int), float *out, const float *a, const float *b, size_t count) {
  pointwise_job job = {out, a, b, count};
  calm_parallel((int)((count + CHUNK - 1) / CHUNK), body, &job);
}

/* gelu(x) = x * Phi(x), the exact form of BERT. */
CALM_CLONES static void gelu_chunk(void *context, int task) {
  RANGE;
  for (size_t i = from; i < to; i++) {
    float x = j->a[i];
    j->out[i] = 0.5f * x * (1.0f + vec_erf(x * 0.70710678118654752f));
  }
}

/* gelu'(x) = Phi(x) + x * phi(x) */
CALM_CLONES static void dgelu_chunk(void *context, int task) {
  RANGE;
  for (size_t i = from; i < to; i++) {
    float x = j->b[i];
    float cdf = 0.5f * (1.0f + vec_erf(x * 0.70710678118654752f));
    float pdf = 0.39894228040143268f * vec_exp(-0.5f * x * x);
    j->out[i] = j->a[i] * (cdf + x * pdf);
  }
}

static void tanh_chunk(void *context, int task) {
  RANGE;
  for (size_t i = from; i < to; i++) j->out[i] = tanhf(j->a[i]);
}

CALM_CLONES static void dtanh_chunk(void *context, int task) {
  RANGE;
  for (size_t i = from; i < to; i++) j->out[i] = j->a[i] * (1.0f - j->b[i] * j->b[i]);
}

void calm_gelu_forward(float *y, const float *x, size_t count) { pointwise(gelu_chunk, y, x, NULL, count); }
void calm_gelu_backward(float *dx, const float *dy, const float *x, size_t count) {
  pointwise(dgelu_chunk, dx, dy, x, count);
}
void calm_tanh_forward(float *y, const float *x, size_t count) { pointwise(tanh_chunk, y, x, NULL, count); }
void calm_tanh_backward(float *dx, const float *dy, const float *y, size_t count) {
  pointwise(dtanh_chunk, dx, dy, y, count);
}
