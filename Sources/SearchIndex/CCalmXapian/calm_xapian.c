#define _GNU_SOURCE
#include "calm_xapian.h"
#include <dlfcn.h>

const char *calm_xapian_image(void) {
  static const char here = 0;
  Dl_info info;
  return dladdr(&here, &info) ? info.dli_fname : NULL;
}
