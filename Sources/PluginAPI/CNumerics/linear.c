#include "matmul.h"

/* w is [out, in]: k runs along its rows in the forward pass and across them in the backward pass. */
void calm_linear_forward(calm_precision p, float *y, float *gelu, const float *x, const float *w, const float *bias,
                         int rows, int in, int out) {
  calm_matmul_once(p, y, out, x, in, 0, w, in, 1, rows, out, in, &(calm_epilogue){.bias = bias, .gelu = gelu});
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

static void bias_backward(float *dbias, const float *dy, int rows, int width) {
  dbias_job job = {dbias, dy, rows, width, 128};
  calm_parallel((width + job.chunk - 1) / job.chunk, dbias_columns, &job);
}

void calm_linear_backward(calm_precision p, float *dx, float *dw, float *dbias, const float *dy, const float *x,
                          const float *w, const float *gelu_of, int rows, int in, int out) {
  if (dbias) bias_backward(dbias, dy, rows, out);
  if (dw) calm_matmul_once(p, dw, in, dy, out, 1, x, in, 0, out, in, rows, &(calm_epilogue){.accumulate = 1});
  if (dx) calm_matmul_once(p, dx, in, dy, out, 0, w, in, 0, rows, in, out, &(calm_epilogue){.gelu_of = gelu_of});
}
