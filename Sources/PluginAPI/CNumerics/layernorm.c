#include "chunks.h"
#include <math.h>

enum { ROWS = 32 }; /* rows a task; also the granularity of the gradient's partial sums */

typedef struct {
  float *y, *mean, *rstd;
  const float *x, *weight, *bias;
  int rows, width;
  float epsilon;
} forward_job;

CALM_CLONES static void forward_rows(void *context, int task) {
#pragma clang fp reassociate(on)
  const forward_job *j = context;
  int width = j->width, from = task * ROWS, to = from + ROWS < j->rows ? from + ROWS : j->rows;
  for (int row = from; row < to; row++) {
    const float *x = j->x + (size_t)row * width;
    float *y = j->y + (size_t)row * width;
    float sum = 0, square = 0;
    for (int i = 0; i < width; i++) sum += x[i];
    float mean = sum / width;
    for (int i = 0; i < width; i++) square += (x[i] - mean) * (x[i] - mean);
    float rstd = 1.0f / sqrtf(square / width + j->epsilon);
    for (int i = 0; i < width; i++) y[i] = (x[i] - mean) * rstd * j->weight[i] + j->bias[i];
    j->mean[row] = mean;
    j->rstd[row] = rstd;
  }
}

void calm_layernorm_forward(float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias,
                            int rows, int width, float epsilon) {
  forward_job job = {y, mean, rstd, x, weight, bias, rows, width, epsilon};
  calm_parallel((rows + ROWS - 1) / ROWS, forward_rows, &job);
}

typedef struct {
  float *dx, *dweight, *dbias;
  const float *dy, *x, *mean, *rstd, *weight;
  int rows, width;
} backward_job;

CALM_CLONES static void backward_rows(void *context, int task) {
#pragma clang fp reassociate(on)
  const backward_job *j = context;
  int width = j->width, from = task * ROWS, to = from + ROWS < j->rows ? from + ROWS : j->rows;
  for (int row = from; row < to; row++) {
    const float *x = j->x + (size_t)row * width, *dy = j->dy + (size_t)row * width;
    float *dx = j->dx + (size_t)row * width, mean = j->mean[row], rstd = j->rstd[row];
    float sum = 0, dot = 0; /* of dnorm and of dnorm * norm */
    for (int i = 0; i < width; i++) {
      float dnorm = dy[i] * j->weight[i];
      sum += dnorm;
      dot += dnorm * (x[i] - mean) * rstd;
    }
    sum /= width;
    dot /= width;
    for (int i = 0; i < width; i++) dx[i] = (dy[i] * j->weight[i] - sum - (x[i] - mean) * rstd * dot) * rstd;
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

void calm_layernorm_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                             const float *mean, const float *rstd, const float *weight, int rows, int width) {
  backward_job job = {dx, dweight, dbias, dy, x, mean, rstd, weight, rows, width};
  calm_parallel((width + COLUMNS - 1) / COLUMNS, backward_columns, &job); /* before dx, which may share dy's memory */
  calm_parallel((rows + ROWS - 1) / ROWS, backward_rows, &job);
}
