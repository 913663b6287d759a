/* Which core each thread of a parallel region is on. */
#ifndef CALM_PLACEMENT_H
#define CALM_PLACEMENT_H

/* At the beginning of a region: forgets all cores, and takes the calling thread's. */
void calm_place_caller(void);
/* Takes the calling worker's core, or moves to a free one where another thread of the region was first. */
void calm_place_worker(void);

#endif
