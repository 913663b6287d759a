/* The binary boundary of CALM plugins. This file needs nothing else: copy it, or include it from where CALM is installed.
 *
 * A plugin is a shared object `lib<Module>.so` that exports one function, `calm_plugin_<Module>`, and carries a stamp. The
 * host reads the stamp out of the ELF file before it opens the library, so that a plugin of another API version or compiler
 * is refused before any of its code runs. There are two tracks:
 *
 *   Swift   the entry point returns a `calm_plugin_info` (last section). Plugins need the host's very compiler.
 *   C       the entry point returns a `calm_plugin`. Any language with a C ABI: C, C++, Rust, Zig, … Augmentors and losses.
 *
 * The rules of the C track:
 *
 *   Versions  Semantic. A plugin of the same major version loads where its minor version is not newer than the host's.
 *             Every struct begins with its `size`, which whoever makes it sets to its `sizeof`; later minor versions add
 *             fields at the end only. Read no field of a struct that its `size` does not reach. `calm_text`, `calm_part`
 *             and `calm_random` have no size and never change. What the host passes in numbers it passes as arrays of
 *             pointers, so that a larger struct moves nothing.
 *   Memory    Whoever allocates frees. What the host passes is valid until the call returns; what a plugin describes itself
 *             with is valid for ever; what it hands to a callback is copied before the callback returns.
 *   Texts     UTF-8. A `calm_text` may hold U+0000 and is followed by a zero byte where it comes from the host; a
 *             `const char *` ends at its zero byte.
 *   Numbers   float is IEEE binary32, double binary64. Tensors are contiguous and row-major: [words, tags] means that the
 *             number of word w and tag t is at w * tags + t.
 *   Threads   Calls on one instance never overlap. They may come from different threads, which may block. Different
 *             instances may be called at the same time.
 *   Errors    Functions return CALM_OK or another code, and then have written into `error`, which is theirs until they
 *             return. The host turns it into an error that names the plugin. Never exit, abort or let an exception or a
 *             panic cross the boundary: it ends the host. (An augmentor under `isolation: process` ends its child only.) */
#ifndef CALM_PLUGIN_H
#define CALM_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The stamp ---------------------------------------------------------------------------------------------------- */

#define CALM_MAGIC 0x4D4C4143u /* "CALM", little endian */

/* Which track an image is written for. Swift reads this header as `__swift__`. */
#define CALM_LANGUAGE_SWIFT 1u
#define CALM_LANGUAGE_C 2u
#ifndef CALM_LANGUAGE
#ifdef __swift__
#define CALM_LANGUAGE CALM_LANGUAGE_SWIFT
#else
#define CALM_LANGUAGE CALM_LANGUAGE_C
#endif
#endif

/* The version of the Swift API. */
#ifndef CALM_API_MAJOR
#define CALM_API_MAJOR 1u
#endif
#ifndef CALM_API_MINOR
#define CALM_API_MINOR 1u
#endif

/* The version of the C ABI, which is counted apart: it is meant to outlive the other. */
#ifndef CALM_C_MAJOR
#define CALM_C_MAJOR 1u
#endif
#ifndef CALM_C_MINOR
#define CALM_C_MINOR 0u
#endif

/* Baked into whichever image compiles this header, as the ELF section `calm_stamp`. Another language writes these 128 bytes
 * into a section of that name itself; `compiler` is printable ASCII, not empty, and zero-terminated. */
typedef struct calm_stamp {
  uint32_t magic, size, api_major, api_minor, language, reserved;
  char compiler[104];
} calm_stamp;

static const calm_stamp calm_stamp_data __attribute__((used, section("calm_stamp"))) = {
    CALM_MAGIC,
    sizeof(calm_stamp),
    CALM_LANGUAGE == CALM_LANGUAGE_C ? CALM_C_MAJOR : CALM_API_MAJOR,
    CALM_LANGUAGE == CALM_LANGUAGE_C ? CALM_C_MINOR : CALM_API_MINOR,
    CALM_LANGUAGE,
    0,
    __VERSION__};

/* A function, so that the stamp is emitted in the image that calls it. */
static inline const calm_stamp *calm_this_stamp(void) { return &calm_stamp_data; }

/* ---- Values of the C track ---------------------------------------------------------------------------------------- */

/* What functions return. */
#define CALM_OK 0
#define CALM_FAILED 1  /* `error` says why */
#define CALM_STOPPED 2 /* the host asked to stop, and this call did */

/* UTF-8 of a length. `data` is NULL where there is no text. */
typedef struct calm_text {
  const char *data;
  size_t length; /* bytes, without a zero at the end */
} calm_text;

/* Where a function says what went wrong: zero-terminated UTF-8, written by the plugin into the host's memory. */
typedef struct calm_error {
  size_t size;
  char message[1024]; /* one sentence: what, where */
  char hint[512];     /* what the user can do; empty where the message says it */
} calm_error;

/* Types of options. A list of a type is `CALM_LIST | type`. */
#define CALM_STRING 1u
#define CALM_INTEGER 2u
#define CALM_NUMBER 3u
#define CALM_BOOLEAN 4u
#define CALM_PATH 5u   /* arrives absolute */
#define CALM_MODEL 6u  /* arrives as the model's file or folder */
#define CALM_URL 7u    /* http or https */
#define CALM_CHOICE 8u /* one of `choices` */
#define CALM_LIST 0x100u

/* One key of `options:` in YAML. The host checks what the user writes against it, with file, line and column. */
typedef struct calm_option {
  size_t size;
  const char *name; /* the key */
  uint32_t type;
  uint32_t required;          /* not 0: it has to be given, and has no default */
  const char *default_text;   /* as YAML would write it (a list: "a,b"); NULL: none, and the option may be missing */
  const char *const *choices; /* of CALM_CHOICE, NULL-terminated; otherwise NULL */
  double least, greatest;     /* of numbers, inclusive, ±INFINITY: no bound on that side; both 0: no bounds at all */
  const char *help;           /* one line */
} calm_option;

/* The value of an option, given or by default. */
typedef struct calm_value {
  size_t size;
  const char *name;
  calm_text text;         /* of every type but lists: numbers as text too */
  double number;          /* of CALM_NUMBER and CALM_INTEGER */
  int64_t integer;        /* of CALM_INTEGER; of CALM_BOOLEAN 0 or 1 */
  const calm_text *items; /* of a list: each item's text */
  size_t item_count;
} calm_value;

/* What an instance may ask of the host. Valid as long as the instance. */
typedef struct calm_host {
  size_t size;
  uint64_t seed;            /* of the run */
  const char *cache_folder; /* for files that can be made again; shared by all runs; may not exist yet */
  uint32_t threads;         /* how many threads a computation should use, at least 1 */
  void *context;            /* first argument of `log` */
  /* Tells the user something, from any thread. */
  void (*log)(void *context, uint32_t level, const char *message);
} calm_host;

#define CALM_DEBUG 0u
#define CALM_INFO 1u
#define CALM_WARNING 2u

/* ---- Random numbers ----------------------------------------------------------------------------------------------- */

/* A stream of random numbers: the n-th is a function of (key, n), as in the host. {key, 0} is its beginning. */
typedef struct calm_random {
  uint64_t key, drawn;
} calm_random;

/* The next 64 bits (SplitMix64). */
static inline uint64_t calm_next(calm_random *random) {
  uint64_t z = random->key + ++random->drawn * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Uniform in [0, 1), 53 bits. */
static inline double calm_uniform(calm_random *random) { return (double)(calm_next(random) >> 11) * 0x1p-53; }

/* ---- Augmentors --------------------------------------------------------------------------------------------------- */

/* One sentence that wants a context. */
typedef struct calm_request {
  size_t size;
  size_t index;           /* names it in answers */
  calm_text text;         /* the words, joined by one space */
  const calm_text *words; /* [word_count]; there may be none, and empty ones */
  size_t word_count;
  calm_text prompt;       /* rendered, without the sentence; none unless the plugin has CALM_TAKES_PROMPT */
  const char *split;      /* which file it is from: "train", "dev", "test", "text", … */
  size_t position;        /* its index in the split, from 0 */
  size_t split_count;     /* sentences of the split */
  calm_random random;     /* its own stream: the text must depend on neither batch, order nor threads */
} calm_request;

/* The answer to a request. What is 0 or NULL is not said. */
typedef struct calm_answer {
  size_t size;
  size_t index;           /* the request's */
  calm_text text;         /* the context; may be empty, then with `data` not NULL */
  const char *finish;     /* why it ended: "stop" (also where NULL), "length", … */
  const char *source;     /* where it came from: a model, a URL */
  int64_t tokens;         /* generated */
  int64_t prompt_tokens;  /* read */
  const char *failure;    /* not NULL: this request failed, for this reason, and has no text. It is not stored, and the
                           * other requests go on. */
} calm_answer;

/* Where answers go. */
typedef struct calm_sink {
  size_t size;
  void *context;
  /* Takes an answer, from any thread, until `answer` of the augmentor returns. Not CALM_OK: give no more and return
   * CALM_STOPPED. */
  int (*answer)(void *context, const calm_answer *answer);
  /* Not 0 once the run was cancelled: look now and then where an answer takes long. From any thread. */
  int (*stopped)(void *context);
} calm_sink;

typedef struct calm_augmentor {
  size_t size;
  /* Calls `add(context, name, value)` for everything the text depends on besides prompt, sentence and random stream: the
   * model's digest, sampling, … Contexts are stored under it. At least one; the same at every call. */
  int (*fingerprint)(
      void *instance, void *context, void (*add)(void *context, const char *name, const char *value), calm_error *error);
  /* Answers every request once, in any order, and returns when all are answered. */
  int (*answer)(
      void *instance, const calm_request *const *requests, size_t count, const calm_sink *sink, calm_error *error);
} calm_augmentor;

/* ---- Losses ------------------------------------------------------------------------------------------------------- */

/* How a sentence is read. */
#define CALM_PLAIN 0u     /* alone */
#define CALM_AUGMENTED 1u /* with its context behind it */

/* Parts of a posterior, as bits. */
#define CALM_LOG_PARTITION 1u
#define CALM_GOLD_SCORE 2u
#define CALM_TOKEN_SCORES 4u
#define CALM_MARGINALS 8u

/* What a loss is like; may depend on its options. */
typedef struct calm_loss_traits {
  size_t size;
  uint32_t views[2]; /* in the order in which they are evaluated */
  uint32_t view_count;
  uint32_t needs; /* the parts of a posterior that the decoder has to give */
  uint32_t joint; /* not 0: `evaluate_jointly` is called, with all views at once, instead of `evaluate` */
} calm_loss_traits;

/* What one view of a batch came to. Sentence s owns words offsets[s] … offsets[s + 1] - 1; it may have none. */
typedef struct calm_view_output {
  size_t size;
  uint32_t view;
  size_t sentences, words, width, tags;
  const size_t *offsets;       /* [sentences + 1] */
  const float *vectors;        /* [words, width], what the decoder read */
  const double *log_partition; /* [sentences], log Z; NULL where the decoder has none */
  const double *gold_score;    /* [sentences], the score of the gold path; NULL where there is none */
  const float *token_scores;   /* [words, tags], log-marginals: token posteriors are their softmax over tags */
  const float *marginals;      /* [words, tags], probabilities */
} calm_view_output;

/* A summand of a loss by name. Never changes in size. */
typedef struct calm_part {
  char name[32]; /* zero-terminated, e.g. "NLL" */
  double value;  /* already weighted */
} calm_part;

/* The loss of one view and its gradient with respect to that view's output. The host owns every array and has filled it
 * with zeros; what stays zero costs nothing. An array is NULL where the output lacks the part. */
typedef struct calm_loss_value {
  size_t size;
  double value;            /* the contribution to the total, a mean over the sentences: the sum of the parts */
  double *d_log_partition; /* [sentences] */
  double *d_gold_score;    /* [sentences] */
  float *d_token_scores;   /* [words, tags] */
  float *d_marginals;      /* [words, tags] */
  float *d_vectors;        /* [words, width] */
  calm_part *parts;        /* [part_capacity], at least 16; see calm_add_part */
  size_t part_capacity, part_count;
} calm_loss_value;

typedef struct calm_loss {
  size_t size;
  /* Fills in the traits. Called once, behind `create`. */
  int (*describe)(void *instance, calm_loss_traits *traits, calm_error *error);
  /* The loss of one view. `earlier` are those before it in the order of the views; they take no gradient. NULL where the
   * loss is joint. */
  int (*evaluate)(
      void *instance, const calm_view_output *output, const calm_view_output *const *earlier, size_t earlier_count,
      calm_loss_value *value, calm_error *error);
  /* The losses of all views, in their order. NULL where the loss is not joint. */
  int (*evaluate_jointly)(
      void *instance, const calm_view_output *const *outputs, size_t count, calm_loss_value *const *values, calm_error *error);
} calm_loss;

/* ---- The plugin --------------------------------------------------------------------------------------------------- */

#define CALM_AUGMENTOR 1u
#define CALM_LOSS 2u

/* Flags of augmentors. */
#define CALM_RECORDED 1u     /* equal requests may get other texts, as in a live search; otherwise the text is a function of the
                              * request and its random stream */
#define CALM_TAKES_PROMPT 2u /* requests carry a prompt */
#define CALM_FILES_ONLY 4u   /* it knows the sentences of the data files only */

/* What the entry point returns. */
typedef struct calm_plugin {
  size_t size;
  const calm_stamp *stamp; /* &calm_stamp_data, which keeps the linker from dropping it */
  uint32_t kind, flags;
  const char *id;      /* what YAML calls it: lower-case letters, digits, hyphens */
  const char *version; /* semantic; raise it where the texts change */
  const char *licence; /* SPDX identifier */
  const char *summary; /* one line of help */
  const calm_option *options; /* [option_count], an array of structs whose distance is the first one's `size` */
  size_t option_count;
  /* Makes an instance: a run makes one. `options` has a value for each option that is given or has a default, in their
   * order. `*instance` may stay NULL where the plugin keeps nothing. */
  int (*create)(
      const calm_host *host, const calm_value *const *options, size_t option_count, void **instance, calm_error *error);
  void (*destroy)(void *instance);   /* may be NULL */
  const calm_augmentor *augmentor; /* of kind CALM_AUGMENTOR */
  const calm_loss *loss;           /* of kind CALM_LOSS */
} calm_plugin;

#define CALM_EXPORT __attribute__((visibility("default")))

/* Entry point: CALM_EXPORT const calm_plugin *calm_plugin_<Module>(void); */

/* ---- Conveniences for C ------------------------------------------------------------------------------------------- */

static inline void calm_copy(char *to, size_t capacity, const char *from) {
  size_t i = 0;
  for (; i + 1 < capacity && from[i]; i++) to[i] = from[i];
  if (capacity) to[i] = 0;
}

/* return calm_fail(error, "the file has no sentences", "make it with …"); `hint` may be NULL. */
static inline int calm_fail(calm_error *error, const char *message, const char *hint) {
  calm_copy(error->message, sizeof error->message, message);
  calm_copy(error->hint, sizeof error->hint, hint ? hint : "");
  return CALM_FAILED;
}

static inline calm_text calm_string(const char *text) {
  calm_text out = {text, 0};
  while (text && text[out.length]) out.length++;
  return out;
}

/* The value of an option, NULL where it has none. */
static inline const calm_value *calm_option_value(const calm_value *const *options, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    const char *a = options[i]->name, *b = name;
    while (*a && *a == *b) a++, b++;
    if (*a == *b) return options[i];
  }
  return NULL;
}

/* Adds a summand to a loss. */
static inline void calm_add_part(calm_loss_value *loss, const char *name, double value) {
  loss->value += value;
  if (loss->part_count == loss->part_capacity) return;
  calm_copy(loss->parts[loss->part_count].name, sizeof loss->parts->name, name);
  loss->parts[loss->part_count++].value = value;
}

/* ---- The Swift track ---------------------------------------------------------------------------------------------- */

/* What the entry point returns. `factory` gives a retained reference to a Swift `PluginFactory` box. */
typedef struct calm_plugin_info {
  size_t size; /* sizeof(calm_plugin_info) of the plugin: later versions append fields */
  const calm_stamp *stamp;
  const void *(*factory)(void);
} calm_plugin_info;

#ifdef __cplusplus
}
#endif

#endif
