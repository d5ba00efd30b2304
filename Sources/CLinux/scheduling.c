// sched_getaffinity and CPU_COUNT.
#define _GNU_SOURCE
#include "scheduling.h"

#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// As in linux/sched/types.h, whose names glibc's own headers may take.
struct attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime;
    uint64_t deadline;
    uint64_t period;
};

int atlas_run_in_short_slices(void) {
    struct attributes attributes;
    memset(&attributes, 0, sizeof attributes);
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return -1;
    if (attributes.policy != SCHED_OTHER) return 0;
    attributes.size = sizeof attributes;
    attributes.flags = 0;
    // Nanoseconds; the least that Linux takes.
    attributes.runtime = 100000;
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

int atlas_permitted_processors(void) {
    cpu_set_t set;
    // EINVAL where there are more processors than the set has room for (1024).
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}
