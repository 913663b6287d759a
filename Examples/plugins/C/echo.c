/* An augmentor: the sentence, repeated, behind a word drawn at random. */
#include "calm_plugin.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  long times;
  char *separator;
  const calm_host *host;
} echo;

static const calm_option options[] = {
    {.size = sizeof(calm_option), .name = "times", .type = CALM_INTEGER, .default_text = "1", .least = 1, .greatest = 9,
     .help = "how often the sentence is repeated"},
    {.size = sizeof(calm_option), .name = "separator", .type = CALM_STRING, .default_text = ".",
     .help = "what stands between the repetitions"},
};

static int create(
    const calm_host *host, const calm_value *const *values, size_t count, void **instance, calm_error *error) {
  echo *self = calloc(1, sizeof *self);
  if (!self) return calm_fail(error, "there is no memory for an echo", NULL);
  /* Both have defaults, so both are there. */
  self->times = (long)calm_option_value(values, count, "times")->integer;
  self->separator = strdup(calm_option_value(values, count, "separator")->text.data);
  self->host = host;
  *instance = self;
  return CALM_OK;
}

static void destroy(void *instance) {
  echo *self = instance;
  free(self->separator);
  free(self);
}

/* Everything the text depends on besides the request. */
static int fingerprint(
    void *instance, void *context, void (*add)(void *context, const char *name, const char *value), calm_error *error) {
  (void)error;
  echo *self = instance;
  char times[2] = {(char)('0' + self->times), 0};
  add(context, "times", times);
  add(context, "separator", self->separator);
  return CALM_OK;
}

/* The context of one sentence, for the caller to free. */
static calm_text repeated(const echo *self, const calm_request *request) {
  static const char *const openings[] = {"again", "indeed", "so"};
  calm_random random = request->random; /* its own: the text depends on neither batch nor order */
  const char *opening = openings[calm_next(&random) % 3];

  size_t separator = strlen(self->separator), length = strlen(opening);
  char *text = malloc(length + (size_t)self->times * (request->text.length + separator + 2));
  if (!text) return (calm_text){NULL, 0};
  memcpy(text, opening, length);
  for (long i = 0; i < self->times; i++) {
    text[length++] = ' ';
    if (i > 0) {
      memcpy(text + length, self->separator, separator);
      length += separator;
      text[length++] = ' ';
    }
    memcpy(text + length, request->text.data, request->text.length);
    length += request->text.length;
  }
  return (calm_text){text, length};
}

static int answer(
    void *instance, const calm_request *const *requests, size_t count, const calm_sink *sink, calm_error *error) {
  echo *self = instance;
  for (size_t i = 0; i < count; i++) {
    calm_text text = repeated(self, requests[i]);
    if (!text.data) return calm_fail(error, "there is no memory for a context", NULL);
    calm_answer answer = {
        .size = sizeof answer, .index = requests[i]->index, .text = text, .finish = "stop", .source = "echo-c"};
    int code = sink->answer(sink->context, &answer);
    free((void *)text.data);
    if (code != CALM_OK) return CALM_STOPPED; /* the run was cancelled */
  }
  return CALM_OK;
}

static const calm_augmentor augmentor = {sizeof augmentor, fingerprint, answer};

static const calm_plugin plugin = {
    .size = sizeof plugin,
    .stamp = &calm_stamp_data,
    .kind = CALM_AUGMENTOR,
    .id = "echo-c",
    .version = "1.0.0",
    .licence = "Apache-2.0",
    .summary = "repeats the sentence as its context, in C",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .create = create,
    .destroy = destroy,
    .augmentor = &augmentor,
};

/* The one symbol that the host looks for: `calm_plugin_` and the name of the library without `lib` and `.so`. */
CALM_EXPORT const calm_plugin *calm_plugin_EchoC(void) { return &plugin; }
