/* Asks the plugin as the host would. */
#undef NDEBUG
#include <assert.h>
#include <calm_plugin.h>
#include <stdio.h>
#include <string.h>

const calm_plugin *calm_plugin_PluginName(void);

static char texts[2][64];
static int answered[2];

static int take(void *context, const calm_answer *answer) {
  (void)context;
  assert(answer->index < 2 && answer->text.data && answer->text.length < sizeof texts[0]);
  memcpy(texts[answer->index], answer->text.data, answer->text.length);
  answered[answer->index]++;
  return CALM_OK;
}

static int stopped(void *context) {
  (void)context;
  return 0;
}

int main(void) {
  const calm_plugin *plugin = calm_plugin_PluginName();
  calm_error error = {.size = sizeof error};
  calm_host host = {.size = sizeof host, .seed = 1, .cache_folder = "/tmp", .threads = 1};
  calm_value wording = {.size = sizeof wording, .name = "wording", .text = calm_string("About {}.")};
  const calm_value *options[] = {&wording};
  void *instance = NULL;
  assert(plugin->create(&host, options, 1, &instance, &error) == CALM_OK);

  calm_text names[] = {calm_string("Anna"), calm_string("saw"), calm_string("Oslo")}, rain[] = {calm_string("rain")};
  calm_request first = {.size = sizeof first, .index = 0, .words = names, .word_count = 3};
  calm_request second = {.size = sizeof second, .index = 1, .words = rain, .word_count = 1};
  const calm_request *requests[] = {&first, &second};
  calm_sink sink = {.size = sizeof sink, .answer = take, .stopped = stopped};
  assert(plugin->augmentor->answer(instance, requests, 2, &sink, &error) == CALM_OK);
  assert(answered[0] == 1 && !strcmp(texts[0], "About Anna, Oslo."));
  assert(answered[1] == 1 && !strcmp(texts[1], ""));
  plugin->destroy(instance);
  puts("ok");
  return 0;
}
