#pragma once

/// Asks that the calling thread runs soon whenever it has something to do, rather than long: a slice of 0.1 ms instead of about 3 ms. It gets as much
/// of the processor as before. Linux knows this since 6.12 (kernel.org, scheduler/sched-eevdf.rst); before, and where it is not
/// permitted, nothing changes. 0, or -1 with errno.
int atlas_run_in_short_slices(void);

/// How many processors the calling thread may run on (sched_getaffinity(2)); 0 where that cannot be told.
int atlas_permitted_processors(void);
