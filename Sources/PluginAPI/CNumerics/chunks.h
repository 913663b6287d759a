/* Splitting [0, count) into chunks for the pool, and the instruction sets that elementwise kernels are compiled for. */
#ifndef CALM_CHUNKS_H
#define CALM_CHUNKS_H
#include "calm_numerics.h"

/* For static functions only: what picks a clone runs while the library is relocated, and the clones of an exported function
 * would be looked for in a table that is perhaps not filled yet. */
#define CALM_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

#endif
