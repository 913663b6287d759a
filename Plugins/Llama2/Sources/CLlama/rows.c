#include "calm_llama.h"
#include "vectors.h"
#include <math.h>

/* exp as the encoders' kernels have it: within 2 ulp on [-87, 88]. */
INLINE float vec_exp(float x) {
  x = x < -87.3f ? -87.3f : x > 88.3f ? 88.3f : x;
  float n = __builtin_rintf(x * 1.44269504089f), r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  int32_t bits;
  memcpy(&bits, &p, 4);
  bits += (int32_t)n << 23;
  memcpy(&p, &bits, 4);
  return p;
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

CALM_CLONES static void gate(float *restrict gate, const float *restrict up, size_t count) {
  for (size_t i = 0; i < count; i++) gate[i] = gate[i] / (1 + vec_exp(-gate[i])) * up[i];
}

void calm_gated(float *g, const float *up, size_t count) { gate(g, up, count); }

/* Sixteen float32 sums, added in float64 at the end. */
CALM_CLONES static double weights(float *p, const float *x, int count, float max, float inverse) {
  float sums[16] = {0};
  double sum = 0;
  int whole = count & ~15;
  for (int i = 0; i < whole; i += 16)
    for (int l = 0; l < 16; l++) {
      float e = vec_exp((x[i + l] - max) * inverse);
      p[i + l] = e;
      sums[l] += e;
    }
  for (int i = whole; i < count; i++) {
    float e = vec_exp((x[i] - max) * inverse);
    p[i] = e;
    sums[i - whole] += e;
  }
  for (int l = 0; l < 16; l++) sum += sums[l];
  return sum;
}

double calm_softmax_weights(float *p, const float *x, int count, float max, float temperature) {
  return weights(p, x, count, max, 1 / temperature);
}

CALM_CLONES static float maximum(const float *x, int count, int *finite) {
  float most = -INFINITY, check = 0;
  for (int i = 0; i < count; i++) most = x[i] > most ? x[i] : most;
  for (int i = 0; i < count; i++) check += x[i] * 0;
  *finite = check == 0;
  return most;
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
