#include "calm_llama.h"
#include "vectors.h"
#include <math.h>

/* exp as the encoders' kernels have it: within 2 ulp on [-87, 88]. */
INLINE f16x vec_exp(f16x x) {
  /* What is no number stays so: not below, and not above. */
  for (int l = 0; l < 16; l++) x[l] = x[l] < -87.3f ? -87.3f : x[l] > 88.3f ? 88.3f : x[l];
  f16x n = __builtin_elementwise_rint(x * 1.44269504089f), r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  f16x p = spread(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return (f16x)((i16x)p + (__builtin_convertvector(n, i16x) << 23));
}

/* The first `count` of sixteen numbers; the others are zero. */
INLINE f16x load_some(const float *x, int count) {
  f16x some = {};
  memcpy(&some, x, sizeof(float) * (size_t)count);
  return some;
}

/* The mean square in sixteen float64 sums, added in a fixed order. */
CALM_CLONES static void rms_norm_row(float *y, const float *x, const float *weight, int width, float epsilon) {
  double sums[16] = {0}, sum = 0;
  int whole = width & ~15;
  for (int i = 0; i < whole; i += 16)
    for (int l = 0; l < 16; l++) sums[l] += (double)x[i + l] * x[i + l];
  for (int i = whole; i < width; i++) sums[i - whole] += (double)x[i] * x[i];
  for (int l = 0; l < 16; l++) sum += sums[l];
  float factor = (float)(1 / sqrt(sum / width + epsilon));
  for (int i = 0; i < width; i++) y[i] = x[i] * factor * weight[i];
}

void calm_rms_norm(float *y, const float *x, const float *weight, int rows, int width, float epsilon) {
  for (int r = 0; r < rows; r++) rms_norm_row(y + (size_t)r * width, x + (size_t)r * width, weight, width, epsilon);
}

CALM_CLONES static void rotate_head(float *restrict x, int half, const float *cosine, const float *sine) {
  for (int i = 0; i < half; i++) {
    float a = x[i], b = x[half + i];
    x[i] = a * cosine[i] - b * sine[i];
    x[half + i] = b * cosine[i] + a * sine[i];
  }
}

void calm_rotate(float *x, int heads, int size, const float *cosine, const float *sine) {
  for (int h = 0; h < heads; h++) rotate_head(x + (size_t)h * size, size / 2, cosine, sine);
}

INLINE f16x silu_times(f16x gate, f16x up) { return gate / (1 + vec_exp(-gate)) * up; }

INLINE void gate_all(float *gates, const float *up, size_t count) {
  size_t whole = count & ~(size_t)15;
  for (size_t i = 0; i < whole; i += 16) *(f16u *)(gates + i) = silu_times(*(f16u *)(gates + i), *(const f16u *)(up + i));
  int rest = (int)(count - whole);
  if (rest == 0) return;
  f16x last = silu_times(load_some(gates + whole, rest), load_some(up + whole, rest));
  memcpy(gates + whole, &last, sizeof(float) * (size_t)rest);
}

CALM_CLONES static void gate(float *gates, const float *up, size_t count) { gate_all(gates, up, count); }
void calm_gated(float *gates, const float *up, size_t count) { gate(gates, up, count); }

/* Sixteen float32 sums, added in float64 at the end. */
INLINE double softmax_weights(float *p, const float *x, int count, float max, float inverse) {
  f16x sums = {};
  int whole = count & ~15, rest = count - whole;
  for (int i = 0; i < whole; i += 16) {
    f16x e = vec_exp((*(const f16u *)(x + i) - max) * inverse);
    *(f16u *)(p + i) = e;
    sums += e;
  }
  if (rest > 0) {
    f16x e = vec_exp((load_some(x + whole, rest) - max) * inverse);
    memcpy(p + whole, &e, sizeof(float) * (size_t)rest);
    for (int l = 0; l < rest; l++) sums[l] += e[l];
  }
  double sum = 0;
  for (int l = 0; l < 16; l++) sum += sums[l];
  return sum;
}

CALM_CLONES static double weights(float *p, const float *x, int count, float max, float inverse) {
  return softmax_weights(p, x, count, max, inverse);
}

double calm_softmax_weights(float *p, const float *x, int count, float max, float temperature) {
  return weights(p, x, count, max, 1 / temperature);
}

CALM_CLONES static float maximum(const float *x, int count, int *finite) {
  f16x faults = {}; /* zero times what is no number is none */
  int whole = count & ~15;
  for (int i = 0; i < whole; i += 16) faults += *(const f16u *)(x + i) * 0;
  for (int i = whole; i < count; i++) faults[0] += x[i] * 0;
  *finite = 1;
  for (int l = 0; l < 16; l++) *finite &= faults[l] == 0;
  return greatest(x, count);
}

/* The first of the greatest. */
float calm_maximum(const float *x, int count, int *at, int *finite) {
  float most = maximum(x, count, finite);
  *at = 0;
  for (int i = 0; i < count; i++)
    if (x[i] == most) {
      *at = i;
      break;
    }
  return most;
}
