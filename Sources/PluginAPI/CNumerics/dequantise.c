/* The block types of GGUF files. A block is 32 or 256 numbers: scales in half precision, and integers of a few bits. Bytes are
 * read one by one, since rows need not be aligned. Products are rounded before sums (no fused multiply-add), so that every
 * processor gives the same numbers, which are those of the format's reference. */
#include "chunks.h"
#include "half.h"

#pragma STDC FP_CONTRACT OFF

enum { CHUNK = 1 << 15 }; /* elements; whole blocks of every type */

size_t calm_block_elements(calm_block_type type) { return type >= CALM_Q2_K ? 256 : 32; }

size_t calm_block_bytes(calm_block_type type) {
  static const unsigned char bytes[] = {
    [CALM_Q4_0] = 18, [CALM_Q4_1] = 20, [CALM_Q5_0] = 22, [CALM_Q5_1] = 24, [CALM_Q8_0] = 34,
    [CALM_Q2_K] = 84, [CALM_Q3_K] = 110, [CALM_Q4_K] = 144, [CALM_Q5_K] = 176, [CALM_Q6_K] = 210,
  };
  return bytes[type];
}

static inline float half_at(const uint8_t *bytes) { return half_to_float((uint16_t)(bytes[0] | bytes[1] << 8)); }

static inline uint32_t word_at(const uint8_t *b) {
  return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Blocks of 32: the low halves of sixteen bytes are the first sixteen numbers, the high halves the others. */

CALM_CLONES static void q4_0(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 18, y += 32) {
    float d = half_at(b);
    for (int i = 0; i < 16; i++) {
      y[i] = d * (float)((b[2 + i] & 15) - 8);
      y[16 + i] = d * (float)((b[2 + i] >> 4) - 8);
    }
  }
}

CALM_CLONES static void q4_1(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 20, y += 32) {
    float d = half_at(b), m = half_at(b + 2);
    for (int i = 0; i < 16; i++) {
      y[i] = d * (float)(b[4 + i] & 15) + m;
      y[16 + i] = d * (float)(b[4 + i] >> 4) + m;
    }
  }
}

/* A fifth bit for each number is in a word before the bytes. */
CALM_CLONES static void q5_0(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 22, y += 32) {
    float d = half_at(b);
    uint32_t high = word_at(b + 2);
    for (int i = 0; i < 16; i++) {
      y[i] = d * (float)((int)((b[6 + i] & 15) | (high >> i & 1) << 4) - 16);
      y[16 + i] = d * (float)((int)((b[6 + i] >> 4) | (high >> (16 + i) & 1) << 4) - 16);
    }
  }
}

CALM_CLONES static void q5_1(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 24, y += 32) {
    float d = half_at(b), m = half_at(b + 2);
    uint32_t high = word_at(b + 4);
    for (int i = 0; i < 16; i++) {
      y[i] = d * (float)((b[8 + i] & 15) | (high >> i & 1) << 4) + m;
      y[16 + i] = d * (float)((b[8 + i] >> 4) | (high >> (16 + i) & 1) << 4) + m;
    }
  }
}

CALM_CLONES static void q8_0(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 34, y += 32) {
    float d = half_at(b);
    for (int i = 0; i < 32; i++) y[i] = d * (float)(int8_t)b[2 + i];
  }
}

/* Blocks of 256: parts of 16 or 32 numbers have scales (and offsets) of their own, in few bits, times the block's. */

/* scales[16] (low half: scale, high half: offset), numbers[64], d, dmin. Each 32 bytes hold 128 numbers, two bits a plane. */
CALM_CLONES static void q2_k(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 84, y += 256) {
    float d = half_at(b + 80), dmin = half_at(b + 82);
    for (int part = 0; part < 16; part++) {
      const uint8_t *q = b + 16 + part / 8 * 32 + part % 2 * 16;
      int shift = part / 2 % 4 * 2;
      float scale = d * (float)(b[part] & 15), offset = dmin * (float)(b[part] >> 4);
      for (int i = 0; i < 16; i++) y[part * 16 + i] = scale * (float)(q[i] >> shift & 3) - offset;
    }
  }
}

/* high bits[32], numbers[64] as in Q2_K, scales[12] (six bits: the low four of sixteen in eight bytes, then the high two), d.
 * A high bit that is not set takes 4 off. */
CALM_CLONES static void q3_k(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 110, y += 256) {
    const uint8_t *scales = b + 96;
    float d = half_at(b + 108);
    for (int part = 0; part < 16; part++) {
      const uint8_t *q = b + 32 + part / 8 * 32 + part % 2 * 16, *high = b + part % 2 * 16;
      int shift = part / 2 % 4 * 2, plane = part / 2;
      int low = part < 8 ? scales[part] & 15 : scales[part - 8] >> 4, top = scales[8 + part % 4] >> (part / 4 * 2) & 3;
      float scale = d * (float)((low | top << 4) - 32);
      for (int i = 0; i < 16; i++) y[part * 16 + i] = scale * (float)((q[i] >> shift & 3) - (high[i] >> plane & 1 ? 0 : 4));
    }
  }
}

/* Q4_K and Q5_K: scale and offset of part 0...7, six bits each in twelve bytes: the first four parts' in the low bits of bytes
 * 0-3 and 4-7; the others' low halves in bytes 8-11, their high two bits above the first ones. */
static inline void scale_and_offset(const uint8_t *s, int part, int *scale, int *offset) {
  if (part < 4) {
    *scale = s[part] & 63;
    *offset = s[part + 4] & 63;
  } else {
    *scale = (s[part + 4] & 15) | s[part - 4] >> 6 << 4;
    *offset = s[part + 4] >> 4 | s[part] >> 6 << 4;
  }
}

/* d, dmin, scales[12], numbers[128]: each 32 bytes hold 64, low halves first. */
CALM_CLONES static void q4_k(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 144, y += 256) {
    float d = half_at(b), dmin = half_at(b + 2);
    for (int part = 0; part < 8; part++) {
      int s, o, shift = part % 2 * 4;
      scale_and_offset(b + 4, part, &s, &o);
      const uint8_t *q = b + 16 + part / 2 * 32;
      float scale = d * (float)s, offset = dmin * (float)o;
      for (int i = 0; i < 32; i++) y[part * 32 + i] = scale * (float)(q[i] >> shift & 15) - offset;
    }
  }
}

/* The same with high bits[32], a plane a part, before the numbers. */
CALM_CLONES static void q5_k(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 176, y += 256) {
    float d = half_at(b), dmin = half_at(b + 2);
    for (int part = 0; part < 8; part++) {
      int s, o, shift = part % 2 * 4;
      scale_and_offset(b + 4, part, &s, &o);
      const uint8_t *q = b + 48 + part / 2 * 32, *high = b + 16;
      float scale = d * (float)s, offset = dmin * (float)o;
      for (int i = 0; i < 32; i++)
        y[part * 32 + i] = scale * (float)((q[i] >> shift & 15) | (high[i] >> part & 1) << 4) - offset;
    }
  }
}

/* low four bits[128], high two bits[64], scales[16] (signed bytes), d. Each half of the block: 64 bytes hold 128 numbers, low
 * halves first; 32 bytes hold their high bits, two a plane. */
CALM_CLONES static void q6_k(float *y, const uint8_t *b, size_t blocks) {
  for (; blocks--; b += 210, y += 256) {
    float d = half_at(b + 208);
    for (int part = 0; part < 16; part++) {
      int quarter = part % 8 / 2, within = part % 2 * 16;
      const uint8_t *low = b + part / 8 * 64 + quarter % 2 * 32 + within, *high = b + 128 + part / 8 * 32 + within;
      float scale = d * (float)(int8_t)b[192 + part];
      for (int i = 0; i < 16; i++) {
        int q = (low[i] >> (quarter / 2 * 4) & 15) | (high[i] >> (quarter * 2) & 3) << 4;
        y[part * 16 + i] = scale * (float)(q - 32);
      }
    }
  }
}

static void dequantise(calm_block_type type, float *y, const uint8_t *b, size_t blocks) {
  switch (type) {
  case CALM_Q4_0: q4_0(y, b, blocks); break;
  case CALM_Q4_1: q4_1(y, b, blocks); break;
  case CALM_Q5_0: q5_0(y, b, blocks); break;
  case CALM_Q5_1: q5_1(y, b, blocks); break;
  case CALM_Q8_0: q8_0(y, b, blocks); break;
  case CALM_Q2_K: q2_k(y, b, blocks); break;
  case CALM_Q3_K: q3_k(y, b, blocks); break;
  case CALM_Q4_K: q4_k(y, b, blocks); break;
  case CALM_Q5_K: q5_k(y, b, blocks); break;
  case CALM_Q6_K: q6_k(y, b, blocks); break;
  }
}

typedef struct {
  calm_block_type type;
  float *out;
  const uint8_t *blocks;
  size_t elements;
} job;

static void chunk(void *context, int task) {
  const job *j = context;
  size_t from = (size_t)task * CHUNK, to = smaller(from + CHUNK, j->elements), block = calm_block_elements(j->type);
  dequantise(j->type, j->out + from, j->blocks + from / block * calm_block_bytes(j->type), (to - from) / block);
}

void calm_dequantise(calm_block_type type, float *out, const void *blocks, size_t elements) {
  job j = {.type = type, .out = out, .blocks = blocks, .elements = elements};
  calm_parallel((int)((elements + CHUNK - 1) / CHUNK), chunk, &j);
}
