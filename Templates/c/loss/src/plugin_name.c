/* weight · NLL(augmented) + NLL(plain), where NLL is the mean over sentences of log Z − gold score. `calm_plugin.h` documents
 * every struct and function. */
#include <calm_plugin.h>
#include <stdlib.h>

/* What YAML may say under `options:`. The host checks what the user writes, and fills in defaults. */
static const calm_option options[] = {
    {.size = sizeof(calm_option),
     .name = "augmentedWeight",
     .type = CALM_NUMBER,
     .default_text = "0.5",
     .least = 0,
     .greatest = 100,
     .help = "weight of the view with context; the plain one's is 1"},
};

/* An instance is the weight. */
static int create(
    const calm_host *host, const calm_value *const *given, size_t count, void **instance, calm_error *error) {
  (void)host;
  const calm_value *weight = calm_option_value(given, count, "augmentedWeight");
  if (!weight) return calm_fail(error, "there is no option `augmentedWeight`", NULL);
  double *copy = malloc(sizeof *copy);
  if (!copy) return calm_fail(error, "out of memory", NULL);
  *copy = weight->number;
  *instance = copy;
  return CALM_OK;
}

/* The views in the order in which they are evaluated, and what the decoder has to give. */
static int describe(void *instance, calm_loss_traits *traits, calm_error *error) {
  (void)error;
  if (*(double *)instance > 0) traits->views[traits->view_count++] = CALM_AUGMENTED;
  traits->views[traits->view_count++] = CALM_PLAIN;
  traits->needs = CALM_LOG_PARTITION | CALM_GOLD_SCORE;
  return CALM_OK;
}

/* `earlier` of the plain view holds what the augmented one came to: that is where a cooperative term would take its teacher. */
static int evaluate(
    void *instance, const calm_view_output *output, const calm_view_output *const *earlier, size_t earlier_count,
    calm_loss_value *loss, calm_error *error) {
  (void)earlier, (void)earlier_count;
  if (!output->log_partition || !output->gold_score)
    return calm_fail(error, "the likelihood needs a decoder with a partition function, and gold tags", NULL);
  double weight = output->view == CALM_AUGMENTED ? *(double *)instance : 1;
  double scale = weight / (output->sentences ? (double)output->sentences : 1), sum = 0;
  for (size_t s = 0; s < output->sentences; s++) {
    sum += output->log_partition[s] - output->gold_score[s];
    loss->d_log_partition[s] = scale;
    loss->d_gold_score[s] = -scale;
  }
  calm_add_part(loss, output->view == CALM_AUGMENTED ? "NLL+" : "NLL", scale * sum);
  return CALM_OK;
}

/* The one symbol that the host looks for: `calm_plugin_` and what stands between `lib` and `.so`. */
CALM_EXPORT const calm_plugin *calm_plugin_PluginName(void) {
  static const calm_loss loss = {.size = sizeof loss, .describe = describe, .evaluate = evaluate};
  static const calm_plugin plugin = {
      .size = sizeof plugin,
      .stamp = &calm_stamp_data,
      .kind = CALM_LOSS,
      .id = "plugin-name",
      .version = "0.1.0",
      .licence = "Apache-2.0",
      .summary = "negative log-likelihood of both views, each by itself",
      .options = options,
      .option_count = sizeof options / sizeof *options,
      .create = create,
      .destroy = free,
      .loss = &loss,
  };
  return &plugin;
}
