#include "chunks.h"
#include <string.h>

enum { COLUMNS = 128 };

typedef struct {
  float *y, *dtable;
  const float *table, *dy;
  const int32_t *ids;
  int rows, width, accumulate;
} embedding_job;

static void gather_rows(void *context, int task) {
  const embedding_job *j = context;
  int from = task * 64, to = from + 64 < j->rows ? from + 64 : j->rows, width = j->width;
  for (int row = from; row < to; row++) {
    float *y = j->y + (size_t)row * width;
    const float *x = j->table + (size_t)j->ids[row] * width;
    if (j->accumulate)
      for (int i = 0; i < width; i++) y[i] += x[i];
    else
      memcpy(y, x, sizeof(float) * width);
  }
}

void calm_embedding_forward(float *y, const float *table, const int32_t *ids, int rows, int width, int accumulate) {
  embedding_job job = {.y = y, .table = table, .ids = ids, .rows = rows, .width = width, .accumulate = accumulate};
  calm_parallel((rows + 63) / 64, gather_rows, &job);
}

/* Threads own columns, not rows: a token that occurs twice is summed in row order by one thread. */
static void scatter_columns(void *context, int task) {
  const embedding_job *j = context;
  int width = j->width, from = task * COLUMNS, to = from + COLUMNS < width ? from + COLUMNS : width;
  for (int row = 0; row < j->rows; row++) {
    float *dtable = j->dtable + (size_t)j->ids[row] * width;
    const float *dy = j->dy + (size_t)row * width;
    for (int i = from; i < to; i++) dtable[i] += dy[i];
  }
}

void calm_embedding_backward(float *dtable, const float *dy, const int32_t *ids, int rows, int width) {
  embedding_job job = {.dtable = dtable, .dy = dy, .ids = ids, .rows = rows, .width = width};
  calm_parallel((width + COLUMNS - 1) / COLUMNS, scatter_columns, &job);
}
