#ifndef CALM_XAPIAN_ENTRY_H
#define CALM_XAPIAN_ENTRY_H
#include "calm_xapian.h"
#ifdef __cplusplus
extern "C"
#endif
  /* What this library offers. */
  const calm_xapian_library *calm_xapian(void);
#endif
