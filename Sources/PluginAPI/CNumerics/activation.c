#include "chunks.h"
#include "vecmath.h"
#include <math.h>

enum { CHUNK = 8192 };

/* Rows, for those who have them in the cache. Loops say that they may be vectorised although in and out may be one row. */
#define EACH _Pragma("clang loop vectorize(assume_safety)") for (int i = 0; i < count; i++)

/* gelu(x) = x * Phi(x), the exact form of BERT. */
static inline __attribute__((always_inline)) void gelu_row(float *y, const float *x, int count) {
  EACH y[i] = 0.5f * x[i] * (1.0f + vec_erf(x[i] * 0.70710678118654752f));
}

/* dy *= gelu'(x) = Phi(x) + x * phi(x). Phi by Abramowitz & Stegun 7.1.26, whose exponential is that of phi: the error, 1e-7,
 * is that of float32. */
static inline __attribute__((always_inline)) void dgelu_row(float *dy, const float *x, int count) {
  EACH {
    float a = __builtin_fabsf(x[i]), e = vec_exp(-0.5f * x[i] * x[i]);
    float t = 1.0f / (1.0f + 0.3275911f * 0.70710678118654752f * a);
    float tail = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t * e;
    float cdf = 0.5f * tail; /* of -|x| */
    cdf = x[i] < 0 ? cdf : 1.0f - cdf;
    dy[i] *= cdf + x[i] * 0.39894228040143268f * e;
  }
}

/* Rows as wide as a panel have their own loop: it is unrolled, and rows overlap. */
enum { PANEL = 32, NARROW_PANEL = 16 };

CALM_CLONES static void gelu_block(float *y, const float *x, size_t ld, int rows, int columns) {
  if (columns == PANEL)
    for (int r = 0; r < rows; r++) gelu_row(y + r * ld, x + r * ld, PANEL);
  else if (columns == NARROW_PANEL)
    for (int r = 0; r < rows; r++) gelu_row(y + r * ld, x + r * ld, NARROW_PANEL);
  else
    for (int r = 0; r < rows; r++) gelu_row(y + r * ld, x + r * ld, columns);
}

CALM_CLONES static void dgelu_block(float *dy, const float *x, size_t ld, int rows, int columns) {
  if (columns == PANEL)
    for (int r = 0; r < rows; r++) dgelu_row(dy + r * ld, x + r * ld, PANEL);
  else if (columns == NARROW_PANEL)
    for (int r = 0; r < rows; r++) dgelu_row(dy + r * ld, x + r * ld, NARROW_PANEL);
  else
    for (int r = 0; r < rows; r++) dgelu_row(dy + r * ld, x + r * ld, columns);
}

CALM_CLONES static void add_row(float *y, const float *x, int count) {
  EACH y[i] += x[i];
}

static void tanh_row(float *y, const float *x, int count) {
  for (int i = 0; i < count; i++) y[i] = tanhf(x[i]);
}

CALM_CLONES static void dtanh_row(float *dy, const float *y, int count) {
  EACH dy[i] *= 1.0f - y[i] * y[i];
}

void calm_gelu_block(float *y, const float *x, size_t ld, int rows, int columns) { gelu_block(y, x, ld, rows, columns); }
void calm_dgelu_block(float *dy, const float *x, size_t ld, int rows, int columns) { dgelu_block(dy, x, ld, rows, columns); }
static void gelu_chunk(float *y, const float *x, int count) { gelu_block(y, x, 0, 1, count); }
static void dgelu_chunk(float *dy, const float *x, int count) { dgelu_block(dy, x, 0, 1, count); }
void calm_add_row(float *y, const float *x, int count) { add_row(y, x, count); }

typedef struct {
  void (*row)(float *, const float *, int);
  float *out;
  const float *in;
  size_t count;
} pointwise_job;

static void pointwise_chunk(void *context, int task) {
  const pointwise_job *j = context;
  size_t from = (size_t)task * CHUNK, to = smaller(from + CHUNK, j->count);
  j->row(j->out + from, j->in + from, (int)(to - from));
}

static void pointwise(void (*row)(float *, const float *, int), float *out, const float *in, size_t count) {
  pointwise_job job = {row, out, in, count};
  calm_parallel((int)((count + CHUNK - 1) / CHUNK), pointwise_chunk, &job);
}

void calm_gelu_forward(float *y, const float *x, size_t count) { pointwise(gelu_chunk, y, x, count); }
void calm_gelu_backward(float *dy, const float *x, size_t count) { pointwise(dgelu_chunk, dy, x, count); }
void calm_tanh_forward(float *y, const float *x, size_t count) { pointwise(tanh_row, y, x, count); }
void calm_tanh_backward(float *dy, const float *y, size_t count) { pointwise(dtanh_row, dy, y, count); }
