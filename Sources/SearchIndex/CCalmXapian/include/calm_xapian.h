#ifndef CALM_XAPIAN_H
#define CALM_XAPIAN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* What libCalmXapian.so offers. The library is opened at run time, so that nothing else links to Xapian. */

/* UTF-8, not ended by a zero. */
typedef struct calm_bytes {
  const char *data;
  size_t size;
} calm_bytes;

/* Filled where a function fails: a sentence without the path. */
typedef struct calm_fault {
  char text[512];
} calm_fault;

/* An open index. Not for several threads at once. */
typedef struct calm_index calm_index;

typedef struct calm_index_info {
  uint64_t documents;
  uint64_t digest[2]; /* of all documents: the same for the same documents, however they came in */
  char language[32];
} calm_index_info;

/* One document that was found; valid during the call. */
typedef void (*calm_hit)(void *context, calm_bytes id, calm_bytes title, calm_bytes text, double score);

typedef struct calm_xapian_library {
  uint32_t version;           /* CALM_XAPIAN_VERSION */
  const char *xapian_version; /* e.g. "1.4.22" */
  /* `language`: of the stemmer ("english", "none", …), used when an index is made. NULL for failure. */
  calm_index *(*open)(const char *path, int writable, const char *language, calm_fault *fault);
  void (*close)(calm_index *index); /* what was not committed is lost */
  /* 0: it was there like that, 1: new, 2: replaces another of its id, -1: failure. */
  int (*put)(calm_index *index, calm_bytes id, calm_bytes title, calm_bytes text, calm_fault *fault);
  int (*commit)(calm_index *index, calm_fault *fault); /* 0, or -1 for failure */
  int (*info)(calm_index *index, calm_index_info *info, calm_fault *fault);
  /* The best `limit` documents by BM25 over the `terms` rarest terms of `query`. 0, or -1 for failure. */
  int (*search)(
    calm_index *index, calm_bytes query, uint32_t limit, uint32_t terms, void *context, calm_hit hit, calm_fault *fault);
} calm_xapian_library;

#define CALM_XAPIAN_VERSION 1u

/* The library's one symbol is `calm_xapian`. */
typedef const calm_xapian_library *(*calm_xapian_entry)(void);

/* The file of the program or library that this code is linked into, as it was opened; NULL where it is not known. */
const char *calm_xapian_image(void);

#ifdef __cplusplus
}
#endif
#endif
