#include "chunks.h"
#include "random.h"
#include <string.h>

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

static void clear_chunk(void *context, int task) {
  RANGE;
  memset(j->y + from, 0, sizeof(float) * (to - from));
}

void calm_clear(float *y, size_t count) {
  job j = {.y = y, .count = count};
  chunked(clear_chunk, &j);
}

enum { SQUARES = 1 << 16 };

typedef struct {
  const float *x;
  size_t count;
  double *sums;
} squares_job;

CALM_CLONES static void squares_chunk(void *context, int task) {
  const squares_job *j = context;
  size_t i = (size_t)task * SQUARES, to = smaller(i + SQUARES, j->count);
  double lanes[16] = {0}, sum = 0;
  for (; i + 16 <= to; i += 16)
    for (int l = 0; l < 16; l++) lanes[l] += (double)j->x[i + l] * j->x[i + l];
  for (; i < to; i++) sum += (double)j->x[i] * j->x[i];
  for (int l = 0; l < 16; l++) sum += lanes[l];
  j->sums[task] = sum;
}

/* Parts of fixed size, added in order: the sum does not depend on the threads. */
double calm_sum_of_squares(const float *x, size_t count) {
  double some[64], sum = 0;
  for (size_t from = 0; from < count; from += 64 * SQUARES) {
    size_t part = smaller(64 * SQUARES, count - from);
    int tasks = (int)((part + SQUARES - 1) / SQUARES);
    calm_parallel(tasks, squares_chunk, &(squares_job){x + from, part, some});
    for (int t = 0; t < tasks; t++) sum += some[t];
  }
  return sum;
}

typedef struct {
  const float *x;
  size_t count;
  _Atomic int *found;
} finite_job;

/* A number that is NaN or infinite has an exponent of ones. */
CALM_CLONES static int any_special(const float *x, size_t count) {
  uint32_t found = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, 4);
    found |= (bits & 0x7f800000u) == 0x7f800000u;
  }
  return (int)found;
}

static void finite_chunk(void *context, int task) {
  const finite_job *j = context;
  size_t from = (size_t)task * SQUARES, to = smaller(from + SQUARES, j->count);
  if (any_special(j->x + from, to - from)) *j->found = 1;
}

int calm_all_finite(const float *x, size_t count) {
  _Atomic int found = 0;
  calm_parallel((int)((count + SQUARES - 1) / SQUARES), finite_chunk, &(finite_job){x, count, &found});
  return !found;
}
