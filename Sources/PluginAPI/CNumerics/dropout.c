#include "chunks.h"
#include "random.h"

enum { CHUNK = 8192 };

typedef struct {
  float *y;
  const float *x;
  size_t count;
  float factor;
  uint32_t threshold;
  uint64_t key;
} job;

#define RANGE             \
  const job *j = context; \
  size_t from = (size_t)task * CHUNK, to = smaller(from + CHUNK, j->count)

static void chunked(void (*body)(void *, int), job *j) {
  calm_parallel((int)((j->count + CHUNK - 1) / CHUNK), body, j);
}

CALM_CLONES static void dropout_chunk(void *context, int task) {
  RANGE;
  uint64_t key = j->key + ((uint64_t)(uint32_t)(from >> 32) << 32); /* indices beyond 32 bits shift the key */
  for (size_t i = from; i < to; i++) j->y[i] *= keep_factor(key, (uint32_t)i, j->threshold, j->factor);
}

void calm_dropout(float *x, size_t count, float p, uint64_t key) {
  if (p <= 0) return;
  job j = {.y = x, .count = count, .factor = 1.0f / (1.0f - p), .threshold = dropout_threshold(p), .key = key};
  chunked(dropout_chunk, &j);
}

CALM_CLONES static void add_chunk(void *context, int task) {
  RANGE;
  for (size_t i = from; i < to; i++) j->y[i] += j->x[i];
}

void calm_add(float *y, const float *x, size_t count) {
  job j = {.y = y, .x = x, .count = count};
  chunked(add_chunk, &j);
}

CALM_CLONES static void scale_chunk(void *context, int task) {
  RANGE;
  for (size_t i = from; i < to; i++) j->y[i] *= j->factor;
}

void calm_scale(float *y, float factor, size_t count) {
  job j = {.y = y, .factor = factor, .count = count};
  chunked(scale_chunk, &j);
}

CALM_CLONES double calm_sum_of_squares(const float *x, size_t count) {
  double lanes[16] = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int l = 0; l < 16; l++) lanes[l] += (double)x[i + l] * x[i + l];
  double sum = 0;
  for (; i < count; i++) sum += (double)x[i] * x[i];
  for (int l = 0; l < 16; l++) sum += lanes[l];
  return sum;
}
