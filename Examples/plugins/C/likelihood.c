/* A loss: the negative log-likelihood of both views, and the squared distance of the plain view's marginals from the augmented
 * view's, which is not trained by it. */
#include "calm_plugin.h"

#include <stdlib.h>

typedef struct {
  double likelihood, distance; /* weights */
} weights;

static const calm_option options[] = {
    {.size = sizeof(calm_option), .name = "likelihood", .type = CALM_NUMBER, .default_text = "1", .greatest = 100,
     .help = "weight of the negative log-likelihood of each view"},
    {.size = sizeof(calm_option), .name = "distance", .type = CALM_NUMBER, .default_text = "0.5", .greatest = 100,
     .help = "weight of the squared distance of the views' marginals"},
};

static int create(
    const calm_host *host, const calm_value *const *values, size_t count, void **instance, calm_error *error) {
  (void)host;
  weights *self = calloc(1, sizeof *self);
  if (!self) return calm_fail(error, "there is no memory for a loss", NULL);
  self->likelihood = calm_option_value(values, count, "likelihood")->number;
  self->distance = calm_option_value(values, count, "distance")->number;
  *instance = self;
  return CALM_OK;
}

static int describe(void *instance, calm_loss_traits *traits, calm_error *error) {
  (void)instance, (void)error;
  traits->views[0] = CALM_AUGMENTED;
  traits->views[1] = CALM_PLAIN;
  traits->view_count = 2;
  traits->needs = CALM_LOG_PARTITION | CALM_GOLD_SCORE | CALM_MARGINALS;
  return CALM_OK;
}

static int evaluate(
    void *instance, const calm_view_output *output, const calm_view_output *const *earlier, size_t earlier_count,
    calm_loss_value *loss, calm_error *error) {
  const weights *self = instance;
  double sentences = output->sentences > 0 ? (double)output->sentences : 1;

  double likelihood = 0, scale = self->likelihood / sentences;
  for (size_t s = 0; s < output->sentences; s++) {
    likelihood += scale * (output->log_partition[s] - output->gold_score[s]);
    loss->d_log_partition[s] = scale;
    loss->d_gold_score[s] = -scale;
  }
  calm_add_part(loss, output->view == CALM_AUGMENTED ? "NLL+" : "NLL", likelihood);
  if (output->view == CALM_AUGMENTED) return CALM_OK;

  if (earlier_count == 0) return calm_fail(error, "the distance needs the augmented view before the plain one", NULL);
  const calm_view_output *teacher = earlier[0];
  if (teacher->words != output->words || teacher->tags != output->tags)
    return calm_fail(error, "the views have marginals of different shapes", NULL);
  double distance = 0;
  scale = self->distance / sentences;
  for (size_t i = 0; i < output->words * output->tags; i++) {
    double difference = (double)output->marginals[i] - (double)teacher->marginals[i];
    distance += scale * difference * difference;
    loss->d_marginals[i] = (float)(2 * scale * difference);
  }
  calm_add_part(loss, "distance", distance);
  return CALM_OK;
}

static const calm_loss loss = {.size = sizeof loss, .describe = describe, .evaluate = evaluate};

static const calm_plugin plugin = {
    .size = sizeof plugin,
    .stamp = &calm_stamp_data,
    .kind = CALM_LOSS,
    .id = "likelihood-c",
    .version = "1.0.0",
    .licence = "Apache-2.0",
    .summary = "likelihood of both views and the distance of their marginals, in C",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .create = create,
    .destroy = free,
    .loss = &loss,
};

CALM_EXPORT const calm_plugin *calm_plugin_LikelihoodC(void) { return &plugin; }
