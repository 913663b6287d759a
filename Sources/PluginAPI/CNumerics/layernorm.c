#include "chunks.h"
#include "random.h"
#include <math.h>

enum { ROWS = 32 }; /* rows a task; also the granularity of the gradient's partial sums */

typedef struct {
  uint64_t key;
  uint32_t threshold;
  float factor;
} mask;

static mask mask_of(float dropout, uint64_t key) {
  return (mask){key, dropout_threshold(dropout), 1.0f / (1.0f - dropout)};
}

/* y[i] = x[i] dropped out, as calm_dropout of the whole [rows, width] would. */
CALM_CLONES static void dropout_row(float *y, const float *x, size_t first, int width, mask m) {
#pragma clang loop vectorize(assume_safety)
  for (int i = 0; i < width; i++) {
    size_t at = first + (size_t)i;
    y[i] = x[i] * keep_factor(m.key + ((uint64_t)(uint32_t)(at >> 32) << 32), (uint32_t)at, m.threshold, m.factor);
  }
}

typedef struct {
  float *y, *mean, *rstd, *sum;
  const float *x, *residual, *weight, *bias;
  int rows, width;
  float epsilon;
  mask mask;
} forward_job;

CALM_CLONES static void normalise_row(float *y, float *mean_out, float *rstd_out, const float *x, const float *weight,
                                      const float *bias, int width, float epsilon) {
#pragma clang fp reassociate(on)
  float sum = 0, square = 0;
  for (int i = 0; i < width; i++) sum += x[i];
  float mean = sum / width;
  for (int i = 0; i < width; i++) square += (x[i] - mean) * (x[i] - mean);
  float rstd = 1.0f / sqrtf(square / width + epsilon);
  for (int i = 0; i < width; i++) y[i] = (x[i] - mean) * rstd * weight[i] + bias[i];
  *mean_out = mean;
  *rstd_out = rstd;
}

static void forward_rows(void *context, int task) {
  const forward_job *j = context;
  int width = j->width, from = task * ROWS, to = from + ROWS < j->rows ? from + ROWS : j->rows;
  for (int row = from; row < to; row++) {
    size_t at = (size_t)row * width;
    if (j->sum) {
      if (j->mask.threshold) dropout_row(j->sum + at, j->sum + at, at, width, j->mask);
      calm_add_row(j->sum + at, j->residual + at, width);
    }
    normalise_row(j->y + at, j->mean + row, j->rstd + row, j->x + at, j->weight, j->bias, width, j->epsilon);
  }
}

void calm_layernorm_forward(float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias,
                            int rows, int width, float epsilon) {
  forward_job job = {.y = y, .mean = mean, .rstd = rstd, .x = x, .weight = weight, .bias = bias, .rows = rows,
                     .width = width, .epsilon = epsilon};
  calm_parallel((rows + ROWS - 1) / ROWS, forward_rows, &job);
}

void calm_residual_layernorm_forward(float *y, float *sum, float *mean, float *rstd, const float *residual,
                                     const float *weight, const float *bias, int rows, int width, float epsilon,
                                     float dropout, uint64_t key) {
  forward_job job = {.y = y, .mean = mean, .rstd = rstd, .sum = sum, .x = sum, .residual = residual, .weight = weight,
                     .bias = bias, .rows = rows, .width = width, .epsilon = epsilon, .mask = mask_of(dropout, key)};
  calm_parallel((rows + ROWS - 1) / ROWS, forward_rows, &job);
}

typedef struct {
  float *dx, *dweight, *dbias, *dbranch;
  const float *dy, *x, *mean, *rstd, *weight;
  int rows, width;
  mask mask;
} backward_job;

CALM_CLONES static void backward_row(float *dx, const float *dy, const float *x, float mean, float rstd,
                                     const float *weight, int width) {
#pragma clang fp reassociate(on)
  float sum = 0, dot = 0; /* of dnorm and of dnorm * norm */
  for (int i = 0; i < width; i++) {
    float dnorm = dy[i] * weight[i];
    sum += dnorm;
    dot += dnorm * (x[i] - mean) * rstd;
  }
  sum /= width;
  dot /= width;
#pragma clang loop vectorize(assume_safety)
  for (int i = 0; i < width; i++) dx[i] = (dy[i] * weight[i] - sum - (x[i] - mean) * rstd * dot) * rstd;
}

static void backward_rows(void *context, int task) {
  const backward_job *j = context;
  int width = j->width, from = task * ROWS, to = from + ROWS < j->rows ? from + ROWS : j->rows;
  for (int row = from; row < to; row++) {
    size_t at = (size_t)row * width;
    backward_row(j->dx + at, j->dy + at, j->x + at, j->mean[row], j->rstd[row], j->weight, width);
    if (j->dbranch) dropout_row(j->dbranch + at, j->dx + at, at, width, j->mask);
  }
}

enum { COLUMNS = 64 };

/* Each column is summed over the rows in order, whatever the number of threads. */
CALM_CLONES static void backward_columns(void *context, int task) {
  const backward_job *j = context;
  int width = j->width, from = task * COLUMNS, to = from + COLUMNS < width ? from + COLUMNS : width;
  for (int row = 0; row < j->rows; row++) {
    const float *x = j->x + (size_t)row * width, *dy = j->dy + (size_t)row * width;
    float mean = j->mean[row], rstd = j->rstd[row];
    for (int i = from; i < to; i++) {
      j->dweight[i] += dy[i] * (x[i] - mean) * rstd;
      j->dbias[i] += dy[i];
    }
  }
}

void calm_residual_layernorm_backward(float *dx, float *dbranch, float *dweight, float *dbias, const float *dy,
                                      const float *x, const float *mean, const float *rstd, const float *weight, int rows,
                                      int width, float dropout, uint64_t key) {
  backward_job job = {.dx = dx, .dweight = dweight, .dbias = dbias, .dbranch = dbranch, .dy = dy, .x = x, .mean = mean,
                      .rstd = rstd, .weight = weight, .rows = rows, .width = width, .mask = mask_of(dropout, key)};
  calm_parallel((width + COLUMNS - 1) / COLUMNS, backward_columns, &job); /* before dx, which may share dy's memory */
  calm_parallel((rows + ROWS - 1) / ROWS, backward_rows, &job);
}

void calm_layernorm_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                             const float *mean, const float *rstd, const float *weight, int rows, int width) {
  calm_residual_layernorm_backward(dx, NULL, dweight, dbias, dy, x, mean, rstd, weight, rows, width, 0, 0);
}
