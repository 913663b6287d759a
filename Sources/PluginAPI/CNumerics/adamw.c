#include "chunks.h"
#include <math.h>

enum { CHUNK = 16384 };

typedef struct {
  float *value, *m, *v;
  const float *gradient;
  size_t count;
  const int32_t *rows; /* NULL: all numbers; else the rows of a table */
  int row_count, width;
  float scale, decay, beta1, beta2, step_size, root_correction, epsilon;
} adamw_job;

CALM_CLONES static void adamw_range(const adamw_job *j, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    float g = j->gradient[i] * j->scale;
    float m = j->m[i] + (g - j->m[i]) * (1 - j->beta1);
    float v = j->v[i] * j->beta2 + g * g * (1 - j->beta2);
    j->m[i] = m;
    j->v[i] = v;
    j->value[i] = j->value[i] * j->decay - j->step_size * m / (sqrtf(v) / j->root_correction + j->epsilon);
  }
}

static void adamw_chunk(void *context, int task) {
  const adamw_job *j = context;
  size_t from = (size_t)task * CHUNK;
  adamw_range(j, from, smaller(from + CHUNK, j->count));
}

enum { ROWS = 16 };

static void adamw_rows(void *context, int task) {
  const adamw_job *j = context;
  int from = task * ROWS, to = from + ROWS < j->row_count ? from + ROWS : j->row_count;
  for (int r = from; r < to; r++) {
    size_t at = (size_t)j->rows[r] * j->width;
    adamw_range(j, at, at + j->width);
  }
}

static adamw_job job_of(float *value, float *m, float *v, const float *gradient, const calm_adamw_rule *r) {
  double correction1 = 1 - pow(r->beta1, (double)r->step), correction2 = 1 - pow(r->beta2, (double)r->step);
  return (adamw_job){.value = value, .m = m, .v = v, .gradient = gradient, .scale = r->gradient_scale,
                     .decay = 1 - r->rate * r->weight_decay, .beta1 = r->beta1, .beta2 = r->beta2,
                     .step_size = (float)(r->rate / correction1), .root_correction = (float)sqrt(correction2),
                     .epsilon = r->epsilon};
}

void calm_adamw(float *value, float *m, float *v, const float *gradient, size_t count, const calm_adamw_rule *rule) {
  adamw_job job = job_of(value, m, v, gradient, rule);
  job.count = count;
  calm_parallel((int)((count + CHUNK - 1) / CHUNK), adamw_chunk, &job);
}

typedef struct {
  float *value;
  const uint8_t *seen;
  int rows, width;
  float decay;
} decay_job;

static void decay_unseen(void *context, int task) {
  const decay_job *j = context;
  int from = task * ROWS, to = from + ROWS < j->rows ? from + ROWS : j->rows;
  for (int r = from; r < to; r++) {
    if (j->seen[r]) continue;
    float *row = j->value + (size_t)r * j->width;
    for (int i = 0; i < j->width; i++) row[i] *= j->decay;
  }
}

void calm_adamw_table(float *value, float *m, float *v, const float *gradient, int rows, int width, const int32_t *seen_rows,
                      int seen_count, const uint8_t *seen, const calm_adamw_rule *rule) {
  adamw_job job = job_of(value, m, v, gradient, rule);
  job.rows = seen_rows;
  job.row_count = seen_count;
  job.width = width;
  calm_parallel((seen_count + ROWS - 1) / ROWS, adamw_rows, &job);
  decay_job rest = {value, seen, rows, width, job.decay};
  if (job.decay != 1) calm_parallel((rows + ROWS - 1) / ROWS, decay_unseen, &rest);
}
