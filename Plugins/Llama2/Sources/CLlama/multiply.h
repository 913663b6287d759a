/* A product, as the instruction sets' files see it. */
#ifndef CALM_MULTIPLY_H
#define CALM_MULTIPLY_H
#include "quantised_rows.h"

typedef struct {
  const calm_panels *panels;
  const uint8_t *quantised;
  float *y;
  size_t ldy;
  int rows, blocks, accumulate;
} product;

/* The group of rows that begins at `row`. */
INLINE const uint8_t *rows_at(const product *p, int row) { return p->quantised + (size_t)row * p->blocks * ROW_BLOCK; }

/* A row's sixteen sums to where they belong. */
INLINE void store_row(const product *p, int row, int panel, const float *total) {
  int column = panel * CALM_PANEL, columns = p->panels->columns - column;
  float *y = p->y + (size_t)row * p->ldy + column;
  if (columns >= CALM_PANEL) *(f16u *)y = p->accumulate ? *(f16u *)y + *(const f16u *)total : *(const f16u *)total;
  else
    for (int i = 0; i < columns; i++) y[i] = p->accumulate ? y[i] + total[i] : total[i];
}

#define UNROLLED _Pragma("clang loop unroll(full)")
#define EVERY_ROW UNROLLED for (int r = 0; r < rows; r++)
/* Keeps the order of steps: the compiler would rather unpack a whole block first, which takes all registers. */
#define IN_THIS_ORDER(vector) __asm__ volatile("" : "+v"(vector))

/* All rows times one panel. */
void calm_panel_avx2(const product *p, int panel);
void calm_panel_vnni(const product *p, int panel);

#endif
