/* Gives each sentence a context that names its capitalised words. `calm_plugin.h` documents every struct and function. */
#include <calm_plugin.h>
#include <stdlib.h>
#include <string.h>

/* What YAML may say under `options:`. The host checks what the user writes, and fills in defaults. */
static const calm_option options[] = {
    {.size = sizeof(calm_option),
     .name = "wording",
     .type = CALM_STRING,
     .default_text = "It is about {}.",
     .help = "the context; {} stands for the names in the sentence"},
};

/* An instance is the wording. */
static int create(
    const calm_host *host, const calm_value *const *given, size_t count, void **instance, calm_error *error) {
  (void)host;
  const calm_value *wording = calm_option_value(given, count, "wording");
  if (!wording) return calm_fail(error, "there is no option `wording`", NULL);
  char *copy = calloc(wording->text.length + 1, 1);
  if (!copy) return calm_fail(error, "out of memory", NULL);
  memcpy(copy, wording->text.data, wording->text.length);
  *instance = copy;
  return CALM_OK;
}

/* Everything that the text depends on besides the request: contexts are stored under it. */
static int fingerprint(
    void *instance, void *context, void (*add)(void *context, const char *name, const char *value), calm_error *error) {
  (void)error;
  add(context, "wording", instance);
  return CALM_OK;
}

static char *append(char *to, const char *text, size_t length) { return (char *)memcpy(to, text, length) + length; }

/* The context for a sentence: nothing where there are no names. NULL: out of memory. Free its data. */
static calm_text context_of(const char *wording, const calm_request *request) {
  size_t room = strlen(wording) + 1;
  for (size_t i = 0; i < request->word_count; i++) room += request->words[i].length + 2;
  char *text = malloc(room), *end = text;
  if (!text) return (calm_text){NULL, 0};
  const char *place = strstr(wording, "{}");
  const char *after = place ? place + 2 : wording + strlen(wording);
  end = append(end, wording, place ? (size_t)(place - wording) : strlen(wording));
  size_t names = 0;
  for (size_t i = 0; i < request->word_count; i++) {
    calm_text word = request->words[i];
    if (!word.length || word.data[0] < 'A' || word.data[0] > 'Z') continue;
    if (names++) end = append(end, ", ", 2);
    if (place) end = append(end, word.data, word.length);
  }
  end = append(end, after, strlen(after));
  return (calm_text){text, names ? (size_t)(end - text) : 0};
}

/* Answers every request once, and stops where the run was cancelled. */
static int answer(
    void *instance, const calm_request *const *requests, size_t count, const calm_sink *sink, calm_error *error) {
  for (size_t i = 0; i < count; i++) {
    calm_text text = context_of(instance, requests[i]);
    if (!text.data) return calm_fail(error, "out of memory", NULL);
    calm_answer answer = {
        .size = sizeof answer, .index = requests[i]->index, .text = text, .finish = "stop", .source = "plugin-name"};
    int status = sink->answer(sink->context, &answer);
    free((char *)text.data);
    if (status != CALM_OK) return CALM_STOPPED;
  }
  return CALM_OK;
}

/* The one symbol that the host looks for: `calm_plugin_` and what stands between `lib` and `.so`. */
CALM_EXPORT const calm_plugin *calm_plugin_PluginName(void) {
  static const calm_augmentor augmentor = {sizeof augmentor, fingerprint, answer};
  static const calm_plugin plugin = {
      .size = sizeof plugin,
      .stamp = &calm_stamp_data,
      .kind = CALM_AUGMENTOR,
      .id = "plugin-name",
      .version = "0.1.0",
      .licence = "Apache-2.0",
      .summary = "says which names are in the sentence",
      .options = options,
      .option_count = sizeof options / sizeof *options,
      .create = create,
      .destroy = free,
      .augmentor = &augmentor,
  };
  return &plugin;
}
