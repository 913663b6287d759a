/* Asks the plugin as the host would. */
#undef NDEBUG
#include <assert.h>
#include <calm_plugin.h>
#include <stdio.h>

const calm_plugin *calm_plugin_PluginName(void);

int main(void) {
  const calm_plugin *plugin = calm_plugin_PluginName();
  calm_error error = {.size = sizeof error};
  calm_host host = {.size = sizeof host, .seed = 1, .cache_folder = "/tmp", .threads = 1};
  calm_value weight = {.size = sizeof weight, .name = "augmentedWeight", .number = 0.5};
  const calm_value *options[] = {&weight};
  void *instance = NULL;
  assert(plugin->create(&host, options, 1, &instance, &error) == CALM_OK);

  calm_loss_traits traits = {.size = sizeof traits};
  assert(plugin->loss->describe(instance, &traits, &error) == CALM_OK);
  assert(traits.view_count == 2 && traits.views[0] == CALM_AUGMENTED && traits.views[1] == CALM_PLAIN);

  /* The mean over two sentences is 2.5; half of it for the augmented view. */
  size_t offsets[] = {0, 1, 2};
  double log_partition[] = {3, 5}, gold_score[] = {1, 2};
  for (uint32_t view = CALM_PLAIN; view <= CALM_AUGMENTED; view++) {
    calm_view_output output = {
        .size = sizeof output, .view = view, .sentences = 2, .words = 2, .width = 4, .tags = 3, .offsets = offsets,
        .log_partition = log_partition, .gold_score = gold_score};
    double d_log_partition[2] = {0}, d_gold_score[2] = {0}, share = view == CALM_PLAIN ? 0.5 : 0.25;
    calm_part parts[16];
    calm_loss_value value = {
        .size = sizeof value, .d_log_partition = d_log_partition, .d_gold_score = d_gold_score, .parts = parts,
        .part_capacity = 16};
    assert(plugin->loss->evaluate(instance, &output, NULL, 0, &value, &error) == CALM_OK);
    assert(value.value == 5 * share && value.part_count == 1);
    assert(d_log_partition[1] == share && d_gold_score[0] == -share);
  }
  plugin->destroy(instance);
  puts("ok");
  return 0;
}
