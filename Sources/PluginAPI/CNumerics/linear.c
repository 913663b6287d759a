#include "chunks.h"
#include <string.h>

typedef struct {
  float *y;
  const float *bias;
  int rows, width, chunk;
} bias_job;

static void bias_rows(void *context, int task) {
  const bias_job *j = context;
  int from = task * j->chunk, to = from + j->chunk < j->rows ? from + j->chunk : j->rows;
  for (int row = from; row < to; row++) memcpy(j->y + (size_t)row * j->width, j->bias, sizeof(float) * j->width);
}

void calm_linear_forward(float *y, const float *x, const float *w, const float *bias, int rows, int in, int out) {
  if (bias) {
    bias_job job = {y, bias, rows, out, 64};
    calm_parallel((rows + job.chunk - 1) / job.chunk, bias_rows, &job);
  }
  calm_gemm(0, 1, rows, out, in, 1, x, in, w, in, bias ? 1 : 0, y, out);
}

typedef struct {
  float *dbias;
  const float *dy;
  int rows, width, chunk;
} dbias_job;

/* A column's sum runs over the rows in order, whatever the number of threads. */
CALM_CLONES static void dbias_columns(void *context, int task) {
  const dbias_job *j = context;
  int from = task * j->chunk, to = from + j->chunk < j->width ? from + j->chunk : j->width;
  for (int row = 0; row < j->rows; row++)
    for (int column = from; column < to; column++) j->dbias[column] += j->dy[(size_t)row * j->width + column];
}

void calm_linear_backward(float *dx, float *dw, float *dbias, const float *dy, const float *x, const float *w,
                          int rows, int in, int out) {
  if (dbias) {
    dbias_job job = {dbias, dy, rows, out, 128};
    calm_parallel((out + job.chunk - 1) / job.chunk, dbias_columns, &job);
  }
  if (dw) calm_gemm(1, 0, out, in, rows, 1, dy, out, x, in, 1, dw, in);
  if (dx) calm_gemm(0, 0, rows, in, out, 1, dy, out, w, in, 0, dx, in);
}
