#include "matmul.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void *calm_scratch(scratch_slot slot, size_t bytes) {
  static _Thread_local struct { void *memory; size_t bytes; } slots[SCRATCH_SLOTS];
  if (bytes > slots[slot].bytes) {
    free(slots[slot].memory);
    size_t huge = 2 << 20, unit = bytes >= huge ? huge : 64;
    bytes = (bytes + unit - 1) / unit * unit;
    slots[slot].memory = aligned_alloc(unit, bytes);
    slots[slot].bytes = bytes;
    if (!slots[slot].memory) {
      fprintf(stderr, "calm: no memory for %zu bytes of a matrix product\n", bytes);
      abort();
    }
    if (unit == huge) madvise(slots[slot].memory, bytes, MADV_HUGEPAGE);
  }
  return slots[slot].memory;
}
