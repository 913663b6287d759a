#include "calm_llama.h"
#include "vectors.h"
#include <math.h>

/* From the files' blocks into panels. */

static uint8_t *block_of(const calm_panels *p, int column, int block) {
  size_t blocks = (size_t)(p->depth / CALM_BLOCK), bytes = (size_t)p->bits * 64;
  return p->codes + ((size_t)(column / CALM_PANEL) * blocks + block) * bytes + column % CALM_PANEL * 4;
}

static size_t scale_of(const calm_panels *p, int column, int block) {
  return ((size_t)(column / CALM_PANEL) * (p->depth / CALM_BLOCK) + block) * CALM_PANEL + column % CALM_PANEL;
}

/* 32 codes, one a byte. */
static void put(const calm_panels *p, int column, int block, const uint8_t *codes) {
  uint8_t *to = block_of(p, column, block);
  for (int step = 0; step < p->bits; step++, to += 4 * CALM_PANEL)
    for (int i = 0; i < 4; i++) to[i] = p->bits == 8 ? codes[4 * step + i] : codes[4 * step + i] | codes[16 + 4 * step + i] << 4;
}

static uint16_t load16(const uint8_t *x) {
  uint16_t bits;
  memcpy(&bits, x, 2);
  return bits;
}

/* Q4_0 and Q4_1: a scale, perhaps a minimum, and 16 bytes whose nibbles already stand as a panel's do. */
static void from_q4(const calm_panels *p, int column, const uint8_t *row, int with_minimum) {
  int header = with_minimum ? 4 : 2;
  for (int block = 0; block < p->depth / CALM_BLOCK; block++, row += header + 16) {
    uint8_t *to = block_of(p, column, block);
    for (int step = 0; step < 4; step++) memcpy(to + step * 4 * CALM_PANEL, row + header + 4 * step, 4);
    p->scales[scale_of(p, column, block)] = load16(row);
    if (p->minimums) p->minimums[scale_of(p, column, block)] = with_minimum ? load16(row + 2) : 0;
  }
}

static void from_q8(const calm_panels *p, int column, const uint8_t *row) {
  for (int block = 0; block < p->depth / CALM_BLOCK; block++, row += 34) {
    uint8_t codes[CALM_BLOCK];
    for (int i = 0; i < CALM_BLOCK; i++) codes[i] = row[2 + i] ^ 0x80; /* two's complement to offset 128 */
    put(p, column, block, codes);
    p->scales[scale_of(p, column, block)] = load16(row);
  }
}

/* Q4_K: 256 weights with two float16 and eight pairs of a 6-bit scale and a 6-bit minimum. */
static void from_q4_k(const calm_panels *p, int column, const uint8_t *row) {
  for (int super = 0; super < p->depth / 256; super++, row += 144) {
    float d = half_to_float(load16(row)), dmin = half_to_float(load16(row + 2));
    const uint8_t *packed = row + 4, *nibbles = row + 16;
    for (int i = 0; i < 8; i++) {
      int scale, minimum;
      if (i < 4) {
        scale = packed[i] & 63;
        minimum = packed[i + 4] & 63;
      } else {
        scale = (packed[i + 4] & 15) | (packed[i - 4] >> 6) << 4;
        minimum = packed[i + 4] >> 4 | (packed[i] >> 6) << 4;
      }
      uint8_t codes[CALM_BLOCK];
      for (int j = 0; j < CALM_BLOCK; j++) codes[j] = i % 2 ? nibbles[i / 2 * 32 + j] >> 4 : nibbles[i / 2 * 32 + j] & 15;
      int block = super * 8 + i;
      put(p, column, block, codes);
      p->scales[scale_of(p, column, block)] = float_to_half(d * (float)scale);
      p->minimums[scale_of(p, column, block)] = float_to_half(-dmin * (float)minimum);
    }
  }
}

static void from_float(const calm_panels *p, int column, const float *row) {
  for (int block = 0; block < p->depth / CALM_BLOCK; block++, row += CALM_BLOCK) {
    float least = row[0], most = row[0];
    for (int i = 1; i < CALM_BLOCK; i++) {
      least = fminf(least, row[i]);
      most = fmaxf(most, row[i]);
    }
    int affine = p->minimums != NULL;
    float span = affine ? (most - least) / 15 : fmaxf(-least, most) / 127;
    uint16_t scale = float_to_half(span), minimum = float_to_half(least);
    float unit = half_to_float(scale), base = affine ? half_to_float(minimum) : 0, inverse = unit > 0 ? 1 / unit : 0;
    uint8_t codes[CALM_BLOCK];
    for (int i = 0; i < CALM_BLOCK; i++) {
      int code = (int)rintf((row[i] - base) * inverse) + (affine ? 0 : 128), top = affine ? 15 : 255;
      codes[i] = (uint8_t)(code < 0 ? 0 : code > top ? top : code);
    }
    put(p, column, block, codes);
    p->scales[scale_of(p, column, block)] = scale;
    if (affine) p->minimums[scale_of(p, column, block)] = minimum;
  }
}

void calm_pack_column(const calm_panels *panels, int column, calm_source source, const void *row) {
  switch (source) {
    case CALM_FROM_Q4_0: return from_q4(panels, column, row, 0);
    case CALM_FROM_Q4_1: return from_q4(panels, column, row, 1);
    case CALM_FROM_Q8_0: return from_q8(panels, column, row);
    case CALM_FROM_Q4_K: return from_q4_k(panels, column, row);
    case CALM_FROM_FLOAT: return from_float(panels, column, row);
  }
}
