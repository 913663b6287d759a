/* What the files of matrix multiplication share: how operands are described and packed, and the kernels of a tile.
 *
 * C[m,n] = A[m,k] * B[k,n]. Both operands are copied into the order in which a tile reads them: A in tiles of up to
 * TILE_ROWS rows, B in panels of TILE_COLUMNS columns. A "step" is four bytes of one lane (row of A, column of B): one
 * float, two bf16 or four int8 of neighbouring k. A tile and a panel are [step][lane]. */
#ifndef CALM_MATMUL_H
#define CALM_MATMUL_H
#include "chunks.h"

enum { TILE_ROWS = 12, TILE_COLUMNS = 32, BLOCK_STEPS = 512 };

/* Element (lane, k) is data[lane * stride + k] where k is contiguous, else data[k * stride + lane]. */
typedef struct {
  const float *data;
  size_t stride;
  int k_contiguous;
} operand;

struct calm_packed {
  calm_precision precision;
  int n, k, portable;
  size_t capacity;
  void *data;      /* [block][panel][step][TILE_COLUMNS]; where portable: the rounded matrix, float [n, k] */
  float *scales;   /* int8: [n] a column's unit */
  int32_t *sums;   /* int8: [n] a column's sum, for the offset of the unsigned side */
};

static inline int values_a_step(calm_precision p) { return p == CALM_FP32 ? 1 : p == CALM_BF16 ? 2 : 4; }
static inline int steps_of(calm_precision p, int k) { return (k + values_a_step(p) - 1) / values_a_step(p); }

/* k is cut into equal blocks, so that a tile's part of A and a panel stay in the caches. The cut depends on k alone: so
 * does the order of every sum. int8 is not cut, since its sums are integers until the end. */
static inline int block_of(calm_precision p, int steps) {
  if (p == CALM_INT8 || steps <= BLOCK_STEPS) return steps;
  int blocks = (steps + BLOCK_STEPS - 1) / BLOCK_STEPS;
  return ((steps + blocks - 1) / blocks + 15) & ~15;
}

/* Thread-local memory, grown once; each user has a slot. NULL where there is none left. */
typedef enum { SCRATCH_LEFT, SCRATCH_RIGHT, SCRATCH_ATTENTION, SCRATCH_ROUNDED, SCRATCH_SLOTS } scratch_slot;
void *calm_scratch(scratch_slot slot, size_t bytes);

/* tiles.c — C[rows, columns] of one tile and one panel, with a bias[columns] or NULL: overwritten, or added to. int8 writes
 * int32 bits, and knows neither a bias nor adding. */
void calm_tile(calm_precision p, const void *a, int lanes, const void *b, int steps, const float *bias, float *c, size_t ldc,
               int rows, int columns, int accumulate);

/* packing.c — `count` lanes from `first` on and steps [from, from + steps) of an operand as [step][lanes]; missing lanes are
 * zero. int8 multiplies lane i by inverse[i] before rounding; `offset` adds 128, for the
 * unsigned side. */
void calm_pack_lanes(calm_precision p, void *out, int lanes, operand source, int first, int count, int from, int steps,
                     int k, const float *inverse, int offset);
/* The same of many lanes, where those are contiguous (not int8), into tiles of `tile` lanes that are `apart` words from each
 * other; the last tile has room for `last` lanes. */
void calm_pack_tiles(calm_precision p, void *out, int tile, size_t apart, int last, operand source, int first, int count,
                     int from, int steps, int k);
float calm_absolute_maximum(const float *x, int count);

/* gemm.c — limits OpenBLAS to the calling thread; before its first product. */
void calm_prepare_blas(void);

#endif
