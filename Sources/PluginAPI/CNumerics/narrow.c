#include "matmul.h"

/* Products with a narrow side, as those of a classifier are: what is read once or twice is read where it stands, since packing
 * it would cost as much as multiplying it. The order of every sum is that of the others. */

enum { COLUMNS = 16, MOST_COLUMNS = 4 * COLUMNS, MOST_ROWS = 24 };

typedef struct {
  operand a;
  const float *b; /* element (k, column) of panel p is b[p * apart + k * step + column] */
  size_t apart, step;
  const float *bias;
  float *c;
  size_t ldc;
  int m, n, k, accumulate, rows, columns; /* rows and columns of a task */
} narrow_job;

static inline int parts(int count, int size) { return (count + size - 1) / size; }

static void narrow_chunk(void *context, int task) {
  const narrow_job *j = context;
  int row_tasks = parts(j->m, j->rows), first = task % row_tasks * j->rows, end = least(first + j->rows, j->m);
  int left = task / row_tasks * j->columns, right = least(left + j->columns, j->n);
  size_t row = j->a.k_contiguous ? j->a.stride : 1, step = j->a.k_contiguous ? 1 : j->a.stride;
  int block = block_of((calm_form){CALM_FP32, TILES_AVX2}, j->k);
  for (int from = 0; from < j->k; from += block) {
    int some = least(block, j->k - from), last = from + some == j->k;
    /* Behind a row stands the next one; behind the last ones of all k, which may be more than this block's, nothing may. */
    int ends = j->apart == COLUMNS ? (int)((COLUMNS - 2) / j->step) + 1 - (j->k - from - some) : 0;
    ends = ends < 0 ? 0 : least(some, ends);
    for (int r = first; r < end; r += MOST_ROWS)
      for (int column = left; column < right; column += COLUMNS)
        calm_tile_in_place(j->a.data + r * row + from * step, row, step, j->b + column / COLUMNS * j->apart + from * j->step,
                           j->step, some, right - column < COLUMNS ? ends : 0, last && j->bias ? j->bias + column : NULL,
                           j->c + r * j->ldc + column, j->ldc, least(end - r, MOST_ROWS), least(right - column, COLUMNS), from > 0 || j->accumulate);
  }
}

int calm_narrow_matmul(float *c, int ldc, operand a, operand b, int m, int n, int k, const calm_epilogue *epilogue) {
  if (n > MOST_COLUMNS && (m > MOST_ROWS || b.k_contiguous)) return 0;
  if (k <= 0 || (epilogue && (epilogue->gelu || epilogue->gelu_of))) return 0;
  narrow_job job = {.a = a, .b = b.data, .apart = COLUMNS, .step = b.stride, .bias = epilogue ? epilogue->bias : NULL, .c = c,
                    .ldc = (size_t)ldc, .m = m, .n = n, .k = k, .accumulate = epilogue && epilogue->accumulate,
                    .rows = m, .columns = n};
  if (b.k_contiguous) {
    float *packed = calm_scratch(SCRATCH_RIGHT, sizeof(float) * parts(n, COLUMNS) * COLUMNS * (size_t)k);
    job.b = packed;
    job.apart = (size_t)COLUMNS * k;
    job.step = COLUMNS;
    for (int column = 0; column < n; column += COLUMNS)
      calm_pack_lanes((calm_form){CALM_FP32, TILES_AVX2}, packed + (size_t)column * k, COLUMNS, b, column,
                      least(n - column, COLUMNS), 0, k, k, NULL, 0);
  }
  if (calm_threads() > 1 && (double)m * n * k >= 64.0 * 64 * 64) { /* a fork costs more than less than that */
    int tasks = 4 * calm_threads();
    if (m > MOST_ROWS) job.rows = parts(parts(m, MOST_ROWS), tasks) * MOST_ROWS;
    else job.columns = parts(parts(n, COLUMNS), tasks) * COLUMNS;
  }
  calm_parallel(parts(m, job.rows) * parts(n, job.columns), narrow_chunk, &job);
  return 1;
}
