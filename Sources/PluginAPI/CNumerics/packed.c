/* The right-hand matrix of products as panels, shared out over the threads. */
#include "matmul.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct {
  calm_packed *packed;
  operand source;
  int some; /* panels a task */
} pack_job;

static void pack_panel(const pack_job *j, int panel) {
  calm_packed *b = j->packed;
  calm_form f = b->form;
  int width = panel_of(f), first = panel * width, count = least(width, b->n - first), steps = steps_of(f, b->k);
  int block = block_of(f, steps), panels = panels_of(f, b->n);
  float inverse[TILE_COLUMNS];
  if (f.rounding == CALM_INT8)
    for (int i = 0; i < count; i++) {
      const float *column = j->source.data + (size_t)(first + i) * j->source.stride;
      float greatest = calm_absolute_maximum(column, b->k);
      inverse[i] = greatest > 0 ? 127 / greatest : 0;
      b->scales[first + i] = greatest / 127;
    }
  for (int from = 0; from < steps; from += block) {
    int some = least(block, steps - from);
    char *out = (char *)b->data + 4 * width * ((size_t)from * panels + (size_t)panel * some);
    calm_pack_lanes(f, out, width, j->source, first, count, from, some, b->k, inverse, 0);
    if (f.tiles == TILES_INT8)
      for (int i = 0; i < count; i++) {
        const int8_t *lane = (const int8_t *)out + 4 * i;
        int32_t sum = 0;
        for (int s = 0; s < some; s++, lane += 4 * width) sum += lane[0] + lane[1] + lane[2] + lane[3];
        b->sums[first + i] = sum;
      }
  }
}

static void pack_panels(void *context, int task) {
  const pack_job *j = context;
  calm_packed *b = j->packed;
  calm_form f = b->form;
  int width = panel_of(f), panels = panels_of(f, b->n), panel = task * j->some, last = least(panel + j->some, panels);
  if (j->source.k_contiguous) {
    for (; panel < last; panel++) pack_panel(j, panel);
    return;
  }
  int steps = steps_of(f, b->k), block = block_of(f, steps), first = panel * width;
  for (int from = 0; from < steps; from += block) {
    int some = least(block, steps - from);
    char *out = (char *)b->data + 4 * width * ((size_t)from * panels + (size_t)panel * some);
    calm_pack_tiles(f, out, width, (size_t)width * some, width, j->source, first, least(last * width, b->n) - first, from,
                    some, b->k);
  }
}

CALM_CLONES static float round_row(float *out, const float *x, size_t stride, int count, calm_precision p) {
  float greatest = 0;
  if (p == CALM_INT8)
    for (int i = 0; i < count; i++) greatest = fmaxf(greatest, fabsf(x[i * stride]));
  float inverse = greatest > 0 ? 127 / greatest : 0;
  for (int i = 0; i < count; i++) {
    float value = x[i * stride];
    if (p == CALM_INT8) {
      value = rintf(value * inverse);
    } else if (p == CALM_BF16) {
      uint32_t bits;
      memcpy(&bits, &value, 4);
      bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
      if (value == value) memcpy(&value, &bits, 4); /* what is no number stays none */
    }
    out[i] = value;
  }
  return greatest / 127;
}

float calm_round_row(float *out, const float *x, size_t stride, int count, calm_precision p) {
  return round_row(out, x, stride, count, p);
}

static void round_lane(void *context, int lane) {
  const pack_job *j = context;
  calm_packed *b = j->packed;
  const operand s = j->source;
  const float *x = s.k_contiguous ? s.data + (size_t)lane * s.stride : s.data + lane;
  float unit = round_row((float *)b->data + (size_t)lane * b->k, x, s.k_contiguous ? 1 : s.stride, b->k, b->form.rounding);
  if (b->form.rounding == CALM_INT8) b->scales[lane] = unit;
}

static size_t panels_bytes(calm_form f, int n, int k) {
  if (f.tiles == TILES_NONE) return sizeof(float) * n * k;
  return 4 * (size_t)panels_of(f, n) * panel_of(f) * steps_of(f, k);
}

/* int8's scales and sums stand behind the panels. */
size_t calm_fill_bytes(calm_form f, int n, int k) {
  return panels_bytes(f, n, k) + (f.rounding == CALM_INT8 ? (size_t)n * 8 : 0);
}

void calm_fill(calm_packed *b, calm_form f, operand source, int n, int k, void *memory) {
  *b = (calm_packed){.form = f, .n = n, .k = k, .data = memory};
  if (f.rounding == CALM_INT8) {
    b->scales = (float *)((char *)memory + panels_bytes(f, n, k));
    b->sums = (int32_t *)(b->scales + n);
  }
  if (n <= 0) return;
  int panels = panels_of(f, n);
  pack_job job = {b, source, least(4, (panels + 2 * calm_threads() - 1) / (2 * calm_threads()))};
  if (f.tiles == TILES_NONE) calm_parallel(n, round_lane, &job);
  else calm_parallel((panels + job.some - 1) / job.some, pack_panels, &job);
}

calm_packed *calm_pack(calm_precision p, const float *b, int ldb, int transposed, int n, int k) {
  calm_form f = calm_form_of(p);
  size_t bytes = calm_fill_bytes(f, n, k), huge = 2 << 20, unit = bytes >= huge ? huge : 64;
  bytes = (bytes + unit - 1) / unit * unit;
  calm_packed *packed = calloc(1, sizeof *packed);
  void *memory = aligned_alloc(unit, bytes ? bytes : unit);
  if (!packed || !memory) return free(packed), free(memory), NULL;
  if (unit == huge) madvise(memory, bytes, MADV_HUGEPAGE);
  calm_fill(packed, f, (operand){b, (size_t)ldb, transposed}, n, k, memory);
  packed->capacity = bytes;
  return packed;
}

void calm_packed_free(calm_packed *packed) {
  if (!packed) return;
  free(packed->data);
  free(packed);
}

size_t calm_packed_bytes(const calm_packed *packed) { return packed->capacity; }
