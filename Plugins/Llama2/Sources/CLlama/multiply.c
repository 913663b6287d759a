#include "multiply.h"
#include <math.h>

/* Quantised rows times panels. Within a block of 32 the products are integers and exact; block by block they are scaled and
 * added in float32 by fused multiply-adds, so every instruction set gives the same bits. */

static void row_plain(const product *p, int panel, int first, int group, int row) {
  const calm_panels *weights = p->panels;
  const uint8_t *x = rows_at(p, first);
  float total[CALM_PANEL] = {0};
  for (int block = 0; block < p->blocks; block++, x += group * ROW_BLOCK) {
    size_t at = (size_t)panel * p->blocks + block;
    const uint8_t *codes = weights->codes + at * weights->bits * 64;
    int8_t a[CALM_BLOCK];
    for (int step = 0; step < 8; step++) memcpy(a + 4 * step, x + (step * group + row) * 4, 4);
    for (int i = 0; i < CALM_PANEL; i++) {
      int32_t sum = -weights->offset / 8 * eight_sums_at(x, group, row);
      for (int step = 0; step < weights->bits; step++)
        for (int k = 0; k < 4; k++) {
          int code = codes[step * 64 + i * 4 + k];
          if (weights->bits == 8) sum += code * a[4 * step + k];
          else sum += (code & 15) * a[4 * step + k] + (code >> 4) * a[16 + 4 * step + k];
        }
      total[i] = fmaf((float)sum, half_to_float(weights->scales[at * CALM_PANEL + i]) * scale_at(x, group, row), total[i]);
      if (weights->minimums)
        total[i] = fmaf(half_to_float(weights->minimums[at * CALM_PANEL + i]), scaled_sum_at(x, group, row), total[i]);
    }
  }
  store_row(p, first + row, panel, total);
}

static void panel_plain(const product *p, int panel) {
  for (int first = 0, group; first < p->rows; first += group) {
    group = group_size(first, p->rows);
    for (int row = 0; row < group; row++) row_plain(p, panel, first, group, row);
  }
}

#if defined(__x86_64__)
static int best_level(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
    return 2;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") ? 1 : 0;
}
#else
void calm_panel_avx2(const product *p, int panel) {}
void calm_panel_vnni(const product *p, int panel) {}
static int best_level(void) { return 0; }
#endif

static _Atomic int limit = 2;
void calm_llama_limit_level(int level) { limit = level; }

int calm_llama_level(void) {
  static _Atomic int found = -1;
  if (found < 0) found = best_level();
  return found < limit ? found : limit;
}

void calm_multiply_panels(const calm_panels *panels, int first, int last, const void *quantised, int rows, float *y, size_t ldy,
                          int accumulate) {
  product p = {panels, quantised, y, ldy, rows, panels->depth / CALM_BLOCK, accumulate};
  int level = calm_llama_level();
  for (int panel = first; panel < last; panel++) {
    if (level == 2) calm_panel_vnni(&p, panel);
    else if (level == 1) calm_panel_avx2(&p, panel);
    else panel_plain(&p, panel);
  }
}
