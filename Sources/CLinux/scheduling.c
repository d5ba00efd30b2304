// sched_getaffinity, CPU_COUNT, SCHED_IDLE.
#define _GNU_SOURCE
#include "scheduling.h"

#include <pthread.h>
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

int atlas_give_way(void) {
    if (sched_getscheduler(0) != SCHED_OTHER) return 0;
    struct sched_param none = {0};
    return sched_setscheduler(0, SCHED_IDLE, &none);
}

int atlas_run_as_usual(pid_t thread) {
    if (sched_getscheduler(thread) != SCHED_IDLE) return 0;
    struct sched_param none = {0};
    return sched_setscheduler(thread, SCHED_OTHER, &none);
}

static void *go_and_return(void *returned) {
    *(bool *)returned = atlas_give_way() == 0 && atlas_run_as_usual(0) == 0;
    return NULL;
}

bool atlas_may_give_way(void) {
    // On a thread of its own, which ends whatever it has become.
    pthread_t thread;
    bool returned = false;
    if (pthread_create(&thread, NULL, go_and_return, &returned) != 0) return false;
    pthread_join(thread, NULL);
    return returned;
}

pid_t atlas_thread(void) { return gettid(); }

bool atlas_gives_way(void) { return sched_getscheduler(0) == SCHED_IDLE; }
