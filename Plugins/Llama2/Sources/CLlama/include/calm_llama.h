/* Kernels of a Llama decoder on one thread each: the caller shares rows, panels and heads out over its threads. Every number
 * of a row is computed in one order, whatever other rows there are, so a text does not depend on its batch. */
#ifndef CALM_LLAMA_H
#define CALM_LLAMA_H

#include <stddef.h>
#include <stdint.h>

/* ---- quantised matrices: blocks of 32 weights along the depth, panels of 16 columns (outputs) ---- */

enum { CALM_BLOCK = 32, CALM_PANEL = 16 };

/* Rows that a tile multiplies together: with eight columns as many as sixteen registers hold the sums of. */
enum { CALM_ROW_GROUP = 6 };

/* weight = scale * (code - offset) + minimum, with a scale (and minimum) for each column and block. Codes are [panel][block] of
 * 256 bytes (4 bits) or 512 (8 bits); the bytes of a block are [step][column][4], a step being four neighbouring weights. Four
 * bits: the low nibble belongs to step s of the block's first half, the high one to step s + 4. The offset is 128 for eight
 * bits; for four it is 8, or 0 with minimums. */
typedef struct {
  int columns, depth, bits, offset;
  uint8_t *codes;    /* aligned to 64 bytes */
  uint16_t *scales;  /* float16 [panel][block][16] */
  uint16_t *minimums; /* the same, or NULL */
} calm_panels;

/* Where the weights of a column come from. */
typedef enum { CALM_FROM_Q4_0, CALM_FROM_Q4_1, CALM_FROM_Q8_0, CALM_FROM_Q4_K, CALM_FROM_FLOAT } calm_source;
/* Packs one column: `row` is its row of the file, in the file's blocks or as float32. Float weights get 8 bits, or 4 with a
 * minimum, as the panels have. */
void calm_pack_column(const calm_panels *panels, int column, calm_source source, const void *row);

/* Rows of activations [rows, depth] as int8 codes, with a scale and the codes' sum for each block of 32: groups of six rows, the
 * rest groups of two and one of one. A group is [block] of: codes [step][row][4], scales [row], scales times sums [row]
 * (float32), eight times the sums [row] (int32): what an offset of 8 amounts to. So row r's group begins
 * r * calm_quantised_bytes(1, depth) bytes in, r being the group's first. */
size_t calm_quantised_bytes(int rows, int depth);
/* Quantises the rows first ..< last of `rows`. Groups are not divided: first is a multiple of six, last too or all there are. */
void calm_quantise_rows(const float *x, int rows, int depth, int first, int last, void *quantised);

/* y[row, column] for all rows and the panels first ..< last; y's rows stand `ldy` apart. Adds to y where `accumulate`. */
void calm_multiply_panels(const calm_panels *panels, int first, int last, const void *quantised, int rows, float *y, size_t ldy,
                          int accumulate);

/* What the products run on: 0 plain C, 1 AVX2, 2 AVX-512 VNNI. Setting it lower is for comparison; all give the same bits. */
int calm_llama_level(void);
void calm_llama_limit_level(int level);

/* ---- attention over keys and values that several sequences may share ---- */

/* Keys and values of one head: keys [position / 16][size][16], values [position][size], float16 where `half`, else float32. */
typedef struct {
  const void *keys, *values;
  int count;
} calm_positions;

/* One query of one head. It sees `shared` and `own`, in that order: positions from ..< from + count of both together. */
typedef struct {
  const float *query;
  float *out;
  calm_positions own;
  int first, last; /* sees first ..< last */
} calm_query;

/* size: of a head, a multiple of 16. scratch: calm_attend_scratch floats. */
void calm_attend(const calm_query *queries, int count, const calm_positions *shared, int size, int half, float scale,
                 float *scratch);
size_t calm_attend_scratch(const calm_query *queries, int count);
/* Puts a key and a value at a position. */
void calm_put_position(void *keys, void *values, int position, const float *key, const float *value, int size, int half);

/* ---- rows ---- */

void calm_rms_norm(float *y, const float *x, const float *weight, int rows, int width, float epsilon);
/* Rotates halves of each head: cosine and sine [size / 2] of the row's position. */
void calm_rotate(float *x, int heads, int size, const float *cosine, const float *sine);
/* gate = silu(gate) * up */
void calm_gated(float *gate, const float *up, size_t count);

/* exp((x - max) / temperature) into p; gives the sum in float64, in a fixed order. */
double calm_softmax_weights(float *p, const float *x, int count, float max, float temperature);
float calm_maximum(const float *x, int count, int *at, int *finite);

#endif
