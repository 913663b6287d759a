#include "matmul.h"
#include <string.h>

/* ---- what is done to C after the sum ---- */

CALM_CLONES static void dequantise(float *c, size_t ldc, int rows, int columns, const float *units, const float *scales,
                                   const int32_t *sums) {
  for (int r = 0; r < rows; r++)
    for (int i = 0; i < columns; i++) {
      int32_t sum;
      memcpy(&sum, c + r * ldc + i, 4);
      c[r * ldc + i] = (float)(sums ? sum - 128 * sums[i] : sum) * scales[i] * units[r];
    }
}

/* Integers as floats. */
CALM_CLONES static void rescale(float *c, size_t ldc, int rows, int columns, const float *units, const float *scales) {
  for (int r = 0; r < rows; r++)
    for (int i = 0; i < columns; i++) c[r * ldc + i] = c[r * ldc + i] * scales[i] * units[r];
}

CALM_CLONES static void add_bias(float *c, size_t ldc, int rows, int columns, const float *bias) {
  for (int r = 0; r < rows; r++)
    for (int i = 0; i < columns; i++) c[r * ldc + i] += bias[i];
}

/* What follows the bias. */
static void finish(float *c, size_t ldc, int rows, int columns, int row, int column, const calm_epilogue *e) {
  size_t at = (size_t)row * ldc + column;
  if (e && e->gelu) calm_gelu_block(e->gelu + at, c, ldc, rows, columns);
  if (e && e->gelu_of) calm_dgelu_block(c, e->gelu_of + at, ldc, rows, columns);
}

static void finish_portable(float *c, size_t ldc, int rows, int columns, const calm_epilogue *e) {
  if (e && e->bias) add_bias(c, ldc, rows, columns, e->bias);
  finish(c, ldc, rows, columns, 0, 0, e);
}

static void finish_integers(float *c, size_t ldc, int rows, int columns, const float *units, const calm_packed *b, int column,
                            const float *bias) {
  if (sums_integers(b->form)) {
    const int32_t *sums = b->form.tiles == TILES_INT8 ? b->sums + column : NULL; /* of the unsigned side's offset */
    dequantise(c, ldc, rows, columns, units, b->scales + column, sums);
  } else {
    rescale(c, ldc, rows, columns, units, b->scales + column);
  }
  if (bias) add_bias(c, ldc, rows, columns, bias);
}

/* ---- the product ---- */

typedef struct {
  operand a;
  const calm_packed *b;
  const calm_epilogue *epilogue;
  float *c;
  size_t ldc;
  int m, row_tasks, panel_tasks;
} matmul_job;

static inline int tiles_of(int rows) { return (rows + TILE_ROWS - 1) / TILE_ROWS; }
/* Where part `i` of equal parts begins. */
static inline int share(int count, int i, int parts) { return (int)((int64_t)count * i / parts); }

/* A range of rows against a range of panels: the rows are packed block by block and meet every panel while they are hot. */
static void matmul_chunk(void *context, int task) {
  const matmul_job *j = context;
  const calm_packed *b = j->b;
  calm_form f = b->form;
  int steps = steps_of(f, b->k), block = block_of(f, steps), panels = panels_of(f, b->n);
  int row = TILE_ROWS * share(tiles_of(j->m), task % j->row_tasks, j->row_tasks);
  int rows = least(TILE_ROWS * share(tiles_of(j->m), task % j->row_tasks + 1, j->row_tasks), j->m) - row;
  int first = share(panels, task / j->row_tasks, j->panel_tasks), last = share(panels, task / j->row_tasks + 1, j->panel_tasks);
  int tiles = tiles_of(rows), tail = rows - (tiles - 1) * TILE_ROWS, tail_lanes = (tail + 3) & ~3;
  int32_t *left = calm_scratch(SCRATCH_LEFT, 4 * (size_t)tiles * TILE_ROWS * (block + 2));
  float *inverse = (float *)left + (size_t)tiles * TILE_ROWS * block, *units = inverse + tiles * TILE_ROWS;
  if (f.rounding == CALM_INT8)
    for (int r = 0; r < rows; r++) {
      float greatest = calm_absolute_maximum(j->a.data + (size_t)(row + r) * j->a.stride, b->k);
      inverse[r] = greatest > 0 ? 127 / greatest : 0;
      units[r] = greatest / 127;
    }
  int adds = j->epilogue && j->epilogue->accumulate, width = panel_of(f);
  for (int from = 0; from < steps; from += block) {
    int some = least(block, steps - from);
    size_t apart = 4 * (size_t)width * 2 / tiles;
    if (j->a.k_contiguous)
      for (int t = 0; t < tiles; t++)
        calm_pack_lanes(f, left + (size_t)t * TILE_ROWS * some, t == tiles - 1 ? tail_lanes : TILE_ROWS, j->a,
                        row + t * TILE_ROWS, t == tiles - 1 ? tail : TILE_ROWS, from, some, b->k, inverse + t * TILE_ROWS, 1);
    else
      calm_pack_tiles(f, left, TILE_ROWS, (size_t)TILE_ROWS * some, tail_lanes, j->a, row, rows, from, some, b->k);
    for (int panel = first; panel < last; panel++) {
      const int32_t *right = (const int32_t *)b->data + width * ((size_t)from * panels + (size_t)panel * some);
      int column = panel * width, columns = least(width, b->n - column), last_block = from + some == steps;
      const float *bias = last_block && j->epilogue && j->epilogue->bias ? j->epilogue->bias + column : NULL;
      calm_ahead next = {(const char *)right, 0}; /* each tile asks for a part of the next panel */
      if (panel + 1 < last) next = (calm_ahead){(const char *)(right + width * some), apart};
      for (int t = 0; t < tiles; t++, next.from += some / 2 * next.apart) {
        int count = t == tiles - 1 ? tail : TILE_ROWS, at = row + t * TILE_ROWS;
        float *c = j->c + (size_t)at * j->ldc + column;
        calm_tile(f.tiles, left + (size_t)t * TILE_ROWS * some, t == tiles - 1 ? tail_lanes : TILE_ROWS, right, width,
                  some, f.rounding == CALM_INT8 ? NULL : bias, c, j->ldc, count, columns, from > 0 || adds, next);
        if (!last_block) continue;
        if (f.rounding == CALM_INT8) finish_integers(c, j->ldc, count, columns, units + t * TILE_ROWS, b, column, bias);
        finish(c, j->ldc, count, columns, at, column, j->epilogue);
      }
    }
  }
}

/* Without the instructions: both sides rounded to the precision, the product by OpenBLAS. */
static void portable_matmul(const matmul_job *j) {
  const calm_packed *b = j->b;
  int k = b->k, adds = j->epilogue && j->epilogue->accumulate;
  const float *a = j->a.data;
  size_t lda = j->a.stride;
  int transposed = !j->a.k_contiguous;
  float *units = NULL;
  if (b->form.rounding != CALM_FP32) {
    float *rounded = calm_scratch(SCRATCH_ROUNDED, sizeof(float) * ((size_t)j->m * k + j->m));
    units = rounded + (size_t)j->m * k;
    for (int r = 0; r < j->m; r++)
      units[r] = calm_round_row(rounded + (size_t)r * k, transposed ? a + r : a + (size_t)r * lda, transposed ? lda : 1, k,
                                b->form.rounding);
    a = rounded;
    lda = (size_t)k;
    transposed = 0;
  }
  calm_blas_gemm(transposed, 1, j->m, b->n, k, 1, a, (int)lda, b->data, k, (float)adds, j->c, (int)j->ldc);
  if (b->form.rounding == CALM_INT8)
    for (int r = 0; r < j->m; r++)
      for (int i = 0; i < b->n; i++) j->c[(size_t)r * j->ldc + i] *= units[r] * b->scales[i];
  finish_portable(j->c, j->ldc, j->m, b->n, j->epilogue);
}

/* An inner size of 0. */
static void sum_nothing(const matmul_job *j) {
  for (int r = 0; r < j->m && !(j->epilogue && j->epilogue->accumulate); r++)
    memset(j->c + (size_t)r * j->ldc, 0, sizeof(float) * j->b->n);
  finish_portable(j->c, j->ldc, j->m, j->b->n, j->epilogue);
}

static void multiply(matmul_job *j) {
  if (j->m <= 0 || j->b->n <= 0) return;
  if (j->b->k <= 0) return sum_nothing(j);
  if (j->b->form.tiles == TILES_NONE) return portable_matmul(j);
  /* Rows in equal parts of 4 to 8 tiles, so that the packed part stays in the second-level cache and meets enough of them, and
   * no thread waits long for the last task. Few rows: by panels too, but not narrower than what makes up for packing again. */
  enum { TASKS_A_THREAD = 4, LEAST_TILES = 4, MOST_TILES = 8, LEAST_COLUMNS = 512 };
  int threads = calm_threads(), tasks = threads * TASKS_A_THREAD, tiles = tiles_of(j->m);
  int panels = panels_of(j->b->form, j->b->n);
  if ((double)j->m * j->b->n * j->b->k < 64.0 * 64 * 64) threads = tasks = 1; /* a fork costs more than the product */
  j->row_tasks = most((tiles + MOST_TILES - 1) / MOST_TILES, least(tasks, tiles / LEAST_TILES));
  /* No thread is left with one task more than the others. */
  if (j->row_tasks > threads) j->row_tasks = (j->row_tasks + threads - 1) / threads * threads;
  int cuts = most(j->b->n / LEAST_COLUMNS, (threads + j->row_tasks - 1) / j->row_tasks);
  j->panel_tasks = least(panels, least(cuts, (tasks + j->row_tasks - 1) / j->row_tasks));
  calm_parallel(j->row_tasks * j->panel_tasks, matmul_chunk, j);
}

void calm_matmul(float *c, int ldc, const float *a, int lda, int transpose_a, const calm_packed *b, int m,
                 const calm_epilogue *epilogue) {
  matmul_job job = {.a = {a, (size_t)lda, !transpose_a}, .b = b, .epilogue = epilogue, .c = c, .ldc = (size_t)ldc, .m = m};
  multiply(&job);
}

void calm_matmul_once(calm_precision p, float *c, int ldc, const float *a, int lda, int transpose_a, const float *b, int ldb,
                      int transpose_b, int m, int n, int k, const calm_epilogue *epilogue) {
  if (m <= 0 || n <= 0) return;
  calm_form f = calm_form_of(p);
  if (p == CALM_FP32 && f.tiles == TILES_NONE) { /* nothing to round: as it is */
    calm_blas_gemm(transpose_a, transpose_b, m, n, k, 1, a, lda, b, ldb, epilogue && epilogue->accumulate, c, ldc);
    finish_portable(c, (size_t)ldc, m, n, epilogue);
    return;
  }
  operand left = {a, (size_t)lda, !transpose_a}, right = {b, (size_t)ldb, transpose_b};
  if (p == CALM_FP32 && f.tiles == TILES_AVX2 && calm_narrow_matmul(c, ldc, left, right, m, n, k, epilogue)) return;
  calm_packed packed = {0};
  calm_fill(&packed, f, right, n, k, calm_scratch(SCRATCH_RIGHT, calm_fill_bytes(f, n, k)));
  calm_matmul(c, ldc, a, lda, transpose_a, &packed, m, epilogue);
}
