/* What the files of matrix multiplication share: how operands are described and packed, and the kernels of a tile.
 *
 * C[m,n] = A[m,k] * B[k,n]. Both operands are copied into the order in which a tile reads them: A in tiles of up to
 * TILE_ROWS rows, B in panels of TILE_COLUMNS columns. A "step" is four bytes of one lane (row of A, column of B): one
 * float, two bf16 or int16, or four int8 of neighbouring k. A tile and a panel are [step][lane]. */
#ifndef CALM_MATMUL_H
#define CALM_MATMUL_H
#include "chunks.h"

enum { TILE_ROWS = 12, TILE_COLUMNS = 32, BLOCK_STEPS = 512 };

/* engine.c — how a product is computed: what its operands are rounded to, and the tiles that multiply them. Where a precision's
 * own instructions are missing, its operands are rounded one by one and multiplied as floats, an int8 as the float of that
 * integer; AVX2 multiplies it as an int16. */
typedef enum { TILES_NONE, TILES_AVX2, TILES_FP32, TILES_BF16, TILES_INT8, TILES_INT16 } calm_tiles;
typedef struct {
  calm_precision rounding;
  calm_tiles tiles;
} calm_form;
calm_form calm_form_of(calm_precision p);

/* Element (lane, k) is data[lane * stride + k] where k is contiguous, else data[k * stride + lane]. */
typedef struct {
  const float *data;
  size_t stride;
  int k_contiguous;
} operand;

struct calm_packed {
  calm_form form;
  int n, k;
  size_t capacity;
  void *data;      /* [block][panel][step][panel_of]; without tiles: the rounded matrix, float [n, k] */
  float *scales;   /* int8: [n] a column's unit */
  int32_t *sums;   /* TILES_INT8: [n] a column's sum, for the offset of the unsigned side */
};

static inline int values_a_step(calm_form f) {
  return f.tiles == TILES_BF16 || f.tiles == TILES_INT16 ? 2 : f.tiles == TILES_INT8 ? 4 : 1;
}
static inline int sums_integers(calm_form f) { return f.tiles == TILES_INT8 || f.tiles == TILES_INT16; }
static inline int steps_of(calm_form f, int k) { return (k + values_a_step(f) - 1) / values_a_step(f); }

/* k is cut into equal blocks, so that a tile's part of A and a panel stay in the caches. The cut depends on k alone: so
 * does the order of every sum. Integers are not cut, since they become floats at the end. */
static inline int block_of(calm_form f, int steps) {
  if (sums_integers(f) || steps <= BLOCK_STEPS) return steps;
  int blocks = (steps + BLOCK_STEPS - 1) / BLOCK_STEPS;
  return ((steps + blocks - 1) / blocks + 15) & ~15;
}

static inline int least(int a, int b) { return a < b ? a : b; }
static inline int most(int a, int b) { return a > b ? a : b; }

/* The columns of a panel: as many as the sums of a tile have room for. */
static inline int panel_of(calm_form f) { return f.tiles == TILES_AVX2 || f.tiles == TILES_INT16 ? TILE_COLUMNS / 2 : TILE_COLUMNS; }
static inline int panels_of(calm_form f, int n) { return (n + panel_of(f) - 1) / panel_of(f); }

/* scratch.c — thread-local memory, grown once; each user has a slot. Where there is none left the program ends with a message. */
typedef enum { SCRATCH_LEFT, SCRATCH_RIGHT, SCRATCH_ATTENTION, SCRATCH_ROUNDED, SCRATCH_SLOTS } scratch_slot;
void *calm_scratch(scratch_slot slot, size_t bytes);

/* What will be read next: while a tile is multiplied it is asked for, a place every two steps, so that it comes to the
 * second-level cache. */
typedef struct {
  const char *from;
  size_t apart; /* bytes from one place to the next; 0: nothing will be */
} calm_ahead;

/* tiles.c — C[rows, columns] of one tile and one panel of `width` columns, with a bias[columns] or NULL: overwritten, or added
 * to. Tiles of integers write int32 bits, and know neither a bias nor adding. */
void calm_tile(calm_tiles tiles, const void *a, int lanes, const void *b, int width, int steps, const float *bias, float *c,
               size_t ldc, int rows, int columns, int accumulate, calm_ahead ahead);
void calm_tile_avx2(const float *a, int lanes, const float *b, int width, int steps, const float *bias, float *c,
                    size_t ldc, int rows, int columns, int accumulate, calm_ahead ahead);
void calm_tile_int16(const float *a, int lanes, const float *b, int steps, float *c, size_t ldc, int rows, int columns,
                     calm_ahead ahead);
/* Up to 16 columns, of operands that stand as they were: element (row, k) is a[row * a_row + k * a_step], element (k, column)
 * b[k * b_step + column]. In the last `masked` steps missing columns must not be read. */
void calm_tile_in_place(const float *a, size_t a_row, size_t a_step, const float *b, size_t b_step, int steps, int masked,
                        const float *bias, float *c, size_t ldc, int rows, int columns, int accumulate);

/* packing.c — `count` lanes from `first` on and steps [from, from + steps) of an operand as [step][lanes]; missing lanes are
 * zero. int8 multiplies lane i by inverse[i] before rounding; `offset` adds 128, for the unsigned side of TILES_INT8. */
void calm_pack_lanes(calm_form f, void *out, int lanes, operand source, int first, int count, int from, int steps,
                     int k, const float *inverse, int offset);
/* The same of many lanes, where those are contiguous (not int8), into tiles of `tile` lanes that are `apart` words from each
 * other; the last tile has room for `last` lanes. */
void calm_pack_tiles(calm_form f, void *out, int tile, size_t apart, int last, operand source, int first, int count,
                     int from, int steps, int k);
/* packing_avx2.c — the same for tiles of floats, rounded, and for TILES_INT16. */
void calm_pack_lanes_avx2(calm_form f, float *out, int lanes, operand source, int first, int count, int from,
                          int steps, int k, const float *inverse);
void calm_pack_tiles_avx2(calm_precision rounding, float *out, int tile, size_t apart, int last, operand source, int first,
                          int count, int from, int steps, int k);
/* Not a number where one of them is none: what is rounded to integers by it cannot say so. */
float calm_absolute_maximum(const float *x, int count);

/* packed.c — B[k, n] packed for `f` into memory of calm_fill_bytes bytes, which `b` then points to. */
size_t calm_fill_bytes(calm_form f, int n, int k);
void calm_fill(calm_packed *b, calm_form f, operand source, int n, int k, void *memory);
/* What a precision makes of a row, as floats for OpenBLAS. Returns the row's unit. */
float calm_round_row(float *out, const float *x, size_t stride, int count, calm_precision p);

/* narrow.c — c[m, n] = a b of floats where that is faster than by tiles of TILES_AVX2; else returns 0. */
int calm_narrow_matmul(float *c, int ldc, operand a, operand b, int m, int n, int k, const calm_epilogue *epilogue);

/* gemm.c — limits OpenBLAS to the calling thread; before its first product. */
void calm_prepare_blas(void);

#endif
