#pragma once
#include <stdbool.h>
#include <sys/types.h>

/// Asks that the calling thread runs soon whenever it has something to do, rather than long: a slice of 0.1 ms instead of about 3 ms. It gets as much
/// of the processor as before. Linux knows this since 6.12 (kernel.org, scheduler/sched-eevdf.rst); before, and where it is not
/// permitted, nothing changes. 0, or -1 with errno.
int atlas_run_in_short_slices(void);

/// Writes the numbers of the processors that the calling thread may run on (sched_getaffinity(2)), ascending, at most `room` of them. How many it may
/// run on; 0 where that cannot be told.
int atlas_permitted_processors(int *numbers, int room);

/// The calling thread runs only where nothing else wants to, until `atlas_run_as_usual` (SCHED_IDLE, sched(7)): what wakes takes its processor at
/// once, and is put there as if it were idle. It keeps to that one processor, where it may: each thread that falls asleep would have it brought over
/// otherwise, and what wakes meanwhile waits for that. 0, or -1 with errno; a thread of another kind than usual is left as it is.
int atlas_give_way(int processor);

/// A thread that keeps to one processor may run wherever the first thread of this process may. 0, or -1 with errno.
int atlas_roam(pid_t thread);

/// A thread that gave way runs as usual again, wherever the first thread of this process may. 0, or -1 with errno.
int atlas_run_as_usual(pid_t thread);

/// Whether threads of this process may run as usual again after they gave way: it needs RLIMIT_NICE of 20 or CAP_SYS_NICE (sched_setscheduler(2)).
bool atlas_may_give_way(void);

/// The processor that the calling thread runs on just now; -1 where that cannot be told.
int atlas_processor(void);

/// The calling thread, as the kernel numbers it.
pid_t atlas_thread(void);

/// Whether the calling thread gives way now.
bool atlas_gives_way(void);
