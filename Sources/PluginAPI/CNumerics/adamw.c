#include "chunks.h"
#include <math.h>

enum { CHUNK = 16384 };

typedef struct {
  float *value, *m, *v;
  const float *gradient;
  size_t count;
  float scale, decay, beta1, beta2, step_size, root_correction, epsilon;
} adamw_job;

CALM_CLONES static void adamw_chunk(void *context, int task) {
  const adamw_job *j = context;
  size_t from = (size_t)task * CHUNK, to = smaller(from + CHUNK, j->count);
  for (size_t i = from; i < to; i++) {
    float g = j->gradient[i] * j->scale;
    float m = j->m[i] + (g - j->m[i]) * (1 - j->beta1);
    float v = j->v[i] * j->beta2 + g * g * (1 - j->beta2);
    j->m[i] = m;
    j->v[i] = v;
    j->value[i] = j->value[i] * j->decay - j->step_size * m / (sqrtf(v) / j->root_correction + j->epsilon);
  }
}

void calm_adamw(float *value, float *m, float *v, const float *gradient, size_t count, float gradient_scale,
                float rate, float beta1, float beta2, float epsilon, float weight_decay, int64_t step) {
  double correction1 = 1 - pow(beta1, (double)step), correction2 = 1 - pow(beta2, (double)step);
  adamw_job job = {.value = value, .m = m, .v = v, .gradient = gradient, .count = count, .scale = gradient_scale,
                   .decay = 1 - rate * weight_decay, .beta1 = beta1, .beta2 = beta2,
                   .step_size = (float)(rate / correction1), .root_correction = (float)sqrt(correction2),
                   .epsilon = epsilon};
  calm_parallel((int)((count + CHUNK - 1) / CHUNK), adamw_chunk, &job);
}
